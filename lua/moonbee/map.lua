-- SPDX-License-Identifier: Apache-2.0
-- Methods of maps that need no C.

local core = require "moonbee.core"
local text = require "moonbee.text"

local map = core.map

-- What to order elements by: a field's name, a function of value and key, or the value itself.
local function weigher(by)
  if type(by) == "function" then
    return by
  elseif by then
    return function(value) return value[by] end
  end
  return function(value) return value end
end

-- Iterate over the n elements with the largest values, values of all CPUs added up:
-- for key, value in map:top(10) do
function map:top(n, by)
  local weight = weigher(by)
  local rows = {}
  for key, value in self:totals() do
    local w = weight(value, key)
    if type(w) ~= "number" then
      error("map:top: values are no numbers: say by which field, map:top(n, \"field\")", 2)
    end
    rows[#rows + 1] = { key = key, value = value, weight = w }
  end
  table.sort(rows, function(a, b) return a.weight > b.weight end)
  local i = 0
  return function()
    i = i + 1
    local row = i <= (n or 10) and rows[i]
    if row then
      return row.key, row.value
    end
  end
end

-- ---- Histograms ----------------------------------------------------------------------------

-- The field of a struct key that is the slot, and the others, in order.
local function split_fields(fields)
  local slot = fields[#fields]
  local rest = {}
  for _, name in ipairs(fields) do
    if name == "slot" then
      slot = name
    end
  end
  for _, name in ipairs(fields) do
    if name ~= slot then
      rest[#rest + 1] = name
    end
  end
  return slot, rest
end

local function label_of(key, names)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = name .. " = " .. tostring(key[name])
  end
  return table.concat(parts, ", ")
end

-- { [label] = { [slot] = count } }: one histogram for each value of the key's other fields.
local function collect(self)
  local fields = self:info().key_fields
  local slot_name, rest
  if fields then
    slot_name, rest = split_fields(fields)
  end
  local groups = {}
  for key, count in self:totals() do
    local slot, label = key, ""
    if fields then
      slot, label = key[slot_name], label_of(key, rest)
    end
    if math.type(slot) ~= "integer" or math.type(count) ~= "integer" then
      error("a histogram counts integers by an integer slot", 3)
    end
    groups[label] = groups[label] or {}
    groups[label][slot] = (groups[label][slot] or 0) + count
  end
  return groups
end

local function draw(groups, unit, with)
  local labels, parts = {}, {}
  for label, counts in pairs(groups) do
    if next(counts) then
      labels[#labels + 1] = label
    end
  end
  table.sort(labels)
  for i, label in ipairs(labels) do
    local head = label ~= "" and label .. "\n" or ""
    parts[i] = head .. with(groups[label], unit)
  end
  return #parts > 0 and table.concat(parts, "\n\n") or "(empty)"
end

-- A histogram by powers of two, as text; unit heads its column.
function map:hist(unit)
  return draw(collect(self), unit, text.log2)
end

-- A histogram with one row for each slot.
function map:lhist(unit)
  return draw(collect(self), unit, text.linear)
end
