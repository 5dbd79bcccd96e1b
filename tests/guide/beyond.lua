-- SPDX-License-Identifier: Apache-2.0
-- What BCC's headers have and its guide leaves out.
local bee = require "moonbee"
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

guide.section("Beyond the guide", {
  "BPF_TABLE_PUBLIC", "BPF_TABLE_SHARED", "BPF_TABLE_PINNED", "BPF_QUEUESTACK", "BPF_CGROUP_ARRAY", "BPF_SK_STORAGE",
  "BPF_INODE_STORAGE", "BPF_TASK_STORAGE", "BPF_CGROUP_STORAGE", "BPF_PERCPU_CGROUP_STORAGE", "BPF_SOCKMAP",
  "BPF_XDP_REDIRECT_MAP", "BPF_STACK_TRACE_BUILDID", "KMOD_RET", "kinds of BPF_TABLE", "registers",
  "newer helpers", "atomic operations",
}, true)

-- A module's table, and another module that has it as its own.
local function seen_by_another(owner, user)
  return function()
    local first <close> = assert(bee.load(owner))
    local second <close> = assert(bee.load(user))
    first.maps.common[3] = 40
    equal(guide.run(second), 42)
    equal(first.maps.common[3], 42)
  end
end

local ADD = [[
  RAW_TRACEPOINT_PROBE(sys_enter)
  {
      u32 key = 3;
      u64 *value;
      common.increment(3, 2);
      value = common.lookup(&key);
      return value ? *value : -1;
  }
]]

case("BPF_TABLE_PUBLIC", { lua = seen_by_another(
  'BPF_TABLE_PUBLIC("hash", u32, u64, common, 16);', 'BPF_TABLE("extern", u32, u64, common, 0);' .. ADD) })
for flags, what in pairs { [""] = "5 arguments", [", BPF_F_NO_PREALLOC"] = "flags besides" } do
  local table = ('BPF_TABLE_SHARED("hash", u32, u64, common, 16%s);'):format(flags)
  case("BPF_TABLE_SHARED", { what = "with " .. what, lua = seen_by_another(table, 'BPF_TABLE("extern", u32, u64, common, 0);' .. ADD) })
end
case("BPF_TABLE_PUBLIC", {
  what = "that nobody has", 'BPF_TABLE("extern", u32, u64, nobodys, 0);', "return 0;", fails = { "nobodys", "BPF_TABLE_PUBLIC" },
})
case("BPF_TABLE_PINNED", {
  what = "with a count of arguments that it has not", 'BPF_TABLE_PINNED("hash", u64, u64, ids, 1024);', "return 0;",
  fails = { "BPF_TABLE_PINNED with 5 arguments", "6 to 7 arguments" },
})

case("BPF_QUEUESTACK", {
  [[
    BPF_QUEUESTACK("queue", first, u64, 4, 0);
    BPF_QUEUESTACK("stack", last, u64, 4, 0);
    BPF_QUEUESTACK_PUBLIC("queue", open, u64, 4, 0);
    BPF_QUEUESTACK_SHARED("stack", common, u64, 4, 0);
  ]], [[
    u64 one = 1, two = 2, a = 0, b = 0, c = 0, d = 0;
    first.push(&one, 0), last.push(&one, 0), open.push(&one, 0), common.push(&one, 0);
    first.push(&two, 0), last.push(&two, 0), open.push(&two, 0), common.push(&two, 0);
    first.pop(&a), last.pop(&b), open.pop(&c), common.pop(&d);
    return a * 1000 + b * 100 + c * 10 + d;
  ]],
  gives = 1212,
})

-- No cgroup is in it.
case("BPF_CGROUP_ARRAY", { "BPF_CGROUP_ARRAY(cgroups, 2);", "return cgroups.check_current_task(0);", gives = -11 }) -- EAGAIN

-- ---- Storage: tests/kernel/test_owners.c has what is kept ----------------------------------

local STATE = "struct state { u64 count; };\n"

local function verifies(symbol, needs, source)
  return { needs = needs, symbol = symbol, STATE .. source, check = function() end }
end

