-- SPDX-License-Identifier: Apache-2.0
-- Portable objects, this kernel's and those that this test wrote on other kernels: guests of tests/vm share
-- a folder with their host. Beside each runs what is compiled here, for this kernel alone: both are there at the
-- same events, and must have seen the same.
local bee = require "moonbee"
local check = require "check"
local test, equal = check.test, check.equal

-- A process says by getpriority(1, 4245) that it is the one to look at. What it does then is seen as
-- opensnoop, execsnoop, exitsnoop and tcpconnect see it.
local SOURCE = [[
  struct task_struct___old { volatile long state; } __attribute__((preserve_access_index));
  struct task_struct___new { unsigned int __state; } __attribute__((preserve_access_index));

  struct seen {
      u32 pid, parent, uid, is_reset, is_execve, state, has_state, has_nothing, level, number, max_fds, max_set;
      u64 start, leader_start, limit, arg_start, env_end, inode, generation;
      char comm[16], node[64], exe[32];
  };
  struct opened { u32 flags; u64 mode; char name[32]; };
  struct started { u32 parent, uid, is_execve; u64 inode; char comm[16], file[32]; };
  struct ended { u32 code, parent, signal; u64 age; };
  struct connected { u32 family, port, address, type, protocol, state, reuse, kern, userlocks, shutdown; };

  BPF_ARRAY(marked, u32, 1);
  BPF_ARRAY(seen, struct seen, 1);
  BPF_ARRAY(opened, struct opened, 1);
  BPF_ARRAY(started, struct started, 1);
  BPF_ARRAY(ended, struct ended, 1);
  BPF_ARRAY(connected, struct connected, 1);

  static int is_marked(void)
  {
      int key = 0;
      u32 *pid = marked.lookup(&key);

      return pid && *pid == bpf_get_current_pid_tgid() >> 32;
  }

  static u32 state_of(struct task_struct *task)
  {
      struct task_struct___new *new = (void *)task;
      struct task_struct___old *old = (void *)task;

      return bpf_core_field_exists(new->__state) ? BPF_CORE_READ(new, __state) : BPF_CORE_READ(old, state);
  }

  TRACEPOINT_PROBE(syscalls, sys_enter_getpriority)
  {
      struct task_struct *task = (void *)bpf_get_current_task();
      struct task_struct___new *new = (void *)task;
      struct pid *pid = task->signal->pids[PIDTYPE_TGID];
      struct seen now = {
          .pid = task->tgid,
          .parent = task->real_parent->tgid,
          .uid = task->cred->uid.val,
          .is_reset = task->sched_reset_on_fork,
          .is_execve = task->in_execve,
          .state = state_of(task),
          .has_state = bpf_core_field_exists(new->__state) || bpf_core_field_exists(((struct task_struct___old *)task)->state),
          .level = pid->level,
          .number = pid->numbers[0].nr,
          .max_fds = task->files->fdt->max_fds,
          .start = task->start_time,
          .leader_start = task->group_leader->start_time,
          .limit = task->signal->rlim[7].rlim_cur,
          .arg_start = task->mm->arg_start,
          .env_end = task->mm->env_end,
          .inode = task->mm->exe_file->f_inode->i_ino,
          .generation = task->mm->exe_file->f_inode->i_generation,
      };
      int key = 0;

      if (args->who != 4245)
          return 0;
      __builtin_memcpy(now.comm, task->comm, sizeof(now.comm));
      __builtin_memcpy(now.node, task->nsproxy->uts_ns->name.nodename, sizeof(now.node));
      bpf_probe_read_kernel_str(now.exe, sizeof(now.exe), task->mm->exe_file->f_path.dentry->d_name.name);
      marked.update(&key, &now.pid);
      seen.update(&key, &now);
      return 0;
  }

  TRACEPOINT_PROBE(syscalls, sys_enter_openat)
  {
      struct opened now = { .flags = args->flags, .mode = args->mode };
      int key = 0;

      if (!is_marked() || !(args->flags & O_APPEND)) /* not what a program opens to begin */
          return 0;
      bpf_probe_read_user_str(now.name, sizeof(now.name), args->filename);
      opened.update(&key, &now);
      return 0;
  }

  TRACEPOINT_PROBE(sched, sched_process_exec)
  {
      struct task_struct *task = (void *)bpf_get_current_task();
      struct started now = { .parent = task->real_parent->tgid, .uid = task->real_cred->euid.val,
                             .is_execve = task->in_execve, .inode = task->mm->exe_file->f_inode->i_ino };
      int key = 0;

      if (!is_marked())
          return 0;
      bpf_get_current_comm(now.comm, sizeof(now.comm));
      TP_DATA_LOC_READ_CONST(now.file, filename, sizeof(now.file));
      started.update(&key, &now);
      return 0;
  }

  TRACEPOINT_PROBE(sched, sched_process_exit)
  {
      struct task_struct *task = (void *)bpf_get_current_task();
      struct ended now = { .code = task->exit_code >> 8, .signal = task->exit_signal,
                           .parent = task->real_parent->tgid, .age = task->start_time };
      int key = 0;

      if (is_marked())
          ended.update(&key, &now);
      return 0;
  }

  RAW_TRACEPOINT_PROBE(inet_sock_set_state)
  {
      struct sock *sk = (void *)ctx->args[0];
      struct connected now = {
          .family = sk->__sk_common.skc_family,
          .port = ntohs(sk->__sk_common.skc_dport),
          .address = sk->__sk_common.skc_daddr,
          .type = sk->sk_type,
          .protocol = sk->sk_protocol,
          .state = sk->__sk_common.skc_state,
          .reuse = sk->__sk_common.skc_reuse,
          .userlocks = sk->sk_userlocks,
          .shutdown = sk->sk_shutdown,
      };
      int key = 0;

      if (is_marked() && ctx->args[2] == TCP_SYN_SENT)
          connected.update(&key, &now);
      return 0;
  }
]]

