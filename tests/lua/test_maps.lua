-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, same, raises, fails = check.test, check.equal, check.same, check.raises, check.fails

local SOURCE = [[
  struct pair { u64 count; u64 bytes; };
  struct group { u32 pid; u32 slot; };
  BPF_HASH(counts, u32, u64, 5000);
  BPF_HASH(tiny, u32, u64, 2);
  BPF_ARRAY(cells, u64, 4);
  BPF_PERCPU_HASH(by_cpu, u32, u64);
  BPF_PERCPU_ARRAY(pairs, struct pair, 2);
  BPF_HASH(flows, u32, struct pair);
  BPF_HISTOGRAM(latency);
  BPF_HISTOGRAM(groups, struct group);
  BPF_RINGBUF_OUTPUT(events, 8);
  BPF_ARRAY(frozen, u64, 1);
  struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 2); __type(value, struct pair); } queue SEC(".maps");
  struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u32); };
  struct inner inner SEC(".maps");
  struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 4); __type(key, u32); __array(values, struct inner);
  } outer SEC(".maps");
  struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u32); }
    tails SEC(".maps");
  SEC("socket") int tail(struct __sk_buff *skb) { return 0; }
]]

local mod <close> = assert(bee.load(SOURCE))
local maps = mod.maps

test("an element is set, got and deleted", function()
  equal(maps.counts:set(1, 10), true)
  equal(maps.counts:get(1), 10)
  equal(maps.counts:delete(1), true)
  local err = fails("map 'counts': no such key", maps.counts:get(1))
  equal(err.code, "ENOENT")
  equal(err.errno, 2)
  equal(err.stage, "map")
  fails("no such key", maps.counts:delete(1))
end)

test("a map is indexed by what is no string", function()
  maps.counts[2] = 20
  equal(maps.counts[2], 20)
  maps.counts[2] = nil
  equal(maps.counts[2], nil)
  maps.counts[2] = nil
end)

test("set tells new elements from old ones when asked to", function()
  assert(maps.counts:set(3, 1, "noexist"))
  fails("the key is there already", maps.counts:set(3, 1, "noexist"))
  assert(maps.counts:set(3, 2, "exist"))
  equal(maps.counts:take(3), 2)
  fails("no such key", maps.counts:set(3, 1, "exist"))
  raises("invalid option 'new'", maps.counts.set, maps.counts, 3, 1, "new")
end)

test("a full map says so", function()
  assert(maps.tiny:set(1, 1))
  assert(maps.tiny:set(2, 1))
  equal(fails("the map is full: it holds 2 elements", maps.tiny:set(3, 1)).code, "E2BIG")
  raises("the map is full", function() maps.tiny[3] = 1 end)
end)

test("pairs sees every element of a hash once", function()
  for i = 1, 3000 do
    assert(maps.counts:set(i, i * 2))
  end
  local seen, n = {}, 0
  for key, value in pairs(maps.counts) do
    equal(value, key * 2)
    equal(seen[key], nil)
    seen[key] = true
    n = n + 1
  end
  equal(n, 3000)
end)

test("a walk may be left, and the map changed in it", function()
  for key in pairs(maps.counts) do
    assert(maps.counts:delete(key))
    if key % 3 == 0 then
      break
    end
  end
  for key in pairs(maps.counts) do
    assert(maps.counts:delete(key))
  end
  for _ in pairs(maps.counts) do
    error("the map is not empty")
  end
end)

test("an array has all its elements, from 0", function()
  for i = 0, 3 do
    maps.cells[i] = i + 1
  end
  local sum = 0
  for key, value in pairs(maps.cells) do
    equal(value, key + 1)
    sum = sum + value
  end
  equal(sum, 10)
  equal(maps.cells[4], nil)
  fails("the key is beyond its end: it has 4 elements", maps.cells:set(4, 1))
end)

