-- SPDX-License-Identifier: Apache-2.0
-- JSON for the commands that have --json.

-- The library takes a faster parser where it finds one, also one that stands in the current directory, which
-- may be anybody's: here it finds none.
package.preload.lpeg = function()
  error("not used")
end
local dkjson = require "moonbee.lib.dkjson"
package.preload.lpeg = nil

return dkjson
