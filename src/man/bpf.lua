-- SPDX-License-Identifier: Apache-2.0
-- Writes moonbee-bpf(7): a frame by hand, and lists from the headers and the table that make what they tell of.
-- usage: lua5.4 bpf.lua SRC moonbee-bpf.7.in moonbee-bpf.7

package.path = arg[0]:match("^.*/") .. "?.lua;" .. package.path
local mdoc = require "mdoc"

local source, frame, page = table.unpack(arg)

local function read(path)
  local file <close> = assert(io.open(source .. "/" .. path))
  return file:read("a")
end

-- A header with each macro on one line, and without its comments.
local function header(name)
  return (read("compiler/headers/" .. name):gsub("[ \t]*\\\n[ \t]*", " "):gsub("/%*.-%*/", ""))
end

-- Words under each other, in columns.
local function columns(words)
  local width, out, line = 0, {}, ""
  for _, word in ipairs(words) do
    width = math.max(width, #word + 2)
  end
  for _, word in ipairs(words) do
    if #line + width > 76 and line ~= "" then
      out[#out + 1] = line
      line = ""
    end
    line = line .. word .. (" "):rep(width - #word)
  end
  out[#out + 1] = line
  return mdoc.literal(table.concat(out, "\n"):gsub(" +%f[\n\0]", ""))
end

-- ---- programs -----------------------------------------------------------------------------

-- The rows of the hooks: how each is named by SEC, by a function, and as a target.
local function programs()
  local out = { ("%-29s%-25s%s"):format("target", "section", "function") }
  local rows = read("attach/table.c"):gsub("/%*.-%*/", "")
  for row in rows:gmatch("{%s*(%.name = .-)}") do
    local name, sec = row:match('%.name = "([^"]+)"'), row:match('%.sec = "([^"]+)"')
    local alias, prefix = row:match('%.alias = "([^"]+)"'), row:match('%.prefix = "([^"]+)"')
    local kind = row:match('%.kind = "([^"]+)"')
    out[#out + 1] = ("%-29s%-25s%s"):format(name .. (name:find("/") and "" or ":") .. (kind and "PLACE:" .. kind or ""), (sec or "") .. (alias and ", " .. alias or ""),
      prefix and prefix .. "NAME" or ""):gsub(" +$", "")
  end
  return mdoc.literal(table.concat(out, "\n"))
end

-- ---- BCC's tables -------------------------------------------------------------------------

-- "N, key" with the words that BCC's users know.
local function shown(args)
  return (args:gsub("%f[%w]N%f[%W]", "name"))
end

local function maps()
  local text, out = header("bcc_maps.h"), {}
  for name, args, body in text:gmatch("\n#define (BPF_[%u%d_]+)%(([^)]*)%) ([^\n]*)") do
    local base = args == "..." and body:match("__bee_pick%(([%w_]+),")
    local forms = {}
    if base then
      for form in text:gmatch("\n#define " .. base .. "%d+%(([^)]*)%)") do
        forms[#forms + 1] = form
      end
    else
      forms[1] = args
    end
    -- The longest form tells the others: what may be left out is the last.
    table.sort(forms, function(a, b)
      return #a > #b
    end)
    out[#out + 1] = ("%s(%s)"):format(name, shown(forms[1] or args))
    if #forms > 1 then
      local _, least = forms[#forms]:gsub("[^,]+", "")
      out[#out] = out[#out] .. ("   or just the first %d"):format(least)
    end
  end
  return mdoc.literal(table.concat(out, "\n"))
end

-- The methods of tables, with the names of their parameters.
local function methods()
  local list, seen = {}, {}
  for _, name in ipairs { "bcc.h", "bcc_maps.h" } do
    local text = header(name)
    for method, body in text:gmatch("\n#define __bee_def_([%w_]+)%(N%)([^\n]*)") do
      local args = body:match("__bee_[%w_]*##N%((.-)%)")
      local names = {}
      for arg in (args or ""):gmatch("[^,]+") do
        names[#names + 1] = arg:match("([%a][%w_]*)%s*$")
      end
      method = method:gsub("^__bee_", "")
      if not seen[method] then
        seen[method] = true
        list[#list + 1] = method .. "(" .. (args and table.concat(names, ", ") or "...") .. ")"
      end
    end
  end
  table.sort(list)
  return columns(list)
end

-- ---- macros -------------------------------------------------------------------------------

local function macros_of(name, pattern)
  local list, seen = {}, {}
  for macro in header(name):gmatch("\n#define ([%a_][%w_]*)") do
    if macro:find(pattern) and not macro:find("^__bee") and not seen[macro] then
      seen[macro] = true
      list[#list + 1] = macro
    end
  end
  return list
end

local function join(...)
  local list = {}
  for _, part in ipairs { ... } do
    table.move(part, 1, #part, #list + 1, list)
  end
  return columns(list)
end

mdoc.fill(source .. "/man/" .. frame, page, {
  programs = programs,
  maps = maps,
  methods = methods,
  core = function()
    return join(macros_of("core.h", ""))
  end,
  iproute2 = function()
    return macros_of("iproute2.h", "")
  end,
  libbpf = function()
    return join(macros_of("libbpf.h", ""), macros_of("print.h", ""))
  end,
  tracing = function()
    return join(macros_of("tracing.h", "^BPF"), macros_of("tracing.h", "^PT_"), macros_of("usdt.h", ""))
  end,
  forms = function()
    return join(macros_of("tracing.h", "_PROBE$"), macros_of("tracing.h", "^KMOD_RET$"),
      macros_of("tracing.h", "^BPF_ITER$"), macros_of("tracing.h", "^TP_DATA"))
  end,
  base = function()
    return join(macros_of("base.h", "^[^_]"))
  end,
  kernel = function()
    return join(macros_of("kernel.h", ""))
  end,
})