test("many elements are written at once", function()
  equal(maps.counts:update { [1] = 10, [2] = 20, [3] = 30 }, 3)
  equal(maps.counts[2], 20)
  equal(maps.by_cpu:update { [9] = { [0] = 1 } }, 1)
  equal(maps.by_cpu:sum(9), 1)
  equal(maps.flows:update { [1] = { count = 1 }, [2] = { bytes = 2 } }, 2)
  equal(maps.flows[2].bytes, 2)
  equal(maps.counts:update {}, 0)
  raises("map 'counts': value: 'x' is no value of type unsigned long long", maps.counts.update, maps.counts, { [1] = "x" })
  raises("key: 4294967296 does not fit into", maps.counts.update, maps.counts, { [1 << 32] = 1 })
  local _, err, done = maps.tiny:update { [11] = 1, [12] = 1, [13] = 1, [14] = 1 }
  check.contains(err, "the map is full")
  equal(done < 4, true)
end)

test("a queue is pushed to, peeked at and popped from", function()
  equal(maps.queue:push({ count = 1, bytes = 2 }), true)
  equal(maps.queue:push({ count = 2 }), true)
  fails("the map is full: it holds 2 elements", maps.queue:push({}))
  equal(maps.queue:push({ count = 3 }, "exist"), true)
  equal(maps.queue:peek().count, 2)
  equal(maps.queue:pop().count, 2)
  equal(maps.queue:pop().count, 3)
  equal(fails("map 'queue': the queue is empty", maps.queue:pop()).code, "ENOENT")
  raises("a hash has keys: use map:get(key)", maps.counts.pop, maps.counts)
end)

test("a map of maps takes a map, and a program array a program", function()
  equal(maps.outer:set(1, maps.inner), true)
  equal(math.type(maps.outer[1]), "integer") -- the kernel gives the map's id
  equal(maps.tails:set(0, mod.programs.tail), true)
  raises("value", maps.counts.set, maps.counts, 1, maps.inner)
end)

test("a program drains what was submitted to it", function()
  if not os.execute("grep -q ' bpf_user_ringbuf_drain$' /proc/kallsyms") then
    check.skip("this kernel has no function bpf_user_ringbuf_drain (Linux 6.1)")
  end
  local drain <close> = assert(bee.load [[
    struct order { u32 honey; s32 wax; };
    struct { __uint(type, BPF_MAP_TYPE_USER_RINGBUF); __uint(max_entries, 4096); } orders SEC(".maps");
    struct order last;
    u64 honey, count;

    static long take(struct bpf_dynptr *record, void *ctx)
    {
        if (bpf_dynptr_read(&last, sizeof(last), record, 0, 0))
            return 1;
        honey += last.honey;
        count++;
        return 0;
    }

    SEC("raw_tp/task_rename") int run(void *ctx)
    {
        return bpf_user_ringbuf_drain(&orders, take, 0, 0);
    }
  ]])
  local orders = drain.maps.orders
  equal(orders:submit("struct order", { honey = 40, wax = -1 }), true)
  equal(orders:submit(string.pack("<I4i4", 2, 0)), true)
  assert(drain.programs.run:test_run { ctx = ("\0"):rep(16) })
  equal(drain.vars.count, 2)
  equal(drain.vars.honey, 42)
  raises("no field 'milk'", orders.submit, orders, "struct order", { milk = 1 })
  raises("no type 'struct odrer'", orders.submit, orders, "struct odrer", {})
  raises("a user_ringbuf does", maps.counts.submit, maps.counts, "x")
  local err
  repeat
    local ok
    ok, err = orders:submit("struct order", {})
  until not ok
  equal(err.code, "ENOSPC")
  check.contains(err.hint, "until a program drains it")
end)

test("a frozen map is only read", function()
  equal(maps.frozen:freeze(), true)
  equal(fails("no privilege, or it is frozen", maps.frozen:set(0, 1)).code, "EPERM")
  equal(maps.frozen[0], 0)
end)

test("a map is pinned where there is a BPF file system", function()
  equal(fails("map 'counts': cannot pin it to /no/such/folder", maps.counts:pin("/no/such/folder")).code, "ENOENT")
end)

