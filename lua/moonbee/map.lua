-- SPDX-License-Identifier: Apache-2.0
-- Methods of maps that need no C.

local core = require "moonbee.core"

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
