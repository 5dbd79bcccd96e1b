-- SPDX-License-Identifier: Apache-2.0
-- What BCC's rewriter and its headers do with a program, and programs rely on.
local bee = require "moonbee"
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

guide.section("Licensing", { "BPF_LICENSE" }, true)

local STACKS = "BPF_STACK_TRACE(stacks, 8);" -- a helper that is for the GPL alone

for licence, opens in pairs { ["GPL"] = true, ["Dual BSD/GPL"] = true, ["Proprietary"] = false } do
  case("BPF_LICENSE", {
    what = licence, "// SPDX-License-Identifier: GPL-2.0+\n#define BPF_LICENSE " .. licence .. "\n" .. STACKS,
    "return stacks.get_stackid(ctx, 0) >= 0;",
    gives = opens and 1 or nil, fails = not opens and { "GPL", "licen" } or nil,
  })
end
case("BPF_LICENSE", { what = "none is GPL", STACKS, "return stacks.get_stackid(ctx, 0) >= 0;", gives = 1 })

guide.section("Rewriter", {
  "implicit reads", "parameters", "tracepoint fields of changing length", "fields of packets", "bytes of packets",
  "checksums", "bpf_num_cpus()", "functions and programs", "sections of one's own", "system calls by name",
  "tables as types", "tables and helpers", "methods in macros", "byte order", "spellings of helpers",
  "words of the compiler", "flags of the compiler", "warnings",
}, true)

-- ---- Reads ---------------------------------------------------------------------------------

case("implicit reads", {
  [[
    #define PARENT(t) ((t)->real_parent)
    static int tgid_of(struct task_struct *t) { return t->tgid; }
    BPF_HASH(tasks, u32, struct task_struct *);
  ]], [[
    struct task_struct *t = (struct task_struct *)bpf_get_current_task(), **kept;
    struct task_struct *leader = t->group_leader;
    u32 key = 1;
    tasks.update(&key, &t);
    kept = tasks.lookup(&key);
    if (!kept || (*kept)->tgid != tgid_of(leader) || t->comm[1] != leader->comm[1])
        return -1;
    return t->nsproxy->pid_ns_for_children->level >= 0 ? tgid_of(PARENT(leader)) : -2;
  ]],
  check = function(mod)
    local file <close> = assert(io.open("/proc/self/stat"))
    equal(guide.run(mod), tonumber(file:read("a"):match("%) %S (%d+)")))
  end,
})

case("implicit reads", {
  what = "what cannot be read is 0", "",
  "struct task_struct *none = (void *)8; return none->tgid || none->group_leader || none->comm[0];",
  gives = 0,
})

-- As BCC's on x86: memory of the process, where the type does not say whose it is.
case("implicit reads", {
  what = "of the process's memory", "", [[
    struct task_struct *t = (struct task_struct *)bpf_get_current_task();
    char *text = (char *)t->mm->env_start;
    return *text;
  ]],
  check = function(mod)
    local file <close> = assert(io.open("/proc/self/environ"))
    equal(guide.run(mod), file:read(1):byte())
  end,
})

-- The parameters behind the context, of a function of this process.
case("parameters", {
  needs = "uprobe", attach = { on_call = "uprobe:c:getenv" },
  [[
    u64 seen;
    int on_call(struct pt_regs *ctx, const char __user *name, int unused)
    {
        char first = 0;
        bpf_probe_read_user(&first, 1, name);
        if (bpf_get_current_pid_tgid() >> 32 == PID && (u64)name == PT_REGS_PARM1(ctx))
            seen = first;
        return 0;
    }
  ]],
  define = { PID = check.pid },
  check = function(mod)
    assert(mod:attach())
    os.getenv "GUIDE"
    equal(mod.vars.seen, ("G"):byte())
  end,
})

case("parameters", {
  what = "more than are in registers",
  "int kprobe__vfs_write(struct pt_regs *ctx, int a, int b, int c, int d, int e, int f, int g) { return g; }",
  fails = { "guide.c:1:", "kprobe__vfs_write", "6" },
})

-- ---- Tracepoints ---------------------------------------------------------------------------

-- A child of this process: its shell, and then what that becomes.
local OWN = "(((struct task_struct *)bpf_get_current_task())->real_parent->tgid == " .. check.pid .. ")"

