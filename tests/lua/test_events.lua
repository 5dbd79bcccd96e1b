-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, same, raises, fails = check.test, check.equal, check.same, check.raises, check.fails

-- Each kill(2) to the pid that the script chose, as a number that no process has, makes one record.
local SOURCE = [[
  struct where { u32 line; u8 column; };
  struct event {
      u64 big;
      u32 pid;
      int sig;
      char comm[TASK_COMM_LEN];
      u16 list[3];
      struct where where;
      u32 low : 3, high : 29;
  };
  BPF_RINGBUF_OUTPUT(ring, 8);
  BPF_PERF_OUTPUT(perf);
  BPF_RINGBUF_OUTPUT(raw, 8);
  BPF_HASH(counts, u32, u64);

  int chosen;

  TRACEPOINT_PROBE(syscalls, sys_enter_kill)
  {
      struct event e = { .big = -1, .pid = args->pid, .sig = args->sig, .list = { 1, 2, 3 },
                         .where = { 10, 20 }, .low = 5, .high = 6 };
      u32 number = args->pid;

      if (args->pid != chosen)
          return 0;
      bpf_get_current_comm(e.comm, sizeof(e.comm));
      ring.ringbuf_output(&e, sizeof(e), 0);
      perf.perf_submit(args, &e, sizeof(e));
      raw.ringbuf_output(&number, sizeof(number), 0);
      return 0;
  }
]]

-- Above any pid in use, and another one in each run of this test.
local PID = 4200000 + check.pid
local mod <close> = assert(bee.load(SOURCE))
mod.vars.chosen = PID
assert(mod:attach())

-- Make count records and serve what came.
local function fire(count)
  local line = ("kill -0 %d;"):format(PID)
  bee.run { command = { "sh", "-c", "exec 2>/dev/null; " .. line:rep(count or 1) .. " true" } }
end

