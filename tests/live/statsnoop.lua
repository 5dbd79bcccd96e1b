-- SPDX-License-Identifier: Apache-2.0
-- The truth: who asks for which path, and whether it is there. The tool's functions are not called syscall__,
-- so they look for the path in the registers of the system call's wrapper, where it has not been since Linux
-- 4.17, under BCC too. On the function behind statfs(2), whose first argument it is, they find it.
local check = require "check"
local tool = require "tool"

check.test("statsnoop tells who asks for a path, and with which result", function()
  local mod <close> = tool.load("statsnoop", "", {
    stat_entry = { { "kprobe:__x64_sys_stat", optional = true }, { "kprobe:__x64_sys_newstat", optional = true },
                   { "kprobe:__x64_sys_statfs", optional = true }, { "kprobe:__x64_sys_newlstat", optional = true } },
    statx_entry = "kprobe:__x64_sys_statx",
    trace_return = { "kretprobe:__x64_sys_statx", { "kretprobe:__x64_sys_newstat", optional = true } },
  })
  local events = tool.collect(mod.maps.events)
  local good, bad = tool.run(([[
    stat %s >/dev/null & good=$!
    stat %s/not 2>/dev/null & bad=$!
    wait
    echo $good $bad]]):format(tool.folder, tool.folder)):match("(%d+) (%d+)")
  local function result_of(pid, ret)
    return tool.find(events, function(e) return e.pid == tonumber(pid) and e.ret == ret and e.comm == "stat" end)
  end
  assert(result_of(good, 0), "no call that succeeds")
  assert(result_of(bad, -2), "no call that fails with ENOENT")
  assert(not result_of(good, -2), "a call fails with ENOENT where the path is there")
end)

check.test("statsnoop tells which path is asked for, where it is given one", function()
  local mod <close> = tool.load("statsnoop", "", {
    stat_entry = "kprobe:user_statfs", trace_return = "kretprobe:user_statfs",
  })
  local events = tool.collect(mod.maps.events)
  tool.run(("stat -f %s >/dev/null; stat -f %s/not 2>/dev/null; true"):format(tool.folder, tool.folder))
  local function result_of(path)
    local event = tool.find(events, function(e) return e.comm == "stat" and e.fname == path end)
    return event and event.ret
  end
  assert(result_of(tool.folder) == 0, "no call that succeeds, by its path")
  assert(result_of(tool.folder .. "/not") == -2, "no call that fails with ENOENT, by its path")
end)
