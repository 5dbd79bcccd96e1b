-- SPDX-License-Identifier: Apache-2.0
-- JSON for the commands that have --json.

-- The library takes a faster parser where it finds one, also one that stands in the current directory, which
-- may be anybody's: here it finds none.
package.preload.lpeg = function()
  error("not used")
end
local dkjson = require "moonbee.lib.dkjson"
package.preload.lpeg = nil

local json = { null = dkjson.null }

-- JSON is UTF-8; a file's name or a line of a source may be anything.
local function clean(value)
  if type(value) == "string" then
    return utf8.len(value) and value or (value:gsub("[\128-\255]", "\u{FFFD}"))
  elseif type(value) ~= "table" or value == json.null then
    return value
  end
  local copy = setmetatable({}, getmetatable(value))
  for key, inner in pairs(value) do
    copy[key] = clean(inner)
  end
  return copy
end

-- options: keyorder, the keys in the order in which they stand; others stand behind them.
function json.encode(value, options)
  return (dkjson.encode(clean(value), options))
end

return json
