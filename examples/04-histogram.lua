#!/usr/bin/env moonbee
-- How long does read(2) take? A histogram by powers of two, summed up in the kernel.
--
-- Two programs share a map: the first notes when a thread entered read(2), the second takes the time
-- when it comes back. Only the finished histogram leaves the kernel, so watching millions is cheap.
--
-- usage: moonbee 04-histogram.lua [SECONDS]      without seconds: until Ctrl-C
local bee = require "moonbee"

local seconds = tonumber(arg[1])
if arg[1] and not seconds then
  io.stderr:write("usage: moonbee 04-histogram.lua [SECONDS]\n")
  os.exit(2)
end

local mod <close> = assert(bee.load [[
  BPF_HASH(started, u32, u64);
  BPF_HISTOGRAM(latency);

  TRACEPOINT_PROBE(syscalls, sys_enter_read)
  {
      u32 thread = bpf_get_current_pid_tgid();
      u64 now = bpf_ktime_get_ns();

      started.update(&thread, &now);
      return 0;
  }

  TRACEPOINT_PROBE(syscalls, sys_exit_read)
  {
      u32 thread = bpf_get_current_pid_tgid();
      u64 *start = started.lookup(&thread);

      if (!start)
          return 0;
      latency.increment(bpf_log2l((bpf_ktime_get_ns() - *start) / 1000));
      started.delete(&thread);
      return 0;
  }
]])

assert(mod:attach())
print("Timing read(2)... end with Ctrl-C.")
bee.run { seconds = seconds }
print(mod.maps.latency:hist("usecs"))
