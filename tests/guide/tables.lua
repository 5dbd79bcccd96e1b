-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

guide.section("Maps", {
  "BPF_TABLE", "Pinned Maps", "BPF_HASH", "BPF_ARRAY", "BPF_HISTOGRAM", "BPF_STACK_TRACE", "BPF_PERF_ARRAY",
  "BPF_PERCPU_HASH", "BPF_PERCPU_ARRAY", "BPF_LPM_TRIE", "BPF_PROG_ARRAY", "BPF_DEVMAP", "BPF_CPUMAP", "BPF_XSKMAP",
  "BPF_ARRAY_OF_MAPS", "BPF_HASH_OF_MAPS", "BPF_STACK", "BPF_QUEUE", "BPF_SOCKHASH",
  "map.lookup()", "map.lookup_or_try_init()", "map.delete()", "map.update()", "map.insert()", "map.increment()",
  "map.get_stackid()", "map.perf_read()", "map.call()", "map.redirect_map()", "map.push()", "map.pop()", "map.peek()",
  "map.sock_hash_update()", "map.msg_redirect_hash()", "map.sk_redirect_hash()",
})

-- Each count of arguments, and the shape that the guide gives to what is left out: "kind key value size".
local function shapes(name, what, declarations, wanted)
  case(name, {
    what = what,
    "struct key { u32 a; u16 b; char c[6]; }; struct leaf { u64 a[3]; };\n" .. declarations, "return 0;",
    check = function(mod)
      for map, shape in pairs(wanted) do
        local info = mod.maps[map]:info()
        equal(("%s: %s %d %d %d"):format(map, info.kind, info.key_size, info.value_size, info.max_entries),
          ("%s: %s"):format(map, shape))
      end
    end,
  })
end

local COUNTS = "with each count of arguments"

shapes("BPF_TABLE", "of each kind that its methods are for", [[
  BPF_TABLE("hash", u32, u64, by_hash, 16);
  BPF_TABLE("array", int, struct leaf, by_array, 16);
  BPF_TABLE("percpu_hash", struct key, u64, by_percpu_hash, 16);
  BPF_TABLE("percpu_array", int, u64, by_percpu_array, 16);
  BPF_TABLE("lru_hash", u32, u64, by_lru, 16);
  BPF_TABLE("lru_percpu_hash", u32, u64, by_lru_percpu, 64);
  BPF_TABLE("histogram", int, u64, by_histogram, 64);
  BPF_TABLE("prog", u32, u32, by_prog, 4);
  BPF_TABLE("stacktrace", int, struct bpf_stacktrace, by_stack, 16);
  BPF_F_TABLE("lpm_trie", u64, u64, by_trie, 16, BPF_F_NO_PREALLOC);
  BPF_F_TABLE("hash", u32, u32, by_flags, 16, BPF_F_NO_PREALLOC);
]], {
  by_hash = "hash 4 8 16", by_array = "array 4 24 16", by_percpu_hash = "percpu_hash 12 8 16",
  by_percpu_array = "percpu_array 4 8 16", by_lru = "lru_hash 4 8 16", by_lru_percpu = "lru_percpu_hash 4 8 64",
  by_histogram = "array 4 8 64", by_prog = "prog_array 4 4 4", by_stack = "stack_trace 4 1016 16",
  by_trie = "lpm_trie 8 8 16", by_flags = "hash 4 4 16",
})

-- The kernel's own word for the flags.
case("BPF_TABLE", {
  what = "with flags",
  "BPF_F_TABLE(\"hash\", u32, u32, guide_flags, 16, BPF_F_NO_PREALLOC);\nBPF_TABLE(\"hash\", u32, u32, guide_none, 16);",
  "return guide_flags.flags == BPF_F_NO_PREALLOC && guide_none.flags == 0 && guide_none.max_entries == 16;",
  gives = 1,
})

shapes("BPF_HASH", COUNTS, [[
  BPF_HASH(one); BPF_HASH(two, struct key); BPF_HASH(three, u32, struct leaf); BPF_HASH(four, struct key, struct leaf, 7);
  BPF_HASH(start, struct request *);
]], {
  one = "hash 8 8 10240", two = "hash 12 8 10240", three = "hash 4 24 10240", four = "hash 12 24 7",
  start = "hash 8 8 10240",
})