-- The records that a subscription with these arguments gets.
local function collect(map, ...)
  local got = {}
  local sub <close> = assert(map:on(function(e) got[#got + 1] = e end, ...))
  fire(2)
  return got
end

test("a record becomes an event with the struct's fields", function()
  local got = collect(mod.maps.ring)
  equal(#got, 2)
  local e = got[1]
  equal(e.pid, PID)
  equal(e.sig, 0)
  equal(e.comm, "sh")
  equal(e.big, -1)
  equal(e.low, 5)
  equal(e.high, 6)
  same(e.list, { [0] = 1, 2, 3 })
  equal(e.where.line, 10)
  equal(e.where.column, 20)
end)

test("an event may be kept", function()
  local e = collect(mod.maps.ring)[2]
  local where = e.where
  e = nil
  collectgarbage()
  fire(1)
  equal(where.line, 10)
end)

test("an event outlives its module", function()
  local other = assert(bee.load(SOURCE))
  other.vars.chosen = PID
  assert(other:attach())
  local got = collect(other.maps.ring)
  other:close()
  other = nil
  collectgarbage()
  equal(got[1].where.column, 20)
  equal(bee.table(got[1]).comm, "sh")
end)

test("an unknown field is a mistake, told with the nearest name", function()
  local e = collect(mod.maps.ring)[1]
  raises("no field 'pidd' in struct event (did you mean 'pid'?)", function() return e.pidd end)
  raises("no field 'x' in struct where", function() return e.where.x end)
  raises("no field '1' in struct event", function() return e[1] end)
  raises("no field 'pidd' in struct event (did you mean 'pid'?)", function() e.pidd = 1 end)
end)

test("an event prints, lists its fields in order, and becomes a table", function()
  local e = collect(mod.maps.ring)[1]
  equal(tostring(e), ('event { big = 18446744073709551615, pid = %d, sig = 0, comm = "sh", list = [1, 2, 3], '
    .. 'where = { line = 10, column = 20 }, low = 5, high = 6 }'):format(PID))
  local names = {}
  for name in pairs(e) do
    names[#names + 1] = name
  end
  equal(table.concat(names, " "), "big pid sig comm list where low high")
  same(bee.table(e), {
    big = -1, pid = PID, sig = 0, comm = "sh", list = { [0] = 1, 2, 3 },
    where = { line = 10, column = 20 }, low = 5, high = 6,
  })
  equal(#bee.bytes(e), 56)
end)

test("fields come as arguments when they are asked for", function()
  local got = {}
  local sub <close> = assert(mod.maps.ring:on({ "comm", "pid", "where.line", "low" }, function(...)
    got[#got + 1] = { ... }
  end))
  fire(1)
  same(got, { { "sh", PID, 10, 5 } })
end)

test("a field that is not there is refused when subscribing", function()
  raises("no field 'pidd' in struct event (did you mean 'pid'?)", function()
    mod.maps.ring:on({ "pidd" }, print)
  end)
  raises("no field 'x' in struct where", function() mod.maps.ring:on({ "where.x" }, print) end)
  raises("no field", function() mod.maps.ring:on({ "pid.x" }, print) end)
end)

test("options where the fields belong are refused", function()
  raises("a list of field names is expected", mod.maps.ring.on, mod.maps.ring, { view = true }, print)
  raises("a list of field names is expected", mod.maps.ring.events, mod.maps.ring, { view = true })
end)

test("a perf buffer delivers the same", function()
  local got = collect(mod.maps.perf)
  equal(#got, 2)
  equal(got[1].pid, PID)
  equal(got[2].where.line, 10)
end)

test("records that are no struct are strings", function()
  local got = collect(mod.maps.raw)
  equal(string.unpack("<I4", got[1]), PID)
end)

test("a type may be said, and a record that is too short for it stays a string", function()
  equal(type(collect(mod.maps.raw, { type = "struct event" })[1]), "string")
  equal(collect(mod.maps.ring, { type = "struct where" })[1].line, 0xffffffff)
  for _, view in ipairs { true, false } do
    equal(string.unpack("<I4", collect(mod.maps.raw, { type = "struct event", view = view })[1]), PID)
  end
  local got
  local sub <close> = assert(mod.maps.raw:on({ "pid", "sig" }, function(...) got = { ... } end, { type = "struct event" }))
  fire(1)
  same(got, { string.pack("<I4", PID) })
  collect(mod.maps.ring) -- what came there meanwhile
  raises("no type 'struct nothing'", collect, mod.maps.raw, { type = "struct nothing" })
end)

test("options are checked", function()
  raises("map:on: no option 'page' (did you mean 'pages'?)", collect, mod.maps.perf, { page = 1 })
  raises("map:on: option 'on_lost' is a function, got number", collect, mod.maps.perf, { on_lost = 1 })
  raises("bad argument", mod.maps.ring.on, mod.maps.ring)
  raises("bad argument", mod.maps.ring.on, mod.maps.ring, {}, 5)
end)

test("a map without events says so, and one with a subscriber too", function()
  raises("map 'counts' is of kind hash, which has no events", mod.maps.counts.on, mod.maps.counts, print)
  local sub <close> = assert(mod.maps.ring:on(print))
  local err = fails("has a subscriber already", mod.maps.ring:on(print))
  equal(err.code, "EBUSY")
end)

test("a closed subscription is silent, and may be closed again", function()
  local count = 0
  local sub = assert(mod.maps.ring:on(function() count = count + 1 end))
  fire(1)
  sub:close()
  sub:close()
  fire(1)
  equal(count, 1)
  equal(sub.lost, 0)
end)

test("a callback may close its subscription and its module", function()
  local count = 0
  local sub
  sub = assert(mod.maps.ring:on(function()
    count = count + 1
    sub:close()
  end))
  fire(3)
  equal(count, 1)

  local other = assert(bee.load(SOURCE))
  other.vars.chosen = PID
  assert(other:attach())
  assert(other.maps.ring:on(function()
    count = count + 1
    other:close()
  end))
  fire(3)
  equal(count, 2)
end)

test("every way of delivery bears that its callback closes what it comes from", function()
  local ways = {
    copy = function(map, fn) return map:on(fn) end,
    view = function(map, fn) return map:on(fn, { view = true }) end,
    fields = function(map, fn) return map:on({ "pid", "where.line" }, fn) end,
  }
  for _, name in ipairs { "ring", "perf" } do
    for way, subscribe in pairs(ways) do
      for _, closes in ipairs { "subscription", "link", "module" } do
        local other <close> = assert(bee.load(SOURCE))
        other.vars.chosen = PID
        local _, program = next(other.programs)
        local owners = { module = other, link = assert(program:attach()) }
        local count = 0
        owners.subscription = assert(subscribe(other.maps[name], function(e)
          count = count + 1
          owners[closes]:close()
          collectgarbage()
          -- Memory of the ring itself is kept for as long as the callback shows it.
          equal(math.type(e) and e or e.pid, PID)
        end))
        fire(1)
        fire(1)
        equal(("%s, %s, %s: %d"):format(name, way, closes, count), ("%s, %s, %s: 1"):format(name, way, closes))
      end
    end
  end
end)

test("a callback of events cannot yield, and says so, also in a coroutine", function()
  local sub <close> = assert(mod.maps.ring:on(function() coroutine.yield() end))
  local line = debug.getinfo(1, "l").currentline - 1
  local wanted = ("the callback at tests/lua/test_events.lua:%d yields"):format(line)
  check.contains(raises(wanted, fire, 1), "for e in map:events()")
  check.contains(raises(wanted, coroutine.wrap(fire), 1), "stack traceback:")
end)

test("a yield within a coroutine of a callback is that coroutine's", function()
  local got
  local sub <close> = assert(mod.maps.ring:on(function()
    got = select(2, coroutine.resume(coroutine.create(function() coroutine.yield("pollen") end)))
    string.gsub("x", "x", function() coroutine.wrap(function() coroutine.yield() end)() end)
  end))
  fire(1)
  equal(got, "pollen")
end)

test("an error in a callback stops the loop and reaches the caller, with a traceback", function()
  local count = 0
  local sub <close> = assert(mod.maps.ring:on(function()
    count = count + 1
    error("out of honey")
  end))
  local err = raises("out of honey", fire, 3)
  check.contains(err, "stack traceback:")
  check.contains(err, "test_events.lua")
  equal(count, 1)
end)

test("an error object of a callback comes through as it is", function()
  local sub <close> = assert(mod.maps.ring:on(function() error({ code = 7 }) end))
  local ok, err = pcall(fire, 1)
  equal(ok, false)
  equal(err.code, 7)
end)

test("the loop goes on after an error", function()
  collect(mod.maps.ring) -- what the failed runs left in the buffer
  local count = 0
  local sub <close> = assert(mod.maps.ring:on(function() count = count + 1 end))
  fire(2)
  equal(count, 2)
end)

test("a view shows a record where it is, and ends with its callback", function()
  for _, map in ipairs { mod.maps.ring, mod.maps.perf } do
    local kept, part, seen
    local sub <close> = assert(map:on(function(e)
      kept, part = e, e.where
      seen = { e.pid, e.where.line, bee.table(e).sig }
      raises("a view cannot be changed", function() e.pid = 1 end)
      raises("a view cannot be changed", function() e.where.line = 1 end)
      raises("a view cannot be changed", function() e.list[0] = 1 end)
    end, { view = true }))
    fire(1)
    same(seen, { PID, 10, 0 })
    raises("this event was a view", function() return kept.pid end)
    raises("this event was a view", function() return part.line end)
    raises("this event was a view", bee.table, kept)
    raises("this event was a view", pairs(kept))
  end
  local err = raises("sting", function()
    local kept
    local sub <close> = assert(mod.maps.ring:on(function(e)
      kept, e = e, nil
      collectgarbage()
      error("sting")
    end, { view = true }))
    fire(1)
  end)
  check.contains(err, "sting")
end)

test("what nobody counts as lost is unknown", function()
  local by_hand <close> = assert(bee.load [[
    struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } mine SEC(".maps");
  ]])
  local sub <close> = assert(by_hand.maps.mine:on(print))
  equal(sub.lost, nil)
  local counted = assert(mod.maps.ring:on(print))
  equal(counted.lost, 0)
  counted:close()
  equal(counted.lost, 0)
end)

test("what a full buffer loses is counted", function()
  local told = 0
  local sub <close> = assert(mod.maps.perf:on(function() end, {
    pages = 1,
    on_lost = function(count) told = told + count end,
  }))
  -- Nothing is served while the shell runs.
  os.execute(("i=0; while [ $i -lt 400 ]; do kill -0 %d 2>/dev/null; i=$((i+1)); done"):format(PID))
  while bee.dispatch(0) > 0 do end
  -- A CPU tells what its buffer lost with the next event for which there is room.
  os.execute(("for cpu in $(seq 0 $(($(nproc) - 1))); do taskset -c $cpu sh -c 'kill -0 %d' 2>/dev/null; done"):format(PID))
  fire(1)
  equal(told > 0, true)
  equal(sub.lost, told)
end)

mod:close()
check.done()
