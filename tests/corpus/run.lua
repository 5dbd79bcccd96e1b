-- SPDX-License-Identifier: Apache-2.0
-- The programs of BCC's own tools, as Debian ships them: each compiles, and the kernel accepts each
-- of its functions with the type that its tool gives it. What is refused stands in the file
-- `refusals`, which must be exact.
--
-- usage: lua5.4 tests/corpus/run.lua CORPUS_CASE [NAME]...          all runs of the file `runs`, or those
--        lua5.4 tests/corpus/run.lua --guest KERNEL CORPUS_CASE    on another kernel (tests/vm)
--        lua5.4 tests/corpus/run.lua --portable KERNEL,KERNEL CORPUS_CASE    compiled here, as
--            `moonbee compile --portable` does, and loaded on others: what is not verified there says
--            which assumption fails, or is refused as it is when compiled for that kernel

local DIR = arg[0]:match("^(.*)/") or "."
local PYTHON = "/usr/bin/python3"
local kernel, portable
if arg[1] == "--guest" then
  kernel = arg[2]
elseif arg[1] == "--portable" then
  portable = arg[2]
end
if kernel or portable then
  table.move(arg, 3, #arg + 2, 1)
end
local corpus_case = table.remove(arg, 1)

local function can_read(path)
  local file = io.open(path)
  return file and file:close()
end

local function skip(reason)
  print("skipped: " .. reason)
  os.exit(77)
end

if not can_read("/usr/sbin/opensnoop-bpfcc") or not can_read(PYTHON) then
  skip("package bpfcc-tools is not installed (no /usr/sbin/opensnoop-bpfcc)")
elseif not os.execute("unshare --mount true 2>/dev/null") then
  skip("not root: `unshare --mount true` is refused")
end

-- { name, function, errno, condition, words }, in order
local function read_refusals()
  local rows = {}
  for line in io.lines(DIR .. "/refusals") do
    if line ~= "" and not line:find("^#") then
      local row = {}
      for column in line:gmatch("[^\t]+") do
        row[#row + 1] = column
      end
      assert(#row == 5, "refusals: five columns are expected: " .. line)
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function quote(list)
  local words = {}
  for i, word in ipairs(list) do
    words[i] = "'" .. word:gsub("'", "'\\''") .. "'"
  end
  return table.concat(words, " ")
end

local function conditions_of(rows)
  local conditions = {}
  for _, row in ipairs(rows) do
    if row[4] ~= "-" then
      conditions[#conditions + 1] = row[4]
    end
  end
  return quote(conditions)
end

-- The tools run here. The status of a pipe's first command is lost: one that cannot be run says it by
-- a program that cannot be compiled.
local function here(words, names)
  return ("{ unshare --mount %s %s/extract.py %s/runs %s || printf %s; } | %s %s"):format(
    PYTHON, DIR, DIR, quote(names), [['program extract.py\ntext 1\n!\n']], corpus_case, words)
end

-- The lines of corpus_case.
local function run(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  local ok, how, status = pipe:close()
  assert(ok, ("corpus_case: %s %s"):format(how, status))
  return lines
end

local seen, lacks, verified, failures, cpu = {}, {}, {}, {}, {}
local insns = 0

local function take(line)
  local word, name, rest = line:match("^(%S+) (%S+) ?(.*)$")
  if word == "lacks" then
    lacks[name] = true
  elseif word == "program" then
    seen[name] = true
    cpu[#cpu + 1] = tonumber(rest)
  elseif word == "verified" then
    local fn, count = rest:match("^(%S+) (%d+)$")
    verified[name] = verified[name] or {}
    verified[name][fn] = true
    insns = insns + count
  elseif word == "FAILED" then
    local fn, errno, text = rest:match("^(%S+) (%S+) (.*)$")
    failures[#failures + 1] = { name, fn, errno, text }
  elseif word == "refused" then
    seen[name] = true
    failures[#failures + 1] = { name, "-", "source", rest }
  elseif word ~= "warning" then
    error("corpus_case said: " .. line)
  end
end

-- Tools, as opposed to examples, which a machine without documentation lacks.
local function is_tool(name)
  return not name:find("/", 1, true)
end

local function find_row(rows, failure)
  for _, row in ipairs(rows) do
    if row[1] == failure[1] and (row[2] == "*" or row[2] == failure[2]) and
       (row[4] == "-" or lacks[row[4]]) then
      return row
    end
  end
end

-- Complaints about refusals that are new or other than known, and about known ones that are over.
local function compare(rows)
  local complaints, found = {}, {}
  for _, failure in ipairs(failures) do
    local row = find_row(rows, failure)
    if row then
      found[row] = true
    end
    if not row or row[3] ~= failure[3] or not failure[4]:find(row[5], 1, true) then
      complaints[#complaints + 1] = "is refused: " .. table.concat(failure, " ")
    elseif row[2] == "*" and verified[row[1]] then
      complaints[#complaints + 1] = row[1] .. ": some functions are verified, where all were refused"
    end
  end
  for _, row in ipairs(rows) do
    local holds = find_row(rows, row) == row -- no row above is about the same
    if not seen[row[1]] and #arg == 0 and is_tool(row[1]) then
      complaints[#complaints + 1] = "is in no run: " .. row[1]
    elseif holds and not found[row] and seen[row[1]] then
      complaints[#complaints + 1] = "is no longer refused: " .. table.concat(row, " ")
    end
  end
  return complaints
end

local function count(set)
  local n = 0
  for _ in pairs(set) do
    n = n + 1
  end
  return n
end

-- Programs all of whose functions were verified; of the tools' default arguments, and of all runs.
local function print_totals()
  local bad, tools, bad_tools, examples, bad_examples = {}, {}, {}, {}, {}
  for _, failure in ipairs(failures) do
    bad[failure[1]] = true
  end
  local programs, bad_programs = {}, {}
  for name in pairs(seen) do
    local tool = name:match("^[^.]+")
    local all, wrong = programs, bad_programs
    if not is_tool(name) then
      all, wrong = examples, bad_examples
    elseif name == tool then
      tools[tool] = true
      bad_tools[tool] = bad[name]
    end
    all[name] = true
    wrong[name] = bad[name]
  end
  table.sort(cpu)
  print(("%d of %d tools with default arguments, %d of %d programs of tools, %d of %d of examples verified"):format(
    count(tools) - count(bad_tools), count(tools), count(programs) - count(bad_programs), count(programs),
    count(examples) - count(bad_examples), count(examples)))
  print(("%d instructions; %.1f ms CPU a compile (median)"):format(insns, (cpu[(#cpu + 1) // 2] or 0) / 1000))
end

-- ---- Compiled here, loaded elsewhere --------------------------------------------------------

local function is_known(rows, failure)
  local row = find_row(rows, failure)
  return row and row[3] == failure[3] and failure[4]:find(row[5], 1, true)
end

-- What the load has to say when the object does not suit the kernel, as tests/cli/portable.test has it:
-- a member that the kernel lacks, or a value that is another here.
local function names_assumption(failure)
  if failure[4]:find("failed to resolve CO%-RE relocation <[%l_]+> %[%d+%] %l+ [%w_]+%.[%w_.]+ ") then
    return true
  end
  local wanted, rest = failure[4]:match("^the object was compiled where %S.* is (%S+): (.*)$")
  local found = rest and (rest == "this kernel has none" and rest or rest:match("^on this kernel it is (%S+)$"))
  return failure[3] == "EOPNOTSUPP" and found ~= nil and found ~= wanted
end

local function take_all(lines)
  seen, lacks, verified, failures = {}, {}, {}, {}
  for _, line in ipairs(lines) do
    take(line)
  end
end

-- Functions, and the programs that have them, of each outcome.
local function new_outcome()
  return { functions = 0, programs = {} }
end

local function add(outcome, name)
  outcome.functions = outcome.functions + 1
  outcome.programs[name] = true
end

local function print_outcomes(name, good, named, refused, bad)
  local function text(outcome)
    return ("%d (of %d programs)"):format(outcome.functions, count(outcome.programs))
  end
  print(("kernel %s: of %d portable objects' functions %s verified, %s named an assumption, %s refused as known, %s failed")
    :format(name, count(seen), text(good), text(named), text(refused), text(bad)))
end

-- The complaints of one kernel, about objects that came from programs.
local function load_on(name, rows, folder, programs)
  local inner = ([['%s' %s <'%s/objects']]):format(corpus_case, conditions_of(rows), folder)
  take_all(run(("'%s/../vm/run' -t 300 -w '%s' %s -- sh -c %s"):format(DIR, folder, name, quote { inner })))
  local complaints = {}
  local good, named, refused, bad = new_outcome(), new_outcome(), new_outcome(), new_outcome()
  for program, functions in pairs(verified) do
    for _ in pairs(functions) do
      add(good, program)
    end
  end
  for _, failure in ipairs(failures) do
    local outcome = names_assumption(failure) and named or is_known(rows, failure) and refused or bad
    add(outcome, failure[1])
    if outcome == bad then
      complaints[#complaints + 1] = ("%s is refused: %s"):format(name, table.concat(failure, " "))
    end
  end
  for program in pairs(programs) do
    if not seen[program] then
      complaints[#complaints + 1] = ("%s is not loaded: %s"):format(name, program)
    end
  end
  print_outcomes(name, good, named, refused, bad)
  return complaints, good.functions
end

local function run_portable(rows, folder)
  take_all(run(here(("--objects '%s/objects' %s"):format(folder, conditions_of(rows)), arg)))
  local complaints, programs, is_good = {}, seen, true
  for _, failure in ipairs(failures) do
    programs[failure[1]] = nil -- a source that is refused has no object
    if not is_known(rows, failure) then
      complaints[#complaints + 1] = "here is refused: " .. table.concat(failure, " ")
    end
  end
  print(("%d portable objects, %d sources refused"):format(count(programs), #failures))
  for name in portable:gmatch("[^,]+") do
    local more, good = load_on(name, rows, folder, programs)
    table.move(more, 1, #more, #complaints + 1, complaints)
    is_good = is_good and good > 0
  end
  return complaints, is_good
end

local function make_folder()
  local pipe <close> = assert(io.popen("mktemp -d"))
  return pipe:read("l")
end

-- ---- All of it ------------------------------------------------------------------------------

local rows = read_refusals()
local complaints, is_good
if portable then
  local folder = make_folder()
  local ok
  ok, complaints, is_good = xpcall(run_portable, debug.traceback, rows, folder)
  os.execute(("rm -rf '%s'"):format(folder))
  assert(ok, complaints)
else
  local command = kernel and ("%s/guest %s %s %s"):format(DIR, kernel, corpus_case, conditions_of(rows)) or
    here(conditions_of(rows), arg)
  take_all(run(command))
  complaints, is_good = compare(rows), count(seen) > 0
  print_totals()
end
for _, complaint in ipairs(complaints) do
  print(complaint)
end
os.exit(#complaints == 0 and is_good)
