-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, raises, fails = check.test, check.equal, check.raises, check.fails

local HERE = debug.getinfo(1, "S").short_src

test("a syntax error is told at its line in this file", function()
  local line = debug.getinfo(1, "l").currentline
  local err = fails("expected", bee.load [[
    int fine;
    int x = ;
  ]])
  equal(err.file, HERE)
  equal(err.line, line + 3)
  equal(err.column, 13)
  equal(err.stage, "compile")
  equal(err.severity, "error")
  equal(err.code, "EINVAL")
  check.contains(err.source, "int x = ;")
  check.contains(err, ("%s:%d:13: error: "):format(HERE, line + 3))
  equal(#err.diagnostics >= 1, true)
  equal(err.diagnostics[1].message, err.message)
end)

test("a text that is not found in the file is named <bpf>", function()
  check.contains(fails("expected", bee.load("int" .. " z = ;")), "<bpf>:1:")
end)

test("name and line may be said", function()
  check.contains(fails("expected", bee.load("\nint y = ;", { name = "tool.c", line = 40 })), "tool.c:41:")
end)

test("an unknown field is named", function()
  fails("no member named 'pidd' in 'struct event'", bee.load [[
    struct event { u32 pid; };
    TRACEPOINT_PROBE(syscalls, sys_enter_kill)
    {
        struct event e = {};
        return e.pidd;
    }
  ]])
end)

test("what the verifier refuses is explained, and its log kept whole", function()
  local err = fails("the verifier refused", bee.load [[
    BPF_HASH(counts, u32, u64);
    TRACEPOINT_PROBE(syscalls, sys_enter_kill)
    {
        u32 key = 1;
        u64 *value = counts.lookup(&key);

        *value += 1;
        return 0;
    }
  ]])
  equal(err.stage, "load")
  equal(err.code, "EACCES")
  equal(err.file, HERE)
  equal(#err.log > 200, true)
  equal(type(err.hint), "string")
end)

test("a target that does not exist is named", function()
  local mod <close> = assert(bee.load([[
    int on_event(void *ctx) { return 0; }
  ]], { attach = { on_event = "tracepoint:sched:sched_swotch" } }))
  local err = fails("sched_swotch", mod:attach())
  equal(err.stage, "attach")
  equal(err.code, "ENOENT")
  fails("no_such_function", mod:attach("on_event", "uprobe:libc.so.6:no_such_function"))
end)

test("an error without a place in the C has that of the script's call", function()
  local mod <close> = assert(bee.load([[
    BPF_HASH(placed);
    int on_event(void *ctx) { return 0; }
  ]], { attach = { on_event = "tracepoint:sched:sched_swotch" } }))
  local line = debug.getinfo(1, "l").currentline + 1
  local err = fails("", mod:attach())
  equal(err.file, HERE)
  equal(err.line, line)
  equal(tostring(err):find(("%s:%d: cannot attach"):format(HERE, line), 1, true), 1)
  equal(err.message:find(HERE, 1, true), nil)
  err = fails("", bee.list("tracepoint:sched:sched_swotch"))
  equal(err.line, line + 5)
  err = fails("", mod.maps.placed:get(1))
  equal(err.text, ("%s:%d: map 'placed': no such key"):format(HERE, line + 7))
end)

test("habits of BCC's users are told the way", function()
  local mod <close> = assert(bee.load "BPF_HASH(counts, u32, u64); BPF_HISTOGRAM(dist);")
  raises("no bee.BPF: the way is bee.load(source)", function() return bee.BPF end)
  raises("the way is mod:attach(", function() mod:attach_kprobe("f", "x") end)
  raises("the way is mod.maps.NAME", function() return mod:get_table("counts") end)
  raises("mod.maps.NAME:on(fn), then bee.run()", function() mod:perf_buffer_poll() end)
  raises("a module has no 'counts': the map is mod.maps.counts", function() return mod["counts"] end)
  raises("a module has no 'atach' (did you mean 'attach'?)", function() mod:atach() end)
  raises("for key, value in pairs(map) do", function() mod.maps.counts:items() end)
  raises("print(map:hist(", function() mod.maps.dist:print_log2_hist "usecs" end)
  raises("did you mean 'clear'?", function() mod.maps.dist:claer() end)
  equal(bee.no_such_thing, nil)
end)

test("a program that is not there is a mistake, told with the nearest name", function()
  local mod <close> = assert(bee.load [[
    TRACEPOINT_PROBE(syscalls, sys_enter_kill) { return 0; }
  ]])
  local name = next(mod.programs)
  raises("no program 'on_event' in this module", mod.attach, mod, "on_event", "interval:1s")
  raises("did you mean '" .. name .. "'?", mod.attach, mod, name .. "x")
  raises("no program 'x' in this module", function() return mod.programs.x end)
  raises("a module has no 'attache'", function() return mod.attache end)
end)

test("programs know their names and sections, and give links", function()
  local mod <close> = assert(bee.load [[
    TRACEPOINT_PROBE(syscalls, sys_enter_kill) { return 0; }
  ]])
  local name, program = next(mod.programs)
  equal(program.name, name)
  equal(program.section, "tracepoint/syscalls/sys_enter_kill")
  equal(math.type(program:fd()), "integer")
  local link <close> = assert(program:attach())
  equal(link:target(), "tracepoint:syscalls:sys_enter_kill")
  link:close()
  link:close()
  raises("link is closed", link.target, link)
  local other = assert(program:attach("tracepoint:syscalls:sys_enter_kill"))
  mod:close()
  other:close()
  raises("module is closed", other.target, other)
  raises("module is closed", program.attach, program)
  raises("module is closed", function() return program.name end)
end)

test("optional wishes are left out where the kernel cannot", function()
  local mod <close> = assert(bee.load([[
    int on_kill(void *ctx) { return 0; }
    int on_probe(struct pt_regs *ctx) { return 0; }
  ]], { attach = {
    on_kill = "tracepoint:syscalls:sys_enter_kill",
    on_probe = { "kprobe:no_such_function_at_all", optional = true },
  } }))
  equal(assert(mod:attach()) >= 1, true)
end)

test("a module without a program to attach says so", function()
  local mod <close> = assert(bee.load "int x;")
  equal(fails("", mod:attach()).code, "ENOENT")
end)

test("an empty source, a NUL and 10 MB are told", function()
  local mod, err = bee.load("")
  if mod then
    mod:close()
  else
    equal(getmetatable(err), "moonbee.error")
  end
  fails("NUL", bee.load("int x;\0int y;"))
  fails("", bee.load(("/* long */\n"):rep(1000000)))
end)

test("options are checked, and name what is wrong", function()
  raises("bee.load: no option 'atach' (did you mean 'attach'?)", bee.load, "", { atach = {} })
  raises("bee.load: option 'const' is a table, got number", bee.load, "", { const = 1 })
  raises("bee.load: option 'const': x is an integer, got 1.5", bee.load, "", { const = { x = 1.5 } })
  raises("bee.load: option 'define': X is a string, an integer or true", bee.load, "", { define = { X = {} } })
  raises("bee.load: option 'attach': f: a target is text", bee.load, "", { attach = { f = 1 } })
  raises("bee.load: option 'attach': f: no option 'optiona'", bee.load, "",
    { attach = { f = { "kprobe:x", optiona = true } } })
  raises("a table of options is expected", bee.load, "", 5)
  raises("a string of C source is expected, got nil", bee.load)
end)

test("a mistake is told at the script's line", function()
  local line = debug.getinfo(1, "l").currentline + 1
  local err = raises("no option", function() local m = bee.load("", { x = 1 }) return m end)
  check.contains(err, ("%s:%d:"):format(HERE, line))
  line = debug.getinfo(1, "l").currentline + 1
  err = raises("is an integer", function() local m = bee.load("", { const = { x = {} } }) return m end)
  check.contains(err, ("%s:%d:"):format(HERE, line))
end)

test("a const that is not there is named", function()
  check.contains(fails("", bee.load("int x;", { const = { nothing = 1 } })), "nothing")
end)

test("defines reach the compiler", function()
  local mod <close> = assert(bee.load([[
    int a = NUMBER;
    char b[] = TEXT;
    #ifdef FLAG
    int c = 1;
    #endif
  ]], { define = { NUMBER = 42, TEXT = '"hi"', FLAG = true } }))
  equal(mod.vars.a, 42)
  equal(mod.vars.b, "hi")
  equal(mod.vars.c, 1)
end)

test("compile gives an object, which load_object loads", function()
  local elf = assert(bee.compile("int x = 3;"))
  equal(elf:sub(1, 4), "\127ELF")
  local mod <close> = assert(bee.load_object(elf))
  equal(mod.vars.x, 3)
  fails("", bee.load_object("no ELF"))
end)

test("warnings are kept", function()
  local mod <close> = assert(bee.load [[
    #warning "look here"
    int x;
  ]])
  equal(#mod.warnings, 1)
  check.contains(mod.warnings[1].message, "look here")
  equal(mod.warnings[1].severity, "warning")
end)

test("errors print, join and are error objects", function()
  local err = select(2, bee.load "int x = ;")
  equal(tostring(err), err.text)
  equal("say: " .. err, "say: " .. err.text)
  equal(getmetatable(err), "moonbee.error")
end)

test("a module closes twice, by any way", function()
  local mod = assert(bee.load "int x;")
  equal(tostring(mod), "module (open)")
  mod:close()
  mod:close()
  equal(tostring(mod), "module (closed)")
  raises("module is closed", mod.attach, mod)
end)

test("setup comes before all else", function()
  raises("setup comes too late", bee.setup, { compiler = "/nowhere" })
end)

check.done()
