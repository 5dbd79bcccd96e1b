-- SPDX-License-Identifier: Apache-2.0
-- A walk through BCC's reference guide (docs/reference_guide.md, of BCC 0.35): each entry has a program of
-- our own that does what the guide says of it, by BCC's names and with each count of arguments.
-- usage: moonbee tests/guide/run.lua [TEXT]           the cases whose entry holds TEXT, or all
--        moonbee tests/guide/run.lua --guide FILE     compare the list of entries with that of the guide
package.path = "tests/guide/?.lua;tests/lua/?.lua;" .. package.path

local guide = require "guide"
local check = require "check"

for _, name in ipairs { "events", "data", "output", "tables", "methods", "rewriter", "beyond", "python" } do
  guide.add(require(name))
end
if arg[1] == "--guide" then
  guide.clean()
  os.exit(guide.compare(arg[2]) == 0 and 0 or 1, true)
end
print("---- tests/guide/run.lua (moonbee)")
check.test("each entry of the guide has a case", guide.is_whole)
for _, row in ipairs(guide.cases) do
  if not arg[1] or (row.section.title .. ": " .. row.name):find(arg[1], 1, true) then
    guide.test(row)
  end
end
guide.clean()
check.done()