shapes("BPF_ARRAY", COUNTS, "BPF_ARRAY(one); BPF_ARRAY(two, struct leaf); BPF_ARRAY(counts, u64, 32);", {
  one = "array 4 8 10240", two = "array 4 24 10240", counts = "array 4 8 32",
})

-- All elements are there and 0, and none can be deleted.
case("BPF_ARRAY", {
  what = "whose elements stay", "BPF_ARRAY(counts, u64, 32);", [[
    int key = 31;
    u64 *value = counts.lookup(&key);
    if (!value || *value != 0)
        return 1;
    counts.increment(31, 5);
    counts.increment(32);
    return counts.delete(&key) == 0 ? 2 : *value;
  ]],
  gives = 5,
})

shapes("BPF_HISTOGRAM", COUNTS, [[
  BPF_HISTOGRAM(dist); BPF_HISTOGRAM(by_key, struct key); BPF_HISTOGRAM(by_int, int, 128);
]], { dist = "array 4 8 64", by_key = "hash 12 8 64", by_int = "array 4 8 128" })

shapes("BPF_STACK_TRACE", "rounded up to a power of two", [[
  BPF_STACK_TRACE(stack_traces, 1024); BPF_STACK_TRACE(rounded, 1000); BPF_STACK_TRACE_BUILDID(with_ids, 100);
]], {
  stack_traces = "stack_trace 4 1016 1024", rounded = "stack_trace 4 1016 1024", with_ids = "stack_trace 4 4064 128",
})

local function processors()
  local pipe <close> = assert(io.popen("nproc --all"))
  return pipe:read("n")
end

case("BPF_PERF_ARRAY", {
  cflags = { "-DNUM_CPUS=" .. processors() },
  "BPF_PERF_ARRAY(cpu_cycles, NUM_CPUS);", "return 0;",
  check = function(mod)
    local info = mod.maps.cpu_cycles:info()
    equal(info.kind, "perf_event_array")
    equal(info.max_entries, processors())
  end,
})

shapes("BPF_PERCPU_HASH", COUNTS, [[
  BPF_PERCPU_HASH(one); BPF_PERCPU_HASH(two, struct key); BPF_PERCPU_HASH(three, u32, struct leaf);
  BPF_PERCPU_HASH(four, struct key, struct leaf, 7); BPF_PERCPU_HASH(start, struct request *);
]], {
  one = "percpu_hash 8 8 10240", two = "percpu_hash 12 8 10240", three = "percpu_hash 4 24 10240",
  four = "percpu_hash 12 24 7", start = "percpu_hash 8 8 10240",
})

-- Each CPU has its own: only that which ran the program has counted.
local function on_one_cpu(key)
  return function(mod)
    equal(guide.run(mod), 0)
    local values, sum, most = mod.maps.counts:get(key), 0, 0
    for _, value in pairs(values) do
      sum, most = sum + value, math.max(most, value)
    end
    equal(sum, 7)
    equal(most, 7)
    equal(mod.maps.counts:sum(key), 7)
  end
end

case("BPF_PERCPU_HASH", {
  what = "a copy for each CPU", "BPF_PERCPU_HASH(counts, u32);", [[
    u32 key = 3;
    u64 zero = 0, *value = counts.lookup_or_try_init(&key, &zero);
    if (!value)
        return 1;
    *value += 2;
    counts.increment(3);
    counts.increment(3, 4);
    return 0;
  ]],
  check = on_one_cpu(3),
})

shapes("BPF_PERCPU_ARRAY", COUNTS, [[
  BPF_PERCPU_ARRAY(one); BPF_PERCPU_ARRAY(two, struct leaf); BPF_PERCPU_ARRAY(counts, u64, 32);
]], { one = "percpu_array 4 8 10240", two = "percpu_array 4 24 10240", counts = "percpu_array 4 8 32" })

case("BPF_PERCPU_ARRAY", {
  what = "a copy for each CPU", "BPF_PERCPU_ARRAY(counts, u64, 32);", [[
    int key = 31;
    u64 three = 3;
    counts.update(&key, &three);
    counts.increment(31, 4);
    return 0;
  ]],
  check = on_one_cpu(31),
})

