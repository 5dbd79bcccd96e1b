-- SPDX-License-Identifier: Apache-2.0
-- Loading: what the user may write as options, made into the flat lists that the core takes.

local core = require "moonbee.core"
local flags = require "moonbee.flags"
local options = require "moonbee.options"
local place = require "moonbee.place"

local load = {}

local LOAD = {
  name = "string", -- of the source in messages, where it is not that of the script
  line = "number", -- of name at which the source starts
  dir = "string", -- where #include "x.h" looks first
  attach = "table", -- { program = target, or { target, ..., optional = true, cookie = integer }, or a list of these }
  const = "table", -- { variable = integer }
  map = "table", -- { map = { max_entries = integer, pin = path, same = another module's map } }
  define = "table", -- { NAME = text, number or true }
  undefine = "table", -- { NAME, ... }: no macros, whoever defines them
  include = "table", -- { folder, ... }: where #include looks, in order
  cflags = "table", -- { "-DX=1", "-UY", "-Ifolder", "-include", "x.h" }: the same, as clang takes them
  cpu = "string", -- version of BPF's instructions: "v1" to "v4"; the newest that the kernel takes
  portable = "boolean", -- for other kernels too: CO-RE, and a check of the rest at load
  input = "string", -- what the source is: "c", "ir", "asm", "object"; by its bytes and name
}
local COMPILE = { show = "string" } -- what an earlier stage made, as text; and as LOAD
for name, kind in pairs(LOAD) do
  COMPILE[name] = kind
end
local WORDS = {
  cpu = { "v1", "v2", "v3", "v4" },
  input = { "c", "ir", "asm", "object" },
  show = { "object", "types", "preprocessed", "ir", "ir-reads", "asm" },
}
local LOAD_OBJECT = { attach = "table", const = "table", map = "table" }
local VERIFY = { attach = "table", const = "table" } -- maps are made for the moment alone
local MAP = { max_entries = "number", pin = "string", same = "userdata" }

local function refuse(...)
  error(string.format(...), 0)
end

-- Lists are sorted by name, so that the same options always make the same request.
local function sorted_names(map, what)
  local names = {}
  for name in pairs(map or {}) do
    if type(name) ~= "string" then
      refuse("option '%s': names are strings, got %s", what, tostring(name))
    end
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function defines(map)
  local list = {}
  for _, name in ipairs(sorted_names(map, "define")) do
    local value = map[name]
    if value == true then
      list[#list + 1] = name
    elseif type(value) == "string" or math.type(value) == "integer" then
      list[#list + 1] = name .. "=" .. value
    elseif value ~= false then
      refuse("option 'define': %s is a string, an integer or true, got %s", name, tostring(value))
    end
  end
  return list
end

local function consts(map)
  local list = {}
  for _, name in ipairs(sorted_names(map, "const")) do
    local value = map[name]
    if type(value) == "boolean" then
      value = value and 1 or 0
    end
    if not (math.type(value) == "integer" or math.type(value) == "float" and math.tointeger(value)) then
      refuse("option 'const': %s is an integer, got %s", name, tostring(value))
    end
    list[#list + 1] = name
    list[#list + 1] = math.tointeger(value)
  end
  return list
end

-- A wish is "target", or a list of targets and of such lists; its options hold for all below it.
local function add_wish(list, program, wish, optional, cookie)
  if type(wish) == "string" then
    list[#list + 1] = program
    list[#list + 1] = wish
    list[#list + 1] = optional
    list[#list + 1] = cookie
  elseif type(wish) == "table" and #wish > 0 then
    for key in pairs(wish) do
      if math.type(key) ~= "integer" and key ~= "optional" and key ~= "cookie" then
        refuse("option 'attach': %s: no option '%s'", program, tostring(key))
      end
    end
    if wish.cookie and math.type(wish.cookie) ~= "integer" then
      refuse("option 'attach': %s: a cookie is an integer, got %s", program, tostring(wish.cookie))
    end
    for _, inner in ipairs(wish) do
      add_wish(list, program, inner, optional or wish.optional == true, wish.cookie or cookie)
    end
  else
    refuse("option 'attach': %s: a target is text, as \"kprobe:vfs_read\", or a list of them", program)
  end
end

local function wishes(map)
  local list = {}
  for _, program in ipairs(sorted_names(map, "attach")) do
    add_wish(list, program, map[program], false, 0)
  end
  return list
end

local function check_maps(map)
  for _, name in ipairs(sorted_names(map, "map")) do
    local ok, err = pcall(options.check, map[name], MAP, ("option 'map': %s"):format(name))
    local entries = ok and map[name].max_entries
    if not ok then
      refuse("%s", err)
    elseif entries and not (math.type(entries) == "integer" and entries > 0 and entries < 1 << 32) then
      refuse("option 'map': %s: max_entries is an integer above 0, got %s", name, tostring(entries))
    end
  end
end

local function check_words(opts)
  for name, words in pairs(WORDS) do
    local word = opts[name]
    if word and not (" " .. table.concat(words, " ") .. " "):find(" " .. word .. " ", 1, true) then
      refuse("option '%s': no '%s': there are %s", name, word, table.concat(words, ", "))
    end
  end
end

local function strings(list, what)
  local copy = {}
  for i, value in ipairs(list or {}) do
    if type(value) ~= "string" then
      refuse("option '%s': a list of strings is expected, got %s", what, tostring(value))
    end
    copy[i] = value
  end
  if next(list or {}, #copy > 0 and #copy or nil) then
    refuse("option '%s': a list of strings is expected", what)
  end
  return copy
end

-- The lists in the order in which the core takes them, and the files to include first; or an error that names
-- the function and points at level, its caller.
local function lists(opts, where, level)
  local first = {}
  local ok, w, c, d, u, i = pcall(function()
    check_words(opts)
    check_maps(opts.map)
    local d, u, i = defines(opts.define), strings(opts.undefine, "undefine"), strings(opts.include, "include")
    local wrong = flags.read(strings(opts.cflags, "cflags"), d, u, i, first)
    if wrong then
      refuse("option 'cflags': %s", wrong)
    end
    return wishes(opts.attach), consts(opts.const), d, u, i
  end)
  if not ok then
    error(("%s: %s"):format(where, w), level + 1)
  end
  return w, c, d, u, i, first
end

-- The source behind what it includes first; its own lines keep their numbers.
local function include_first(source, line, files)
  if #files == 0 then
    return source
  end
  return ('#include "%s"\n'):rep(#files):format(table.unpack(files)) .. ("#line %d\n"):format(line or 1) .. source
end

-- A misspelt map or program is a mistake in the script, so it is raised, with the nearest name.
local function name_missing(map, what)
  return setmetatable(map, {
    __index = function(_, name)
      error(("no %s '%s' in this module%s"):format(what, tostring(name), core.near(tostring(name), map)), 2)
    end,
  })
end

local function finish(mod, err)
  if not mod then
    return nil, err
  end
  name_missing(mod.maps, "map")
  name_missing(mod.programs, "program")
  return mod
end

local function check_source(source, where)
  if type(source) ~= "string" then
    error(("%s: a string of C source is expected, got %s"):format(where, type(source)), 4)
  end
end

-- What both load and compile give to the core; level 3 is whoever called them.
local function arguments(source, opts, where)
  check_source(source, where)
  local name, line, dir = opts.name, opts.line, opts.dir
  if not name then
    local found_name, found_line, found_dir = place.find(source, 3)
    name, line, dir = found_name or "<bpf>", line or found_line, dir or found_dir
  end
  local w, c, d, u, i, first = lists(opts, where, 3)
  return include_first(source, line, first), name, line, dir, w, c, opts, d, u, i
end

function load.load(source, opts)
  opts = options.check(opts, LOAD, "bee.load")
  return finish(core.load(arguments(source, opts, "bee.load")))
end

function load.compile(source, opts)
  opts = options.check(opts, COMPILE, "bee.compile")
  local elf, warnings = core.compile(arguments(source, opts, "bee.compile"))
  return elf, warnings -- nil, err when it fails
end

-- What those give to the core that take an object; level 3 is whoever called them.
local function object_arguments(elf, opts, where)
  if type(elf) ~= "string" then
    error(("%s: a string of ELF bytes is expected, got %s"):format(where, type(elf)), 3)
  end
  local w, c = lists(opts, where, 3)
  return elf, w, c, opts
end

function load.load_object(elf, opts)
  opts = options.check(opts, LOAD_OBJECT, "bee.load_object")
  return finish(core.load_object(object_arguments(elf, opts, "bee.load_object")))
end

-- verdicts, err: err where the kernel refuses a program; nil, err where it does not come to that.
function load.verify(elf, opts)
  opts = options.check(opts, VERIFY, "bee.verify")
  local verdicts, err = core.verify(object_arguments(elf, opts, "bee.verify"))
  return verdicts, err
end

-- What is a string of ELF bytes, or { program = "id:12", jited = true }, a program in the kernel.
function load.disasm(what)
  if type(what) == "string" then
    return core.disasm_object(what)
  end
  what = options.check(what, { program = "string", jited = "boolean" }, "bee.disasm")
  if not what.program then
    error("bee.disasm: a string of ELF bytes or { program = ... } is expected", 2)
  end
  return core.disasm_program(what.program, what.jited)
end

function load.setup(opts)
  opts = options.check(opts, { compiler = "string", btf = "string", cache = "string|boolean" }, "bee.setup")
  local cache = opts.cache
  if type(cache) == "boolean" then
    cache = not cache and "" or nil
  end
  return core.setup(opts.compiler, opts.btf, cache)
end

-- cache([options]): what is kept of what was compiled: folder, entries, bytes, max_bytes, and the reason where
-- nothing is or can be. clear = true deletes it first: cleared entries.
function load.cache(opts)
  opts = options.check(opts, { clear = "boolean" }, "bee.cache")
  local info, err = core.cache(opts.clear)
  return info, err
end

return load
