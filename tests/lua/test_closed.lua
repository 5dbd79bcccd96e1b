-- SPDX-License-Identifier: Apache-2.0
-- Whatever is used after it was closed says so by its name; closing again is harmless.
local bee = require "moonbee"
local core = require "moonbee.core"
local check = require "check"
local test, equal, raises = check.test, check.equal, check.raises

local SOURCE = [[
  struct event { u32 pid; };
  BPF_RINGBUF_OUTPUT(events, 1);
  BPF_HASH(counts, u32, u64);
  u64 hits;
  TRACEPOINT_PROBE(syscalls, sys_enter_kill)
  {
      struct event e = { .pid = args->pid };
      counts.increment(e.pid);
      hits++;
      return events.ringbuf_output(&e, sizeof(e), 0);
  }
]]

-- The methods that a file of the binding gives to a class, as its C says.
local function methods_of(file, list)
  local input <close> = assert(io.open("bindings/lua/" .. file))
  local rows = input:read("a"):match("luaL_Reg " .. list .. "%[%] = {\n(.-)\n};")
  local names = {}
  for name in rows:gmatch '{ "([%l_]+)"' do
    names[#names + 1] = name
  end
  assert(#names > 0, file .. ": no methods were found")
  return names
end

-- Every method but close, called on what is closed.
local function check_methods(object, names, text)
  for _, name in ipairs(names) do
    if name ~= "close" then
      local err = raises(text, function() return object[name](object, 1, 1) end)
      check.contains(err, text)
    end
  end
end

local function closed_module()
  local mod = assert(bee.load(SOURCE))
  local _, program = next(mod.programs)
  local parts = { mod = mod, maps = mod.maps, vars = mod.vars, program = program }
  parts.counts, parts.events = mod.maps.counts, mod.maps.events
  parts.counts[1] = 1
  parts.link = assert(program:attach())
  parts.sub = assert(parts.events:on(function() end))
  parts.step, parts.walk = pairs(parts.counts)
  mod:close()
  return parts
end

local parts = closed_module()

test("a closed module says so in every method", function()
  check_methods(parts.mod, methods_of("module.c", "methods"), "module is closed")
  equal(tostring(parts.mod), "module (closed)")
  parts.mod:close()
end)

test("a map of a closed module says so in every method, of C and of Lua", function()
  local names = {}
  for name in pairs(core.map) do
    names[#names + 1] = name
  end
  assert(#names >= #methods_of("map.c", "methods"))
  check_methods(parts.counts, names, "module is closed")
  check_methods(parts.events, names, "module is closed")
  raises("module is closed", function() return parts.counts[1] end)
  raises("module is closed", function() parts.counts[1] = 2 end)
  raises("module is closed", function() parts.counts[1] = nil end)
  raises("module is closed", pairs, parts.counts)
  equal(tostring(parts.counts), "map (closed)")
end)

test("a program of a closed module says so in every method and field", function()
  check_methods(parts.program, methods_of("program.c", "program_methods"), "module is closed")
  raises("module is closed", function() return parts.program.name end)
  raises("module is closed", function() return parts.program.section end)
  equal(tostring(parts.program), "program (closed)")
end)

test("a link of a closed module, and a closed link, say so", function()
  check_methods(parts.link, methods_of("link.c", "methods"), "module is closed")
  parts.link:close()
  local mod <close> = assert(bee.load(SOURCE))
  local link = assert(select(2, next(mod.programs)):attach())
  link:close()
  check_methods(link, methods_of("link.c", "methods"), "link is closed")
  equal(tostring(link), "link (closed)")
  link:close()
end)

test("variables of a closed module say so", function()
  raises("module is closed", function() return parts.vars.hits end)
  raises("module is closed", function() parts.vars.hits = 1 end)
  raises("module is closed", pairs, parts.vars)
end)

test("a walk of a closed module says so", function()
  raises("module is closed", parts.step, parts.walk)
end)

test("a closed subscription keeps its count, and closes again", function()
  equal(parts.sub.lost, 0)
  parts.sub:close()
  raises("a subscription has no 'on'", function() return parts.sub.on end)
end)

test("a closed timer and a closed command say so", function()
  local timer = assert(bee.every(10, function() end))
  local command = assert(core.command({ "true" }, function() end))
  timer:close()
  command:close()
  check_methods(timer, methods_of("watch.c", "methods"), "timer is closed")
  check_methods(command, methods_of("watch.c", "methods"), "command is closed")
  equal(tostring(timer), "timer (closed)")
  timer:close()
  command:close()
end)

check.done()
