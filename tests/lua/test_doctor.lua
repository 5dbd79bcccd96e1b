-- SPDX-License-Identifier: Apache-2.0
-- bee.features and bee.leftovers, held against the system's own files, symbols and tools.

local bee = require "moonbee"
local check = require "check"

local function read(path)
  local file <close> = io.open(path)
  return file and file:read("a")
end

local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  return (pipe:read("a"):gsub("\n$", ""))
end

local function succeeds(command)
  return os.execute(command .. " >/dev/null 2>&1") == true
end

local function has_symbol(name)
  return succeeds(("grep -q ' %s$' /proc/kallsyms"):format(name))
end

local features = assert(bee.features())
local by_name = {}
for _, feature in ipairs(features) do
  by_name[feature.name] = feature
end

local function state_of(name)
  return assert(by_name[name], name).state
end

-- state "yes" is what the other witness says, or it is less than that.
local function agrees(name, is_there)
  check.equal(name .. " " .. tostring(state_of(name) == "yes"), name .. " " .. tostring(is_there))
end

check.test("each has a name of its own, a state, and a cure where it is not there", function()
  local seen = {}
  for _, feature in ipairs(features) do
    assert(feature.name:find "^[a-z0-9_]+$" and not seen[feature.name], feature.name)
    seen[feature.name] = true
    assert(feature.about, feature.name)
    assert(feature.state == "yes" or feature.state == "limited" or feature.state == "no")
    check.equal(feature.name .. tostring(feature.cure ~= nil), feature.name .. tostring(feature.state ~= "yes"))
  end
  assert(#features > 30)
end)

check.test("the kernel is uname's", function()
  check.contains(by_name.kernel.reason, output_of "uname -r")
end)

check.test("sysctls are those of /proc/sys", function()
  local jit = tonumber(read "/proc/sys/net/core/bpf_jit_enable" or "0")
  local harden = tonumber(read "/proc/sys/net/core/bpf_jit_harden" or "0")
  check.equal(state_of "jit", jit == 0 and "no" or harden > 0 and "limited" or "yes")
  local unprivileged = read "/proc/sys/kernel/unprivileged_bpf_disabled"
  check.equal(state_of "unprivileged_bpf", unprivileged and tonumber(unprivileged) == 0 and "limited" or "no")
  local paranoid = read "/proc/sys/kernel/perf_event_paranoid"
  check.contains(by_name.perf_event_paranoid.reason, "is " .. paranoid:gsub("%s", ""))
end)

check.test("lockdown is that of securityfs", function()
  local text = output_of "unshare -m sh -c 'mount -t securityfs none /mnt && cat /mnt/lockdown' 2>/dev/null"
  local word = text:match "%[(%a+)%]"
  check.equal(state_of "lockdown", (word or "none") == "none" and "yes" or "limited")
  if word then
    check.contains(by_name.lockdown.reason, "'" .. word .. "'")
  end
end)

check.test("capabilities are those of /proc/self/status", function()
  local held = tonumber(read("/proc/self/status"):match "CapEff:%s*(%x+)", 16)
  local all = true
  for _, bit in ipairs { 12, 21, 38, 39 } do
    all = all and held >> bit & 1 == 1
  end
  agrees("capabilities", all)
end)

check.test("addresses in /proc/kallsyms are seen or not", function()
  agrees("kallsyms", succeeds "grep -qv '^0* ' /proc/kallsyms")
end)

check.test("what the kernel has is told by its symbols and its BTF", function()
  agrees("user_ringbuf", has_symbol "bpf_user_ringbuf_drain")
  check.equal(by_name.memory.reason:find "RLIMIT_MEMLOCK may" ~= nil
    or by_name.memory.reason:find "RLIMIT_MEMLOCK is" ~= nil, has_symbol "bpf_map_charge_init")
  local types = os.tmpname()
  assert(succeeds("bpftool version"), "bpftool is missing")
  os.execute("bpftool btf dump file /sys/kernel/btf/vmlinux >" .. types)
  local function has_type(text)
    return succeeds(("grep -qF \"%s\" %s"):format(text, types))
  end
  agrees("kfuncs", has_type "FUNC 'bpf_rdonly_cast'")
  agrees("struct_ops", has_type "STRUCT 'bpf_struct_ops_tcp_congestion_ops'")
  agrees("sched_ext", has_type "STRUCT 'bpf_struct_ops_sched_ext_ops'")
  os.remove(types)
end)

check.test("the compiler runs, and says which clang it is", function()
  check.equal(state_of "compiler", "yes")
  check.contains(by_name.compiler.reason, "clang 19.")
  agrees("sandbox", read("/proc/self/status"):find "\nSeccomp:" ~= nil)
end)

check.test("hooks can be used where their features are there", function()
  local usable = {}
  for _, hook in ipairs(assert(bee.hooks())) do
    usable[hook.name] = hook.usable
  end
  for _, name in ipairs { "kprobe", "fentry", "lsm", "uprobe", "tracepoint", "tcx", "netkit", "netfilter" } do
    agrees(name, usable[name])
  end
end)

-- ---- what is left behind -------------------------------------------------------------------

local command = (os.getenv "BEE_BUILD" or "build") .. "/moonbee"

-- A tool that attaches a filter to lo of a named network namespace, and is killed.
local KILLED = [[
ip netns exec %s %s -e '
  local bee = require "moonbee"
  local mod = assert(bee.load("int left(struct __sk_buff *skb) { return -1; }", { attach = { left = "clsact:lo:%s" } }))
  assert(mod:attach())
  os.execute "kill -9 $PPID"
  bee.run(60)' >/dev/null 2>&1]]

local function filters(netns)
  return output_of(("tc -n %s filter show dev lo ingress; tc -n %s filter show dev lo egress"):format(netns, netns))
end

local function left_in(netns, options)
  local list = {}
  for _, left in ipairs(assert(bee.leftovers(options))) do
    if left.netns == netns then
      list[#list + 1] = left
    end
  end
  return list
end

check.test("what a killed tool left is shown, and removed when asked", function()
  local netns = "bee-find-" .. check.pid
  if not succeeds("ip netns add " .. netns) then
    check.skip "ip netns add: no named network namespaces here"
  end
  os.execute(KILLED:format(netns, command, "ingress"))
  os.execute(KILLED:format(netns, command, "egress"))
  local before = filters(netns)
  local ok, err = pcall(function()
    check.contains(before, "left")
    local list = left_in(netns)
    check.equal(#list, 2)
    check.contains(list[1].target .. list[2].target, netns .. "/lo:ingress")
    check.equal(list[1].program, "left")
    check.contains(output_of(command .. " doctor"), ("clsact:%s/lo:egress, with program 'left'"):format(netns))
    check.equal(filters(netns), before)
    check.contains(output_of(command .. " doctor --clean"), "lo:egress, with program 'left'")
    check.equal(filters(netns), "")
    check.equal(#left_in(netns), 0)
    os.execute(KILLED:format(netns, command, "ingress"))
    check.equal(#left_in(netns, { remove = true }), 1)
    check.equal(filters(netns), "")
    check.equal(output_of(("tc -n %s qdisc show dev lo clsact"):format(netns)):find "clsact", nil)
  end)
  os.execute("ip netns del " .. netns)
  assert(ok, err)
end)

check.test("what is no option is refused", function()
  check.raises("no option 'removes'", bee.leftovers, { removes = true })
end)

check.done()
