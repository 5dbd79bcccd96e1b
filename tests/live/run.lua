-- SPDX-License-Identifier: Apache-2.0
-- BCC's own tools at work: each of their programs, as its script writes it, is loaded by moonbee, sees a
-- workload, and must report what /proc, the workload itself or the kernel's statistics say of it.
-- Tools that need kprobes are skipped where the kernel has none.
-- BEE_QUICK in the environment leaves out what every kernel can show.
--
-- usage: moonbee tests/live/run.lua [TOOL]...
package.path = "tests/live/?.lua;tests/lua/?.lua;" .. package.path

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

if not exists("/usr/sbin/opensnoop-bpfcc") then
  print("skipped: package bpfcc-tools is not installed (no /usr/sbin/opensnoop-bpfcc)")
  os.exit(77)
end

local check = require "check"
local tool = require "tool"

-- Those that are given a process number, and those that see all of them.
local of_one = { "syscount", "memleak", "runqlat", "profile", "funccount" }
local of_all = {
  "exitsnoop", "bashreadline", "gethostlatency", "tcplife", "tcpstates", "threadsnoop", "bitesize",
  "execsnoop", "opensnoop", "biolatency", "killsnoop", "statsnoop",
}
-- Other kernels are emulated, which takes its time: there, only those that this one may have no hooks for.
local quick = { "bitesize", "execsnoop", "opensnoop", "biolatency", "killsnoop", "statsnoop" }

local all = table.move(of_all, 1, #of_all, #of_one + 1, table.move(of_one, 1, #of_one, 1, {}))
local wanted = #arg > 0 and arg or os.getenv("BEE_QUICK") and quick or all
local is_wanted, announced = {}, {}
for _, name in ipairs(wanted) do
  is_wanted[name] = true
end
for _, name in ipairs(of_all) do
  announced[#announced + 1] = is_wanted[name] and name
end
print("---- tests/live/run.lua (moonbee)")
tool.announce(announced)
for _, name in ipairs(wanted) do
  require(name)
end
tool.finish()
check.done()
