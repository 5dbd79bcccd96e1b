#!/usr/bin/env moonbee
-- Every program that starts: its pid, its parent, its name and its arguments, as it happens.
--
-- A ring buffer carries one struct for each exec(2). The callback gets it as an event, with the
-- fields that the C struct has; nothing is declared twice.
--
-- usage: moonbee 03-events.lua [SECONDS]      without seconds: until Ctrl-C
local bee = require "moonbee"

local seconds = tonumber(arg[1])
if arg[1] and not seconds then
  io.stderr:write("usage: moonbee 03-events.lua [SECONDS]\n")
  os.exit(2)
end

local mod <close> = assert(bee.load [[
  #define ARGS_MAX 256

  struct event {
      u32 pid, ppid;
      char comm[TASK_COMM_LEN];
      char args[ARGS_MAX];
  };
  BPF_RINGBUF_OUTPUT(events, 64);

  /* The program is in place by now: its arguments stand in its own memory, each with a NUL. */
  TRACEPOINT_PROBE(sched, sched_process_exec)
  {
      struct task_struct *task = (struct task_struct *)bpf_get_current_task();
      unsigned long start = task->mm->arg_start, size = task->mm->arg_end - start;
      struct event *e = events.ringbuf_reserve(sizeof(*e));

      if (!e)
          return 0;
      e->pid = bpf_get_current_pid_tgid() >> 32;
      e->ppid = task->real_parent->tgid;
      bpf_get_current_comm(e->comm, sizeof(e->comm));
      if (size > ARGS_MAX)
          size = ARGS_MAX;
      bpf_probe_read_user(e->args, size, (void *)start);
      for (int i = 0; i < ARGS_MAX; i++) {
          if (i + 1 >= size) {
              e->args[i] = 0;
              break;
          }
          if (!e->args[i])
              e->args[i] = ' ';
      }
      events.ringbuf_submit(e, 0);
      return 0;
  }
]])

assert(mod.maps.events:on(function(e)
  print(("%-8d %-8d %-16s %s"):format(e.pid, e.ppid, e.comm, e.args))
end))
assert(mod:attach())
print(("%-8s %-8s %-16s %s"):format("PID", "PARENT", "COMMAND", "ARGUMENTS"))
bee.run { seconds = seconds }
