-- SPDX-License-Identifier: Apache-2.0
-- Maps of others, by pin and by id: bpftool makes and pins them.
local bee = require "moonbee"
local check = require "check"
local test, equal, same, raises, fails = check.test, check.equal, check.same, check.raises, check.fails

local PIN = "/sys/fs/bpf/moonbee-open-lua-" .. check.pid
local SOURCE = [[
  struct pair { u32 count; u32 bytes; };
  BPF_HASH(pairs, u32, struct pair, 8);
  BPF_HISTOGRAM(slots);
  struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, u32); __type(value, u32); };
  struct inner inner SEC(".maps");
  struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 4); __type(key, u32); __array(values, struct inner);
  } outer SEC(".maps");
  SEC("socket") int prog(struct __sk_buff *skb) { return 0; }
]]

local function bpftool(words)
  assert(os.execute("bpftool " .. words:gsub("PIN", PIN)), words)
end

local function unpins()
  return setmetatable({}, { __close = function() os.remove(PIN) end })
end

test("a pinned map is used as one of a module", function()
  local unpin <close> = unpins()
  local mod <close> = assert(bee.load(SOURCE))
  assert(mod.maps.pairs:pin(PIN))
  local map <close>, warnings = assert(bee.open_map(PIN))
  mod:close()
  same(warnings, {})
  equal(map:info().value, "struct pair")
  equal(map:info().max_entries, 8)
  map[1] = { count = 2, bytes = 3 }
  assert(map:update { [2] = { count = 4 }, [3] = { count = 5 } })
  equal(map[1].bytes, 3)
  local count = 0
  for _, pair in pairs(map) do count = count + pair.count end
  equal(count, 11)
  raises("no field 'size'", map.set, map, 1, { size = 1 })
  fails("map 'pairs': no such key", map:get(9))
  local again <close> = assert(bee.load("BPF_HASH(mine, u32, u64, 8);", { map = { mine = { same = map } } }))
  equal(again.maps.mine[2], 4)
end)

test("a histogram and a map in a map are opened by id", function()
  local mod <close> = assert(bee.load(SOURCE))
  assert(mod.maps.slots:pin(PIN))
  do
    local unpin <close> = unpins()
    local slots <close> = assert(bee.open_map("pinned:" .. PIN))
    mod.maps.slots[3] = 12
    check.contains(slots:hist("bytes"), "12")
  end
  mod.maps.inner[0] = 6
  mod.maps.outer[1] = mod.maps.inner
  local inner <close> = assert(bee.open_map("id:" .. mod.maps.outer[1]))
  equal(inner[0], 6)
end)

test("without BTF keys and values are bytes, which a warning says", function()
  local unpin <close> = unpins()
  bpftool "map create PIN type hash key 4 value 2 entries 4 name plain"
  bpftool "map update pinned PIN key hex 61 62 63 64 value hex 78 79"
  local map <close>, warnings = assert(bee.open_map(PIN))
  equal(map:get("abcd"), "xy")
  assert(map:set("efgh", "zz"))
  equal(#warnings, 1)
  check.contains(warnings[1].message, "map 'plain': keys and values are raw bytes")
end)

test("what is no map says so", function()
  equal(fails("/sys/fs/bpf/no-such-pin", bee.open_map("/sys/fs/bpf/no-such-pin")).code, "ENOENT")
  equal(fails("'x' is no id", bee.open_map("id:x")).stage, "map")
  fails("/proc/self/status is no pinned map", bee.open_map("/proc/self/status"))
  raises("string expected", bee.open_map)
end)

test("a closed map says so, and closes again", function()
  local mod <close> = assert(bee.load(SOURCE))
  assert(mod.maps.pairs:pin(PIN))
  local unpin <close> = unpins()
  local map = assert(bee.open_map(PIN))
  local step, walk = pairs(map)
  map:close()
  map:close()
  raises("map is closed", map.get, map, 1)
  raises("map is closed", function() map[1] = nil end)
  raises("closed", step, walk)
  equal(tostring(map), "map (closed)")
  raises("map 'pairs' is its module's: close the module", mod.maps.pairs.close, mod.maps.pairs)
end)

check.done()
