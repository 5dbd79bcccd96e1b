-- SPDX-License-Identifier: Apache-2.0
-- Kernel values as text: addresses, histograms.

local core = require "moonbee.core"

local text = {}

-- ---- Addresses -----------------------------------------------------------------------------

-- Bytes of a value as it stood in memory: an array from 0 of bytes or of 32-bit words, a string, or
-- a 32-bit integer.
local function to_bytes(value, size)
  if math.type(value) == "integer" then
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

-- ---- Histograms ----------------------------------------------------------------------------

local STARS = 40

local function stars(count, max)
  local len = max > 0 and count * STARS // max or 0
  return ("*"):rep(len) .. (" "):rep(STARS - len)
end

local function bounds(counts)
  local first, last, max = math.maxinteger, math.mininteger, 0
  for slot, count in pairs(counts) do
    if count ~= 0 then
      first, last, max = math.min(first, slot), math.max(last, slot), math.max(max, count)
    end
  end
  return first, last, max
end

-- Slot n of a log2 histogram counts values from 2^(n-1) on; slot 1 counts 0 too, and slot 0 nothing else.
local function log2_range(slot)
  if slot <= 1 then
    return "0", tostring(slot)
  end
  return tostring(core.u64(1 << slot >> 1)), tostring(core.u64((1 << slot) - 1))
end

-- counts: { [slot] = count }. The text that BCC's users know, up to the last slot that was seen.
function text.log2(counts, unit)
  local _, last, max = bounds(counts)
  if max == 0 then
    return "(empty)"
  end
  local width = last > 32 and 20 or 10
  local indent = (" "):rep(width // 2)
  local lines = { ("%s%-" .. width * 2 - width // 2 + 4 .. "s : count    distribution"):format(indent, unit or "") }
  local row = "%" .. width .. "s -> %-" .. width .. "s : %-8d |%s|"
  for slot = counts[0] and counts[0] ~= 0 and 0 or 1, last do
    local low, high = log2_range(slot)
    local count = counts[slot] or 0
    lines[#lines + 1] = row:format(low, high, count, stars(count, max))
  end
  return table.concat(lines, "\n")
end

-- The same for slots that count one value each.
function text.linear(counts, unit)
  local first, last, max = bounds(counts)
  if max == 0 then
    return "(empty)"
  end
  local lines = { ("     %-8s : count    distribution"):format(unit or "") }
  for slot = first, last do
    local count = counts[slot] or 0
    lines[#lines + 1] = ("     %-8d : %-8d |%s|"):format(slot, count, stars(count, max))
  end
  return table.concat(lines, "\n")
end

return text
