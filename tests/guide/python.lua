-- SPDX-License-Identifier: Apache-2.0
-- What the guide tells of Python: each entry has its counterpart in Lua, which works, stands in the manual page
-- and, where someone writes BCC's name, is told by the error.
local bee = require "moonbee"
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

guide.section("Initialization", { "BPF", "USDT" })
guide.section("Events", {
  "attach_kprobe()", "attach_kretprobe()", "attach_tracepoint()", "attach_uprobe()", "attach_uretprobe()",
  "USDT.enable_probe()", "attach_raw_tracepoint()", "attach_raw_socket()", "attach_xdp()",
  "XDP_FLAGS_UPDATE_IF_NOEXIST", "XDP_FLAGS_SKB_MODE", "XDP_FLAGS_DRV_MODE", "XDP_FLAGS_HW_MODE", "attach_func()",
  "detach_func()", "detach_kprobe()", "detach_kretprobe()",
})
guide.section("Debug Output", { "trace_print()", "trace_fields()" })
guide.section("Output APIs", { "perf_buffer_poll()", "ring_buffer_poll()", "ring_buffer_consume()" })
guide.section("Map APIs", {
  "get_table()", "open_perf_buffer()", "items()", "values()", "clear()", "items_lookup_and_delete_batch()",
  "items_lookup_batch()", "items_delete_batch()", "items_update_batch()", "print_log2_hist()", "print_linear_hist()",
  "open_ring_buffer()", "push()", "pop()", "peek()",
})
guide.section("Helpers", { "ksym()", "ksymname()", "sym()", "num_open_kprobes()", "get_syscall_fnname()" })
guide.section("BPF Errors", { "Invalid mem access", "Cannot call GPL only function from proprietary program" }, true)
guide.section("Environment Variables", { "BCC_KERNEL_SOURCE", "BCC_LINUX_VERSION_CODE" }, true)

-- ---- Loading -------------------------------------------------------------------------------

local ANSWER = "RAW_TRACEPOINT_PROBE(sys_enter) { return ANSWER; }"

-- text, src_file, cflags and debug.
case("BPF", {
  documented = { "bee.load", "bee.compile" }, habits = { bee = { "BPF" } },
  lua = function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(ANSWER):close()
    for _, source in ipairs { ANSWER, assert(io.open(path)):read("a") } do
      local mod <close> = assert(bee.load(source, { name = path, cflags = { "-DANSWER=42" } }))
      equal(guide.run(mod), 42)
    end
    os.remove(path)
    for show, text in pairs { asm = "42", ["ir-reads"] = "ret i32 42", preprocessed = "return 42" } do
      check.contains(assert(bee.compile(ANSWER, { show = show, define = { ANSWER = 42 } })), text)
    end
  end,
})

-- A program and a target for it: it loads, attaches, sees what happens, and detaches.
local function attaches(needs, target, cause, source)
  return {
    needs = needs, documented = { "module:attach", "module:detach", "link:close" },
    lua = function()
      local mod <close> = assert(bee.load(source or ([[
        u64 seen;
        int do_trace(%s *ctx)
        {
            if (bpf_get_current_pid_tgid() >> 32 == PID)
                seen++;
            return 0;
        }
      ]]):format(needs:find "tracepoint" and "void" or "struct pt_regs"),
        { define = { PID = check.pid }, attach = { do_trace = target } }))
      local link = assert(mod:attach("do_trace", target))
      cause()
      link:close()
      local seen = mod.vars.seen
      assert(seen > 0, "nothing was seen")
      cause()
      equal(mod.vars.seen, seen)
    end,
  }
end

local function with_habits(row, ...)
  row.habits = { module = { ... } }
  return row
end

local function get_variable()
  os.getenv "HOME"
end

local function open_file()
  io.open("/etc/passwd"):close()
end

