-- SPDX-License-Identifier: Apache-2.0
-- The truth: what the workload has allocated and not freed.
local check = require "check"
local tool = require "tool"

local SOURCE = [[
  #include <stdlib.h>
  int main(void)
  {
      for (int i = 0; i < 10; i++)
          *(volatile char *)malloc(12345) = 1;
      for (int i = 0; i < 5; i++)
          free(malloc(77777));
      *(volatile char *)calloc(3, 1111) = 1;
      return 0;
  }
]]

local ATTACH = { free_enter = "uprobe:c:free", munmap_enter = "uprobe:c:munmap" }
for _, name in ipairs { "malloc", "calloc", "realloc", "mmap", "posix_memalign", "valloc", "memalign", "pvalloc",
                        "aligned_alloc" } do
  ATTACH[name .. "_enter"] = "uprobe:c:" .. name
  ATTACH[name .. "_exit"] = "uretprobe:c:" .. name
end

check.test("memleak tells what is allocated and never freed, by size and by stack", function()
  local work <close> = tool.waiting("exec " .. tool.compile("leaky", SOURCE))
  local attach = {}
  for program, target in pairs(ATTACH) do
    attach[program] = target
  end
  local mod <close> = tool.load("memleak", "-p " .. work.pid, attach)
  work.go()
  local count = {}
  for _, alloc in pairs(mod.maps.allocs) do
    count[alloc.size] = (count[alloc.size] or 0) + 1
  end
  check.equal(count[12345], 10)
  check.equal(count[77777], nil)
  check.equal(count[3333], 1)
  -- All of one size come from one line, so from one stack.
  local by_stack = {}
  for _, combined in pairs(mod.maps.combined_allocs) do
    by_stack[combined.total_size] = combined.number_of_allocs
  end
  check.equal(by_stack[123450], 10)
end)
