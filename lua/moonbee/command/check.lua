-- SPDX-License-Identifier: Apache-2.0
-- moonbee check: compile and verify, attach nothing.

local bee = require "moonbee"
local core = require "moonbee.core"
local frame = require "moonbee.command.frame"
local report = require "moonbee.command.report"
local source = require "moonbee.command.source"
local sources = require "moonbee.command.script.sources"

local check = {
  name = "check",
  summary = "compile and verify sources, attach nothing",
  usage = { "check [OPTIONS] FILE ..." },
  about = {
    "Compiles the C in each FILE, and has the kernel's verifier check every program by itself. Nothing is attached, "
      .. "and nothing is left in the kernel. FILE is C of either dialect, or a Lua script, which is not run: each "
      .. "literal source that it gives to `bee.load` or `bee.compile` is checked, with the options that are literal "
      .. "there (-D, -U, -I and --prog are for C). A source that the script computes cannot be checked, which is an "
      .. "error. FILE may also be an object, LLVM IR or BPF assembly; - is stdin.",
    "A program's type comes from its SEC, its name or its context, from `attach` in the script, or from --prog. Where "
      .. "the kernel has no programs of that type at all, that is told apart from a refusal by the verifier.",
    "With --json each file gives one line, an object of `file`, `compiled`, `verified`, `programs`, `diagnostics` and "
      .. "`compile_ms`. Of a program, `insns` counts the instructions that the kernel keeps after its own "
      .. "rewriting (null when it is not verified), and `verified_insns` the steps that the verifier took; `reason` "
      .. "says why this kernel has no such programs, or nothing to attach them to.",
  },
  options = {
    source.options[1],
    source.options[2],
    source.options[3],
    { "--prog", arg = "FUNC=TYPE", many = true, help = "the type of a program that nothing else tells: kprobe, "
      .. "kretprobe, uprobe, tracepoint, perf_event, socket, xdp, or any other hook, with or without a target" },
    { "-x", arg = "LANG", help = "what all files are: c or lua; else by their names, and Lua where #! begins them" },
    { "--json", help = "print JSON, a line for each file" },
    { "--no-cache", help = "compile anew, and keep nothing for the next time" },
    { "--log", help = "print the verifier's whole log of what it refuses" },
  },
  arguments = { { "FILE", many = true, help = "C, a Lua script or an object; - is stdin" } },
  exits = {
    { 0, "everything is compiled and verified" },
    { 1, "something has a mistake, is refused or cannot be checked" },
    { 2, "the command line cannot be read" },
    { 3, "nothing is wrong, but this kernel, or this user, cannot have some of the programs" },
  },
  examples = {
    { "moonbee check tool.lua", "check every source of a tool" },
    { "moonbee check -DLIMIT=10 --prog on_call=uprobe filter.c", "check C, with a macro and a type" },
    { "moonbee check --json *.lua | jq .verified", "check many, for a program to read" },
  },
}

-- ---- one source ----------------------------------------------------------------------------

-- The verdicts on what was compiled: a row for each program.
local function verify(result, elf, options, place)
  local verdicts, err = bee.verify(elf, { attach = options.attach, const = options.const })
  if err then
    result:add_error(err, place, verdicts)
  end
  if not verdicts then
    return result:fail("verified", err.code == "EPERM")
  end
  for _, verdict in ipairs(verdicts) do
    result:add_program(verdict, place)
  end
  if #verdicts == 0 then
    result:add {
      severity = "error",
      message = "there is no program to verify",
      hint = "a program's SEC, name or context tells its type; else say it: --prog FUNC=TYPE, or attach",
      file = place.file,
      line = place.line,
    }
    result:fail "verified"
  end
end

