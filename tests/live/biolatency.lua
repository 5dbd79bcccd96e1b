-- SPDX-License-Identifier: Apache-2.0
-- The truth: /proc/diskstats, which counts what each disk has completed.
local check = require "check"
local tool = require "tool"

local function completed()
  local sum = 0
  for line in io.lines("/proc/diskstats") do
    local reads, writes = line:match("^%s*%d+%s+%d+%s+%S+%s+(%d+)%s+%d+%s+%d+%s+%d+%s+(%d+)")
    sum = sum + reads + writes
  end
  return sum
end

-- The functions whose calls the tool takes for the end of a request. Compilers have made them part of their
-- callers, or they may not be probed: then the tool works nowhere on this kernel, under BCC neither.
local function find_end()
  local filter <close> = io.open("/sys/kernel/tracing/available_filter_functions")
  local text = filter and "\n" .. filter:read("a") or ""
  for _, name in ipairs { "__blk_account_io_done", "blk_account_io_done" } do
    if not filter or text:find("\n" .. name .. "\n", 1, true) then
      return name
    end
  end
  check.skip("/sys/kernel/tracing/available_filter_functions has no (__)blk_account_io_done, which the tool needs")
end

check.test("biolatency counts each request that a disk completes", function()
  local mod <close> = tool.load("biolatency", "", {
    trace_req_start = "kprobe:blk_mq_start_request",
    trace_req_done = "kprobe:" .. find_end(),
  })
  local before = completed()
  local ok, err = tool.direct_io("4k", 200)
  if not ok then
    check.skip("no disk and no file here can be read past the page cache: " .. err)
  end
  local count = 0
  for _, n in pairs(mod.maps.dist) do
    count = count + n
  end
  tool.between("requests", count, 200, completed() - before)
end)
