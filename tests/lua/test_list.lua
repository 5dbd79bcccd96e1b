-- SPDX-License-Identifier: Apache-2.0
-- bee.list and bee.hooks, held against nm, readelf and what an attached program finds.

local bee = require "moonbee"
local check = require "check"

local function lines_of(command)
  local pipe <close> = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

check.test("an iterator gives a table for each probe", function()
  local count = 0
  for probe in assert(bee.list "tracepoint:sched:sched_*") do
    check.contains(probe.target, "tracepoint:sched:sched_")
    assert(#probe.args > 0)
    count = count + 1
  end
  assert(count > 5)
end)

check.test("arguments have names, types and texts", function()
  local probe = assert(bee.list "tracepoint:syscalls:sys_enter_openat")()
  check.same(probe.args[3], { name = "filename", type = "const char *", text = "const char *filename" })
  check.equal(assert(bee.list("tp_btf:sched_switch"))().args[2].text, "struct task_struct *prev")
  check.same(assert(bee.list("tp_btf:sched_switch", { args = false }))().args, {})
end)

check.test("each is called until it returns true", function()
  local seen = {}
  local count = assert(bee.list("raw_tracepoint:*", {
    args = false,
    each = function(probe)
      seen[#seen + 1] = probe.target
      return #seen == 4
    end,
  }))
  check.equal(count, 4)
  check.equal(#seen, 4)
end)

check.test("an error in each comes through", function()
  check.raises("of the script", function()
    bee.list("tracepoint", { each = function() error "of the script" end })
  end)
end)

check.test("what is listed attaches", function()
  for _, pattern in ipairs { "tracepoint:sched:sched_w*", "raw_tracepoint:sched_w*", "uprobe:libc.so.6:mallo*" } do
    local targets = {}
    for probe in assert(bee.list(pattern, { args = false })) do
      targets[#targets + 1] = probe.target
    end
    assert(#targets > 0)
    local mod <close> = assert(bee.load("int f(void *ctx) { return 0; }", { attach = { f = targets } }))
    assert(mod:attach())
  end
end)

-- Exported functions alone: those of its own are known only where it was not stripped.
check.test("functions of a library are those of nm -D", function()
  local path = lines_of("ls /lib/*-linux-gnu/libm.so.6")[1]
  local wanted, listed, count = {}, {}, 0
  for _, line in ipairs(lines_of("nm -D --defined-only " .. path)) do
    -- i: an indirect function, which only chooses one; @: an old version.
    local kind, name, version = line:match("^%x+ (%a) ([%w_]+)(@*)")
    if (kind == "T" or kind == "W") and version ~= "@" then
      wanted[name] = true
    end
  end
  for probe in assert(bee.list("uprobe:" .. path .. ":*")) do
    listed[probe.target:match "[^:]*$"] = true
    count = count + 1
  end
  assert(count > 100)
  for name in pairs(wanted) do
    assert(listed[name], name .. " is not listed")
  end
end)

-- A library with two static probes, as <sys/sdt.h> would make them.
local NOTES = [[
.section .note.stapsdt, "", "note"
.macro probe name args
  .balign 4
  .4byte 8, 2f - 1f, 3
  .asciz "stapsdt"
1: .8byte 0x1000, 0, 0
  .asciz "shop"
  .asciz "\name"
  .asciz "\args"
2: .balign 4
.endm
probe sale "-4@%eax 8@-8(%rbp) 8f@%xmm0"
probe open ""
]]

check.test("static probes and the sizes of their arguments are those of readelf", function()
  local path = os.tmpname()
  local source = assert(io.open(path .. ".s", "w"))
  assert(source:write(NOTES))
  source:close()
  local built = os.execute(("cc -shared -nostdlib -o %s.so %s.s 2>/dev/null"):format(path, path))
  os.remove(path)
  os.remove(path .. ".s")
  if not built then
    check.skip "cc cannot make the library"
  end
  local names = lines_of(("readelf -n %s.so | sed -n 's/^ *Name: //p' | sort"):format(path))
  local found = {}
  for probe in assert(bee.list("usdt:" .. path .. ".so:*")) do
    found[#found + 1] = probe
  end
  local one = assert(bee.list("usdt:" .. path .. ".so:shop:s*"))()
  check.fails("did you mean 'usdt:" .. path .. ".so:shop:sale'", bee.list("usdt:" .. path .. ".so:shop:sal"))
  os.remove(path .. ".so")
  check.same(names, { "open", "sale" })
  check.equal(#found, 2)
  check.equal(found[1].target, "usdt:" .. path .. ".so:shop:open")
  check.equal(found[2].target, one.target)
  check.same(one.args, {
    { name = "arg0", type = "s32", text = "s32 arg0" },
    { name = "arg1", type = "u64", text = "u64 arg1" },
    { name = "arg2", type = "double", text = "double arg2" },
  })
end)

check.test("devices are those of this network namespace", function()
  local names = lines_of("ls /sys/class/net")
  local found = {}
  for probe in assert(bee.list "xdp:*") do
    found[#found + 1] = probe.target:sub(5)
  end
  table.sort(found)
  check.same(found, names)
  check.equal(assert(bee.list "tc:lo:e*")().target, "tc:lo:egress")
end)

check.test("cgroups have all their hooks", function()
  local hooks = {}
  for probe in assert(bee.list "cgroup:/:connect*") do
    hooks[#hooks + 1] = probe.target
  end
  check.equal(hooks[1], "cgroup:/:connect4")
end)

check.test("what is not there is an error", function()
  check.fails("nothing of that name", bee.list "tracepoint:sched:no_such_thing")
  check.fails("did you mean 'tp_btf:sched_switch'", bee.list "tp_btf:sched_swich")
  check.fails("no hook is called", bee.list "no_hook:x")
  check.fails("/no/such/file", bee.list "uprobe:/no/such/file:malloc")
  check.fails("is no program or library", bee.list "uprobe:/etc/passwd:*")
  check.fails("it names no program or library", bee.list "uprobe")
  check.fails("did you mean 'uprobe:libc.so.6:mall", bee.list "uprobe:libc.so.6:maloc")
  check.raises("a pattern is expected", bee.list)
  check.raises("no option 'arg'", bee.list, "tracepoint", { arg = true })
end)

check.test("hooks say what they are, and whether they are here", function()
  local by_name = {}
  for _, hook in ipairs(assert(bee.hooks())) do
    by_name[hook.name] = hook
    check.equal(hook.usable, hook.reason == nil)
  end
  check.equal(by_name.tracepoint.form, "CATEGORY:EVENT")
  check.equal(by_name.tracepoint.listed, true)
  check.equal(by_name.profile.listed, false)
end)

check.done()
