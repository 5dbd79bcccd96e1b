#!/usr/bin/env moonbee
-- Hello, kernel: a line for each new process or thread, written by the kernel itself.
--
-- The C below is compiled when the script starts. TRACEPOINT_PROBE says where it runs: at the entry of
-- clone(2), of clone3(2) and of vfork(2), whichever one the C library takes. bpf_trace_printk() writes
-- into the kernel's trace pipe; bee.trace() reads it here.
--
-- usage: moonbee 01-hello.lua [SECONDS]      without seconds: until Ctrl-C
local bee = require "moonbee"

local seconds = tonumber(arg[1])
if arg[1] and not seconds then
  io.stderr:write("usage: moonbee 01-hello.lua [SECONDS]\n")
  os.exit(2)
end

local mod <close> = assert(bee.load [[
  TRACEPOINT_PROBE(syscalls, sys_enter_clone)
  {
      bpf_trace_printk("Hello, clone!\n");
      return 0;
  }

  TRACEPOINT_PROBE(syscalls, sys_enter_clone3)
  {
      bpf_trace_printk("Hello, clone3!\n");
      return 0;
  }

  TRACEPOINT_PROBE(syscalls, sys_enter_vfork)
  {
      bpf_trace_printk("Hello, vfork!\n");
      return 0;
  }
]])

local pipe <close> = assert(bee.trace(function(line)
  print(("%-16s %-8s %s"):format(line.task or "", line.pid or "", line.message))
end))

assert(mod:attach())
print(("%-16s %-8s %s"):format("TASK", "PID", "MESSAGE"))
bee.run { seconds = seconds }