case("USDT", { documented = { "module:attach", "bee.list" }, habits = { bee = { "USDT" } }, lua = function() end })
case("USDT.enable_probe()", { -- tests/guide/events.lua has one that fires
  documented = { "module:attach" },
  lua = function()
    local mod <close> = assert(bee.load("int do_trace(struct pt_regs *ctx) { return 0; }",
      { attach = { do_trace = "usdt:libc.so.6:libc:nothing" } }))
    check.fails("libc:nothing", mod:attach())
  end,
})
case("attach_kprobe()", with_habits(attaches("kprobe", "kprobe:vfs_open", open_file), "attach_kprobe"))
case("attach_kretprobe()", with_habits(attaches("kretprobe", "kretprobe:vfs_open", open_file), "attach_kretprobe"))
case("detach_kprobe()", with_habits(attaches("kprobe", "kprobe:vfs_open", open_file), "detach_kprobe"))
case("detach_kretprobe()", with_habits(attaches("kretprobe", "kretprobe:vfs_open", open_file), "detach_kretprobe"))
case("attach_uprobe()", with_habits(attaches("uprobe", "uprobe:c:getenv", get_variable), "attach_uprobe"))
case("attach_uretprobe()", with_habits(attaches("uretprobe", "uretprobe:c:getenv", get_variable), "attach_uretprobe"))
case("attach_raw_tracepoint()", with_habits(
  attaches("raw_tracepoint", "raw_tracepoint:sys_enter", open_file), "attach_raw_tracepoint"))

-- With a struct of the user's own, as the event's format has it.
case("attach_tracepoint()", with_habits(attaches("tracepoint", "tracepoint:syscalls:sys_enter_openat", open_file, [[
  struct openat_args { u64 common; int number; s64 dfd; const char *filename; s64 flags; s64 mode; };
  u64 seen;
  int do_trace(struct openat_args *args)
  {
      if (bpf_get_current_pid_tgid() >> 32 == PID && (int)args->dfd == AT_FDCWD && args->number == __NR_openat)
          seen++;
      return 0;
  }
]]), "attach_tracepoint"))

-- ---- Networks: in a namespace of this test's own -------------------------------------------

local netns = "moonbee-guide-" .. check.pid
local has_netns

local function need_netns()
  if has_netns == nil then
    has_netns = os.execute(("ip netns add %s 2>/dev/null && ip -n %s link set lo up"):format(netns, netns)) or false
  end
  if not has_netns then
    check.skip "`ip netns add` fails"
  end
end

-- A datagram to nobody.
local function send()
  os.execute(("ip netns exec %s bash -c 'echo hello >/dev/udp/127.0.0.1/9' 2>/dev/null"):format(netns))
end

local XDP = "u64 seen;\nint do_xdp(struct xdp_md *ctx) { seen++; return XDP_PASS; }"

-- Attach as the flag says, to the loopback device.
local function attach_xdp(word, fn)
  return {
    needs = "xdp", documented = { "module:attach" }, habits = { module = { "attach_xdp" } },
    lua = function()
      need_netns()
      local mod <close> = assert(bee.load(XDP))
      fn(mod, ("xdp:%s/lo%s"):format(netns, word))
    end,
  }
end

local function counts(mod, target)
  assert(mod:attach("do_xdp", target))
  send()
  assert(mod.vars.seen > 0, "no packet was seen")
end

case("attach_xdp()", attach_xdp("", counts))
case("XDP_FLAGS_SKB_MODE", attach_xdp(":generic", counts))
-- What stands there is never replaced by another one's program.
case("XDP_FLAGS_UPDATE_IF_NOEXIST", attach_xdp("", function(mod, target)
  counts(mod, target)
  local other <close> = assert(bee.load(XDP))
  equal(check.fails("xdp", other:attach("do_xdp", target)).code, "EBUSY")
end))
case("XDP_FLAGS_DRV_MODE", attach_xdp(":native", function(mod, target) -- the loopback device has no such driver
  check.fails("native", mod:attach("do_xdp", target))
end))
case("XDP_FLAGS_HW_MODE", attach_xdp(":offload", function(mod, target)
  check.fails("offload", mod:attach("do_xdp", target))
end))

case("attach_raw_socket()", {
  needs = "socket", documented = { "link:read", "link:socket" }, habits = { module = { "attach_raw_socket" } },
  lua = function()
    need_netns()
    local mod <close> = assert(bee.load("int filter(struct __sk_buff *skb) { return load_byte(skb, 23) == 17 ? -1 : 0; }",
      { attach = { filter = "socket:lo" } }))
    local link <close> = assert(mod:attach("filter", ("socket:%s/lo"):format(netns)))
    send()
    local packet = assert(link:read())
    equal(packet:sub(-6), "hello\n")
    assert(link:socket() >= 0)
  end,
})

-- ---- Cgroups -------------------------------------------------------------------------------

local cgroup

local function make_cgroup()
  for line in io.lines("/proc/mounts") do
    local place = line:match("^%S+ (%S+) cgroup2 ")
    if place and os.execute(("mkdir %s/moonbee-guide-%d 2>/dev/null"):format(place, check.pid)) then
      cgroup = ("%s/moonbee-guide-%d"):format(place, check.pid)
      return cgroup
    end
  end
  check.skip "no cgroup can be made where /proc/mounts has a cgroup2"
