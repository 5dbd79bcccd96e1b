-- SPDX-License-Identifier: Apache-2.0
-- moonbee run: a script from a file, from stdin or from the command line.

local place = require "moonbee.place"

local run = {}

run.usage = [[
usage: moonbee run SCRIPT.lua [ARGS]
       moonbee run -e LUA [ARGS]
       moonbee run -

Runs a Lua 5.4 script. It finds its arguments in `arg` and in `...`, and the library by
require "moonbee". The exit code is 0, or 1 when the script fails, or what it gives to os.exit().]]

-- An error of the world, as a refused program, is told as it is; one of the script with a traceback.
local function handler(err)
  if type(err) ~= "string" then
    local meta = getmetatable(err)
    if meta == "moonbee.error" or type(meta) == "table" and meta.__tostring then
      return tostring(err)
    end
    err = ("(error object is a %s value)"):format(type(err))
  elseif err:find("\nstack traceback:\n", 1, true) then
    return err -- from a callback, which has its own
  end
  return debug.traceback(err, 2)
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

-- As in lua: the script at 0, its arguments behind it, what stood before it at negative indexes.
local function set_arg(args, script)
  local list = {}
  for i = 0, #args do
    list[i - script] = args[i]
  end
  arg = list
  return table.unpack(list)
end

function run.main(args, complain)
  local first = args[1]
  local script = 1
  local chunk, err
  if not first then
    return complain("a script is expected")
  elseif first == "-e" then
    script = 2
    if not args[2] then
      return complain("-e: a Lua text is expected")
    end
    chunk, err = read_text(args[2])
  elseif first == "-" then
    chunk, err = read_stdin()
  elseif first:sub(1, 1) == "-" then
    return complain("no option '%s'", first)
  else
    chunk, err = loadfile(first)
  end
  if not chunk then
    io.stderr:write("moonbee: ", err, "\n")
    return 1
  end
  local ok
  ok, err = xpcall(chunk, handler, set_arg(args, script))
  if not ok then
    io.stderr:write(err, "\n")
    return 1
  end
  return 0
end

return run