test("what a kind cannot do names the kind", function()
  raises("map 'cells': a map of kind array cannot do that", maps.cells.delete, maps.cells, 0)
  raises("map 'events': a map of kind ringbuf cannot do that", maps.events.get, maps.events, "")
  raises("map 'cells' is of kind array, which has no events", maps.cells.on, maps.cells, print)
  raises("map 'cells' is of kind array, which takes no records from here", maps.cells.submit, maps.cells, "x")
end)

test("a map is made larger than it is declared", function()
  local other <close> = assert(bee.load("BPF_HASH(h, u32, u64, 2);", { map = { h = { max_entries = 3 } } }))
  equal(other.maps.h:info().max_entries, 3)
  for i = 1, 3 do assert(other.maps.h:set(i, i)) end
  fails("it holds 3 elements", other.maps.h:set(4, 4))
  fails("no map 'g'", bee.load("BPF_HASH(h, u32, u64, 2);", { map = { g = { max_entries = 3 } } }))
  raises("no option 'max'", bee.load, "BPF_HASH(h);", { map = { h = { max = 3 } } })
  raises("max_entries is an integer above 0", bee.load, "BPF_HASH(h);", { map = { h = { max_entries = 0 } } })
end)

test("modules share a map, which ends with the last of them", function()
  local first = assert(bee.load "BPF_HASH(h, u32, u64);")
  local second <close> = assert(bee.load("BPF_HASH(mine, u32, u64);", { map = { mine = { same = first.maps.h } } }))
  first.maps.h[1] = 10
  equal(second.maps.mine[1], 10)
  first:close()
  equal(second.maps.mine[1], 10)
  local err = fails("map 'h' cannot be the map that it is to be: a hash there and a array here, "
    .. "bytes of a value 8 there and 4 here",
    bee.load("BPF_ARRAY(h, u32, 4);", { map = { h = { same = second.maps.mine } } }))
  equal(err.code, "EEXIST")
end)

test("a map is pinned, and found there by the next module", function()
  local dir = os.tmpname()
  os.remove(dir)
  if not os.execute(("mkdir %s && mount -t bpf bpf %s"):format(dir, dir)) then
    check.skip("no BPF file system can be mounted here")
  end
  local unmount <close> = setmetatable({}, { __close = function()
    os.execute(("umount %s && rmdir %s"):format(dir, dir))
  end })
  local options = { map = { h = { pin = dir .. "/h" } } }
  local first = assert(bee.load("BPF_HASH(h, u32, u64);", options))
  first.maps.h[1] = 10
  first:close()
  local second <close> = assert(bee.load("BPF_HASH(h, u32, u64);", options))
  equal(second.maps.h[1], 10)
  fails("map 'h' cannot be " .. dir .. "/h: bytes of a key 4 there and 8 here", bee.load("BPF_HASH(h, u64, u64);", options))
end)

test("clear empties a hash and zeroes an array", function()
  maps.counts[1] = 1
  assert(maps.counts:clear())
  equal(maps.counts[1], nil)
  maps.cells[1] = 9
  assert(maps.cells:clear())
  equal(maps.cells[1], 0)
  maps.pairs[1] = { [0] = { count = 4 } }
  assert(maps.pairs:clear())
  same(maps.pairs:sum(1), { count = 0, bytes = 0 })
end)

test("a value per CPU is a table from 0, and has a sum", function()
  local cpus = maps.by_cpu:info().cpus
  assert(maps.by_cpu:set(1, { [0] = 5 }))
  local values = maps.by_cpu:get(1)
  equal(values[0], 5)
  equal(values[cpus], nil)
  equal(maps.by_cpu:sum(1), 5)
  local all = {}
  for i = 0, cpus - 1 do all[i] = 2 end
  assert(maps.by_cpu:set(1, all))
  equal(maps.by_cpu:sum(1), 2 * cpus)
  raises("by CPU", maps.by_cpu.set, maps.by_cpu, 1, 7)
  raises("no element", maps.by_cpu.set, maps.by_cpu, 1, { [cpus] = 1 })
end)

