-- SPDX-License-Identifier: Apache-2.0
-- The harness: test("a sentence that is true", function() ... end), then done() at the end of the file.
--
-- With BEE_GC_STRESS in the environment garbage is collected in whole at every Nth instruction that a
-- test executes, so that whatever is not held shows.

local bee = require "moonbee"

local check = { passed = 0, failed = 0, skipped = 0 }

local stress = tonumber(os.getenv("BEE_GC_STRESS") or "")

local function count_once()
  local count = 0
  local pipe <close> = assert(io.popen("sleep 0.05; ls /proc/" .. check.pid .. "/fd"))
  for _ in pipe:lines() do
    count = count + 1
  end
  return count
end

-- The pipe's other end is open here until the shell has started, which on a busy machine may be after the
-- shell has counted: what is left open for good is counted each time.
local function count_fds()
  collectgarbage()
  collectgarbage()
  return math.min(count_once(), count_once(), count_once())
end

local function own_pid()
  local file <close> = assert(io.open("/proc/self/stat"))
  return file:read("n")
end

check.pid = own_pid()

-- A skip says why, and proves it: an error value that the system gave.
local SKIP = {}
function check.skip(reason)
  error(setmetatable({ reason = tostring(reason) }, SKIP), 0)
end

local function trace(err)
  if getmetatable(err) == SKIP then
    return err
  end
  return debug.traceback(tostring(err), 2)
end

function check.test(name, fn)
  if stress then
    debug.sethook(function() collectgarbage() end, "", stress)
  end
  local ok, err = xpcall(fn, trace)
  debug.sethook()
  collectgarbage()
  if ok then
    check.passed = check.passed + 1
    print("ok    " .. name)
  elseif getmetatable(err) == SKIP then
    check.skipped = check.skipped + 1
    print(("skip  %s: %s"):format(name, err.reason))
  else
    check.failed = check.failed + 1
    print(("FAIL  %s\n%s"):format(name, err))
  end
end

-- ---- Assertions ----------------------------------------------------------------------------

local function show(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

function check.equal(got, wanted)
  if got ~= wanted then
    error(("got %s, wanted %s"):format(show(got), show(wanted)), 2)
  end
end

-- Tables and records, by their fields.
function check.same(got, wanted, path)
  path = path or "value"
  got, wanted = bee.table(got), bee.table(wanted)
  if type(got) ~= "table" or type(wanted) ~= "table" then
    if got ~= wanted then
      error(("%s: got %s, wanted %s"):format(path, show(got), show(wanted)), 2)
    end
    return
  end
  for key in pairs(wanted) do
    check.same(got[key], wanted[key], path .. "." .. tostring(key))
  end
  for key in pairs(got) do
    if wanted[key] == nil then
      error(("%s.%s: got %s, wanted none"):format(path, tostring(key), show(got[key])), 2)
    end
  end
end

local function contains(text, part, level)
  if not text:find(part, 1, true) then
    error(("got %s, wanted it to hold %s"):format(show(text), show(part)), level + 1)
  end
end

function check.contains(text, part)
  contains(tostring(text), part, 2)
end

-- fn must raise an error whose text holds part. Gives back the error.
function check.raises(part, fn, ...)
  local ok, err = pcall(fn, ...)
  if ok then
    error("no error was raised, wanted one with " .. show(part), 2)
  end
  contains(tostring(err), part, 2)
  return err
end

-- The results of a call that must fail as the world fails: nil and an error object.
function check.fails(part, result, err)
  if result ~= nil then
    error("no failure, wanted one with " .. show(part), 2)
  end
  if getmetatable(err) ~= "moonbee.error" then
    error("the error is no error object but " .. show(err), 2)
  end
  contains(tostring(err), part, 2)
  return err
end

-- ---- The end -------------------------------------------------------------------------------

-- The runtime keeps a descriptor or two of its own: open it before counting.
do
  local mod <close> = bee.load "TRACEPOINT_PROBE(syscalls, sys_enter_kill) { return 0; }"
  if mod then
    mod:attach()
  end
  bee.fd()
end
local fds_before = count_fds()

function check.done()
  check.test("no descriptor is left open", function()
    check.equal(count_fds(), fds_before)
  end)
  print(("%d passed, %d failed, %d skipped"):format(check.passed, check.failed, check.skipped))
  os.exit(check.failed == 0 and 0 or 1, true)
end

return check
