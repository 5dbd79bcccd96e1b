-- SPDX-License-Identifier: Apache-2.0
-- What links give: text and records of iterators, packets of raw sockets.

local bee = require "moonbee"
local check = require "check"
local test = check.test

local TASKS = [[
  #include <bpf/bpf_tracing.h>
  struct record { u32 pid; char comm[TASK_COMM_LEN]; };
  struct record unused;
  SEC("iter/task") int text(struct bpf_iter__task *ctx)
  {
      struct task_struct *task = ctx->task;
      if (task)
          BPF_SEQ_PRINTF(ctx->meta->seq, "%d %s\n", task->pid, task->comm);
      return 0;
  }
  SEC("iter/task") int records(struct bpf_iter__task *ctx)
  {
      struct task_struct *task = ctx->task;
      struct record record = {};
      if (!task)
          return 0;
      record.pid = task->pid;
      bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
      bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
      return 0;
  }
]]

local function own_comm()
  local file <close> = assert(io.open("/proc/self/comm"))
  return file:read("l")
end

test("an iterator is read whole and by lines", function()
  local mod <close> = assert(bee.load(TASKS))
  local link = assert(mod:attach("text"))
  local whole = assert(link:read())
  assert(whole:find(("\n%d %s\n"):format(check.pid, own_comm()), 1, true))
  local seen, count = false, 0
  for line in assert(link:lines()) do
    assert(line:find("^%d+ "))
    seen = seen or line == ("%d %s"):format(check.pid, own_comm())
    count = count + 1
  end
  assert(seen and count > 1)
end)

test("an iterator's records are read as events", function()
  local mod <close> = assert(bee.load(TASKS))
  local link = assert(mod:attach("records", "iter:task"))
  local kept
  for record in assert(link:records("struct record")) do
    if record.pid == check.pid then
      kept = record
    end
  end
  link:close()
  collectgarbage()
  assert(kept.comm == own_comm())
  assert(not pcall(link.records, link, "struct record"))
end)

test("records are of a struct of the module, and whole", function()
  local mod <close> = assert(bee.load(TASKS))
  local link = assert(mod:attach("text"))
  local ok, err = pcall(link.records, link, "struct no_such")
  assert(not ok and err:find("no type 'struct no_such'", 1, true), err)
  ok, err = pcall(function()
    for _ in assert(link:records("struct record")) do
    end
  end)
  local size = #link:read()
  assert(ok == (size % 20 == 0) and (ok or err:find("bytes are left", 1, true)), err)
end)

test("a packet of a raw socket is read, and none when there is none", function()
  local mod <close> = assert(bee.load [[
    SEC("socket") int f(struct __sk_buff *skb)
    {
        u32 magic = 0;
        if (bpf_skb_load_bytes(skb, 42, &magic, 4) || magic != 0x21656562)
            return 0;
        return 46;
    }
  ]])
  local link = assert(mod:attach("f", "socket:lo"))
  local packet, err = link:read()
  assert(not packet and err.code == "EAGAIN", err)
  local called = false
  local watch = assert(bee.watch(link:socket(), function()
    called = assert(link:read())
    bee.stop()
  end))
  os.execute("bash -c 'printf bee! >/dev/udp/127.0.0.1/9'")
  bee.run(10)
  watch:close()
  assert(called and called:sub(43) == "bee!", called)
end)

test("what has nothing to be read says so", function()
  local mod <close> = assert(bee.load [[
    int f(struct bpf_raw_tracepoint_args *ctx) { return 0; }
  ]])
  local link = assert(mod:attach("f", "raw_tracepoint:sys_enter"))
  local text, err = link:read()
  assert(not text and tostring(err):find("has nothing to be read", 1, true), err)
  text, err = link:lines()
  assert(not text and err.code == "EINVAL", err)
  text, err = link:socket()
  assert(not text and err, err)
end)

check.done()