end

for name, habit in pairs { ["attach_func()"] = "attach_func", ["detach_func()"] = "detach_func" } do
  case(name, {
    documented = { "module:attach", "link:close" }, habits = { module = { habit } },
    lua = function()
      local target = ("cgroup:%s:sockops"):format(cgroup or make_cgroup())
      local mod <close> = assert(bee.load("int on_state(struct bpf_sock_ops *ops) { return 1; }"))
      local link = assert(mod:attach("on_state", target))
      equal(link:target(), target)
      link:close()
      assert(mod:attach("on_state", target)):close()
    end,
  })
end

-- ---- Output --------------------------------------------------------------------------------

for _, name in ipairs { "trace_print", "trace_fields" } do
  case(name .. "()", {
    documented = { "bee.trace" }, habits = { module = { name }, bee = { name } },
    lua = function()
      local mod <close> = assert(bee.load("RAW_TRACEPOINT_PROBE(sys_enter) { bpf_trace_printk(\"of %d\\n\", 42); return 0; }"))
      local got
      local watch <close> = assert(bee.trace(function(line) got = line.pid == check.pid and line or got end))
      guide.run(mod)
      guide.await(function() return got end)
      equal(got.message, "of 42")
      assert(got.task == "moonbee" or got.task == "<...>", got.task) -- the kernel keeps few names
      assert(got.cpu >= 0 and got.time > 0 and got.line:find("of 42", 1, true))
    end,
  })
end

local EVENTS = {
  perf = "BPF_PERF_OUTPUT(events);\n#define SEND events.perf_submit(ctx, &e, sizeof(e))\n",
  ring = "BPF_RINGBUF_OUTPUT(events, 1);\n#define SEND events.ringbuf_output(&e, sizeof(e), 0)\n",
}

-- A callback gets each event; what was too many is counted and told.
local function events_of(kind)
  return function()
    local mod <close> = assert(bee.load(EVENTS[kind] .. [[
      struct event { u64 number; char text[248]; };
      RAW_TRACEPOINT_PROBE(sys_enter)
      {
          struct event e = {};
          for (int i = 0; i < 64; i++) {
              e.number = i;
              SEND;
          }
          return 0;
      }
    ]]))
    local sum, lost = 0, 0
    local subscription = assert(mod.maps.events:on({ "number" }, function(number) sum = sum + number end,
      { on_lost = function(count) lost = lost + count end, pages = kind == "perf" and 1 or nil }))
    guide.run(mod)
    guide.await(function() return sum > 0 end)
    guide.run(mod) -- a perf buffer tells of what was lost with the next event that there is place for
    guide.await(function() return lost > 0 end)
    assert(sum > 0, "no event came")
    equal(lost, subscription.lost)
    assert(lost > 0 and lost < 128, "64 events do not fit into a page, and some do: lost " .. lost)
  end
end

local function is_told(habit, lua, ...)
  return { documented = { "bee.run", "bee.dispatch", "map:on", "map:events" }, habits = { [habit] = { ... } }, lua = lua }
end

case("perf_buffer_poll()", is_told("module", events_of "perf", "perf_buffer_poll"))
case("ring_buffer_poll()", is_told("module", events_of "ring", "ring_buffer_poll"))
case("ring_buffer_consume()", is_told("module", events_of "ring", "ring_buffer_consume"))
case("open_perf_buffer()", is_told("map", events_of "perf", "open_perf_buffer", "event"))
case("open_ring_buffer()", is_told("map", events_of "ring", "open_ring_buffer"))

-- ---- Maps ----------------------------------------------------------------------------------

-- fn of a module with a hash of 1 = 10, 2 = 20, 3 = 30, a queue and a histogram.
local function of_maps(documented, habits, fn)
  return {
    documented = documented, habits = { map = habits },
    lua = function()
      local mod <close> = assert(bee.load [[
        struct by { char disk[8]; u64 slot; };
        BPF_HASH(counts, u32, u64); BPF_QUEUE(queue, u32, 2); BPF_HISTOGRAM(dist); BPF_HISTOGRAM(disks, struct by);
      ]])
      equal(mod.maps.counts:update { [1] = 10, [2] = 20, [3] = 30 }, 3)
      fn(mod.maps)
    end,
  }
end

