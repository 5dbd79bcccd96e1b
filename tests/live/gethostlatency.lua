-- SPDX-License-Identifier: Apache-2.0
-- The truth: the name that is asked for, and how long the command took.
local check = require "check"
local tool = require "tool"

check.test("gethostlatency tells which name was asked for, by whom, and for how long", function()
  local mod <close> = tool.load("gethostlatency", "", {
    do_entry = { "uprobe:c:getaddrinfo", "uprobe:c:gethostbyname", "uprobe:c:gethostbyname2" },
    do_return = { "uretprobe:c:getaddrinfo", "uretprobe:c:gethostbyname", "uretprobe:c:gethostbyname2" },
  })
  local events = tool.collect(mod.maps.events)
  local pid, before, after = tool.run([[
    date +%s%N; getent ahosts localhost >/dev/null & pid=$!; wait $pid || exit 1; date +%s%N; echo $pid]])
    :match("(%d+)\n(%d+)\n(%d+)")
  pid, before, after = tonumber(after), tonumber(pid), tonumber(before)
  local event = tool.event_of(events, pid, "getent")
  check.equal(event.host, "localhost")
  check.equal(event.comm, "getent")
  tool.between("nanoseconds", event.delta, 1, after - before)
end)
