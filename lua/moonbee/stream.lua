-- SPDX-License-Identifier: Apache-2.0
-- Events in a for loop: for e in map:events() do ... end

local core = require "moonbee.core"
local loop = require "moonbee.loop"

local map = core.map

-- A stream is what has come and was not yet asked for, and who waits for more:
--   first .. last   the places of the waiting events in the stream itself
--   waiter          a coroutine that sleeps until the next one comes
local Stream = {}
Stream.__index = Stream

-- An error in a coroutine becomes one of whoever woke it, with the coroutine's own traceback.
local function wake(co)
  local ok, err = coroutine.resume(co)
  if not ok then
    error(type(err) == "string" and debug.traceback(co, err) or err, 0)
  end
end

function Stream:put(...)
  self.last = self.last + 1
  self[self.last] = table.pack(...)
  local co = self.waiter
  if co then
    self.waiter = nil
    wake(co)
  end
end

function Stream:take()
  if self.first > self.last then
    return nil
  end
  local event = self[self.first]
  self[self.first] = nil
  self.first = self.first + 1
  return table.unpack(event, 1, event.n)
end

-- A coroutine sleeps, and the loop that others run wakes it; elsewhere the loop runs here. False: it was
-- ended by a signal or by bee.stop().
local function wait(self)
  if coroutine.isyieldable() then
    self.waiter = coroutine.running()
    coroutine.yield()
    return true
  end
  local _, reason = assert(loop.wait(function() return self.first <= self.last end))
  return reason == nil
end

local function next_event(self)
  while self.first > self.last do
    if not wait(self) then
      return nil
    end
  end
  return self:take()
end

function Stream:__close()
  self.events:close()
end

-- Iterate over the map's events as they come, or over fields of them: until the loop is left, Ctrl-C or
-- bee.stop(). In a coroutine it yields while there are none. Options are those of map:on.
function map:events(fields, opts)
  local stream = setmetatable({ first = 1, last = 0 }, Stream)
  local function put(...)
    stream:put(...)
  end
  if fields then
    stream.events = assert(self:on(fields, put, opts))
  else
    stream.events = assert(self:on(put, opts))
  end
  return next_event, stream, nil, stream
end