shapes("BPF_LPM_TRIE", COUNTS, [[
  struct key_v6 { u32 prefixlen; u32 address[4]; };
  BPF_LPM_TRIE(one); BPF_LPM_TRIE(trie, struct key_v6); BPF_LPM_TRIE(three, struct key_v6, u32);
  BPF_LPM_TRIE(four, struct key_v6, struct leaf, 7);
]], {
  one = "lpm_trie 8 8 10240", trie = "lpm_trie 20 8 10240", three = "lpm_trie 20 4 10240", four = "lpm_trie 20 24 7",
})

case("BPF_LPM_TRIE", {
  what = "the longest prefix", "struct key { u32 prefixlen; u8 bytes[4]; };\nBPF_LPM_TRIE(trie, struct key, u32);", [[
    struct key wide = { 8, { 10 } }, narrow = { 24, { 10, 1, 2 } }, host = { 32, { 10, 1, 2, 3 } };
    struct key other = { 32, { 10, 9, 9, 9 } }, none = { 32, { 11 } };
    u32 eight = 8, more = 24, *found, *far;
    trie.update(&wide, &eight);
    trie.update(&narrow, &more);
    found = trie.lookup(&host);
    far = trie.lookup(&other);
    return trie.lookup(&none) || !found || !far ? -1 : *found * 100 + *far;
  ]],
  gives = 2408,
})

-- As with BCC: an address of no prefix stays without one.
case("BPF_LPM_TRIE", {
  what = "increment() adds nothing", "struct key { u32 prefixlen; u8 bytes[4]; };\nBPF_LPM_TRIE(trie, struct key, u32);", [[
    struct key wide = { 8, { 10 } }, host = { 32, { 10, 1, 2, 3 } }, none = { 32, { 11 } };
    u32 zero = 0, *found;
    trie.update(&wide, &zero);
    trie.increment(host);
    trie.increment(host, 2);
    trie.increment(none);
    trie.atomic_increment(none);
    found = trie.lookup(&host);
    return found && !trie.lookup(&none) ? *found : -1;
  ]],
  gives = 3,
})

for what, declaration in pairs {
  key = "BPF_HASH(nothing, struct of_nothing);", leaf = "BPF_QUEUE(nothing, struct of_nothing, 4);",
} do
  case(declaration:match("^[%w_]+"), {
    what = "of a " .. what .. " that is defined nowhere", "\n" .. declaration, "return 0;",
    fails = { "guide.c:2:1: error: nothing: the " .. what .. " is a 'struct of_nothing', which is defined nowhere" },
  })
end

shapes("BPF_PROG_ARRAY", nil, "BPF_PROG_ARRAY(programs, 10);", { programs = "prog_array 4 4 10" })
shapes("BPF_DEVMAP", nil, "BPF_DEVMAP(devmap, 10);", { devmap = "devmap 4 4 10" })
shapes("BPF_CPUMAP", nil, "BPF_CPUMAP(cpumap, 16);", { cpumap = "cpumap 4 4 16" })

-- The BPF file system, in which a map outlives its module; in a folder of this test's own.
local folder = "/sys/fs/bpf/moonbee-guide-" .. check.pid

local function need_pins()
  local ok, err = os.execute("mkdir -p " .. folder .. " 2>/dev/null")
  local probe = assert(bee.load("BPF_HASH(probe);", {}))
  local pinned, why = probe.maps.probe:pin(folder .. "/probe")
  probe:close()
  os.remove(folder .. "/probe")
  if not ok or not pinned then
    check.skip(tostring(why or err))
  end
end

local function pinned_twice(source, name)
  return function()
    need_pins()
    local first <close> = assert(bee.load(source))
    local second <close> = assert(bee.load(source))
    local pin <close> = assert(bee.open_map(folder .. "/" .. name))
    equal(pin:info().kind, first.maps[name]:info().kind)
    if first.maps[name]:info().kind == "hash" then
      first.maps[name][7] = 42
      equal(second.maps[name][7], 42)
    end
  end
end

-- With and without flags: what the second module has is what the first one made.
for flags, words in pairs { [""] = "6 arguments", [", BPF_F_NO_PREALLOC"] = "flags besides" } do
  case("Pinned Maps", {
    what = "with " .. words,
    lua = pinned_twice(('BPF_TABLE_PINNED("hash", u64, u64, ids, 1024, "%s/ids"%s);'):format(folder, flags), "ids"),
  })
end