local function sum(map)
  local keys, values = 0, 0
  for key, value in pairs(map) do
    keys, values = keys + key, values + value
  end
  return keys * 1000 + values
end

case("get_table()", {
  documented = {}, habits = { module = { "get_table" } },
  lua = function()
    local mod <close> = assert(bee.load "BPF_HASH(counts, u32, u64, 16);")
    equal(mod.maps.counts:info().max_entries, 16)
  end,
})
case("items()", of_maps({}, { "items" }, function(maps) equal(sum(maps.counts), 6060) end))
case("values()", of_maps({}, { "values" }, function(maps) equal(sum(maps.counts), 6060) end))
case("items_lookup_batch()", of_maps({}, { "items_lookup_batch" }, function(maps) equal(sum(maps.counts), 6060) end))
case("clear()", of_maps({ "map:clear" }, {}, function(maps)
  maps.counts:clear()
  equal(sum(maps.counts), 0)
end))
case("items_delete_batch()", of_maps({ "map:clear", "map:delete" }, { "items_delete_batch" }, function(maps)
  assert(maps.counts:delete(2))
  equal(sum(maps.counts), 4040)
  maps.counts:clear()
  equal(sum(maps.counts), 0)
end))
case("items_lookup_and_delete_batch()", of_maps({ "map:take", "map:clear" }, { "items_lookup_and_delete_batch" },
  function(maps)
    equal(maps.counts:take(3), 30)
    equal(sum(maps.counts), 3030)
  end))
case("items_update_batch()", of_maps({ "map:update" }, { "items_update_batch" }, function(maps)
  equal(maps.counts:update { [3] = 31, [4] = 40 }, 2)
  equal(sum(maps.counts), 10101)
end))

