-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, same, raises = check.test, check.equal, check.same, check.raises

local SOURCE = [[
  struct range { u32 first; u32 last; };

  int sampling = 5;
  u64 seen;
  bool is_on = true;
  char label[16] = "start";
  struct range range = { 1, 2 };
  const volatile u32 min_us = 7;
  const volatile bool is_quiet = false;

  TRACEPOINT_PROBE(syscalls, sys_enter_kill)
  {
      if (args->pid == sampling && min_us && !is_quiet && label[0] && range.last)
          __sync_fetch_and_add(&seen, min_us);
      return 0;
  }
]]

local mod <close> = assert(bee.load(SOURCE, { const = { min_us = 1000 } }))
local vars = mod.vars

test("variables start with their values", function()
  equal(vars.sampling, 5)
  equal(vars.is_on, true)
  equal(vars.label, "start")
  same(vars.range, { first = 1, last = 2 })
end)

test("a const is set when loading, and read after", function()
  equal(vars.min_us, 1000)
  equal(vars.is_quiet, false)
  raises("variable 'min_us' is const", function() vars.min_us = 1 end)
end)

test("variables are written as map values are", function()
  vars.sampling = -3
  equal(vars.sampling, -3)
  vars.seen = -1
  equal(tostring(bee.u64(vars.seen)), "18446744073709551615")
  vars.label = "next"
  equal(vars.label, "next")
  vars.range = { last = 9 }
  same(vars.range, { first = 0, last = 9 })
  vars.is_on = false
  equal(vars.is_on, false)
  raises("sampling: 4294967296 does not fit into int", function() vars.sampling = 1 << 32 end)
  raises("range.last: -1 does not fit", function() vars.range = { last = -1 } end)
end)

test("an unknown variable is a mistake, told with the nearest name", function()
  raises("no variable 'samplin' in this module (did you mean 'sampling'?)", function() return vars.samplin end)
  raises("no variable 'x'", function() vars.x = 1 end)
end)

test("pairs lists names and values", function()
  local all = {}
  for name, value in pairs(vars) do
    all[name] = value
  end
  equal(all.label, "next")
  equal(all.min_us, 1000)
end)

test("the running program and the script see the same memory", function()
  -- Above any pid in use, and another one in each run of this test.
  vars.seen, vars.sampling, vars.label = 0, 4200000 + check.pid, "x"
  assert(mod:attach())
  os.execute(("for i in 1 2 3; do kill -0 %d; done 2>/dev/null"):format(vars.sampling))
  equal(vars.seen, 3000)
end)

test("a closed module is told by name", function()
  local other = assert(bee.load("int x;"))
  local its = other.vars
  other:close()
  raises("module is closed", function() return its.x end)
  raises("module is closed", function() its.x = 1 end)
end)

mod:close()
check.done()
