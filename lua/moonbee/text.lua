-- SPDX-License-Identifier: Apache-2.0
-- Addresses as text.

local core = require "moonbee.core"

local text = {}

-- Bytes of a value as it stood in memory: an array from 0 of bytes or of 32-bit words, a string, or
-- a 32-bit integer.
local function to_bytes(value, size)
  if type(value) == "userdata" then
    return core.bytes(value) -- a record
  elseif math.type(value) == "integer" then
    return string.pack("<I4", value & 0xffffffff)
  elseif type(value) == "table" then
    local count = 0
    for _ in pairs(value) do
      count = count + 1
    end
    local format = count * 4 == size and "<I4" or "<I1"
    local parts = {}
    for i = 0, count - 1 do
      parts[#parts + 1] = string.pack(format, value[i])
    end
    return table.concat(parts)
  end
  return value
end

-- ip(value): an address in the network's byte order, as programs find it: a be32 or 16 bytes.
function text.ip(value)
  return core.ip(to_bytes(value, 16))
end

-- mac(value): 6 bytes as 00:11:22:33:44:55.
function text.mac(value)
  local bytes = to_bytes(value, 6)
  if type(bytes) ~= "string" or #bytes ~= 6 then
    error("bee.mac: 6 bytes are expected", 2)
  end
  return ("%02x:%02x:%02x:%02x:%02x:%02x"):format(bytes:byte(1, 6))
end

return text