test("structs per CPU are summed by field", function()
  local all = {}
  for i = 0, maps.pairs:info().cpus - 1 do all[i] = { count = 1, bytes = i } end
  assert(maps.pairs:set(0, all))
  local sum = maps.pairs:sum(0)
  equal(sum.count, maps.pairs:info().cpus)
  for key, value in maps.pairs:totals() do
    if key == 0 then
      same(value, sum)
    end
  end
  assert(maps.pairs:clear())
end)

test("top orders by value, by field and by function", function()
  for i = 1, 20 do
    maps.counts[i] = i
    maps.flows[i] = { count = i, bytes = 100 - i }
  end
  local keys = {}
  for key, value in maps.counts:top(3) do
    equal(key, value)
    keys[#keys + 1] = key
  end
  same(keys, { 20, 19, 18 })
  for key in maps.flows:top(1, "bytes") do
    equal(key, 1)
  end
  for key in maps.flows:top(1, function(value, at) return at == 7 and 1000 or value.count end) do
    equal(key, 7)
  end
  raises("say by which field", maps.flows.top, maps.flows, 3)
  assert(maps.counts:clear())
end)

test("a log2 histogram looks as BCC's users know it", function()
  assert(maps.latency:clear())
  equal(maps.latency:hist("usecs"), "(empty)")
  maps.latency[1] = 1
  maps.latency[3] = 4
  local text = maps.latency:hist("usecs")
  equal(text, table.concat({
    "     usecs               : count    distribution",
    "         0 -> 1          : 1        |**********                              |",
    "         2 -> 3          : 0        |                                        |",
    "         4 -> 7          : 4        |****************************************|",
  }, "\n"))
end)

test("slots up to 64 bits keep their bounds", function()
  assert(maps.latency:clear())
  maps.latency[63] = 1
  check.contains(maps.latency:hist("ns"), "4611686018427387904 -> 9223372036854775807")
end)

test("a struct key makes a histogram for each of its other fields", function()
  assert(maps.groups:set({ pid = 1, slot = 2 }, 1))
  assert(maps.groups:set({ pid = 7, slot = 1 }, 1))
  local text = maps.groups:hist("usecs")
  check.contains(text, "pid = 1\n")
  check.contains(text, "\n\npid = 7\n")
end)

test("a linear histogram has a row for each slot", function()
  assert(maps.latency:clear())
  maps.latency[2] = 1
  maps.latency[4] = 2
  check.contains(maps.latency:lhist("len"), "     3        : 0        |")
end)

test("a map tells about itself", function()
  local info = maps.flows:info()
  equal(info.name, "flows")
  equal(info.kind, "hash")
  equal(info.key_size, 4)
  equal(info.value_size, 16)
  equal(info.value, "struct pair")
  same(info.value_fields, { "count", "bytes" })
  equal(tostring(maps.flows), "hash map flows")
end)

test("a map that cannot be walked says so", function()
  raises("map 'events': a ringbuf map cannot be walked", pairs, maps.events)
end)

test("an unknown map or method is a mistake, told with the nearest name", function()
  raises("no map 'count' in this module (did you mean 'counts'?)", function() return maps.count end)
  raises("a map has no method 'gett'", function() return maps.counts:gett(1) end)
  raises("use map:set(key, value)", function() maps.counts.x = 1 end)
end)

test("maps are listed by pairs", function()
  local names = {}
  for name, map in pairs(maps) do
    names[name] = map:info().kind
  end
  equal(names.counts, "hash")
  equal(names.pairs, "percpu_array")
  equal(names.events, "ringbuf")
end)

test("a walk ends with its module, and a closed module is told by name", function()
  local other = assert(bee.load(SOURCE))
  local counts = other.maps.counts
  counts[1] = 1
  counts[2] = 1
  local step, walk = pairs(counts)
  step(walk)
  other:close()
  raises("module is closed", step, walk)
  raises("module is closed", counts.get, counts, 1)
  raises("module is closed", function() return counts[1] end)
  raises("module is closed", function() counts[1] = 1 end)
  raises("module is closed", pairs, counts)
  equal(tostring(counts), "map (closed)")
  other:close()
end)

mod:close()
check.done()
