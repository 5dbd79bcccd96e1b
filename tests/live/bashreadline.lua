-- SPDX-License-Identifier: Apache-2.0
-- The truth: what is typed into a bash that has a terminal.
local check = require "check"
local tool = require "tool"

check.test("bashreadline tells what is typed into a shell", function()
  local mod <close> = tool.load("bashreadline", "", { printret = "uretprobe:/bin/bash:readline" })
  local events = tool.collect(mod.maps.events)
  local said = tool.run([[
    { sleep 0.3; echo "echo pid=\$\$ moon''bee"; sleep 0.3; echo exit; } |
      script -qc 'bash --norc -i' /dev/null]])
  local pid = said:match("pid=(%d+) moonbee")
  local event = tool.event_of(events, tonumber(pid), "bash")
  check.equal(event.str, "echo pid=$$ moon''bee")
end)
