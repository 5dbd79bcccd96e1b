-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, raises, fails = check.test, check.equal, check.raises, check.fails
local loop = require "moonbee.loop"

-- Send this process a signal a moment later, from outside.
local function later(signal, seconds)
  os.execute(("(sleep %s; kill -%s %d) >/dev/null 2>&1 &"):format(seconds or 0.1, signal, check.pid))
end

test("a run of some seconds ends by itself", function()
  local ok, reason = bee.run { seconds = 0.05 }
  equal(ok, true)
  equal(reason, "seconds")
  equal(select(2, bee.run(0.01)), "seconds")
end)

test("SIGINT and SIGTERM end a run, and the script goes on", function()
  later("INT")
  equal(select(2, bee.run()), "signal")
  later("TERM")
  equal(select(2, bee.run { seconds = 10 }), "signal")
end)

test("a command's exit code is the result", function()
  equal(bee.run { command = { "true" } }, 0)
  equal(bee.run { command = { "sh", "-c", "exit 7" } }, 7)
  equal(bee.run { command = { "sh", "-c", "kill -KILL $$" } }, 128 + 9)
end)

test("a command that does not exist is an error value", function()
  local err = fails("no-such-command: No such file", bee.run { command = { "no-such-command" } })
  equal(err.code, "ENOENT")
end)

test("a command gets the signals that its run gets", function()
  later("TERM")
  local code, reason = bee.run { command = { "sleep", "10" } }
  equal(code, 128 + 15)
  equal(reason, "command")
end)

test("a command has the signal mask that the script had", function()
  local path = os.tmpname()
  bee.run { command = { "sh", "-c", "grep SigBlk /proc/self/status > " .. path } }
  local file <close> = assert(io.open(path))
  equal(file:read("l"), "SigBlk:\t0000000000000000")
  os.remove(path)
end)

test("a command is ended when its time is up", function()
  local _, reason = bee.run { seconds = 0.05, command = { "sleep", "100" } }
  equal(reason, "seconds")
end)

test("any descriptor is watched", function()
  local pipe <close> = assert(io.popen("sleep 0.05; echo buzz; sleep 0.3"))
  local line
  local watch <close> = assert(bee.watch(pipe, function()
    line = pipe:read("l")
    bee.stop()
  end))
  equal(select(2, bee.run(20)), "stop")
  equal(line, "buzz")
  watch:close()
  watch:close()
  raises("number expected", bee.watch, "x", print)
  equal(fails("watch: Bad file descriptor", bee.watch(12345, print)).code, "EBADF")
  local file <close> = assert(io.open("/proc/self/exe"))
  equal(fails("Operation not permitted", bee.watch(file, print)).code, "EPERM") -- always readable
end)

test("the mask is as before after a run", function()
  bee.run(0.01)
  for line in io.lines("/proc/self/status") do
    if line:find("^SigBlk") then
      equal(line, "SigBlk:\t0000000000000000")
    end
  end
end)

test("timers call, and stop ends the run", function()
  local count = 0
  local timer <close> = assert(bee.every(0.01, function()
    count = count + 1
    if count == 3 then
      bee.stop()
    end
  end))
  equal(select(2, bee.run()), "stop")
  equal(count, 3)
end)

test("a timer may close itself", function()
  local count = 0
  local timer
  timer = assert(bee.every(0.005, function()
    count = count + 1
    timer:close()
  end))
  bee.run(0.05)
  equal(count, 1)
end)

test("after calls once", function()
  local count = 0
  assert(bee.after(0.005, function() count = count + 1 end))
  bee.run(0.05)
  equal(count, 1)
end)

test("an error in a timer reaches the caller of run", function()
  local timer <close> = assert(bee.every(0.005, function() error("no time") end))
  check.contains(raises("no time", bee.run, 1), "stack traceback:")
  timer:close()
  equal(select(2, bee.run(0.01)), "seconds")
end)

test("an error ends the command too", function()
  local timer <close> = assert(bee.after(0.01, function() error("enough") end))
  raises("enough", bee.run, { command = { "sleep", "100" } })
end)

test("run does not run in itself", function()
  local timer <close> = assert(bee.every(0.005, function() bee.run(0.01) end))
  raises("bee.run is running already", bee.run, 1)
end)

test("run works in a coroutine", function()
  local co = coroutine.wrap(function()
    local timer <close> = assert(bee.after(0.005, bee.stop))
    return select(2, bee.run(1))
  end)
  equal(co(), "stop")
end)

test("a callback cannot yield, and says so", function()
  local timer <close> = assert(bee.every(0.005, function() coroutine.yield() end))
  raises("yields, which no callback of the loop can", coroutine.wrap(function() bee.run(1) end))
end)

test("options are checked", function()
  raises("bee.run: no option 'second' (did you mean 'seconds'?)", bee.run, { second = 1 })
  raises("bee.run: option 'seconds' is a number, got string", bee.run, { seconds = "1" })
  raises("above 0", bee.run, 0)
  raises("above 0", bee.every, -1, print)
  raises("a function is expected", bee.every, 1)
  raises("a command and its arguments", bee.run, { command = {} })
end)

test("dispatch serves a loop of one's own", function()
  local count = 0
  local timer <close> = assert(bee.every(0.005, function() count = count + 1 end))
  equal(math.type(bee.fd()), "integer")
  equal(bee.dispatch(1000), 1)
  equal(count, 1)
end)

test("lines of the trace pipe are taken apart, whatever the task is called", function()
  local line = "  some-odd task 1-1234    [001] d..31  1234.567890: bpf_trace_printk: a: b-2 [c]"
  local entry = loop.parse_trace(line)
  equal(entry.task, "some-odd task 1")
  equal(entry.pid, 1234)
  equal(entry.cpu, 1)
  equal(entry.time, 1234.56789)
  equal(entry.message, "a: b-2 [c]")
  entry = loop.parse_trace("           <...>-77      (     77) [000] ..... 1.5: bpf_trace_printk: x")
  equal(entry.task, "<...>")
  equal(entry.pid, 77)
  equal(entry.message, "x")
  equal(loop.parse_trace("CPU:1 [LOST 23 EVENTS]").message, "CPU:1 [LOST 23 EVENTS]")
end)

test("bpf_trace_printk reaches the script", function()
  local PID = 4200000 + check.pid -- above any in use
  local mod <close> = assert(bee.load([[
    TRACEPOINT_PROBE(syscalls, sys_enter_kill)
    {
        if (args->pid == PID)
            bpf_trace_printk("buzz %d %d\n", PID, args->sig);
        return 0;
    }
  ]], { define = { PID = PID } }))
  local lines = {}
  local pipe, err = bee.trace(function(entry)
    if entry.message:find("buzz " .. PID, 1, true) then
      lines[#lines + 1] = entry
    end
  end)
  assert(pipe, err)
  assert(mod:attach())
  bee.run { command = { "sh", "-c", ("kill -0 %d 2>/dev/null; true"):format(PID) } }
  bee.run(0.05)
  pipe:close()
  equal(#lines, 1)
  equal(lines[1].message, ("buzz %d 0"):format(PID))
  -- The kernel remembers the names of some tasks only.
  equal(lines[1].task == "sh" or lines[1].task == "<...>", true)
end)

check.done()
