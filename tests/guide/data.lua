-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

guide.section("Data", {
  "bpf_probe_read_kernel()", "bpf_probe_read_kernel_str()", "bpf_ktime_get_ns()", "bpf_get_current_pid_tgid()",
  "bpf_get_current_uid_gid()", "bpf_get_current_comm()", "bpf_get_current_task()", "bpf_log2l()",
  "bpf_get_prandom_u32()", "bpf_probe_read_user()", "bpf_probe_read_user_str()", "bpf_get_ns_current_pid_tgid()",
})

case("bpf_probe_read_kernel()", {
  "", [[
    struct task_struct *t = (struct task_struct *)bpf_get_current_task();
    int tgid = 0;
    int err = bpf_probe_read_kernel(&tgid, sizeof(tgid), &t->tgid);
    return err ? -1 : tgid;
  ]],
  gives = check.pid,
})

case("bpf_probe_read_kernel()", {
  what = "an address that is none", "", [[
    long value = 7;
    int err = bpf_probe_read_kernel(&value, sizeof(value), (void *)8);
    return err < 0 && value == 0;
  ]],
  gives = 1,
})

-- The length with its NUL; what is longer is cut, and ended.
case("bpf_probe_read_kernel_str()", {
  "", [[
    struct task_struct *t = (struct task_struct *)bpf_get_current_task();
    char whole[TASK_COMM_LEN] = {}, part[4] = {}, comm[TASK_COMM_LEN] = {};
    int size = bpf_probe_read_kernel_str(whole, sizeof(whole), t->comm);
    int cut = bpf_probe_read_kernel_str(part, sizeof(part), t->comm);
    bpf_get_current_comm(&comm, sizeof(comm));
    if (cut != 4 || part[3] != 0 || part[2] != comm[2] || whole[3] != comm[3])
        return -1;
    return size;
  ]],
  gives = #"moonbee" + 1,
})

case("bpf_ktime_get_ns()", {
  "u64 now;", "now = bpf_ktime_get_ns(); return 0;",
  check = function(mod)
    local before = bee.ktime()
    guide.run(mod)
    local now, after = mod.vars.now, bee.ktime()
    assert(before <= now and now <= after, "the clock is another one")
  end,
})

case("bpf_get_current_pid_tgid()", {
  "u64 both;", "both = bpf_get_current_pid_tgid(); u32 pid = both; return pid;",
  check = function(mod)
    equal(guide.run(mod), check.pid) -- the only thread has the number of the process
    equal(mod.vars.both, check.pid << 32 | check.pid)
  end,
})

-- The guide has the halves of this one the wrong way round: bpf-helpers(7) tells them.
case("bpf_get_current_uid_gid()", {
  "u64 both;", "both = bpf_get_current_uid_gid(); return 0;",
  check = function(mod)
    local pipe <close> = assert(io.popen("id -u; id -g"))
    local uid, gid = pipe:read("n", "n")
    guide.run(mod)
    equal(mod.vars.both, gid << 32 | uid)
  end,
})

case("bpf_get_current_comm()", {
  "char name[TASK_COMM_LEN];", [[
    char comm[TASK_COMM_LEN];
    int err = bpf_get_current_comm(&comm, sizeof(comm));
    __builtin_memcpy(name, comm, sizeof(name));
    return err;
  ]],
  gives = 0,
  check = function(mod) equal(mod.vars.name, "moonbee") end,
})

-- As the guide writes it: a struct task_struct of which the header's macros make an anonymous struct.
case("bpf_get_current_task()", {
  [[
#define randomized_struct_fields_start  struct {
#define randomized_struct_fields_end    };
#include <linux/sched.h>
  ]], [[
    struct task_struct *t = (struct task_struct *)bpf_get_current_task();
    return t->tgid == t->group_leader->pid ? t->tgid : -1;
  ]],
  gives = check.pid,
})

-- The slot of a power of two: log2 and one more, and 0 is in the first.
case("bpf_log2l()", {
  "volatile unsigned long in = 1;", [[
    if (bpf_log2l(in - 1) != 1 || bpf_log2l(in) != 1 || bpf_log2l(in + 1) != 2 || bpf_log2l(in + 2) != 2)
        return 1;
    if (bpf_log2l(in << 31) != 32 || bpf_log2l(in << 32) != 33 || bpf_log2l(in << 63) != 64)
        return 2;
    return bpf_log2l(1000) == 10 && bpf_log2(8) == 3 ? 0 : 3;
  ]],
  gives = 0,
})

case("bpf_get_prandom_u32()", {
  "", [[
    u32 seen = 0;
    for (int i = 0; i < 8; i++)
        seen |= bpf_get_prandom_u32() ^ bpf_get_prandom_u32();
    return seen != 0;
  ]],
  gives = 1,
})

-- The stack of the process that runs the test: its environment's strings, by the kernel's record of where.
local ENVIRONMENT = [[
  struct task_struct *t = (struct task_struct *)bpf_get_current_task();
  void *at = (void *)t->mm->env_start;
]]

local function first_variable()
  local file <close> = assert(io.open("/proc/self/environ"))
  return file:read("a"):match("^[^\0]*")
end

case("bpf_probe_read_user()", {
  "char text[4];", ENVIRONMENT .. [[
    char buf[4];
    int err = bpf_probe_read_user(&buf, sizeof(buf), at);
    __builtin_memcpy(text, buf, sizeof(text));
    return err;
  ]],
  gives = 0,
  check = function(mod) equal(mod.vars.text, first_variable():sub(1, 4)) end,
})

case("bpf_probe_read_user()", {
  what = "an address of the kernel", "", [[
    char buf[4];
    return bpf_probe_read_user(buf, sizeof(buf), (void *)bpf_get_current_task()) == -EFAULT;
  ]],
  gives = 1,
})

case("bpf_probe_read_user_str()", {
  "char text[256];", ENVIRONMENT .. "return bpf_probe_read_user_str(text, sizeof(text), at);",
  check = function(mod)
    local first = first_variable():sub(1, 255)
    equal(guide.run(mod), #first + 1)
    equal(mod.vars.text, first)
  end,
})

local function own_namespace()
  local pipe <close> = assert(io.popen("stat -L -c '%d %i' /proc/self/ns/pid"))
  return pipe:read("n", "n")
end

case("bpf_get_ns_current_pid_tgid()", {
  "struct bpf_pidns_info seen;", [[
    struct bpf_pidns_info info = {};
    int err = bpf_get_ns_current_pid_tgid(DEV, INO, &info, sizeof(info));
    seen = info;
    return err;
  ]],
  define = { DEV = (own_namespace()), INO = select(2, own_namespace()) },
  gives = 0,
  check = function(mod)
    equal(mod.vars.seen.tgid, check.pid)
    equal(mod.vars.seen.pid, check.pid)
  end,
})

case("bpf_get_ns_current_pid_tgid()", {
  what = "of a namespace that is not the own", "", [[
    struct bpf_pidns_info info = {};
    return bpf_get_ns_current_pid_tgid(1, 2, &info, sizeof(info)) == -EINVAL;
  ]],
  gives = 1,
})
