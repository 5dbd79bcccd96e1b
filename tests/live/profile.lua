-- SPDX-License-Identifier: Apache-2.0
-- The truth: the processor time of the process, by /proc/PID/stat, and its only busy function.
local check = require "check"
local tool = require "tool"

local SOURCE = [[
  #include <stdio.h>
  #include <time.h>
  static void __attribute__((noinline)) spin(void)
  {
      while (clock() < CLOCKS_PER_SEC)
          ;
  }
  int main(void)
  {
      spin();
      printf("%ld\n", (long)clock());
      return 0;
  }
]]

check.test("profile samples a process as often as it is on a CPU", function()
  local work <close> = tool.waiting("exec " .. tool.compile("busy", SOURCE))
  local mod <close> = tool.load("profile", "-p " .. work.pid, { do_perf_event = "profile:hz:49" })
  local seconds = tonumber(work.go()) / 1e6
  local samples, stacks = 0, 0
  for key, count in pairs(mod.maps.counts) do
    check.equal(key.pid, work.pid)
    samples = samples + count
    if key.user_stack_id >= 0 then
      stacks = stacks + count
    end
  end
  tool.between("samples", samples, 49 * seconds * 0.6, 49 * seconds * 1.4)
  -- clock() is a system call here and there, but most of the time has a user's stack.
  tool.between("samples with a user stack", stacks, samples * 0.5, samples)
end)
