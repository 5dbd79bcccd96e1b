-- SPDX-License-Identifier: Apache-2.0
-- The truth: the files that the workload opens, and its own descriptors of them.
local check = require "check"
local tool = require "tool"

check.test("opensnoop tells which files are opened, by whom, and with which result", function()
  local mod <close> = tool.load("opensnoop", "", {
    syscall__trace_entry_open = { "kprobe:__x64_sys_open", optional = true },
    syscall__trace_entry_openat = "kprobe:__x64_sys_openat",
    syscall__trace_entry_openat2 = { "kprobe:__x64_sys_openat2", optional = true },
    trace_return = "kretprobe:__x64_sys_openat",
  })
  local events = tool.collect(mod.maps.events)
  local path = tool.folder .. "/opened"
  local pid = tool.run(("echo $$; : >%s; exec 7<%s; cat %s.not 2>/dev/null || true"):format(path, path, path))
  local good = tool.find(events, function(e) return e.name == path and e.id >> 32 == tonumber(pid) end)
  check.equal(good and good.comm, "sh")
  tool.between("the descriptor", good.ret, 3, 1000)
  local bad = tool.find(events, function(e) return e.name == path .. ".not" end)
  check.equal(bad and bad.ret, -2)	-- ENOENT
  check.equal(bad.comm, "cat")
end)
