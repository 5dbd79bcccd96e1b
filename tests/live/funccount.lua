-- SPDX-License-Identifier: Apache-2.0
-- The truth: how often the workload calls what is counted.
local check = require "check"
local tool = require "tool"

local SOURCE = [[
  #include <sys/resource.h>
  #include <unistd.h>
  int main(void)
  {
      for (int i = 0; i < 1234; i++)
          getpriority(PRIO_PROCESS, 0);
      return 0;
  }
]]

local function count_of(args, target)
  local work <close> = tool.waiting("exec " .. tool.compile("calls", SOURCE))
  local mod <close> = tool.load("funccount", "-p " .. work.pid .. " " .. args, { trace_count_0 = target })
  work.go()
  return mod.maps.counts[0]
end

check.test("funccount counts the calls of a library's function", function()
  check.equal(count_of("c:getpriority", "uprobe:c:getpriority"), 1234)
end)

check.test("funccount counts how often a tracepoint is passed", function()
  check.equal(count_of("t:syscalls:sys_enter_getpriority", "tracepoint:syscalls:sys_enter_getpriority"), 1234)
end)

check.test("funccount counts the calls of a kernel function", function()
  check.equal(count_of("__x64_sys_getpriority", "kprobe:__x64_sys_getpriority"), 1234)
end)
