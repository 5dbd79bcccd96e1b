#!/usr/bin/env moonbee
-- What do programs look up in their environment? Every getenv() of every process, with its answer.
--
-- A uprobe is put on a function of a library, here of the C library, and fires in all processes that
-- use it. The name is an argument of the call; the answer is known when the function returns.
--
-- usage: moonbee 05-uprobe.lua [SECONDS]      without seconds: until Ctrl-C
local bee = require "moonbee"

local seconds = tonumber(arg[1])
if arg[1] and not seconds then
  io.stderr:write("usage: moonbee 05-uprobe.lua [SECONDS]\n")
  os.exit(2)
end

local mod <close> = assert(bee.load([[
  struct event {
      u32 pid;
      char comm[TASK_COMM_LEN];
      char name[40];
      char value[60];
  };
  BPF_HASH(calls, u32, u64);
  BPF_RINGBUF_OUTPUT(events, 64);

  int on_call(struct pt_regs *ctx)
  {
      u32 thread = bpf_get_current_pid_tgid();
      u64 name = PT_REGS_PARM1(ctx);

      calls.update(&thread, &name);
      return 0;
  }

  int on_return(struct pt_regs *ctx)
  {
      u32 thread = bpf_get_current_pid_tgid();
      u64 *name = calls.lookup(&thread);
      struct event *e;

      if (!name)
          return 0;
      e = events.ringbuf_reserve(sizeof(*e));
      if (!e)
          return 0;
      __builtin_memset(e, 0, sizeof(*e));
      e->pid = bpf_get_current_pid_tgid() >> 32;
      bpf_get_current_comm(e->comm, sizeof(e->comm));
      bpf_probe_read_user_str(e->name, sizeof(e->name), (void *)*name);
      bpf_probe_read_user_str(e->value, sizeof(e->value), (void *)PT_REGS_RC(ctx));
      events.ringbuf_submit(e, 0);
      return 0;
  }
]], { attach = { on_call = "uprobe:libc.so.6:getenv", on_return = "uretprobe:libc.so.6:getenv" } }))

-- Fields as arguments: the fast way, since nothing is made for each event.
assert(mod.maps.events:on({ "pid", "comm", "name", "value" }, function(pid, comm, name, value)
  print(("%-8d %-16s %s=%s"):format(pid, comm, name, value))
end))
assert(mod:attach())
print(("%-8s %-16s %s"):format("PID", "COMMAND", "VARIABLE"))
bee.run { seconds = seconds }
