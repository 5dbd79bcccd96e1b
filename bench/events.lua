-- SPDX-License-Identifier: Apache-2.0
-- Processor time of a consumer in Lua for each event, as a copy or with fields as arguments.
-- usage: moonbee bench/events.lua copy|fields SOURCE.c COMMAND...

local bee = require "moonbee"

local how, path = arg[1], arg[2]
local mod <close> = assert(bee.load(assert(io.open(path)):read("a"), { name = path }))
assert(mod:attach())

local count, sum = 0, 0
local events
if how == "copy" then
  events = assert(mod.maps.events:on(function(e)
    sum = sum + e.id + e.pid + #e.comm
    count = count + 1
  end))
else
  events = assert(mod.maps.events:on({ "id", "pid", "comm" }, function(id, pid, comm)
    sum = sum + id + pid + #comm
    count = count + 1
  end))
end

local before = os.clock()
bee.run { command = table.move(arg, 3, #arg, 1, {}) }
local after = os.clock()
print(("Lua, %s: %.0f ns an event; %d produced, %d received, %d lost"):format(how,
  (after - before) * 1e9 / count, mod.vars.produced, count, events.lost))
