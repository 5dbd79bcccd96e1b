-- SPDX-License-Identifier: Apache-2.0
-- Portable objects, this kernel's and those that this test wrote on other kernels: a guest sees the build
-- folder of its host.
local bee = require "moonbee"
local check = require "check"
local test, equal = check.test, check.equal

local SOURCE = [[
  struct seen { u32 pid, parent, is_reset, is_execve; };
  BPF_ARRAY(seen, struct seen, 1);

  TRACEPOINT_PROBE(syscalls, sys_enter_getpriority)
  {
      struct task_struct *task = (void *)bpf_get_current_task();
      struct seen now = {
          .pid = task->tgid,
          .parent = task->real_parent->tgid,
          .is_reset = task->sched_reset_on_fork,
          .is_execve = task->in_execve,
      };
      int key = 0;

      if (args->who == 4245)
          seen.update(&key, &now);
      return 0;
  }
]]

local folder = (os.getenv("BEE_BUILD") or "build") .. "/portable"

-- What a process that calls getpriority(1, 4245) with reset-on-fork says of itself.
local WORKLOAD = [[exec chrt -R -o 0 python3 -c '
import os
print(os.getpid(), os.getppid(), flush=True)
try: os.getpriority(1, 4245)
except OSError: pass']]

local function read_object(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local function run_workload()
  local pipe <close> = assert(io.popen(WORKLOAD))
  local pid, parent = pipe:read("n", "n")
  pipe:read("a")
  return pid, parent
end

local function check_object(path)
  local mod <close> = assert(bee.load_object(read_object(path)))
  assert(mod:attach())
  local pid, parent = run_workload()
  local seen = mod.maps.seen:get(0)
  equal(seen.pid, pid)
  equal(seen.parent, parent)
  equal(seen.is_reset, 1)
  equal(seen.is_execve, 0)
end

test("a portable object is written for this and other kernels", function()
  local release = assert(io.open("/proc/sys/kernel/osrelease")):read("l")
  local elf = assert(bee.compile(SOURCE, { portable = true }))
  assert(os.execute("mkdir -p '" .. folder .. "'"))
  local path = folder .. "/" .. release .. ".o"
  local part = path .. "." .. check.pid
  local file <close> = assert(io.open(part, "wb"))
  assert(file:write(elf))
  file:close()
  assert(os.rename(part, path))
end)

for path in assert(io.popen("ls " .. folder .. "/*.o")):lines() do
  test("it reads this kernel's members and bits when compiled on " .. path:match("([^/]*)%.o$"), function()
    check_object(path)
  end)
end

check.done()
