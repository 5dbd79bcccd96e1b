-- SPDX-License-Identifier: Apache-2.0
-- The truth: which signals the shell was told to send, and to whom.
local check = require "check"
local tool = require "tool"

check.test("killsnoop tells who sends which signal to whom, and with which result", function()
  local mod <close> = tool.load("killsnoop", "", {
    syscall__kill = "kprobe:__x64_sys_kill",
    do_ret_sys_kill = "kretprobe:__x64_sys_kill",
  })
  local events = tool.collect(mod.maps.events)
  local shell, target = tool.run([[
    sleep 10 & target=$!
    kill -15 $target
    wait $target
    kill -10 4194000 2>/dev/null
    echo $$ $target]]):match("(%d+) (%d+)")
  local good = tool.find(events, function(e) return e.tpid == tonumber(target) end)
  check.equal(good and good.pid, tonumber(shell))
  check.equal(good.sig, 15)
  check.equal(good.ret, 0)
  check.equal(good.comm, "sh")
  local bad = tool.find(events, function(e) return e.tpid == 4194000 end)
  check.equal(bad and bad.ret, -3)	-- ESRCH
  check.equal(bad.sig, 10)
end)