shapes("BPF_XSKMAP", nil, "BPF_XSKMAP(xsks_map, 8);", { xsks_map = "xskmap 4 4 8" })
case("BPF_XSKMAP", {
  what = "that is pinned", lua = pinned_twice(('BPF_XSKMAP(xsks_map, 8, "%s/xsks_map");'):format(folder), "xsks_map"),
})

-- No socket is in it: nothing is found, and the packet is dropped.
case("BPF_XSKMAP", {
  what = "its lookup()",
  [[
    BPF_XSKMAP(xsks_map, 8);
    int on_packet(struct xdp_md *ctx)
    {
        int index = 0;
        return xsks_map.lookup(&index) ? XDP_PASS : XDP_DROP;
    }
  ]],
  check = function(mod) equal(assert(mod.programs.on_packet:test_run { data = ("p"):rep(64) }).retval, 1) end,
})

-- ---- Maps in maps --------------------------------------------------------------------------

local INNER = [[
  int key = 1, one = 11, *value;
  if (!inner)
      return -1;
  bpf_map_update_elem(inner, &key, &one, BPF_ANY);
  value = bpf_map_lookup_elem(inner, &key);
  return value ? *value : -2;
]]

local function finds_the_second(outer, key)
  return function(mod)
    equal(guide.run(mod), -1)
    mod.maps[outer][key] = mod.maps.ex2
    equal(guide.run(mod), 11)
    equal(mod.maps.ex2[1], 11)
    assert(mod.maps.ex1[1] ~= 11, "the map that gives the shape was written to")
  end
end

case("BPF_ARRAY_OF_MAPS", {
  [[
    BPF_TABLE("hash", int, int, ex1, 1024);
    BPF_TABLE("hash", int, int, ex2, 1024);
    BPF_ARRAY_OF_MAPS(maps_array, "ex1", 10);
  ]],
  "int at = 3; void *inner = maps_array.lookup(&at);" .. INNER,
  check = finds_the_second("maps_array", 3),
})

case("BPF_HASH_OF_MAPS", {
  [[
    struct custom_key { u32 a; u32 b; };
    BPF_ARRAY(ex1, int, 1024);
    BPF_ARRAY(ex2, int, 1024);
    BPF_HASH_OF_MAPS(maps_hash, struct custom_key, "ex1", 10);
  ]],
  "struct custom_key at = { 1, 2 }; void *inner = maps_hash.lookup(&at);" .. INNER,
  check = function(mod)
    equal(guide.run(mod), -1)
    assert(mod.maps.maps_hash:set({ a = 1, b = 2 }, mod.maps.ex2))
    equal(guide.run(mod), 11)
    equal(mod.maps.ex2[1], 11)
  end,
})

shapes("BPF_HASH_OF_MAPS", COUNTS, [[
  BPF_HASH(ex1, int, int, 8);
  BPF_HASH_OF_MAPS(two, "ex1"); BPF_HASH_OF_MAPS(three, struct key, "ex1"); BPF_HASH_OF_MAPS(four, u64, "ex1", 5);
]], { two = "hash_of_maps 4 4 10240", three = "hash_of_maps 12 4 10240", four = "hash_of_maps 8 4 5" })

case("BPF_ARRAY_OF_MAPS", {
  what = "of a map that there is not", [[BPF_ARRAY_OF_MAPS(maps_array, "nothing", 10);]], "return 0;",
  fails = { "maps_array", "nothing" },
})

shapes("BPF_STACK", "with and without flags", [[
  BPF_STACK(stack, struct leaf, 10240); BPF_STACK(with_flags, u64, 10, 0);
]], { stack = "stack 0 24 10240", with_flags = "stack 0 8 10" })

shapes("BPF_QUEUE", "with and without flags", [[
  BPF_QUEUE(queue, struct leaf, 10240); BPF_QUEUE(with_flags, u64, 10, 0);
]], { queue = "queue 0 24 10240", with_flags = "queue 0 8 10" })

shapes("BPF_SOCKHASH", COUNTS, [[
  struct sock_key { u32 remote_ip4; u32 local_ip4; u32 remote_port; u32 local_port; };
  BPF_SOCKHASH(one); BPF_SOCKHASH(skh, struct sock_key); BPF_SOCKHASH(three, struct sock_key, 65535);
]], { one = "sockhash 4 4 10240", skh = "sockhash 16 4 10240", three = "sockhash 16 4 65535" })

return function()
  os.execute(("rm -rf %s 2>/dev/null"):format(folder))
end
