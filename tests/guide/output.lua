-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

guide.section("Debugging", { "bpf_override_return()" })

-- What the kernel permits to be overridden: the entry of a system call.
case("bpf_override_return()", {
  needs = "kprobe", symbol = "bpf_override_return",
  [[
    int kprobe____x64_sys_personality(struct pt_regs *ctx) {
        if (bpf_get_current_pid_tgid() >> 32 != PID)
            bpf_override_return(ctx, -EXDEV);
        return 0;
    }
  ]],
  define = { PID = check.pid },
  check = function(mod)
    assert(mod:attach())
    local pipe <close> = assert(io.popen("setarch -R true 2>&1"))
    check.contains(pipe:read("a"), "Invalid cross-device link") -- EXDEV
    mod:detach()
    assert(os.execute("setarch -R true"))
  end,
})

guide.section("Output", {
  "bpf_trace_printk()", "BPF_PERF_OUTPUT", "perf_submit()", "perf_submit_skb()", "BPF_RINGBUF_OUTPUT",
  "ringbuf_output()", "ringbuf_reserve()", "ringbuf_submit()", "ringbuf_discard()", "ringbuf_query()",
})

-- No argument, and three, of which one is a string; it gives how much it wrote, as the kernel has it.
case("bpf_trace_printk()", {
  [[ #define TEXT "of a macro %s\n" ]], [[
    char comm[TASK_COMM_LEN];
    bpf_get_current_comm(&comm, sizeof(comm));
    if (bpf_trace_printk("plain\n") < 0)
        return 1;
    if (bpf_trace_printk("%d %lx %s\n", 42, 255ul, comm) < 0)
        return 2;
    return bpf_trace_printk(TEXT, comm) < 0;
  ]],
  check = function(mod)
    local seen, count = {}, 0
    local watch <close> = assert(bee.trace(function(line)
      if line.pid == check.pid then
        count = count + 1
        seen[count] = line.message
      end
    end))
    for _ = 1, 3 do -- a kernel makes room for its first lines while they are written, and may lose them
      equal(guide.run(mod), 0)
      guide.await(function() return count >= 3 end)
      if count >= 3 then
        break
      end
    end
    equal(table.concat(seen, "|"), "plain|42 ff moonbee|of a macro moonbee")
  end,
})

