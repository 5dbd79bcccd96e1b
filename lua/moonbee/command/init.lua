-- SPDX-License-Identifier: Apache-2.0
-- The command line: moonbee SCRIPT.lua [ARGS], moonbee COMMAND [ARGS]. A command is a file beside this
-- one and a row here.

local core = require "moonbee.core"

-- name, and what it does
local commands = {
  { "run", "run a Lua script; what stands first and is no command is one" },
}

local USAGE = 2

local function usage()
  local lines = {
    "usage: moonbee [run] SCRIPT.lua [ARGS]",
    "       moonbee -e LUA [ARGS]",
    "       moonbee COMMAND [ARGS]",
    "",
    "Runs Lua scripts that carry C source for the kernel. A script named - is read from stdin.",
    "",
    "Commands:",
  }
  for _, row in ipairs(commands) do
    lines[#lines + 1] = ("  %-12s %s"):format(row[1], row[2])
  end
  table.move({
    "",
    "Options:",
    "  -e LUA       run this text",
    "  --version    print the version",
    "  --help       print this; moonbee COMMAND --help: the command's own",
  }, 1, 5, #lines + 1, lines)
  return table.concat(lines, "\n")
end

local function find(name)
  for _, row in ipairs(commands) do
    if row[1] == name then
      return require("moonbee.command." .. name)
    end
  end
end

local function complain(...)
  io.stderr:write("moonbee: ", string.format(...), "\nTry 'moonbee --help'.\n")
  return USAGE
end

-- Run the command that stands in args; args[0] is the program's own name. Returns its exit code.
local function main(args)
  local first = args[1]
  if not first then
    io.stderr:write(usage(), "\n")
    return USAGE
  elseif first == "--help" or first == "-h" then
    print(usage())
    return 0
  elseif first == "--version" then
    print("moonbee " .. core.version)
    return 0
  end
  local command = find(first)
  if command then
    local rest = table.move(args, 2, #args, 1, { [0] = args[0] })
    if rest[1] == "--help" then
      print(command.usage)
      return 0
    end
    return command.main(rest, complain)
  end
  return find("run").main(args, complain)
end

return main
