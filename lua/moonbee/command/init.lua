-- SPDX-License-Identifier: Apache-2.0
-- The command line: moonbee SCRIPT.lua [ARGS], moonbee COMMAND [ARGS]. A command is a file beside this
-- one, as frame.lua says, and a word here.

local core = require "moonbee.core"
local frame = require "moonbee.command.frame"
local run = require "moonbee.command.run"

local names = { "run", "check", "compile", "disasm", "list", "doctor", "cache" }

local command = {}

-- The command of this name, or nil.
function command.find(name)
  for _, known in ipairs(names) do
    if known == name then
      return require("moonbee.command." .. name)
    end
  end
end

-- All commands, in the order in which they are listed.
function command.list()
  local list = {}
  for i, name in ipairs(names) do
    list[i] = command.find(name)
  end
  return list
end

-- What is no command is a script: so this is the run command, and a little more.
command.root = {
  name = "moonbee",
  usage = { "[run] SCRIPT.lua [ARGS]", "-e LUA [ARGS]", "COMMAND [ARGS]" },
  about = {
    "Runs Lua scripts that carry C source for the kernel. A script named - is read from stdin. Each command "
      .. "has a help of its own: moonbee COMMAND --help.",
  },
  options = { run.options[1], { "--version", help = "print the version" } },
  rest = "ARGS",
}

function command.root.main(given)
  if given.version then
    print("moonbee " .. core.version)
    return 0
  end
  return run.main(given, command.root, names)
end

-- Run the command that stands in args; args[0] is the program's own name. Returns its exit code.
function command.main(args)
  local found = args[1] and command.find(args[1])
  if found then
    return frame.run(found, table.move(args, 2, #args, 1, { [0] = args[0] }))
  elseif not args[1] then
    io.stderr:write(frame.help(command.root, command.list()), "\n")
    return frame.USAGE
  end
  return frame.run(command.root, args, command.list)
end

return command
