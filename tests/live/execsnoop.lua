-- SPDX-License-Identifier: Apache-2.0
-- The truth: what the shell was told to start.
local check = require "check"
local tool = require "tool"

check.test("execsnoop tells the arguments of a command, and whether it could be started", function()
  local mod <close> = tool.load("execsnoop", "", {
    syscall__execve = "kprobe:__x64_sys_execve",
    do_ret_sys_execve = "kretprobe:__x64_sys_execve",
  })
  local events = tool.collect(mod.maps.events)
  -- One after the other: a kretprobe of Linux 5.10 sees as many calls at a time as there are CPUs.
  local shell, good, bad = tool.run([[
    /bin/echo one 'two words' 3 >/dev/null & good=$!
    wait
    { exec /nowhere/to/be/found; } 2>/dev/null & bad=$!
    wait
    echo $$ $good $bad]]):match("(%d+) (%d+) (%d+)")
  local said, result = {}, {}
  for _, e in ipairs(events) do
    if e.pid == tonumber(good) and e.type == 0 then
      said[#said + 1] = e.argv
      check.equal(e.ppid, tonumber(shell))
    elseif e.type == 1 then
      result[e.pid] = e
    end
  end
  check.equal(table.concat(said, "|"), "/bin/echo|one|two words|3")
  check.equal(result[tonumber(good)].retval, 0)
  check.equal(result[tonumber(good)].comm, "echo")
  check.equal(result[tonumber(bad)].retval, -2)	-- ENOENT
end)