local folder = (os.getenv("BEE_BUILD") or "build") .. "/portable"
local MAPS = {
  seen = { "pid", "parent", "uid", "is_reset", "is_execve", "state", "has_state", "level", "number", "max_fds", "start",
    "leader_start", "limit", "arg_start", "env_end", "inode", "generation", "comm", "node", "exe" },
  opened = { "flags", "mode", "name" },
  started = { "parent", "uid", "is_execve", "inode", "comm", "file" },
  ended = { "code", "parent", "signal", "age" },
  connected = { "family", "port", "address", "type", "protocol", "state", "reuse", "userlocks", "shutdown" },
}

-- What a process does that has reset-on-fork, and what it says of itself. It ends as another program.
local WORKLOAD = [[exec chrt -R -o 0 python3 -c '
import os, resource, socket
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
port = server.getsockname()[1]
exe = os.path.realpath("/proc/self/exe")
print(os.getpid(), os.getppid(), os.getuid(), resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.stat(exe).st_ino,
      port, os.uname().nodename, os.path.basename(exe), flush=True)
try: os.getpriority(1, 4245)
except OSError: pass
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
client.connect(("127.0.0.1", port))
os.open("/dev/null", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
os.execv("/bin/sh", ["sh", "-c", "exit 7"])']]

local function read_object(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local function run_workload()
  local pipe <close> = assert(io.popen(WORKLOAD))
  local truth = {}
  truth.pid, truth.parent, truth.uid, truth.limit, truth.inode, truth.port = pipe:read("n", "n", "n", "n", "n", "n")
  truth.node, truth.exe = pipe:read("l"):match("^ (%S+) (%S+)$")
  pipe:read("a")
  return truth
end

-- The values that a module has seen, by map and member.
local function values_of(mod)
  local values = {}
  for name, members in pairs(MAPS) do
    local value = mod.maps[name]:get(0)
    for _, member in ipairs(members) do
      values[name .. "." .. member] = value[member]
    end
  end
  return values
end

local function check_truth(values, truth)
  for _, name in ipairs { "pid", "parent", "uid", "inode", "node", "exe" } do
    equal(values["seen." .. name], truth[name])
  end
  equal(values["seen.limit"], truth.limit < 0 and -1 or truth.limit)
  equal(values["seen.number"], truth.pid)
  equal(values["seen.is_reset"], 1)
  equal(values["seen.is_execve"], 0)
  equal(values["seen.has_state"], 1)
  equal(values["opened.name"], "/dev/null")
  equal(values["opened.flags"], tonumber("02002001", 8))
  equal(values["started.comm"], "sh")
  equal(values["started.file"], "/bin/sh")
  equal(values["started.parent"], truth.parent)
  equal(values["ended.code"], 7)
  equal(values["ended.age"], values["seen.start"])
  equal(values["connected.port"], truth.port)
  equal(values["connected.family"], 2)
  equal(values["connected.address"], 0x0100007f)
  equal(values["connected.type"], 1)
  equal(values["connected.protocol"], 6)
  equal(values["connected.reuse"], 1)
end

local function check_object(path)
  local portable <close> = assert(bee.load_object(read_object(path)))
  local native <close> = assert(bee.load(SOURCE))
  assert(portable:attach())
  assert(native:attach())
  local truth = run_workload()
  local values, wanted = values_of(portable), values_of(native)
  check_truth(wanted, truth)
  for name, value in pairs(wanted) do
    if values[name] ~= value then
      error(("%s is %s, and %s when compiled here"):format(name, values[name], value))
    end
  end
end

-- ---- What only some kernels have ---------------------------------------------------------------

-- A member that came with Linux 6.1, and a constant that is another in most versions.
local MEMBER = [[
  u64 flags;
  TRACEPOINT_PROBE(syscalls, sys_enter_getpriority)
  {
      struct task_struct *task = (void *)bpf_get_current_task();

      flags = task->mm->mm_mt.ma_flags;
      return 0;
  }
]]
local CONSTANT = "u64 items = NR_VM_NODE_STAT_ITEMS;\nint kprobe__vfs_read(void *ctx) { return items; }"

local function read_flags(mod)
  assert(mod:attach())
  os.execute("exec python3 -c 'import os; os.getpriority(0, 0)'")
  return mod.vars.flags
end

local function check_member(path)
  local portable <close>, err = bee.load_object(read_object(path))
  local native <close> = bee.load(MEMBER)
  if native then
    equal(read_flags(assert(portable, err)) ~= 0, true)
    equal(portable.vars.flags, read_flags(native))
  else
    equal(tostring(err):match("mm_struct%.mm_mt"), "mm_struct.mm_mt")
  end
end

local function check_constant(path)
  local portable <close>, err = bee.load_object(read_object(path))
  local native <close> = assert(bee.load(CONSTANT))
  if portable then
    equal(portable.vars.items, native.vars.items)
  else
    local here = tostring(err):match("NR_VM_NODE_STAT_ITEMS is %d+: on this kernel it is (%d+)")
    equal(tonumber(here), native.vars.items)
  end
end

-- ---- Objects --------------------------------------------------------------------------------------

-- name: what stands behind the kernel's release in a file's name, and which text that was compiled of.
local KINDS = {
  { name = ".seen", source = SOURCE, check = check_object, sentence = "it sees what one compiled here does" },
  { name = ".member", source = MEMBER, check = check_member, sentence = "its member is read, or named as missing" },
  { name = ".constant", source = CONSTANT, check = check_constant, sentence = "its constant is this kernel's, or named" },
}

local function name_of(kind)
  local sum = 0
  for at = 1, #kind.source do
    sum = (sum * 31 + kind.source:byte(at)) % 0xfffffb
  end
  return (".%06x%s"):format(sum, kind.name)
end

local function write(path, elf)
  local part = path .. "." .. check.pid
  local file <close> = assert(io.open(part, "wb"))
  assert(file:write(elf))
  file:close()
  assert(os.rename(part, path))
end

for _, kind in ipairs(KINDS) do
  test("a portable object is written for this and other kernels: " .. kind.name, function()
    local release = assert(io.open("/proc/sys/kernel/osrelease")):read("l")
    local elf, err = bee.compile(kind.source, { portable = true })
    if not elf and kind.source == MEMBER then
      check.skip(tostring(err):match("[^\n]*"))
    end
    assert(os.execute("mkdir -p '" .. folder .. "'"))
    write(folder .. "/" .. release .. name_of(kind), assert(elf, err))
  end)
end

for _, kind in ipairs(KINDS) do
  for path in assert(io.popen("ls " .. folder .. "/*" .. name_of(kind))):lines() do
    local release = path:match("([^/]*)%.%x+%.%l+$")
    test(("%s when compiled on %s"):format(kind.sentence, release), function()
      kind.check(path)
    end)
  end
end

check.done()
