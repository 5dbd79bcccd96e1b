-- SPDX-License-Identifier: Apache-2.0
-- The kernel and Lua tests on other kernels, one guest each, and a table of what came of them.
-- usage: lua5.4 tests/vm/suite.lua BUILD KERNEL...

local build = table.remove(arg, 1)
local kernels = table.move(arg, 1, #arg, 1, {})

-- ---- One guest -----------------------------------------------------------------------------

-- ctest runs the same commands as on the host, and ends those that hang. What says nothing of the
-- kernel is labelled host. The corpus has a guest of its own, and compiles outside; so have the types.
-- The portable objects of each kernel stay, for the others.
local COMMAND = [[
start=$(date +%%s)
mkdir -p '%s/portable'
BEE_QUICK=1 '%s/run' -t 1800 -w '%s/portable' %s -- \
  ctest --test-dir '%s' -L '^(kernel|lua|live)$' -LE '^host$' -V --timeout 600 >'%s' 2>&1 </dev/null
status=$?
%s
corpus=$?
'%s/layout' %s '%s/unit_layout' >'%s' 2>&1 </dev/null
echo $status $corpus $? $(($(date +%%s) - start))]]
local CORPUS = "'%s' '%s/../corpus/run.lua' --guest %s '%s/corpus_case' >'%s' 2>&1 </dev/null"
-- Those of which it is known what they refuse; portable objects are loaded there too.
local HAS_CORPUS = { ["5.10"] = true, ["6.1"] = true, ["6.12"] = true, newest = true }

local here = arg[0]:match("^(.*)/") or "."

local function start(kernel)
  local guest = { kernel = kernel, log = ("%s/vm-%s.log"):format(build, kernel) }
  guest.corpus = ("%s/vm-%s-corpus.log"):format(build, kernel)
  io.stderr:write(("moonbee: testing on kernel %s (%s)\n"):format(kernel, guest.log))
  local corpus = HAS_CORPUS[kernel] and CORPUS:format(arg[-1], here, kernel, build, guest.corpus) or "true"
  guest.layout = ("%s/vm-%s-layout.log"):format(build, kernel)
  guest.pipe = assert(io.popen(COMMAND:format(build, here, build, kernel, build, guest.log, corpus, here,
    kernel, build, guest.layout)))
  return guest
end

-- ---- What a log tells ----------------------------------------------------------------------

-- A group is a test program of C, or a test file of Lua; it has cases by name.
local function new_result(kernel)
  return { kernel = kernel, groups = {}, order = {}, passed = 0, failed = 0, skipped = 0 }
end

local function record(result, group, name, outcome, reason)
  local cases = result.groups[group]
  if not cases then
    cases = { passed = 0, failed = 0, skipped = 0, names = {} }
    result.groups[group] = cases
    result.order[#result.order + 1] = group
  end
  if cases.names[name] then -- cmocka lists the failed ones once more
    return
  end
  local case = { outcome = outcome, reason = reason }
  cases.names[name] = case
  cases[#cases + 1] = name
  cases[outcome] = cases[outcome] + 1
  result[outcome] = result[outcome] + 1
  return case
end

-- ERROR: what stands around the test failed, as the check that it gave its descriptors back.
local CMOCKA = { OK = "passed", FAILED = "failed", ERROR = "failed", SKIPPED = "skipped" }
local LUA = { ok = "passed", FAIL = "failed", skip = "skipped" }

-- One line of a test's output; state is what the lines before it told.
local function read_case(result, state, line)
  if state.awaits then -- a failed case of Lua says why on the next line
    state.awaits.reason, state.awaits = line, nil
  end
  local file, runner = line:match("^%-%-%-%- tests/(%S+)%.lua %((.*)%)")
  if file then
    state.group, state.runner = file, runner
    return
  end
  state.reason = line:match("^skipped: (.*)") or state.reason
  state.stage = line:match("^hook (%l+)$") or state.stage
  local said = line:match("^ERROR: (.*)") or line:match("^%[  ERROR   %] %-%-%- (.*)")
  if said then
    state.reason = (state.reason and state.reason .. "; " or "") .. said
    return
  end
  local word, name = line:match("^%[%s*(%u+)%s*%] ([%w_]+)$")
  if CMOCKA[word] then
    local case = record(result, state.group, name, CMOCKA[word], state.reason)
    if case then
      case.stage = state.stage
    end
    state.reason, state.stage = nil, nil
    return
  end
  word, name = line:match("^(%a+) +(.*)$")
  if LUA[word] and state.runner then
    local reason
    if word == "skip" then
      name, reason = name:match("^(.-): (.*)$")
    end
    local case = record(result, state.group, ("%s (%s)"):format(name, state.runner), LUA[word], reason)
    state.awaits = word == "FAIL" and case or nil
  end
end

local function read_log(guest)
  local result = new_result(guest.kernel)
  local state, before = {}, 0
  for line in io.lines(guest.log) do
    local name = line:match("^%s+Start +%d+: (%S+)")
    local said = line:match("^%d+: ?(.*)$")
    local test, ending = line:match("^ *%d+/%d+ Test +#%d+: (%S+) [ .]*(.*)$")
    if name then
      state, before = { group = name }, result.failed
    elseif said then
      read_case(result, state, said)
    elseif test and not ending:find("^ *Passed") and result.failed == before then
      record(result, test, "the whole test", "failed", ending:gsub("%*", ""))
    end
  end
  return result
end

-- tests/corpus: each line but the totals is a complaint.
local function read_corpus(result, guest, status)
  local name = "what is refused is what is known to be"
  for line in io.lines(guest.corpus) do
    if status == 77 and line:find("^skipped: ") then
      record(result, "corpus", name, "skipped", line:match("^skipped: (.*)"))
    elseif line:find("^is ") or line:find(": some functions ") then
      record(result, "corpus", line, "failed")
    end
  end
  if status == 0 then
    record(result, "corpus", name, "passed")
  elseif status ~= 77 and not result.groups.corpus then
    record(result, "corpus", name, "failed", ("exit code %s; %s tells more"):format(status, guest.corpus))
  end
end

local function finish(guest)
  local status, corpus, layout, seconds = guest.pipe:read("n", "n", "n", "n")
  guest.pipe:close()
  local result = read_log(guest)
  result.seconds = seconds
  if result.passed == 0 or (status ~= 0 and result.failed == 0) then
    record(result, "guest", "it runs to its end", "failed",
      ("exit code %s; the end of %s tells more"):format(status, guest.log))
  end
  if HAS_CORPUS[guest.kernel] then
    read_corpus(result, guest, corpus)
  end
  record(result, "layout", "every record lies as the kernel has it", layout == 0 and "passed" or "failed",
    layout ~= 0 and ("exit code %s; %s tells more"):format(layout, guest.layout) or nil)
  return result
end

-- ---- Portable objects of the corpus ----------------------------------------------------------

local PORTABLE = "'%s' '%s/../corpus/run.lua' --portable %s '%s/corpus_case' >'%s' 2>&1 </dev/null"

-- They are compiled once, and loaded on one kernel after the other; the log names the kernel of each line
-- but those that are about compiling.
local function check_portable(results)
  local names = {}
  for _, result in ipairs(results) do
    names[#names + 1] = HAS_CORPUS[result.kernel] and result.kernel or nil
  end
  if #names == 0 then
    return
  end
  local log = build .. "/vm-portable.log"
  io.stderr:write(("moonbee: testing portable objects (%s)\n"):format(log))
  local _, how, status = os.execute(PORTABLE:format(arg[-1], here, table.concat(names, ","), build, log))
  local reason = status ~= 0 and ("%s %s; %s tells more"):format(how, status, log) or nil
  for line in io.lines(log) do
    reason = status == 77 and line:match("^skipped: (.*)") or reason
    if line:find("^kernel ") or line:find("portable objects, ") then
      print(line)
    end
  end
  for _, result in ipairs(results) do
    if HAS_CORPUS[result.kernel] then
      record(result, "corpus, portable", "each object loads, or names what it assumes",
        status == 0 and "passed" or status == 77 and "skipped" or "failed", reason)
    end
  end
end

-- ---- The runner itself ----------------------------------------------------------------------

-- What it is given, and what its exit code and its output must be.
local RUNS = {
  { "the exit code of a command comes back", "-t 120 %s -- sh -c 'exit 7'", 7, "" },
  { "its output comes back whole", "-t 120 %s -- seq 3", 0, "1\n2\n3\n" },
  { "a word keeps its spaces and quotes", [[-t 120 %s -- printf '%%s' "it's  one"]], 0, "it's  one" },
  { "a guest that hangs is ended, and told", "-t 8 %s -- sleep 1000", 124, "took more than 8 s" },
  { "a guest that panics is told, and why", "-t 120 %s -- sh -c 'echo c >/proc/sysrq-trigger'", 125, "panicked" },
  { "what is no kernel is named", "nothing -- true", 2, "no kernel is called 'nothing'" },
}

local function check_runner(result)
  for _, run in ipairs(RUNS) do
    local name, words, status, output = table.unpack(run)
    local pipe = assert(io.popen(("'%s/run' %s 2>&1"):format(here, words:format(result.kernel))))
    local text = pipe:read("a")
    local _, _, code = pipe:close()
    local ok = code == status and (text == output or (status > 7 or status == 2) and text:find(output, 1, true))
    record(result, "vm/run", name, ok and "passed" or "failed",
      not ok and ("exit code %s, output %q"):format(code, text) or nil)
  end
end

-- ---- The table -----------------------------------------------------------------------------

local function cell(counts)
  if not counts then
    return "-"
  end
  local text = tostring(counts.passed)
  if counts.skipped > 0 then
    text = ("%s, %d skipped"):format(text, counts.skipped)
  end
  if counts.failed > 0 then
    text = ("%s, %d FAILED"):format(text, counts.failed)
  end
  return text
end

local function print_row(first, cells)
  local line = { ("%-24s"):format(first) }
  for _, text in ipairs(cells) do
    line[#line + 1] = ("%-25s "):format(text)
  end
  print((table.concat(line):gsub(" +$", "")))
end

local function map(list, fn)
  local out = {}
  for i, value in ipairs(list) do
    out[i] = fn(value)
  end
  return out
end

local function first_line(path)
  local file <close> = io.open(path)
  return file and file:read("l") or ""
end

local function cache()
  return os.getenv("BEE_VM_CACHE") or build .. "/vm"
end

local function print_table(results)
  print_row("passed on kernel", map(results, function(result) return result.kernel end))
  print_row("", map(results, function(result)
    return (first_line(("%s/%s/package"):format(cache(), result.kernel)):gsub("^linux%-image%-(.*)%-cloud.*", "%1"))
  end))
  local seen = {}
  for _, result in ipairs(results) do
    for _, group in ipairs(result.order) do
      if not seen[group] then
        seen[group] = true
        print_row(group, map(results, function(other) return cell(other.groups[group]) end))
      end
    end
  end
  print_row("all", map(results, cell))
  print_row("seconds", map(results, function(result) return tostring(result.seconds) end))
end

-- Hooks have a case each, hook_NAME_fires, which says what it has come to: the program loads, its link
-- attaches, it fired as often as the event came, and not once more when it was detached.
local STAGES = { loads = "loads", attaches = "loads, attaches", fired = "loads, attaches, fired", detached = "all four" }

local function hook_cell(case)
  if not case then
    return "-"
  end
  local reached = STAGES[case.stage] or (case.outcome == "passed" and "all four") or "nothing"
  if case.outcome == "skipped" then
    return "lacks it"
  end
  return case.outcome == "passed" and reached or reached .. ": FAILED"
end

-- The case of a name, in whatever group.
local function find_case(result, name)
  for _, group in ipairs(result.order) do
    if result.groups[group].names[name] then
      return result.groups[group].names[name]
    end
  end
end

local function print_hooks(results)
  local seen = {}
  print("\nwhat a hook comes to: it loads, attaches, fires, and is detached clean")
  print_row("hook on kernel", map(results, function(result) return result.kernel end))
  for _, result in ipairs(results) do
    for _, group in ipairs(result.order) do
      for _, name in ipairs(result.groups[group]) do
        local hook = name:match("^hook_(.*)_fires$") or name:match("^(%l[%w_]-)_fires")
        if hook and not seen[hook] then
          seen[hook] = true
          print_row(hook, map(results, function(other) return hook_cell(find_case(other, name)) end))
        end
      end
    end
  end
end

-- Cases of one outcome, each with the kernels that it came on.
local function print_cases(results, outcome)
  local lines, kernels_of = {}, {}
  for _, result in ipairs(results) do
    for _, group in ipairs(result.order) do
      local cases = result.groups[group]
      for _, name in ipairs(cases) do
        local case = cases.names[name]
        if case.outcome == outcome then
          local line = ("%s: %s%s"):format(group, name, case.reason and ": " .. case.reason or "")
          if not kernels_of[line] then
            lines[#lines + 1], kernels_of[line] = line, {}
          end
          table.insert(kernels_of[line], result.kernel)
        end
      end
    end
  end
  if #lines > 0 then
    print(("\n%s:"):format(outcome))
  end
  for _, line in ipairs(lines) do
    print(("  %-8s %s"):format(table.concat(kernels_of[line], " "), line))
  end
end

-- ---- All of them ---------------------------------------------------------------------------

-- As many guests at a time as there are processors: each keeps one busy.
local function run_all(width)
  local results, running = {}, {}
  for i, kernel in ipairs(kernels) do
    running[i] = start(kernel)
    if i % width == 0 or i == #kernels then
      for k = #results + 1, i do
        results[k] = finish(running[k])
      end
    end
  end
  return results
end

local results = run_all(assert(io.popen("nproc")):read("n") or 1)
check_runner(results[1])
check_portable(results)
print_table(results)
print_hooks(results)
print_cases(results, "skipped")
print_cases(results, "failed")
local total = { passed = 0, failed = 0, skipped = 0 }
for _, result in ipairs(results) do
  for outcome in pairs(total) do
    total[outcome] = total[outcome] + result[outcome]
  end
end
print()
print(("%d passed, %d failed, %d skipped"):format(total.passed, total.failed, total.skipped))
os.exit(total.failed == 0 and total.passed > 0 and 0 or 1, true)
