-- SPDX-License-Identifier: Apache-2.0
-- The truth: /proc/PID/schedstat, which counts how often a task was given a CPU, and how long it waited.
local check = require "check"
local tool = require "tool"

check.test("runqlat counts how often and how long a process waits for a CPU", function()
  local work <close> = tool.waiting([[
    cat /proc/$$/schedstat
    i=0; while [ $i -lt 40 ]; do sleep 0.01; i=$((i + 1)); done
    cat /proc/$$/schedstat]])
  local mod <close> = tool.load("runqlat", "-p " .. work.pid)
  local _, wait0, times0, _, wait1, times1 = work.go():match("(%d+) (%d+) (%d+)\n(%d+) (%d+) (%d+)")
  local times, wait_us = times1 - times0, (wait1 - wait0) / 1000
  local count, low, high = 0, 0, 0
  for slot, n in pairs(mod.maps.dist) do
    count = count + n
    low = low + n * (slot > 1 and 2 ^ (slot - 1) or 0)
    high = high + n * 2 ^ slot
  end
  -- Before and behind the two readings the shell is scheduled a few times more.
  tool.between("times on a CPU", count, times, times + 40)
  tool.between("microseconds of waiting, at least", low, 0, 2 * wait_us + 20000)
  tool.between("microseconds of waiting, at most", high, wait_us / 2, math.huge)
end)
