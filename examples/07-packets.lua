#!/usr/bin/env moonbee
-- How long does a packet take from its device to the network stack?
--
-- XDP sees a packet first, as bare bytes. It leaves the time in the room before those bytes, its
-- metadata; the program at tc, behind it on the same device, finds it there once the kernel has made
-- a packet of its own of them. What one program notes, the next one reads: no map is in between.
--
-- usage: moonbee 07-packets.lua INTERFACE [SECONDS]      without seconds: until Ctrl-C
local bee = require "moonbee"

local device = arg[1] or "lo"
local seconds = tonumber(arg[2])
if arg[2] and not seconds then
  io.stderr:write("usage: moonbee 07-packets.lua INTERFACE [SECONDS]\n")
  os.exit(2)
end

local mod <close> = assert(bee.load([[
  BPF_HISTOGRAM(latency);

  int arrive(struct xdp_md *ctx)
  {
      u64 *then;

      if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*then)))
          return XDP_PASS;
      then = (void *)(long)ctx->data_meta;
      if ((void *)(then + 1) > (void *)(long)ctx->data)
          return XDP_PASS;
      *then = bpf_ktime_get_ns();
      return XDP_PASS;
  }

  int pass_on(struct __sk_buff *ctx)
  {
      u64 *then = (void *)(long)ctx->data_meta;

      if ((void *)(then + 1) <= (void *)(long)ctx->data)
          latency.increment(bpf_log2l(bpf_ktime_get_ns() - *then));
      return TC_ACT_UNSPEC;
  }
]], { attach = { arrive = "xdp:" .. device, pass_on = "tc:" .. device .. ":ingress" } }))

assert(mod:attach())
print(("Timing packets on %s... end with Ctrl-C."):format(device))
bee.run { seconds = seconds }
print(mod.maps.latency:hist("nsecs"))
