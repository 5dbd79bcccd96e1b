#!/usr/bin/env moonbee
-- Which processes make the most system calls? Counted in the kernel, printed each second.
--
-- BPF_HASH makes a map that both sides see: the kernel side adds to it, and mod.maps.counts reads it
-- here. Its key is a struct, which arrives as a table with the same fields.
--
-- usage: moonbee 02-counts.lua [SECONDS]      without seconds: until Ctrl-C
local bee = require "moonbee"

local seconds = tonumber(arg[1])
if arg[1] and not seconds then
  io.stderr:write("usage: moonbee 02-counts.lua [SECONDS]\n")
  os.exit(2)
end

local mod <close> = assert(bee.load [[
  struct process {
      u32 pid;
      char comm[TASK_COMM_LEN];
  };
  BPF_HASH(counts, struct process, u64);

  TRACEPOINT_PROBE(raw_syscalls, sys_enter)
  {
      struct process who = { .pid = bpf_get_current_pid_tgid() >> 32 };

      bpf_get_current_comm(who.comm, sizeof(who.comm));
      counts.increment(who);
      return 0;
  }
]])

assert(mod:attach())
local counts = mod.maps.counts

bee.every(1, function()
  print(("\n%-8s %-16s %s"):format("PID", "COMMAND", "SYSCALLS/s"))
  for who, count in counts:top(10) do
    print(("%-8d %-16s %d"):format(who.pid, who.comm, count))
  end
  counts:clear()
end)
bee.run { seconds = seconds }
