-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, same, raises = check.test, check.equal, check.same, check.raises

-- Each kill(2) to a pid that no process has makes a record.
local PID = 4300000 + check.pid
local mod <close> = assert(bee.load([[
  struct event { int pid; int sig; };
  BPF_RINGBUF_OUTPUT(ring, 8);
  TRACEPOINT_PROBE(syscalls, sys_enter_kill)
  {
      struct event e = { .pid = args->pid, .sig = args->sig };
      if (args->pid == PID)
          ring.ringbuf_output(&e, sizeof(e), 0);
      return 0;
  }
]], { define = { PID = PID } }))
assert(mod:attach())
local ring = mod.maps.ring

-- Signals 1 to count, a moment later, from outside.
local function later(count)
  local lines = {}
  for sig = 1, count do
    lines[sig] = ("kill -%d %d"):format(sig, PID)
  end
  os.execute(("(sleep 0.1; %s) >/dev/null 2>&1 &"):format(table.concat(lines, ";")))
end

test("a loop over events waits for each", function()
  local got = {}
  later(3)
  for e in ring:events() do
    got[#got + 1] = e.sig
    if e.sig == 3 then
      break
    end
  end
  same(got, { 1, 2, 3 })
end)

test("a loop over fields gets them as variables", function()
  later(2)
  for sig, pid in ring:events { "sig", "pid" } do
    equal(pid, PID)
    if sig == 2 then
      break
    end
  end
end)

test("leaving the loop ends the subscription", function()
  assert(ring:on(print)):close()
end)

test("a signal ends the waiting", function()
  os.execute(("(sleep 0.1; kill -INT %d) >/dev/null 2>&1 &"):format(check.pid))
  for _ in ring:events() do
    error("no event was made")
  end
end)

test("a coroutine waits while the loop serves others", function()
  local got, ticks = {}, 0
  local ticker = assert(bee.every(0.02, function() ticks = ticks + 1 end))
  local co = coroutine.create(function()
    for e in ring:events() do
      got[#got + 1] = e.sig
      if e.sig == 2 then
        break
      end
    end
    bee.stop()
  end)
  assert(coroutine.resume(co))
  later(2)
  equal(select(2, bee.run(20)), "stop")
  ticker:close()
  same(got, { 1, 2 })
  equal(ticks > 0, true)
  equal(coroutine.status(co), "dead")
end)

test("an error in a coroutine ends the run, with its traceback", function()
  local function sting()
    for _ in ring:events() do
      error("sting")
    end
  end
  local co = coroutine.create(sting)
  assert(coroutine.resume(co))
  later(1)
  local err = raises("sting", bee.run, 20)
  check.contains(err, "in function <")
  equal(select(2, tostring(err):gsub("stack traceback", "")), 1)
  coroutine.close(co)
end)

test("a callback cannot wait", function()
  local timer = assert(bee.after(0.01, function()
    for _ in ring:events() do end
  end))
  raises("events are waited for inside of a callback: use a coroutine", bee.run, 5)
  timer:close()
end)

mod:close()
check.done()
