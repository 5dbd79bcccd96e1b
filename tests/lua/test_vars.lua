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

  TRACEPOINT_PROBE(syscalls, sys_enter_getpgid)
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
  vars.seen, vars.sampling, vars.label = 0, 12345, "x"
  assert(mod:attach())
  -- ps asks for no process group of this number; the shell's kill does not either: getpgid is what setsid's test calls.
  os.execute("python3 -c 'import os\ntry: os.getpgid(12345)\nexcept OSError: pass' 2>/dev/null")
  if vars.seen == 0 then
    check.skip("nothing here calls getpgid(2): " .. tostring(io.popen("command -v python3"):read("l")))
  end
  equal(vars.seen % 1000, 0)
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