-- place: file and line where the source begins; is_exact: its lines are those of the file.
local function check_source(result, text, options, place)
  local start = bee.ktime()
  local ok, elf, err = pcall(bee.compile, text, options)
  result.compile_ms = result.compile_ms + (bee.ktime() - start) / 1e6
  if not ok then -- options that are none
    result:add {
      severity = "error",
      message = elf:gsub("^[^:]*:%d+: ", ""):gsub("^bee.compile", place.loader),
      file = place.file,
      line = place.call_line,
    }
    return result:fail "compiled"
  elseif not elf then
    result:add_error(err, place)
    return result:fail "compiled"
  end
  for _, warning in ipairs(err) do
    result:add(warning, place)
  end
  verify(result, elf, options, place)
end

-- ---- files ---------------------------------------------------------------------------------

local function check_c(result, text, path, given)
  local options = source.of(path, given)
  options.attach = given.attach
  check_source(result, text, options, { file = options.name, line = 1, is_exact = true })
end

local function add_obstacle(result, found, name)
  result:add {
    severity = "error",
    message = ("%s: not checked: %s"):format(found.loader, found.obstacle),
    file = name,
    line = found.line,
  }
  result:fail "compiled"
end

local function check_found(result, found, name, dir)
  if found.obstacle then
    return add_obstacle(result, found, name)
  elseif found.has_computed_const then
    result:add {
      severity = "warning",
      message = "option 'const' is computed: checked with the values in the source",
      file = name,
      line = found.line,
    }
  end
  local options = found.options
  options.name, options.line, options.dir = name, found.text_line, dir
  if not found.is_verbatim then
    options.name, options.line = nil, nil
  end
  check_source(result, found.text, options, {
    file = name,
    line = found.text_line,
    call_line = found.line,
    loader = found.loader,
    is_exact = found.is_verbatim,
  })
end

-- What Lua itself says against a script, or nil.
local function syntax_error(text, name)
  if text:sub(1, 1) == "\27" then
    return "a compiled script: its sources cannot be read"
  end
  local chunk, err = load((text:gsub("^#[^\n]*", "")), "=" .. name, "t")
  if chunk then
    return nil
  end
  local line, message = err:match("^" .. name:gsub("%W", "%%%0") .. ":(%d+): (.*)$")
  return message or err, tonumber(line)
end

local function check_lua(result, text, path)
  local name = path == "-" and "<stdin>" or path
  local message, line = syntax_error(text, name)
  local list = message and {} or sources.find(text)
  if not message and #list == 0 then
    message = "there is no call of bee.load or bee.compile: nothing to check"
  end
  if message then
    result:add { severity = "error", message = message, file = name, line = line }
    return result:fail "compiled"
  end
  for _, found in ipairs(list) do
    check_found(result, found, name, path:match("^(.*)/[^/]*$") or ".")
  end
end

local function is_lua(path, text, given)
  if given.x then
    return given.x == "lua"
  end
  return path:find("%.lua$") ~= nil or text:sub(1, 2) == "#!" or text:sub(1, 4) == "\27Lua"
end

local function check_file(path, given)
  local result = report.new(path == "-" and "<stdin>" or path)
  local text, err = source.read(path)
  if not text then
    result:add { severity = "error", message = err }
    result:fail "compiled"
  elseif is_lua(path, text, given) then
    check_lua(result, text, path)
  else
    given.has_c = true
    check_c(result, text, path, given)
  end
  return result
end

-- ---- the command ---------------------------------------------------------------------------

function check.main(given)
  local wrong
  if given.no_cache then
    core.no_cache()
  end
  given.attach, wrong = source.types(given.prog)
  if not wrong and given.x and given.x ~= "c" and given.x ~= "lua" then
    wrong = ("-x: no '%s': there are c and lua"):format(given.x)
  end
  if wrong then
    return frame.complain(check, "%s", wrong)
  end
  local code = 0
  for _, path in ipairs(given.file) do
    local result = check_file(path, given)
    result:print(given)
    -- What is wrong outweighs what is not possible.
    code = (code == 1 or result.code == 1) and 1 or math.max(code, result.code)
  end
  if not given.has_c and #given.D + #given.U + #given.I + #given.prog > 0 then
    return frame.complain(check, "-D, -U, -I and --prog are for C: a script gives these as options of bee.load")
  end
  return code
end

return check
