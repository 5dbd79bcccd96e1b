-- SPDX-License-Identifier: Apache-2.0
-- Checks tables of options: what a function does not know, it refuses by name.

local core = require "moonbee.core"

-- The type of value that an option wants: a name, or several as "string|number".
local function fits(value, wanted)
  for name in wanted:gmatch("[^|]+") do
    if type(value) == name then
      return true
    end
  end
  return false
end

-- known: { seconds = "number", command = "table" }. Raises at the caller of the function called where.
local function check(options, known, where)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    error(("%s: a table of options is expected, got %s"):format(where, type(options)), 3)
  end
  for key, value in pairs(options) do
    local wanted = known[key]
    if not wanted then
      error(("%s: no option '%s'%s"):format(where, tostring(key), core.near(tostring(key), known)), 3)
    elseif not fits(value, wanted) then
      error(("%s: option '%s' is a %s, got %s"):format(where, key, wanted:gsub("|", " or "), type(value)), 3)
    end
  end
  return options
end

return { check = check }