case("BPF_SK_STORAGE", verifies("bpf_sk_storage_get", nil, [[
  BPF_SK_STORAGE(sockets, struct state);
  int on_packet(struct __sk_buff *skb)
  {
      struct state *state, first = { 1 };
      struct bpf_sock *sk = skb->sk;
      if (!sk || !(sk = bpf_sk_fullsock(sk)))
          return 1;
      state = sockets.sk_storage_get(sk, &first, BPF_SK_STORAGE_GET_F_CREATE);
      if (state)
          state->count++;
      return sockets.sk_storage_delete(sk) ? 1 : 1;
  }
]]))
guide.cases[#guide.cases].attach = { on_packet = "cgroup:/:egress" }

case("BPF_INODE_STORAGE", verifies("bpf_inode_storage_get", "lsm", [[
  BPF_INODE_STORAGE(inodes, struct state);
  LSM_PROBE(file_open, struct file *file)
  {
      struct state *state = inodes.inode_storage_get(file->f_inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
      if (state && state->count++ > 10)
          inodes.inode_storage_delete(file->f_inode);
      return 0;
  }
]]))

case("BPF_TASK_STORAGE", verifies(nil, "tp_btf", [[
  BPF_TASK_STORAGE(tasks, struct state);
  SEC("tp_btf/sched_process_exit")
  int on_exit(u64 *ctx)
  {
      struct task_struct *task = (void *)ctx[0];
      struct state *state = tasks.task_storage_get(task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
      if (state)
          state->count++;
      return tasks.task_storage_delete(task);
  }
]]))

guide.cases[#guide.cases].map = "BPF_TASK_STORAGE(tasks, u64);"

for name in pairs { BPF_CGROUP_STORAGE = 1, BPF_PERCPU_CGROUP_STORAGE = 1 } do
  case(name, verifies(nil, nil, name .. [[(packets, struct state);
    int on_packet(struct __sk_buff *skb)
    {
        struct state *state = packets.get_local_storage(0);
        state->count++;
        return 1;
    }
  ]]))
  guide.cases[#guide.cases].attach = { on_packet = "cgroup:/:egress" }
end

-- ---- Sockets, devices, stacks --------------------------------------------------------------

case("BPF_SOCKMAP", {
  [[
    BPF_SOCKMAP(sockets, 8);
    int on_state(struct bpf_sock_ops *ops)
    {
        u32 key = 1;
        return sockets.sock_map_update(ops, &key, BPF_ANY) == 0;
    }
    int on_message(struct sk_msg_md *msg) { return sockets.msg_redirect_map(msg, 1, BPF_F_INGRESS); }
  ]],
  check = function(mod) equal(mod.maps.sockets:info().kind, "sockmap") end,
})

case("BPF_XDP_REDIRECT_MAP", {
  [[
    BPF_XDP_REDIRECT_MAP("devmap", int, devices, 4);
    BPF_XDP_REDIRECT_MAP("cpumap", u32, cpus, 4);
    int on_packet(struct xdp_md *ctx) { return devices.redirect_map(1, 0); }
  ]],
  check = function(mod)
    equal(mod.maps.devices:info().kind, "devmap")
    equal(mod.maps.cpus:info().kind, "cpumap")
    mod.maps.devices[1] = 1
    equal(assert(mod.programs.on_packet:test_run { data = ("p"):rep(64) }).retval, 4)
  end,
})

case("BPF_STACK_TRACE_BUILDID", {
  "BPF_STACK_TRACE_BUILDID(stacks, 16);", "return stacks.get_stackid(ctx, BPF_F_USER_STACK);",
  check = function(mod)
    local id = guide.run(mod)
    assert(id >= 0, "no stack: " .. id)
    equal(mod.maps.stacks[id].trace[0].status, 1) -- BPF_STACK_BUILD_ID_VALID
  end,
})

case("KMOD_RET", {
  needs = "fmod_ret", symbol = "security_file_open",
  "u64 seen;\nKMOD_RET(security_file_open, struct file *file, int ret) { if (file) seen++; return ret; }",
  check = function(mod)
    assert(mod:attach())
    io.open("/etc/passwd"):close()
    assert(mod.vars.seen > 0)
  end,
})

case("kinds of BPF_TABLE", {
  [[
    BPF_TABLE("perf_output", int, u32, events, 0);
    BPF_TABLE("perf_array", int, u32, counters, 4);
    BPF_TABLE("cgroup_array", int, u32, cgroups, 4);
    BPF_TABLE("devmap", int, int, devices, 4);
    BPF_TABLE("cpumap", int, int, cpus, 4);
    BPF_TABLE("xskmap", int, int, xsks, 4);
    BPF_TABLE("sockmap", int, int, sockets, 4);
    BPF_TABLE("sockhash", u64, int, by_key, 4);
    BPF_TABLE("task_storage", int, u64, tasks, 0);
    BPF_TABLE("sk_storage", int, u64, socks, 0);
  ]], "return 0;",
  map = "BPF_TASK_STORAGE(tasks, u64);",
  check = function(mod)
    local kinds = {
      events = "perf_event_array", counters = "perf_event_array", cgroups = "cgroup_array", devices = "devmap",
      cpus = "cpumap", xsks = "xskmap", sockets = "sockmap", by_key = "sockhash", tasks = "task_storage",
      socks = "sk_storage",
    }
    for name, kind in pairs(kinds) do
      equal(name .. " " .. mod.maps[name]:info().kind, name .. " " .. kind)
    end
  end,
})

-- ---- What programs read and do -------------------------------------------------------------

case("registers", {
  needs = "uprobe", attach = { on_call = "uprobe:c:getenv" },
  [[
    u64 good;
    int on_call(struct pt_regs *ctx)
    {
        u64 back = 0;
        if (bpf_get_current_pid_tgid() >> 32 != PID)
            return 0;
        bpf_probe_read_user(&back, sizeof(back), (void *)PT_REGS_SP(ctx)); /* where getenv() returns to */
        good = PT_REGS_IP(ctx) && back && PT_REGS_FP(ctx) != PT_REGS_SP(ctx) && PT_REGS_PARM1(ctx) &&
               PT_REGS_RET(ctx) == PT_REGS_SP(ctx) && PT_REGS_PARM1(ctx) == ctx->di;
        good += PT_REGS_PARM2(ctx) == ctx->si && PT_REGS_PARM6(ctx) == ctx->r9 && PT_REGS_RC(ctx) == ctx->ax;
        return 0;
    }
  ]],
  define = { PID = check.pid },
  check = function(mod)
    assert(mod:attach())
    os.getenv "HOME"
    equal(mod.vars.good, 2)
  end,
})

case("newer helpers", {
  symbol = "bpf_strncmp",
  "static int each(u32 i, void *sum) { *(u64 *)sum += i; return 0; }", [[
    char comm[TASK_COMM_LEN] = {};
    u64 sum = 0;
    bpf_get_current_comm(comm, sizeof(comm));
    if (bpf_loop(10, each, &sum, 0) != 10 || sum != 45)
        return 1;
    return bpf_strncmp(comm, sizeof(comm), "moonbee");
  ]],
  gives = 0,
})

case("atomic operations", {
  "u64 wide; u32 narrow;", [[
    __sync_fetch_and_add(&wide, 40);
    __sync_fetch_and_add(&narrow, 5);
    lock_xadd(&wide, 2);
    return wide * 10 + narrow;
  ]],
  gives = 425,
})
