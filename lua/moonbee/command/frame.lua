-- SPDX-License-Identifier: Apache-2.0
-- The frame of the commands: reads their arguments, prints their help. src/man/generate.lua makes
-- moonbee(1) from the same tables. A command is a file beside this one that returns
--
--   name       the word for it
--   summary    what it does, in one line of moonbee --help
--   usage      lines behind "moonbee ": how it is called
--   about      paragraphs, a text each
--   options    rows: { "-I", "--include", arg = "DIR", many = true, help = "..." }
--                one name or two; arg: it has an argument; many: it may stand again, and its value is a list;
--                is_last: what follows it is no option of ours
--   arguments  rows: { "FILE", many = true, optional = true, help = "..." }
--   rest       a name: all words from the first that is no option are the script's, as they are
--   exits      rows: { 0, "when" }
--   examples   rows: { "moonbee check tool.lua", "what it does" }
--   main       function(given): the exit code, 0 when it gives none
--
-- given holds what was given by the long name, else by the short one ("-I" is given.I, "--keep-going"
-- is given.keep_going), arguments by their names in lower case; given.rest, and given.args with all words.

local frame = {}

frame.USAGE = 2 -- exit code of a command line that cannot be read

local WIDTH = 90

local HELP = { "-h", "--help", help = "print this" }

local function find_option(command, name)
  for _, row in ipairs(command.options or {}) do
    if row[1] == name or row[2] == name then
      return row
    end
  end
end

-- The option that a word names, and whether its argument stands in the same word.
local function option_of(command, word)
  if word:find("^%-%-") then
    local name, value = word:match("^([^=]+)=(.*)$")
    return find_option(command, name or word), value ~= nil
  end
  return find_option(command, word:sub(1, 2)), #word > 2
end

-- The value of the option that is the last word: it joins it, so that it may begin with "-".
local function add_value(words, value)
  local option = words[#words]
  if option:find("^%-%-") then
    words[#words] = option .. "=" .. value
  elseif value ~= "" then
    words[#words] = option .. value
  else
    words[#words + 1] = value
  end
end

-- Words as the parser wants them, and the rest. nil: help is asked for.
local function split(command, args)
  local words, at = {}, 1
  while at <= #args do
    local word = args[at]
    local is_option = word:find("^%-.") ~= nil
    if word == "--" or not is_option and command.rest then
      break
    elseif word == HELP[1] or word == HELP[2] then
      return nil
    end
    local row, is_joined
    if is_option then
      row, is_joined = option_of(command, word)
    end
    words[#words + 1] = word
    if row and row.arg and not is_joined and args[at + 1] then
      at = at + 1
      add_value(words, args[at])
    end
    at = at + 1
    if row and row.is_last then
      break
    end
  end
  if command.rest then
    at = args[at] == "--" and at + 1 or at
    return words, table.move(args, at, #args, 1, {})
  end
  return table.move(args, at, #args, #words + 1, words), {}
end

local function add_option(parser, row)
  local names = table.concat(row, " ")
  if not row.arg then
    return parser:flag(names, row.help)
  end
  local option = parser:option(names, row.help):argname(row.arg)
  if row.many then
    option:count("*")
  end
end

local function add_argument(parser, row)
  local count = row.many and (row.optional and "*" or "+") or (row.optional and "?" or "1")
  parser:argument(row[1], row.help):args(count):target(row[1]:lower())
end

local function epilog(command)
  local lines = {}
  for i, row in ipairs(command.examples or {}) do
    lines[#lines + 1] = i == 1 and "Examples:" or nil
    lines[#lines + 1] = ("   %s\n      %s"):format(row[1], row[2])
  end
  return #lines > 0 and table.concat(lines, "\n") or nil
end

-- The usage, a line for each way to call it.
function frame.usage(command)
  local lines = {}
  for i, line in ipairs(command.usage) do
    lines[i] = (i == 1 and "usage: " or "       ") .. "moonbee " .. line
  end
  return table.concat(lines, "\n")
end

local function parser_of(command)
  local argparse = require "moonbee.lib.argparse"
  local parser = argparse(command.name):add_help(false):require_command(false):help_max_width(WIDTH)
  parser:usage(frame.usage(command)):description(table.concat(command.about, "\n\n"))
  for _, row in ipairs(command.options or {}) do
    add_option(parser, row)
  end
  add_option(parser, HELP)
  for _, row in ipairs(command.arguments or {}) do
    add_argument(parser, row)
  end
  local text = epilog(command)
  return text and parser:epilog(text) or parser
end

-- The whole help; commands: those to list.
function frame.help(command, commands)
  local parser = parser_of(command)
  for _, other in ipairs(commands or {}) do
    parser:command(other.name, other.summary)
  end
  return parser:get_help()
end

local function reword(message)
  return (message:gsub("^unknown option", "no option"):gsub("\nDid you mean (.*)%?$", " (did you mean %1?)"))
end

-- What was given on the command line. nil: help is asked for; nil, text: what is wrong.
function frame.read(command, args)
  local words, rest = split(command, args)
  if not words then
    return nil
  end
  local given = {}
  -- The usual way to call a script asks nothing of the parser, and a tool is not to carry it.
  if #words > 0 or not command.rest then
    local ok
    ok, given = parser_of(command):pparse(words)
    if not ok then
      return nil, reword(given)
    end
  end
  given.rest, given.args = rest, args
  return given
end

-- Complain about the command line. Returns the exit code.
function frame.complain(command, ...)
  local name = command.name == "moonbee" and "moonbee" or "moonbee " .. command.name
  io.stderr:write(name, ": ", string.format(...), "\nTry '", name, " --help'.\n")
  return frame.USAGE
end

-- Run a command with what stands behind its name. Returns the exit code. list: gives those that its help lists.
function frame.run(command, args, list)
  local given, wrong = frame.read(command, args)
  if wrong then
    return frame.complain(command, "%s", wrong)
  elseif not given then
    print(frame.help(command, list and list()))
    return 0
  end
  return command.main(given) or 0
end

return frame
