-- SPDX-License-Identifier: Apache-2.0
-- What commands share that work on one source: the options that pick and shape it, and what it is.

local source = require "moonbee.command.source"
local sources = require "moonbee.command.script.sources"

local pick = {}

-- Rows for a command's options.
pick.options = {
  { "--source", arg = "N", help = "the N-th source of a script that has several, from 1" },
  { "--prog", arg = "FUNC=TYPE", many = true, help = "the type of a program that nothing else tells, as "
    .. "on_read=kprobe:vfs_read or filter=socket" },
  { "--cpu", arg = "V", help = "BPF's instructions: v1 to v4; the newest that this kernel takes, v3 at least" },
}
table.move(source.options, 1, #source.options, #pick.options + 1, pick.options)

-- What is wrong with these options on the command line, or nil.
function pick.check(given)
  local _, wrong = source.types(given.prog)
  if wrong then
    return wrong
  elseif given.cpu and not given.cpu:find("^v[1-4]$") then
    return ("--cpu: no '%s': there are v1, v2, v3 and v4"):format(given.cpu)
  elseif given.source and not given.source:find("^%d+$") then
    return ("--source: '%s' is no number"):format(given.source)
  end
end

local function is_script(path, text)
  return path:find("%.lua$") ~= nil or text:sub(1, 2) == "#!"
end

-- Where the sources of a script begin: "1 (line 5), 2 (line 20)".
local function list_places(list)
  local places = {}
  for i, found in ipairs(list) do
    places[i] = ("%d (line %d)"):format(i, found.line)
  end
  return table.concat(places, ", ")
end

local function from_script(text, path, given)
  local chunk, wrong = load((text:gsub("^#[^\n]*", "")), "@" .. path, "t")
  local list = chunk and sources.find(text)
  local number = math.tointeger(tonumber(given.source)) or 1
  local found = list and list[number]
  if not chunk then
    return nil, wrong
  elseif #list == 0 then
    return nil, path .. ": there is no call of bee.load or bee.compile"
  elseif not found then
    return nil, ("%s: there is no source %d: there are %s"):format(path, number, list_places(list))
  elseif #list > 1 and not given.source then
    return nil, ("%s: there are several sources: say --source %s"):format(path, list_places(list))
  elseif found.obstacle then
    return nil, ("%s:%d: %s: %s"):format(path, found.line, found.loader, found.obstacle)
  end
  local options = found.options
  options.name, options.line = path, found.text_line
  if not found.is_verbatim then
    options.name, options.line = nil, nil
  end
  options.dir = path:match("^(.*)/[^/]*$") or "."
  options.const, options.show = nil, nil
  return found.text, options
end

-- What the command line says weighs more than what the script does.
local function add_given(options, given)
  options.attach = options.attach or {}
  for name, kind in pairs(source.types(given.prog)) do
    options.attach[name] = kind
  end
  options.cpu = given.cpu or options.cpu
  return options
end

-- The source in a file, and options of bee.compile for it. nil, text: why there is none.
function pick.source(path, given)
  local text, why = source.read(path)
  local options
  if not text then
    return nil, path .. ": " .. why
  elseif is_script(path, text) then
    text, options = from_script(text, path, given)
    if not text then
      return nil, options
    end
    options.cflags = table.move(source.of(path, given).cflags, 1, 2 * (#given.D + #given.U + #given.I),
      #(options.cflags or {}) + 1, options.cflags or {})
  elseif given.source then
    return nil, path .. ": --source is for Lua scripts"
  else
    options = source.of(path, given)
  end
  return text, add_given(options, given)
end

return pick
