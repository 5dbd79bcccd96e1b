-- SPDX-License-Identifier: Apache-2.0
-- What a tool takes of the machine: memory for a walk, and processor time while nothing happens.
local bee = require "moonbee"
local check = require "check"
local test, equal = check.test, check.equal

-- A collection at every 200th instruction makes a million of anything a matter of hours, and a guest
-- is slow.
local COUNT <const> = os.getenv("BEE_GC_STRESS") and 1000 or os.getenv("BEE_QUICK") and 300000 or 1000000

local function read_line(path, pattern)
  local file <close> = assert(io.open(path))
  for line in file:lines() do
    local found = line:match(pattern)
    if found then
      return tonumber(found)
    end
  end
end

local function peak_kb()
  return read_line("/proc/self/status", "^VmHWM:%s+(%d+) kB")
end

local function count_sleeps()
  return read_line("/proc/self/status", "^voluntary_ctxt_switches:%s+(%d+)")
end

-- The peak is from now on.
local function reset_peak()
  local file <close> = assert(io.open("/proc/self/clear_refs", "w"))
  assert(file:write("5"))
end

test("a huge map is walked in the memory of a batch", function()
  local mod <close> = assert(bee.load("BPF_HASH(flows, u32, u64, COUNT);", { define = { COUNT = COUNT } }))
  local flows = mod.maps.flows
  for first = 1, COUNT, 8192 do
    local chunk = {}
    for key = first, math.min(first + 8191, COUNT) do
      chunk[key] = key
    end
    assert(flows:update(chunk))
  end
  collectgarbage()
  reset_peak()
  local before, elems, sum = peak_kb(), 0, 0
  for key, value in pairs(flows) do
    elems = elems + 1
    sum = sum + value
  end
  equal(elems, COUNT)
  equal(sum, COUNT * (COUNT + 1) // 2)
  -- The elements alone are 12 bytes each.
  local grown = peak_kb() - before
  equal(grown < 2000 and "bounded" or grown .. " kB", "bounded")
end)

test("a tool that waits takes no processor time", function()
  local mod <close> = assert(bee.load [[
    BPF_RINGBUF_OUTPUT(ring, 8);
    BPF_PERF_OUTPUT(perf);
    TRACEPOINT_PROBE(syscalls, sys_enter_kill)
    {
        u32 sig = args->sig;

        if (sig != 77777)
            return 0;
        ring.ringbuf_output(&sig, sizeof(sig), 0);
        perf.perf_submit(args, &sig, sizeof(sig));
        return 0;
    }
  ]])
  assert(mod:attach())
  assert(mod.maps.ring:on(print))
  assert(mod.maps.perf:on(print))
  bee.run(0.05)
  local before, sleeps = os.clock(), count_sleeps()
  bee.run(1)
  local spent = os.clock() - before
  sleeps = count_sleeps() - sleeps
  equal(spent < 0.02 and "none" or spent .. " s", "none")
  equal(sleeps < 50 and "few wake-ups" or sleeps .. " wake-ups", "few wake-ups")
end)

check.done()
