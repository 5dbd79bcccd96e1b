-- SPDX-License-Identifier: Apache-2.0
-- moonbee disasm: the instructions of a source, an object or a program in the kernel.

local bee = require "moonbee"
local frame = require "moonbee.command.frame"
local json = require "moonbee.command.json"
local pick = require "moonbee.command.pick"

local disasm = {
  name = "disasm",
  summary = "show the instructions of a source, an object or a loaded program",
  usage = {
    "disasm [OPTIONS] FILE",
    "disasm [OPTIONS] --id N",
    "disasm [OPTIONS] --name NAME",
    "disasm [OPTIONS] --pinned PATH",
  },
  about = {
    "Shows BPF instructions with the source's lines between them, and the names of maps, variables, functions and "
      .. "helpers in them. FILE is an object, or what `moonbee compile` takes. A program in the kernel is shown as the "
      .. "verifier left it, or with --jited as the machine runs it.",
  },
  options = {
    { "--id", arg = "N", help = "the loaded program of this id" },
    { "--name", arg = "NAME", help = "the loaded program of this name" },
    { "--pinned", arg = "PATH", help = "the program that is pinned there" },
    { "--jited", help = "the machine code that the kernel made of a loaded program; addresses are bytes, in hex" },
    { "--raw", help = "bytes too, and instructions without names, as llvm-objdump writes them" },
    { "--json", help = "print JSON: an array of functions, each with its instructions" },
  },
  arguments = { { "FILE", optional = true, help = "an object or a source; - is C from stdin" } },
  exits = {
    { 0, "the instructions are shown" },
    { 1, "there is no such file or program, or it has a mistake" },
    { 2, "the command line cannot be read" },
  },
  examples = {
    { "moonbee disasm tool.lua", "the code that the source of a script becomes" },
    { "moonbee disasm --name on_read --jited", "what the machine runs" },
  },
}
table.move(pick.options, 1, #pick.options, #disasm.options + 1, disasm.options)

-- The order in which JSON has them.
local KEYS = { "name", "insns", "offset", "bytes", "text", "raw", "file", "line", "column", "source" }

local loaded = { "id", "name", "pinned" }

-- What is to be shown: "id:12", or nil for the file; nil, text: what is wrong.
local function find_program(given)
  local found
  for _, key in ipairs(loaded) do
    if given[key] and (found or given.file) then
      return nil, "one thing can be shown: FILE, --id, --name or --pinned"
    elseif given[key] then
      found = key .. ":" .. given[key]
    end
  end
  if given.id and not given.id:find "^%d+$" then
    return nil, ("--id: '%s' is no number"):format(given.id)
  elseif not found and not given.file then
    return nil, "a file or a program is expected"
  elseif not found and given.jited then
    return nil, "only a loaded program has machine code: say --id, --name or --pinned"
  end
  return found
end

local function read_file(given)
  local text, options = pick.source(given.file, given)
  if not text then
    return nil, options
  end
  local elf, err = bee.compile(text, options)
  if not elf then
    return nil, err
  end
  local list, wrong = bee.disasm(elf)
  if list and #list == 0 then
    return nil, ("%s: there is no function in it"):format(given.file)
  end
  return list, wrong
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte)
    return ("%02x "):format(byte:byte())
  end):sub(1, -2))
end

local function line_of(insn, given)
  local place = given.jited and ("%8x:"):format(insn.offset) or ("%8d:"):format(insn.offset)
  if given.raw then
    return ("%s\t%s\t%s"):format(place, hex(insn.bytes), insn.raw)
  end
  return place .. " " .. insn.text
end

local function print_function(fn, given)
  local last
  print(fn.name .. ":")
  for _, insn in ipairs(fn) do
    local text = insn.line and ("; %s:%d: %s"):format(insn.file or "", insn.line, insn.source or "")
    if text and text ~= last then
      print((text:gsub(": %s+", ": ", 1)))
      last = text
    end
    print(line_of(insn, given))
  end
end

local function to_json(list)
  local functions = {}
  for i, fn in ipairs(list) do
    local insns = {}
    for k, insn in ipairs(fn) do
      insn.bytes = hex(insn.bytes)
      insns[k] = insn
    end
    functions[i] = { name = fn.name, insns = insns }
  end
  return json.encode(functions, { keyorder = KEYS })
end

function disasm.main(given)
  local program, wrong = find_program(given)
  wrong = wrong or pick.check(given)
  if wrong then
    return frame.complain(disasm, "%s", wrong)
  end
  local list, err
  if program then
    list, err = bee.disasm { program = program, jited = given.jited }
  else
    list, err = read_file(given)
  end
  if not list then
    io.stderr:write(tostring(err), "\n")
    return 1
  elseif given.json then
    print(to_json(list))
    return 0
  end
  for i, fn in ipairs(list) do
    if i > 1 then
      print()
    end
    print_function(fn, given)
  end
  return 0
end

return disasm