-- The events of a map, in a list.
local function collect(map)
  local list = {}
  assert(map:on(function(e) list[#list + 1] = bee.table(e) end))
  return list
end

local DATA = [[
  struct data_t { u32 pid; u64 ts; char comm[TASK_COMM_LEN]; };
]]
local FILL = [[
  data.pid = bpf_get_current_pid_tgid();
  data.ts = bpf_ktime_get_ns();
  bpf_get_current_comm(&data.comm, sizeof(data.comm));
]]

-- One event that says who runs.
local function gives_one(mod)
  local events = collect(mod.maps.events)
  local before = bee.ktime()
  equal(guide.run(mod), 0)
  guide.await(function() return #events > 0 end)
  equal(#events, 1)
  equal(events[1].pid, check.pid)
  equal(events[1].comm, "moonbee")
  assert(before <= events[1].ts and events[1].ts <= bee.ktime(), "another clock")
end

for _, name in ipairs { "BPF_PERF_OUTPUT", "perf_submit()" } do
  case(name, {
    DATA .. "BPF_PERF_OUTPUT(events);",
    "struct data_t data = {};" .. FILL .. "return events.perf_submit(ctx, &data, sizeof(data));",
    check = gives_one,
  })
end

-- A frame of Ethernet goes through a filter, in full, with the data in front of it.
local FRAME = ("\xff"):rep(12) .. "\x08\x00" .. ("p"):rep(50)

case("perf_submit()", {
  what = "of a packet", attach = { on_packet = "tc" },
  [[
    struct sizes { u32 len; };
    BPF_PERF_OUTPUT(events);
    int on_packet(struct __sk_buff *skb)
    {
        struct sizes data = { skb->len };
        return events.perf_submit(skb, &data, sizeof(data));
    }
  ]],
  check = function(mod)
    local events = collect(mod.maps.events)
    equal(assert(mod.programs.on_packet:test_run { data = FRAME }).retval, 0)
    guide.await(function() return #events > 0 end)
    equal(events[1].len, #FRAME)
  end,
})

case("perf_submit_skb()", {
  attach = { on_packet = "tc" },
  [[
    struct sizes { u32 magic; u32 len; };
    BPF_PERF_OUTPUT(events);
    int on_packet(struct __sk_buff *skb)
    {
        struct sizes data = { 0x01020304, skb->len };
        return events.perf_submit_skb(skb, skb->len, &data, sizeof(data));
    }
  ]],
  check = function(mod)
    local bytes
    assert(mod.maps.events:on(function(e) bytes = type(e) == "string" and e or bee.bytes(e) end))
    equal(assert(mod.programs.on_packet:test_run { data = FRAME }).retval, 0)
    guide.await(function() return bytes end)
    equal(bytes:sub(1, 8 + #FRAME), string.pack("<I4I4", 0x01020304, #FRAME) .. FRAME)
  end,
})

-- Both ways of the guide's example, each of which is one event.
case("BPF_RINGBUF_OUTPUT", {
  DATA .. "BPF_RINGBUF_OUTPUT(events, 8);", [[
    struct data_t data = {};
  ]] .. FILL .. [[
    events.ringbuf_output(&data, sizeof(data), 0 /* flags */);

    struct data_t *reserved = events.ringbuf_reserve(sizeof(struct data_t));
    if (!reserved) // Failed to reserve space
        return 1;
    *reserved = data;
    events.ringbuf_submit(reserved, 0 /* flags */);
    return 0;
  ]],
  check = function(mod)
    equal(mod.maps.events:info().max_entries, 8 * 4096)
    local events = collect(mod.maps.events)
    equal(guide.run(mod), 0)
    guide.await(function() return #events > 1 end)
    equal(#events, 2)
    equal(events[1].pid, check.pid)
    check.same(events[1], events[2])
  end,
})

case("ringbuf_output()", {
  DATA .. "BPF_RINGBUF_OUTPUT(events, 1);",
  "struct data_t data = {};" .. FILL .. "return events.ringbuf_output(&data, sizeof(data), BPF_RB_FORCE_WAKEUP);",
  check = gives_one,
})

case("ringbuf_output()", {
  what = "of a full ring", DATA .. "BPF_RINGBUF_OUTPUT(events, 1);", [[
    struct data_t data = {};
    int err = 0;
    for (int i = 0; i < 100; i++)
        err |= events.ringbuf_output(&data, 32, BPF_RB_NO_WAKEUP);
    return err;
  ]],
  gives = 0,
})

case("ringbuf_reserve()", {
  what = "more than there is", "BPF_RINGBUF_OUTPUT(events, 1);", [[
    void *data = events.ringbuf_reserve(4096);
    if (!data)
        return 1;
    events.ringbuf_discard(data, 0);
    return 0;
  ]],
  gives = 1,
})

for _, name in ipairs { "ringbuf_reserve()", "ringbuf_submit()" } do
  case(name, {
    DATA .. "BPF_RINGBUF_OUTPUT(events, 1);", [[
      struct data_t *e = events.ringbuf_reserve(sizeof(*e));
      if (!e)
          return 1;
      struct data_t data = {};
    ]] .. FILL .. [[
      *e = data;
      events.ringbuf_submit(e, BPF_RB_FORCE_WAKEUP);
      return 0;
    ]],
    check = gives_one,
  })
end

case("ringbuf_discard()", {
  DATA .. "BPF_RINGBUF_OUTPUT(events, 1);", [[
    struct data_t *e = events.ringbuf_reserve(sizeof(*e));
    if (!e)
        return 1;
    e->pid = 1;
    events.ringbuf_discard(e, 0);
    e = events.ringbuf_reserve(sizeof(*e));
    if (!e)
        return 1;
    e->pid = 2;
    events.ringbuf_submit(e, 0);
    return 0;
  ]],
  check = function(mod)
    local events = collect(mod.maps.events)
    equal(guide.run(mod), 0)
    guide.await(function() return #events > 0 end)
    equal(#events, 1)
    equal(events[1].pid, 2)
  end,
})

-- A record has a header of 8 bytes.
case("ringbuf_query()", {
  "BPF_RINGBUF_OUTPUT(events, 2);", [[
    u64 before = events.ringbuf_query(BPF_RB_PROD_POS), data = 1;
    if (events.ringbuf_query(BPF_RB_RING_SIZE) != 2 * PAGE_SIZE || events.ringbuf_query(99) != 0)
        return 1;
    events.ringbuf_output(&data, sizeof(data), 0);
    if (events.ringbuf_query(BPF_RB_PROD_POS) - before != 16)
        return 2;
    if (events.ringbuf_query(BPF_RB_AVAIL_DATA) != 16)
        return 3;
    return events.ringbuf_query(BPF_RB_CONS_POS);
  ]],
  gives = 0,
})
