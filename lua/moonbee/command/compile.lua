-- SPDX-License-Identifier: Apache-2.0
-- moonbee compile: a BPF object of a source, or what a stage on the way there makes.

local bee = require "moonbee"
local core = require "moonbee.core"
local frame = require "moonbee.command.frame"
local pick = require "moonbee.command.pick"
local report = require "moonbee.command.report"

-- The options that show a stage, and where it stands in the way.
local stages = {
  { "--types", "types", "the virtual header: kernel types, constants and macros that the source names" },
  { "--preprocessed", "preprocessed", "the C that clang parses" },
  { "--ir", "ir", "LLVM's IR, as clang makes it" },
  { "--ir-reads", "ir-reads", "the IR once the reads of kernel memory are calls of helpers" },
  { "--asm", "asm", "BPF assembly, with its types and lines" },
}

local compile = {
  name = "compile",
  summary = "compile a source to a BPF object, or show a stage",
  usage = { "compile [OPTIONS] FILE", "compile [OPTIONS] -" },
  about = {
    "Compiles a source to a BPF ELF object, which libbpf, bpftool, ip and tc load as they do clang's. The source is "
      .. "C of either dialect, a Lua script, of which a literal source of `bee.load` or `bee.compile` is taken, LLVM IR "
      .. "(.ll, .bc) or BPF assembly (.s); - is C from stdin. Nothing is loaded, and no privilege is needed.",
    "Without -o the object is FILE with .o for its ending, in the current directory; a stage is shown on stdout.",
  },
  options = {
    { "-o", arg = "OUT", help = "write to this file; -: to stdout" },
    { "--portable", help = "for other kernels too: offsets in kernel types are relocated at load (CO-RE); "
      .. "what cannot be is recorded in the object, and checked when moonbee loads it" },
    { "--btf", arg = "BTF", help = "compile for the kernel of this BTF, raw or in an ELF file" },
    { "--no-cache", help = "compile anew, and keep nothing for the next time" },
  },
  arguments = { { "FILE", help = "the source; - is stdin" } },
  exits = {
    { 0, "it is compiled" },
    { 1, "the source has a mistake, or a file cannot be read or written" },
    { 2, "the command line cannot be read" },
  },
  examples = {
    { "moonbee compile -o count.o count.c", "compile to count.o" },
    { "moonbee compile --ir-reads count.c", "show where kernel memory is read" },
  },
}

table.move(pick.options, 1, #pick.options, #compile.options + 1, compile.options)
for _, row in ipairs(stages) do
  table.insert(compile.options, { row[1], help = "show " .. row[3] })
end

local function complain(...)
  return frame.complain(compile, ...)
end

local function write_output(path, text)
  if path == "-" then
    io.stdout:write(text)
    return io.stdout:flush()
  end
  local file <close>, err = io.open(path, "wb")
  if not file then
    return nil, err
  end
  local ok, why = file:write(text)
  ok, why = ok and file:flush(), why
  return ok, why and path .. ": " .. why
end

-- The one stage that is asked for; nil, text: there are two.
local function find_stage(given)
  local found
  for _, row in ipairs(stages) do
    if given[row[1]:sub(3):gsub("-", "_")] then
      if found then
        return nil, ("%s and %s: one stage can be shown"):format(found[1], row[1])
      end
      found = row
    end
  end
  return found and found[2] or "object"
end

-- Where the result goes: "-" is stdout.
local function output_of(given, stage)
  if given.o then
    return given.o
  elseif stage ~= "object" or given.file == "-" then
    return stage ~= "object" and "-" or nil
  end
  local name = given.file:match("[^/]*$")
  return name:gsub("(.)%.[^.]*$", "%1") .. ".o"
end

function compile.main(given)
  local stage, wrong = find_stage(given)
  local output = stage and output_of(given, stage)
  if not wrong and not output then
    wrong = "a source from stdin needs -o"
  end
  wrong = wrong or pick.check(given)
  if wrong then
    return complain("%s", wrong)
  end
  if given.no_cache then
    core.no_cache()
  end
  if given.btf then
    assert(bee.setup { btf = given.btf })
  end
  local text, err = pick.source(given.file, given)
  local result
  if text then
    local options = err
    options.show = stage
    options.portable = given.portable or options.portable
    result, err = bee.compile(text, options)
  end
  if result then
    for _, diag in ipairs(err) do
      io.stderr:write(report.text_of(diag), "\n")
    end
    result, err = write_output(output, result)
  end
  if not result then
    io.stderr:write(tostring(err), "\n")
    return 1
  end
  return 0
end

return compile
