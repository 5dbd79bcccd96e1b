-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal = check.test, check.equal

local SOURCE = [[
  struct event { u32 pid; char comm[TASK_COMM_LEN]; };
  BPF_RINGBUF_OUTPUT(events, 8);
  BPF_HASH(counts, u32, u64);
  TRACEPOINT_PROBE(syscalls, sys_enter_kill)
  {
      struct event e = { .pid = args->pid };

      if (e.pid == PID)
          events.ringbuf_output(&e, sizeof(e), 0);
      return 0;
  }
]]

-- Above any pid in use, and another one in each run of this test.
local PID = 4200000 + check.pid
local OPTIONS = { define = { PID = PID } }

local function collect()
  collectgarbage()
  collectgarbage()
end

local function fire()
  bee.run { command = { "sh", "-c", ("kill -0 %d 2>/dev/null; true"):format(PID) } }
end

test("a map keeps its module", function()
  local counts = assert(bee.load(SOURCE, OPTIONS)).maps.counts
  collect()
  counts[1] = 1
  equal(counts[1], 1)
end)

test("a program, the variables and a walk keep their module", function()
  local _, program = next(assert(bee.load(SOURCE, OPTIONS)).programs)
  local vars = assert(bee.load("int x = 4;")).vars
  local step, walk = pairs(assert(bee.load(SOURCE, OPTIONS)).maps.counts)
  collect()
  equal(program.section, "tracepoint/syscalls/sys_enter_kill")
  equal(vars.x, 4)
  equal(step(walk), nil)
end)

test("a module that nobody holds and nothing attaches is closed", function()
  local weak = setmetatable({ assert(bee.load(SOURCE, OPTIONS)) }, { __mode = "v" })
  collect()
  equal(weak[1], nil)
end)

test("what is attached stays, though every result is dropped", function()
  local count = 0
  local weak = setmetatable({}, { __mode = "v" })
  do
    local mod = assert(bee.load(SOURCE, OPTIONS))
    weak[1] = mod
    assert(mod:attach())
    assert(mod.maps.events:on(function() count = count + 1 end))
  end
  collect()
  fire()
  equal(count, 1)
  weak[1]:close()
  fire()
  equal(count, 1)
  collect()
  equal(weak[1], nil)
end)

test("a timer that nobody holds goes on, and a closed one is collected", function()
  local count = 0
  local weak = setmetatable({}, { __mode = "v" })
  weak[1] = assert(bee.every(0.005, function() count = count + 1 end))
  collect()
  bee.run(0.05)
  equal(count > 1, true)
  weak[1]:close()
  collect()
  equal(weak[1], nil)
end)

test("a cycle through a callback is collected when the module is closed", function()
  local weak = setmetatable({}, { __mode = "v" })
  do
    local mod = assert(bee.load(SOURCE, OPTIONS))
    weak[1] = mod
    assert(mod.maps.events:on(function() return mod end))
    mod:close()
  end
  collect()
  equal(weak[1], nil)
end)

test("a finalizer may use what it holds", function()
  local seen
  do
    local mod = assert(bee.load(SOURCE, OPTIONS))
    local counts = mod.maps.counts
    counts[1] = 7
    setmetatable({}, { __gc = function() seen = pcall(counts.get, counts, 1) end })
  end
  collect()
  equal(seen, true)
end)

test("garbage may be collected in the middle of everything", function()
  local mod <close> = assert(bee.load(SOURCE, OPTIONS))
  assert(mod:attach())
  local kept = {}
  local sub <close> = assert(mod.maps.events:on(function(e)
    collectgarbage()
    kept[#kept + 1] = e
  end))
  for _ = 1, 5 do
    fire()
  end
  collect()
  equal(#kept, 5)
  equal(kept[1].pid, PID)
end)

test("loading and closing leaves nothing behind", function()
  local function cycle()
    local mod <close> = assert(bee.load(SOURCE, OPTIONS))
    assert(mod:attach())
    assert(mod.maps.events:on(print))
  end
  for _ = 1, 5 do cycle() end
  collect()
  local before = collectgarbage("count")
  for _ = 1, 20 do cycle() end
  collect()
  equal(collectgarbage("count") - before < 20, true)
end)

check.done()
