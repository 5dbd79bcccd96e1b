-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

guide.section("Events & Arguments", {
  "kprobes", "kretprobes", "Tracepoints", "uprobes", "uretprobes", "USDT probes", "Raw Tracepoints",
  "system call tracepoints", "kfuncs", "kretfuncs", "LSM Probes", "BPF ITERATORS",
})

-- A file of 5 bytes, which is opened and read; its inode is told by stat(1).
local path = os.tmpname()
do
  local file <close> = assert(io.open(path, "w"))
  file:write("12345")
end

local function inode()
  local pipe <close> = assert(io.popen("stat -c %i " .. path))
  return pipe:read("n")
end

local function read_it()
  local file <close> = assert(io.open(path))
  return file:read("a")
end

-- What programs leave: the numbers that this process caused, as keys.
local SEEN = "BPF_HASH(seen, u64, u64);\n#define MINE (bpf_get_current_pid_tgid() >> 32 == " .. check.pid .. ")\n"

-- Attach all, cause something, and hold that it was seen, and nothing after the end.
local function sees(cause, key)
  return function(mod)
    assert(mod:attach())
    cause()
    local wanted = type(key) == "function" and key() or key
    local count = mod.maps.seen:get(wanted)
    if not count then
      local keys = {}
      for k, v in pairs(mod.maps.seen) do
        keys[#keys + 1] = ("%s: %s"):format(k, v)
      end
      error(("%s was not seen, but %s"):format(wanted, table.concat(keys, ", ")), 0)
    end
    mod:detach()
    cause()
    equal(mod.maps.seen:get(wanted), count)
  end
end

case("kprobes", {
  needs = "kprobe",
  SEEN .. [[
    int kprobe__vfs_open(struct pt_regs *ctx, const struct path *path)
    {
        if (MINE)
            seen.increment(path->dentry->d_inode->i_ino);
        return 0;
    }
  ]],
  check = sees(read_it, inode),
})

case("kprobes", {
  what = "by the caller's word, on two functions", needs = "kprobe",
  attach = { on_call = { "kprobe:vfs_open", "kprobe:vfs_read" } },
  SEEN .. [[
    int on_call(struct pt_regs *ctx)
    {
        if (MINE)
            seen.increment(1);
        return 0;
    }
  ]],
  check = sees(read_it, 1),
})

case("kretprobes", {
  needs = "kretprobe",
  SEEN .. [[
    int kretprobe__vfs_read(struct pt_regs *ctx)
    {
        int ret = PT_REGS_RC(ctx);
        if (MINE)
            seen.increment(ret);
        return 0;
    }
  ]],
  check = sees(read_it, #"12345"),
})

-- args stands for the context too.
case("Tracepoints", {
  needs = "tracepoint",
  SEEN .. [[
    struct event { char path[64]; };
    BPF_PERF_OUTPUT(events);
    TRACEPOINT_PROBE(syscalls, sys_enter_openat)
    {
        struct event e = {};
        if (!MINE)
            return 0;
        bpf_probe_read_user_str(e.path, sizeof(e.path), args->filename);
        events.perf_submit(args, &e, sizeof(e));
        seen.increment(args->flags & O_ACCMODE);
        return 0;
    }
  ]],
  check = function(mod)
    local paths = {}
    assert(mod.maps.events:on(function(e) paths[e.path] = true end))
    sees(read_it, 0)(mod)
    guide.await(function() return paths[path] end)
    assert(paths[path], "the event with the path did not come")
  end,
})

case("Tracepoints", {
  what = "with a count of arguments that it has not", "TRACEPOINT_PROBE(sched)\n{\n    return 0;\n}",
  fails = { "guide.c:1:1: error: TRACEPOINT_PROBE with 1 argument", "TRACEPOINT_PROBE(category, event): 2 arguments" },
})
case("Tracepoints", {
  what = "that there is not", "TRACEPOINT_PROBE(sched, sched_swich)\n{\n    return 0;\n}",
  fails = { "no such tracepoint: 'sched:sched_swich'", "did you mean 'sched:sched_switch'?" },
})

case("uprobes", {
  needs = "uprobe", attach = { count = "uprobe:c:getenv" },
  SEEN .. [[
    int count(struct pt_regs *ctx) {
        char buf[64] = {};
        bpf_probe_read_user(&buf, sizeof(buf), (void *)PT_REGS_PARM1(ctx));
        if (MINE)
            seen.increment(buf[0] << 8 | buf[1]);
        return(0);
    }
  ]],
  check = sees(function() os.getenv "XY" end, string.unpack(">I2", "XY")),
})

case("uretprobes", {
  needs = "uretprobe", attach = { count = "uretprobe:c:getenv" },
  SEEN .. [[
    BPF_HISTOGRAM(dist);
    int count(struct pt_regs *ctx) {
        char first = 0;
        bpf_probe_read_user(&first, 1, (void *)PT_REGS_RC(ctx));
        if (MINE)
            seen.increment(first), dist.increment(first);
        return 0;
    }
  ]],
  check = sees(function() os.getenv "PATH" end, function() return os.getenv("PATH"):byte() end),
})

-- ---- A program with a probe of three arguments, which cc makes and which waits for a byte ---

local SHOP = [[
#include <stdio.h>
#include <sys/sdt.h>
int main(int argc, char **argv)
{
	getchar();
	DTRACE_PROBE3(guide, sale, argc + 40, argv[1], (short)-7);
	return 0;
}
]]

local shop = os.tmpname()
do
  local file <close> = assert(io.open(shop .. ".c", "w"))
  file:write(SHOP)
end
local function read_link(path)
  local pipe <close> = assert(io.popen("readlink " .. path))
  return pipe:read("l")
end

local no_shop = not os.execute(("cc -o %s %s.c 2>/dev/null"):format(shop, shop))
os.remove(shop .. ".c")

case("USDT probes", {
  needs = "usdt", attach = { do_trace = "usdt:" .. shop .. ":guide:sale" },
  [[
    struct sale { u64 number; char text[16]; char by_p[16]; short third; int wide, fourth; } last;
    int do_trace(struct pt_regs *ctx) {
        uint64_t addr;
        bpf_usdt_readarg(2, ctx, &addr);
        bpf_probe_read_user(&last.text, sizeof(last.text), (void *)addr);
        bpf_usdt_readarg_p(2, ctx, &last.by_p, sizeof(last.by_p));
        bpf_usdt_readarg(1, ctx, &last.number);
        bpf_usdt_readarg(3, ctx, &last.third);
        last.fourth = bpf_usdt_readarg(4, ctx, &last.wide);
        return 0;
    };
  ]],
  check = function(mod)
    if no_shop then
      check.skip "cc cannot make a program with <sys/sdt.h>"
    end
    local pipe = assert(io.popen(("echo $$ >%s.pid; exec %s apples-and-pears"):format(shop, shop), "w"))
    local pid
    guide.await(function()
      local file <close> = io.open(shop .. ".pid")
      pid = file and file:read("n")
      return pid and read_link(("/proc/%d/exe"):format(pid)) == shop
    end)
    assert(mod:attach("do_trace", ("usdt:%d:guide:sale"):format(pid)))
    pipe:write("\n")
    pipe:close()
    local last = mod.vars.last
    equal(last.number, 42)
    equal(last.text, "apples-and-pears")
    equal(last.by_p, "apples-and-pears")
    equal(last.third, -7)
    assert(last.fourth < 0, "there is no fourth argument")
  end,
})

-- ---- Raw tracepoints, system calls, trampolines --------------------------------------------

case("Raw Tracepoints", {
  needs = "raw_tracepoint",
  SEEN .. [[
    RAW_TRACEPOINT_PROBE(sched_switch)
    {
        struct task_struct *prev = (struct task_struct *)ctx->args[1];
        struct task_struct *next= (struct task_struct *)ctx->args[2];
        s32 prev_tgid, next_tgid;

        bpf_probe_read_kernel(&prev_tgid, sizeof(prev->tgid), &prev->tgid);
        bpf_probe_read_kernel(&next_tgid, sizeof(next->tgid), &next->tgid);
        if (prev_tgid == bpf_get_current_pid_tgid() >> 32 && next_tgid == next->tgid)
            seen.increment(prev_tgid);
        return 0;
    }
  ]],
  check = sees(function() os.execute "true" end, check.pid),
})

case("system call tracepoints", {
  needs = "ksyscall",
  SEEN .. [[
    int syscall__execve(struct pt_regs *ctx,
        const char __user *filename,
        const char __user *const __user *__argv,
        const char __user *const __user *__envp)
    {
        char name[8] = {};
        const char *argp = NULL;
        bpf_probe_read_user_str(name, sizeof(name), filename);
        bpf_probe_read_user(&argp, sizeof(argp), &__argv[0]);
        if (name[0] == '/' && argp)
            seen.increment(name[1] << 8 | name[2]);
        return 0;
    }
  ]],
  check = sees(function() os.execute "exec /bin/true" end, string.unpack(">I2", "bi")),
})

case("kfuncs", {
  needs = "fentry",
  SEEN .. [[
    KFUNC_PROBE(vfs_open, const struct path *path, struct file *file)
    {
        if (MINE)
            seen.increment(path->dentry->d_inode->i_ino);
        return 0;
    }
  ]],
  check = sees(read_it, inode),
})

case("kretfuncs", {
  needs = "fexit",
  SEEN .. [[
    KRETFUNC_PROBE(vfs_read, struct file *file, char *buf, size_t count, loff_t *pos, ssize_t ret)
    {
        if (MINE && count >= ret)
            seen.increment(ret);
        return 0;
    }
  ]],
  check = sees(read_it, #"12345"),
})

-- The guests' root is an overlay, by a module.
for name, result in pairs { KFUNC = "", KRETFUNC = ", int ret" } do
  case(name:lower() .. "s", {
    what = "of a module", needs = result == "" and "fentry" or "fexit", module = "overlay",
    SEEN .. ([[
      MODULE_%s_PROBE(overlay, ovl_open, struct inode *inode, struct file *file%s)
      {
          if (MINE)
              seen.increment(inode->i_ino != 0);
          return 0;
      }
    ]]):format(name, result),
    check = sees(function() io.open("/etc/passwd"):close() end, 1),
  })
end

case("LSM Probes", {
  needs = "lsm",
  SEEN .. [[
    LSM_PROBE(file_open, struct file *file)
    {
        if (!MINE || file->f_inode->i_ino != INO)
            return 0;
        seen.increment(INO);
        return -EPERM;
    }
  ]],
  define = { INO = inode() },
  check = function(mod)
    assert(mod:attach())
    local file, _, errno = io.open(path)
    equal(file, nil)
    equal(errno, 1) -- EPERM
    equal(mod.maps.seen:get(inode()), 1)
    mod:detach()
    equal(read_it(), "12345")
  end,
})

case("BPF ITERATORS", {
  needs = "iter",
  [[
    BPF_ITER(task)
    {
      struct seq_file *seq = ctx->meta->seq;
      struct task_struct *task = ctx->task;

      if (task == (void *)0)
        return 0;
      if (task->tgid == PID)
        BPF_SEQ_PRINTF(seq, "%d %d %s\n", task->pid, task->tgid, task->comm);
      return 0;
    }
  ]],
  define = { PID = check.pid },
  check = function(mod)
    local link <close> = assert(mod:attach("bpf_iter__task"))
    equal(link:read(), ("%d %d moonbee\n"):format(check.pid, check.pid))
  end,
})

return function()
  os.remove(path)
  os.remove(shop)
  os.remove(shop .. ".pid")
end