-- The picture of the guide: the same rows, the longest of 38 stars.
case("print_log2_hist()", of_maps({ "map:hist" }, { "print_log2_hist" }, function(maps)
  maps.dist[1], maps.dist[3], maps.dist[7], maps.dist[8] = 3, 211, 1, 800
  local rows = {}
  for line in maps.dist:hist("kbytes"):gmatch("[^\n]+") do
    rows[#rows + 1] = line:gsub(" +|$", "|")
  end
  equal(rows[1]:match("^ +kbytes +: count +distribution$"), rows[1])
  check.contains(rows[4], "4 -> 7          : 211      |**********|")
  check.contains(rows[9], "128 -> 255        : 800      |****")
  equal(#rows, 9)
  assert(maps.disks:set({ disk = "sda", slot = 2 }, 5))
  assert(maps.disks:set({ disk = "sdb", slot = 3 }, 5))
  local text = maps.disks:hist "usecs"
  check.contains(text, "sda")
  check.contains(text, "sdb")
end))
case("print_linear_hist()", of_maps({ "map:lhist" }, { "print_linear_hist" }, function(maps)
  maps.dist[0], maps.dist[4] = 3, 19
  local text = maps.dist:lhist("kbytes")
  check.contains(text, "     0        : 3        |******")
  check.contains(text, "     4        : 19       |****")
end))
case("push()", of_maps({ "map:push" }, {}, function(maps)
  assert(maps.queue:push(1))
  assert(maps.queue:push(2))
  check.fails("queue", maps.queue:push(3))
  assert(maps.queue:push(3, "exist"))
  equal(maps.queue:pop(), 2)
end))
case("pop()", of_maps({ "map:pop" }, {}, function(maps)
  maps.queue:push(1)
  equal(maps.queue:pop(), 1)
  equal(maps.queue:pop(), nil)
end))
case("peek()", of_maps({ "map:peek" }, {}, function(maps)
  maps.queue:push(1)
  equal(maps.queue:peek(), 1)
  equal(maps.queue:pop(), 1)
end))

-- ---- Helpers -------------------------------------------------------------------------------

-- What addresses are called moonbee does not tell: a skip, until it does.
for name in pairs { ksym = true, ksymname = true, sym = true } do
  case(name .. "()", {
    lua = function()
      equal(bee[name], nil)
      check.skip "moonbee tells no names of addresses"
    end,
  })
end

case("num_open_kprobes()", {
  documented = { "module:attach", "link:info" }, habits = { module = { "num_open_kprobes" } }, needs = "kprobe",
  lua = function()
    local mod <close> = assert(bee.load("int f(struct pt_regs *ctx) { return 0; }", { attach = { f = "kprobe:vfs_op*" } }))
    assert(mod:attach() == 1)
    local none <close> = assert(bee.load("int f(struct pt_regs *ctx) { return 0; }", { attach = { f = "kprobe:no_such_*" } }))
    check.fails("no function matches 'no_such_*'", none:attach())
  end,
})

case("get_syscall_fnname()", {
  documented = {}, habits = { module = { "get_syscall_fnname" } }, needs = "ksyscall",
  lua = function()
    local mod <close> = assert(bee.load("int f(struct pt_regs *ctx) { return 0; }", { attach = { f = "ksyscall:clone" } }))
    equal(mod:attach(), 1)
  end,
})

guide.section("What else BCC's class has", {
  "tracepoint_exists()", "get_kprobe_functions()", "get_user_functions()", "support_kfunc()",
  "kernel_struct_has_field()", "remove_xdp()", "dump_func()",
}, true)

case("tracepoint_exists()", {
  documented = { "bee.list" }, habits = { bee = { "tracepoint_exists" } },
  lua = function()
    equal(assert(bee.list "tracepoint:sched:sched_switch")().target, "tracepoint:sched:sched_switch")
    equal((bee.list "tracepoint:sched:no_such_event"), nil)
  end,
})
case("get_kprobe_functions()", {
  documented = { "bee.list" }, habits = { bee = { "get_kprobe_functions" } }, needs = "kprobe",
  lua = function() equal(assert(bee.list "kprobe:vfs_ope*")().target, "kprobe:vfs_open") end,
})
case("get_user_functions()", {
  documented = { "bee.list" }, habits = { bee = { "get_user_functions", "get_user_functions_and_addresses" } },
  lua = function() check.contains(assert(bee.list "uprobe:c:getenv")().target, "getenv") end,
})
case("support_kfunc()", {
  documented = { "bee.hooks" }, habits = { bee = { "support_kfunc", "support_lsm", "support_raw_tracepoint" } },
  lua = function()
    for _, hook in ipairs(bee.hooks()) do
      assert(hook.usable or hook.reason, hook.name)
    end
  end,
})
case("kernel_struct_has_field()", {
  habits = { bee = { "kernel_struct_has_field" } },
  "struct task_struct___x { int no_such_field; };", [[
    return bpf_core_field_exists(((struct task_struct *)0)->tgid) * 10 +
           bpf_core_field_exists(((struct task_struct___x *)0)->no_such_field);
  ]],
  gives = 10,
})
case("remove_xdp()", attach_xdp("", function(mod, target)
  local link = assert(mod:attach("do_xdp", target))
  link:close()
  assert(mod:attach("do_xdp", target)):close()
end))
case("dump_func()", {
  documented = { "bee.disasm", "program:fd" }, habits = { module = { "dump_func" } },
  lua = function()
    local mod <close> = assert(bee.load("RAW_TRACEPOINT_PROBE(sys_enter) { return 42; }"))
    local fd = mod.programs.raw_tracepoint__sys_enter:fd()
    local code = assert(bee.disasm { program = ("fd:%d"):format(fd) })
    check.contains(code[1][1].text, "0x2a")
  end,
})

-- ---- Errors --------------------------------------------------------------------------------

-- What the rewriter misses is read here: nothing is to be done. What cannot be is told at its line.
case("Invalid mem access", {
  "#define AT(x) (&(x))", [[
    struct task_struct *t = (void *)bpf_get_current_task();
    int *tgid = AT(t->tgid);
    return *tgid;
  ]],
  gives = check.pid,
})
case("Invalid mem access", {
  what = "where it cannot be", "BPF_HASH(counts, u32, u64);", "u32 key = 1;\nu64 *v = counts.lookup(&key);\nreturn *v;",
  fails = { "guide.c:6:8", "a lookup may find nothing: check its result for NULL before use" },
})
case("Cannot call GPL only function from proprietary program", {
  "#define BPF_LICENSE Proprietary\nBPF_STACK_TRACE(stacks, 8);", "return stacks.get_stackid(ctx, 0);",
  fails = { "guide.c:5:8", "GPL" },
})

-- No header of the kernel is read, and no version is compared.
for _, name in ipairs { "BCC_KERNEL_SOURCE", "BCC_LINUX_VERSION_CODE" } do
  case(name, { what = "is not wanted", "", "return LINUX_VERSION_CODE > 0;", gives = 1 })
end

return function()
  if has_netns then
    os.execute("ip netns del " .. netns)
  end
  if cgroup then
    os.execute("rmdir " .. cgroup)
  end
end