case("tracepoint fields of changing length", {
  needs = "tracepoint",
  [[
    struct seen { char whole[32], part[4], str[32]; } seen;
    TRACEPOINT_PROBE(sched, sched_process_exec)
    {
        struct seen e = {};
        if (!OWN)
            return 0;
        TP_DATA_LOC_READ_CONST(e.part, filename, 3);
        TP_DATA_LOC_READ_STR(e.str, filename, sizeof(e.str));
        u32 size = args->data_loc_filename >> 16;
        if (size <= sizeof(e.whole))
            TP_DATA_LOC_READ_CONST(e.whole, filename, size);
        seen = e;
        return 0;
    }
  ]],
  define = { OWN = OWN },
  check = function(mod)
    assert(mod:attach())
    assert(os.execute "exec /bin/true")
    equal(mod.vars.seen.whole, "/bin/true")
    equal(mod.vars.seen.part, "/bi")
    equal(mod.vars.seen.str, "/bin/true")
  end,
})

-- Its length is a field of the event's, of up to 65535 bytes, for which a program needs a map's element.
case("tracepoint fields of changing length", {
  what = "TP_DATA_LOC_READ()", needs = "tracepoint",
  [[
    struct room { char bytes[65536]; };
    BPF_ARRAY(rooms, struct room, 1);
    TRACEPOINT_PROBE(sched, sched_process_exec)
    {
        int zero = 0;
        struct room *room = rooms.lookup(&zero);
        if (room && OWN)
            TP_DATA_LOC_READ(room->bytes, filename);
        return 0;
    }
  ]],
  define = { OWN = OWN },
  check = function(mod)
    assert(mod:attach())
    assert(os.execute "exec /bin/true")
    equal(mod.maps.rooms[0].bytes, "/bin/true")
  end,
})

-- ---- Packets -------------------------------------------------------------------------------

-- A frame with IPv4 (a header of 20 bytes, with its sum) and UDP from port 0x1234 to 53.
local function sum_of(bytes)
  local sum = 0
  for i = 1, #bytes, 2 do
    sum = sum + string.unpack(">I2", bytes, i)
  end
  while sum > 0xffff do
    sum = (sum & 0xffff) + (sum >> 16)
  end
  return ~sum & 0xffff
end

local function ip_header(ttl, source)
  local bytes = string.pack(">BBI2I2I2BBI2I4I4", 0x45, 0, 48, 7, 0x4000, ttl, 17, 0, source, 0x0a000002)
  return bytes:sub(1, 10) .. string.pack(">I2", sum_of(bytes)) .. bytes:sub(13)
end

local function udp(source)
  local bytes = string.pack(">I2I2I2I2", 0x1234, 53, 28, 0) .. ("d"):rep(20)
  local pseudo = string.pack(">I4I4I2I2", source, 0x0a000002, 17, 28)
  return bytes:sub(1, 6) .. string.pack(">I2", sum_of(pseudo .. bytes)) .. bytes:sub(9)
end

local ETHERNET = ("\x02\0\0\0\0\2"):rep(2) .. "\x08\x00"
local PACKET = ETHERNET .. ip_header(64, 0x0a000001) .. udp(0x0a000001)

-- A program of tc, which a test runs on PACKET: what it returns, and leaves of the packet.
local function on_packet(body, retval, data)
  return {
    attach = { on_packet = "tc" },
    "int on_packet(struct __sk_buff *skb)\n{\n" .. body .. "\n}\n",
    check = function(mod)
      local out = assert(mod.programs.on_packet:test_run { data = PACKET })
      equal(out.retval, retval)
      equal(out.data, data or PACKET)
    end,
  }
end

