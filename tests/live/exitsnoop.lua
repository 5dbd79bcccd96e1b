-- SPDX-License-Identifier: Apache-2.0
-- The truth: how the shell's children end, by its own words.
local check = require "check"
local tool = require "tool"

check.test("exitsnoop tells who ends, how, whose child it is, and after which time", function()
  local mod <close> = tool.load("exitsnoop", "")
  local events = tool.collect(mod.maps.events)
  local shell, quits, killed = tool.run([[
    sh -c 'sleep 0.2; exit 3' & quits=$!
    sleep 10 & killed=$!
    kill -9 $killed
    wait $quits; [ $? = 3 ] || exit 1
    wait $killed
    echo $$ $quits $killed]]):match("(%d+) (%d+) (%d+)")
  local event = tool.event_of(events, tonumber(quits), "the shell that exits with 3")
  check.equal(event.exit_code, 3)
  check.equal(event.sig_info, 0)
  check.equal(event.ppid, tonumber(shell))
  check.equal(event.tid, event.pid)
  check.equal(event.task, "sh")
  tool.between("its age in ns", event.exit_time - event.start_time, 200000000, 20000000000)
  event = tool.event_of(events, tonumber(killed), "the process that is killed")
  check.equal(event.exit_code, 0)
  check.equal(event.sig_info, 9)
end)
