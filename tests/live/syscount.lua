-- SPDX-License-Identifier: Apache-2.0
-- The truth: how many blocks dd was told to copy.
local check = require "check"
local tool = require "tool"

check.test("syscount counts the reads and writes of one process", function()
  local work <close> = tool.waiting("exec dd if=/dev/zero of=/dev/null bs=1 count=5000 2>&1")
  local mod <close> = tool.load("syscount", "-p " .. work.pid)
  check.contains(work.go(), "5000+0 records out")
  -- It reads libraries too, and tells what it has done.
  tool.between("reads", mod.maps.data[0], 5000, 5050)
  tool.between("writes", mod.maps.data[1], 5000, 5010)
  check.equal(mod.maps.data[0xffff], nil)
end)

check.test("syscount -L measures how long a system call takes", function()
  local work <close> = tool.waiting("exec sleep 0.3")
  local mod <close> = tool.load("syscount", "-L -p " .. work.pid)
  work.go()
  local sleep = mod.maps.data[230]	-- clock_nanosleep of x86-64
  check.equal(sleep.count, 1)
  tool.between("nanoseconds", sleep.total_ns, 300000000, 10000000000)
end)
