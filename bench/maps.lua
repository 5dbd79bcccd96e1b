-- SPDX-License-Identifier: Apache-2.0
-- Processor time of pairs(map) for each element, of which one field is read: the median of five walks.
-- usage: moonbee bench/maps.lua SOURCE.c

local bee = require "moonbee"

local mod <close> = assert(bee.load(assert(io.open(arg[1])):read("a"), { name = arg[1] }))
local flows = mod.maps.flows
local COUNT <const> = 200000

for first = 0, COUNT - 1, 4096 do
  local chunk = {}
  for key = first, math.min(first + 4095, COUNT - 1) do
    chunk[key] = { count = key, bytes = 1000 }
  end
  assert(flows:update(chunk))
end

-- What filling left behind is none of the walks'.
collectgarbage()
local ns = {}
for i = 1, 5 do
  local elems, sum = 0, 0
  local before = os.clock()
  for _, flow in pairs(flows) do
    sum = sum + flow.count
    elems = elems + 1
  end
  ns[i] = (os.clock() - before) * 1e9 / COUNT
  assert(elems == COUNT and sum == COUNT * (COUNT - 1) // 2)
end
table.sort(ns)
print(("%.0f"):format(ns[3]))
