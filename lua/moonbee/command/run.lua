-- SPDX-License-Identifier: Apache-2.0
-- moonbee run: a script from a file, from stdin or from the command line.

local core = require "moonbee.core"
local frame = require "moonbee.command.frame"
local place = require "moonbee.place"

local run = {
  name = "run",
  summary = "run a Lua script; what stands first and is no command is one",
  usage = { "run SCRIPT.lua [ARGS]", "run -e LUA [ARGS]", "run -" },
  about = {
    "Runs a Lua 5.4 script. It finds its arguments in `arg` and in `...`, and the library by "
      .. 'require "moonbee". A script named - is read from stdin.',
  },
  options = {
    { "-e", arg = "LUA", help = "run this text", is_last = true },
    { "--no-cache", help = "compile anew, and keep nothing for the next time" },
  },
  rest = "ARGS",
  exits = {
    { 0, "the script came to its end" },
    { 1, "the script failed, or there is none" },
    { 2, "the command line cannot be read" },
    { "N", "what the script gave to os.exit()" },
  },
  examples = {
    { "moonbee tool.lua 1000", "run tool.lua with the argument 1000" },
    { "moonbee -e 'print(require(\"moonbee\").version)'", "run a text" },
  },
}

-- A traceback ends where the script begins, and has none of moonbee's own functions: they are none of its
-- author's. What C is named before them is theirs.
local function own_frames(text)
  text = text:gsub("\n\t%[C%]: in function 'xpcall'\n\tmoonbee/command/run%.lua:.*$", "")
  return (text:gsub("\n\t%[C%]: in function 'error'(\n\tmoonbee/)", "%1"):gsub("\n\tmoonbee/[%w_/]+%.lua:[^\n]*", ""))
end

-- An error of the world, as a refused program, is told as it is; one of the script with a traceback.
local function handler(err)
  if type(err) ~= "string" then
    local meta = getmetatable(err)
    if meta == "moonbee.error" or type(meta) == "table" and meta.__tostring then
      return tostring(err)
    end
    err = ("(error object is a %s value)"):format(type(err))
  elseif err:find("\nstack traceback:\n", 1, true) then
    return own_frames(err) -- from a callback, which has its own
  end
  return own_frames(debug.traceback(err, 2))
end

local function read_stdin()
  local text = io.read("a")
  place.chunks["=stdin"] = text
  return load((text:gsub("^#[^\n]*", "")), "=stdin")
end

local function read_text(text)
  place.chunks["=(command line)"] = text
  return load(text, "=(command line)")
end

local function read_file(path, commands)
  local chunk, err = loadfile(path)
  if not chunk and commands and not path:find "[/.]" then
    local set = {}
    for _, name in ipairs(commands) do
      set[name] = true
    end
    err = err .. core.near(path, set)
  end
  return chunk, err
end

-- As in lua: the script at 0, its arguments behind it, what stood before it at negative indexes.
local function set_arg(args, script)
  local list = {}
  for i = 0, #args do
    list[i - script] = args[i]
  end
  arg = list
  return table.unpack(list)
end

-- command: whose words these are; commands: names that a script's may be meant for.
function run.main(given, command, commands)
  if given.no_cache then
    core.no_cache()
  end
  local path = given.rest[1]
  local script = #given.args - #given.rest + 1
  local chunk, err
  if given.e then
    script = script - 1
    chunk, err = read_text(given.e)
  elseif not path then
    return frame.complain(command or run, "a script is expected")
  elseif path == "-" then
    chunk, err = read_stdin()
  else
    chunk, err = read_file(path, commands)
  end
  if not chunk then
    io.stderr:write("moonbee: ", err, "\n")
    return 1
  end
  core.tell_progress()
  local ok
  ok, err = xpcall(chunk, handler, set_arg(given.args, script))
  if not ok then
    io.stderr:write(err, "\n")
    return 1
  end
  return 0
end

return run