-- PACKET with bytes in another one's place, counted from 0.
local function with(at, bytes)
  return PACKET:sub(1, at) .. bytes .. PACKET:sub(at + #bytes + 1)
end

local HEADERS = [[
  u8 *cursor = 0;
  struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
  struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
  struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
]]

case("fields of packets", on_packet(HEADERS .. [[
  if (ethernet->type != 0x0800 || ip->ver != 4 || ip->hlen != 5 || ip->ttl != 64 || ip->nextp != 17)
      return 1;
  if (ip->src != 0x0a000001 || ip->df != 1 || ip->mf != 0 || ethernet->dst != 0x020000000002)
      return 2;
  return udp->sport == 0x1234 ? udp->dport : 3;
]], 53))

case("fields of packets", on_packet(HEADERS .. "ip->ttl = ip->ttl - 1; return ip->ttl;", 63, with(22, "\63")))

case("bytes of packets", on_packet([[
  if (load_byte(skb, 14) != 0x45 || load_half(skb, 12) != 0x0800 || load_word(skb, 26) != 0x0a000001)
      return 1;
  if (load_dword(skb, 26) != 0x0a0000010a000002ull || bpf_dext_pkt(skb, 14, 0, 4) != 4)
      return 2;
  return bpf_dext_pkt(skb, 14, 4, 4) == 5 ? bpf_dext_pkt(skb, 36, 0, 16) : 3;
]], 53))

case("bytes of packets", on_packet("bpf_dins_pkt(skb, 14, 4, 4, 6); return load_byte(skb, 14);", 0x46, with(14, "\x46")))
case("bytes of packets", on_packet("bpf_dins_pkt(skb, 36, 0, 16, 0x0102); return 0;", 0, with(36, "\1\2")))

-- As a router that translates addresses: both sums are what they are when they are made anew.
case("checksums", on_packet(HEADERS .. [[
  u32 old_ip = ip->src, new_ip = 0x0a000009;
  incr_cksum_l3(14 + 10, old_ip, new_ip);
  incr_cksum_l4(14 + 20 + 6, old_ip, new_ip, 1);
  ip->src = new_ip;
  return 0;
]], 0, ETHERNET .. ip_header(64, 0x0a000009) .. udp(0x0a000009)))

-- ---- Functions, names, types ---------------------------------------------------------------

case("bpf_num_cpus()", {
  "BPF_ARRAY(per_cpu, u64, 256);", "return bpf_num_cpus();",
  check = function(mod)
    local pipe <close> = assert(io.popen("getconf _NPROCESSORS_ONLN"))
    equal(guide.run(mod), pipe:read("n"))
  end,
})

-- Those that are not static are programs; those of a header are none.
case("functions and programs", {
  what = "of a header", cflags = { "-Itests/guide" }, "#include \"first.h\"", "return of_the_first(2);",
  gives = 102,
  check = function(mod) check.raises("no program", function() return mod.programs.of_the_first end) end,
})

case("functions and programs", {
  [[
    static int twice(int n) { return 2 * n; }
    static inline int more(int n) { return twice(n) + 1; }
    int raw_tracepoint__sys_exit(struct bpf_raw_tracepoint_args *ctx) { return more(3); }
  ]],
  "return twice(21);",
  gives = 42,
  check = function(mod)
    equal(mod.programs.raw_tracepoint__sys_exit:test_run {}.retval, 7)
    check.raises("no program", function() return mod.programs.twice end)
  end,
})

case("sections of one's own", {
  [[
    __attribute__((section("tp_btf/sched_switch"), used))
    int first(u64 *ctx) { return 0; }
    BCC_SEC("raw_tracepoint/sched_switch") int second(struct bpf_raw_tracepoint_args *ctx) { return 0; }
  ]],
  check = function(mod)
    equal(mod.programs.first.section, "tp_btf/sched_switch")
    equal(mod.programs.second.section, "raw_tracepoint/sched_switch")
  end,
})

-- BCC tells sys_NAME in the words of the kernel, with or without a prefix.
case("system calls by name", {
  needs = "kprobe",
  [[
    u64 seen[4];
    #define COUNT(i) (bpf_get_current_pid_tgid() >> 32 == PID ? seen[i]++ : 0)
    int kprobe__sys_pipe2(void *ctx) { COUNT(0); return 0; }
    int kprobe____x64_sys_pipe2(struct pt_regs *ctx, int *fds, int flags) { if (flags == O_CLOEXEC) COUNT(1); return 0; }
    int syscall__pipe2(struct pt_regs *ctx, int *fds, int flags) { if (flags == O_CLOEXEC) COUNT(2); return 0; }
    int kretprobe__sys_pipe2(struct pt_regs *ctx) { if (PT_REGS_RC(ctx) == 0) COUNT(3); return 0; }
  ]],
  define = { PID = check.pid },
  check = function(mod)
    assert(mod:attach())
    io.popen("true"):close()
    mod:detach()
    check.same(mod.vars.seen, { [0] = 1, 1, 1, 1 })
  end,
})

case("tables as types", {
  [[
    struct key { u32 a; u32 b; };
    BPF_HASH(counts, struct key, u32, 77);
    BPF_ARRAY(slots, u64, 5);
  ]], [[
    typeof(counts.key) key = { 1, 2 };
    typeof(counts.leaf) leaf = 3, *found;
    counts.update(&key, &leaf);
    found = counts.lookup(&key);
    return found && sizeof(key) == 8 ? *found + counts.max_entries + slots.max_entries : 0;
  ]],
  gives = 3 + 77 + 5,
})

case("tables and helpers", {
  [[
    BPF_HASH(counts, u32, u32);
    BPF_PERF_OUTPUT(events);
    static u32 *find(void *map, u32 key) { return bpf_map_lookup_elem(map, &key); }
  ]], [[
    u32 key = 4, value = 9, *found;
    bpf_map_update_elem(&counts, &key, &value, BPF_ANY);
    found = find(&counts, 4);
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &value, sizeof(value));
    return found ? *found : 0;
  ]],
  gives = 9,
})

