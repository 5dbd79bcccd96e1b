-- SPDX-License-Identifier: Apache-2.0
-- What can be done here, and what was left behind.

local core = require "moonbee.core"
local options = require "moonbee.options"

local doctor = {}

-- features(): a list of tables: name, about, state ("yes", "limited" or "no"), reason, cure, needed.
function doctor.features()
  local list = {}
  local ok, err = core.features(function(feature)
    list[#list + 1] = feature
  end)
  return ok and list, err
end

-- leftovers([options]): a list of what killed tools left: target, program, netns, id. remove = true takes
-- it away too.
function doctor.leftovers(opts)
  opts = options.check(opts, { remove = "boolean" }, "bee.leftovers")
  local list = {}
  local ok, err = core.leftovers(function(left)
    list[#list + 1] = left
    return opts.remove
  end)
  return ok and list, err
end

return doctor
