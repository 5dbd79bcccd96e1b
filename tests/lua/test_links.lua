-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, same, raises = check.test, check.equal, check.same, check.raises

-- Each kill(2) to a pid that no process has counts for the program that is attached.
local PID = 4200000 + check.pid
local SOURCE = [[
  u64 first, second;
  SEC("tracepoint") int one(struct tracepoint__syscalls__sys_enter_kill *args)
  { if (args->pid == PID) first++; return 0; }
  SEC("tracepoint") int two(struct tracepoint__syscalls__sys_enter_kill *args)
  { if (args->pid == PID) second++; return 0; }
]]
local TARGET = "tracepoint:syscalls:sys_enter_kill"

local function load()
  return assert(bee.load(SOURCE, { define = { PID = PID } }))
end

local function fire()
  os.execute(("kill -1 %d 2>/dev/null"):format(PID))
end

test("a link goes over to another program, and says how", function()
  local mod <close> = load()
  local link = assert(mod:attach("one", TARGET))
  fire()
  equal(assert(link:update(mod.programs.two)), "twice")
  fire()
  same({ mod.vars.first, mod.vars.second }, { 1, 1 })
  equal(link:info().program, "two")
  equal(link:target(), TARGET)
end)

test("a link goes over to another module, and lives as long as that", function()
  local old, new <close> = load(), load()
  local link = assert(old:attach("one", TARGET))
  assert(link:update(new.programs.one))
  old:close()
  fire()
  equal(new.vars.first, 1)
  equal(link:target(), TARGET)
  new:detach()
  fire()
  equal(new.vars.first, 1)
  raises("link is closed", link.target, link)
end)

test("an iterator is updated at once", function()
  local mod <close> = assert(bee.load [[
    SEC("iter/task") int one(struct bpf_iter__task *ctx) { return 0; }
    SEC("iter/task") int two(struct bpf_iter__task *ctx) { return 0; }
  ]])
  local link = assert(mod:attach("one"))
  local before = link:info().parts[1]
  equal(assert(link:update(mod.programs.two)), "at once")
  local after = link:info().parts[1]
  equal(after.kind, "iter")
  equal(after.id, before.id)
  assert(after.program_id ~= before.program_id)
end)

test("a list of targets is attached as a whole", function()
  local mod <close> = load()
  local list = { TARGET, "tracepoint:syscalls:sys_exit_getppid" }
  local links = assert(mod:attach("one", list))
  equal(#links, 2)
  equal(links[2]:target(), list[2])
  fire()
  bee.close_links(links)
  fire()
  equal(mod.vars.first, 1)
  raises("link is closed", links[1].info, links[1])
  list[3] = "tracepoint:no:such"
  local none, err = mod:attach("one", list)
  equal(none, nil)
  equal(err.errno, 2)
  fire()
  equal(mod.vars.first, 1)
  raises("a target is a string", mod.attach, mod, "one", { 7 })
  raises("a list of links is expected", bee.close_links, { mod })
end)

test("a program is attached once to a place", function()
  local mod <close> = load()
  assert(mod:attach("one", TARGET))
  local again, err = mod.programs.one:attach(TARGET)
  equal(again, nil)
  assert(tostring(err):find("attached there already", 1, true))
end)

test("a cookie is an integer, in options and in lists", function()
  local mod <close> = load()
  raises("no option 'cooky'", mod.attach, mod, "one", TARGET, { cooky = 1 })
  raises("number has no integer", mod.attach, mod, "one", TARGET, { cookie = 1.5 })
  raises("a cookie is an integer", mod.attach, mod, "one", { { TARGET, cookie = 1.5 } })
  raises("a cookie is an integer", bee.load, SOURCE, { attach = { one = { TARGET, cookie = "x" } } })
end)

test("a link to what is no pin says so", function()
  local link, err = bee.open_link("/proc/self/status")
  equal(link, nil)
  assert(tostring(err):find("/proc/self/status", 1, true))
  local mod <close> = load()
  local made = assert(mod:attach("one", TARGET))
  local done, why = made:unpin()
  equal(done, nil)
  assert(tostring(why):find("not pinned", 1, true))
  assert(not made:pin("/proc/no-pin"))
  made:detach()
  fire()
  equal(mod.vars.first, 0)
  same(made:info().parts, {})
end)
check.done()