case("methods in macros", {
  [[
    BPF_HASH(a, u32); BPF_HASH(b, u32);
    #define COUNT(table, key) do { u32 k_ = key; table.increment(k_); } while (0)
    #define FIND(table, key) table.lookup(key)
  ]], [[
    u32 key = 1;
    COUNT(a, 1); COUNT(a, 1); COUNT(b, 1);
    u64 *in_a = FIND(a, &key), *in_b = FIND(b, &key);
    return in_a && in_b ? *in_a * 10 + *in_b : 0;
  ]],
  gives = 21,
})

case("byte order", {
  "volatile u64 in = 0x0102030405060708ull;", [[
    unsigned __int128 wide = bpf_hton128(in);
    if (bpf_ntohs(in) != 0x0807 || bpf_htonl(in) != 0x08070605 || bpf_ntohll(in) != 0x0807060504030201ull)
        return 1;
    if (bpf_htons(in) != htons(in) || bpf_ntohl(in) != ntohl(in) || bpf_htonll(in) != bpf_ntohll(in))
        return 2;
    return (u64)wide == 0 && (u64)(wide >> 64) == bpf_ntohll(in) && bpf_ntoh128(wide) == in ? 0 : 3;
  ]],
  gives = 0,
})

-- The older names, and what BCC adds to the kernel's.
case("spellings of helpers", {
  "BPF_ARRAY(counts, u64, 2);", [[
    struct task_struct *t = (struct task_struct *)bpf_get_current_task();
    char comm[TASK_COMM_LEN] = {}, text[TASK_COMM_LEN] = {};
    int tgid = 0, zero = 0;
    u64 *count = counts.lookup(&zero);
    if (bpf_probe_read(&tgid, sizeof(tgid), &t->tgid) || tgid != bpf_get_current_pid_tgid() >> 32)
        return 1;
    if (bpf_probe_read(comm, sizeof(comm), t->comm) || bpf_probe_read_str(text, sizeof(text), t->comm) != 8)
        return 2;
    if (comm[0] != text[0] || !count)
        return 3;
    lock_xadd(count, 40);
    lock_xadd(count, 2);
    return *count;
  ]],
  gives = 42,
})

case("words of the compiler", {
  "", [[
#if !defined(bpf_target_defined) || !(defined(bpf_target_x86) || defined(bpf_target_arm64))
    return 1;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0) || !defined(CONFIG_ARCH_HAS_SYSCALL_WRAPPER)
    return 2;
#elif defined(CONFIG_OF_NOTHING) || defined(CONFIG_OF_NOTHING_MODULE)
    return 3;
#else
    return BPF_MAX_STACK_DEPTH;
#endif
  ]],
  gives = 127,
})

case("flags of the compiler", {
  cflags = { "-DANSWER=42", "-DON", "-UOFF", "-Wno-unused", "-Wall", "-I/no/such/folder", "-DTYPE=struct task_struct", "-O2", "-w",
    "-Itests/guide", "-include", "first.h" },
  "", [[
#if !defined(ON) || ON != 1 || defined(OFF)
    return 1;
#endif
    return sizeof(TYPE) > 1000 ? ANSWER + OF_THE_FIRST : 2;
  ]],
  gives = 42 + 100,
})

case("flags of the compiler", {
  what = "lines keep their numbers", cflags = { "-Itests/guide", "-include", "first.h" },
  "int first;\nint second = oops;", "return 0;", fails = { "guide.c:2:14: error" },
})

-- Each element of an array is there: insert() finds no place.
case("warnings", {
  what = "insert() into an array", "BPF_ARRAY(counts, u64, 4);",
  "int key = 1; u64 value = 5; return counts.insert(&key, &value) == -EEXIST;",
  gives = 1,
  check = function(mod)
    equal(#mod.warnings, 1)
    check.contains(mod.warnings[1].message, "counts.insert: all elements of an array are there")
  end,
})
