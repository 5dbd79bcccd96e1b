-- SPDX-License-Identifier: Apache-2.0
-- The loop that serves events and timers, and what a script puts into it.

local core = require "moonbee.core"
local options = require "moonbee.options"

local loop = {}

-- Events served before signals and timers get their turn again.
local BUDGET = 4096

-- The run under way, or nil.
local current

local function check_function(fn, where)
  if type(fn) ~= "function" then
    error(("%s: a function is expected, got %s"):format(where, type(fn)), 3)
  end
end

local function check_seconds(seconds, where)
  if type(seconds) ~= "number" or not (seconds > 0 and seconds < 1e9) then
    error(("%s: a number of seconds above 0 is expected, got %s"):format(where, tostring(seconds)), 3)
  end
end

-- ---- Timers --------------------------------------------------------------------------------

function loop.every(seconds, fn)
  check_seconds(seconds, "bee.every")
  check_function(fn, "bee.every")
  return core.timer(seconds, true, fn)
end

function loop.after(seconds, fn)
  check_seconds(seconds, "bee.after")
  check_function(fn, "bee.after")
  local timer, err
  timer, err = core.timer(seconds, false, function()
    timer:close()
    fn()
  end)
  return timer, err
end

-- ---- The run -------------------------------------------------------------------------------

local function finish(run, reason)
  run.reason = run.reason or reason
  core.stop()
end

-- Ctrl-C reaches a command by itself, since the terminal sends it to all; other signals are passed
-- on. The run ends with the command then, or with the second signal.
local function on_signal(run, signo, from_terminal)
  if run.command and not run.has_signal then
    run.has_signal = true
    if not from_terminal then
      run.command:kill(signo)
    end
  else
    finish(run, "signal")
  end
end

-- Serve what is there until there is no more, or somebody stops the run.
local function drain(run)
  while not run.is_stopped do
    local count, err = core.dispatch(0, BUDGET)
    if not count then
      return nil, err
    elseif count == 0 then
      return true
    end
  end
  return true
end

local function serve(run, opts)
  local signals <close> = assert(core.signals(function(...) on_signal(run, ...) end))
  local timer <close> = opts.seconds and assert(core.timer(opts.seconds, false, function()
    finish(run, "seconds")
  end))
  if opts.command then
    local err
    run.command, err = core.command(opts.command, function(code)
      run.code = code
      finish(run, "command")
    end)
    if not run.command then
      return nil, err
    end
  end
  local command <close> = run.command
  while not run.reason and not (opts.is_done and opts.is_done()) do
    local count, err = core.dispatch(-1, BUDGET)
    if not count then
      return nil, err
    end
  end
  -- What the command did last may still stand in the buffers.
  if run.reason == "command" then
    local ok, err = drain(run)
    if not ok then
      return nil, err
    end
  end
  return run.code or true, run.reason
end

-- Serve as the one run under way.
local function run_alone(opts)
  if current then
    error("bee.run is running already", 3)
  end
  local scope <close> = setmetatable({}, { __close = function() current = nil end })
  current = {}
  return serve(current, opts)
end

-- Serve events until is_done() says so: true. Else the second result says what came before that.
function loop.wait(is_done)
  if current then
    error("events are waited for inside of a callback: use a coroutine", 2)
  end
  return run_alone { is_done = is_done }
end

local RUN = { seconds = "number", command = "table" }

-- Serve events until Ctrl-C, SIGTERM or bee.stop(); for some seconds; or until a command ends, whose
-- exit code it returns. Else it returns true. The second result says what ended it.
function loop.run(opts)
  if type(opts) == "number" then
    opts = { seconds = opts }
  end
  opts = options.check(opts, RUN, "bee.run")
  if opts.seconds then
    check_seconds(opts.seconds, "bee.run")
  end
  return run_alone(opts)
end

function loop.stop()
  if current then
    current.is_stopped = true
    finish(current, "stop")
  else
    core.stop()
  end
end

-- ---- The trace pipe ------------------------------------------------------------------------

-- "  some task-123   (  100) [001] d..31 12.345678: bpf_trace_printk: text"; the task may hold anything.
local LINE = "^%s*(.-)%-(%d+)%s+(.-)%[(%d+)%]%s+(%S+)%s+(%d+%.%d+):%s+([^:]+):%s?(.*)$"

local function parse(line)
  local task, pid, _, cpu, flags, time, from, message = line:match(LINE)
  if not task then
    return { message = line, line = line }
  end
  return {
    task = task,
    pid = tonumber(pid),
    cpu = tonumber(cpu),
    flags = flags,
    time = tonumber(time),
    from = from,
    message = message,
    line = line,
  }
end

local function print_line(entry)
  if entry.task then
    print(("%s-%d [%03d] %.6f: %s"):format(entry.task, entry.pid, entry.cpu, entry.time, entry.message))
  else
    print(entry.message)
  end
end

-- Call fn(entry) for each line that programs write with bpf_trace_printk: entry has task, pid, cpu,
-- time and message. Without fn, lines are printed. The pipe is one for the whole machine.
function loop.trace(fn)
  fn = fn or print_line
  check_function(fn, "bee.trace")
  local rest = ""
  return core.trace(function(chunk)
    local text = rest .. chunk
    local at = 1
    for line, next_at in text:gmatch("([^\n]*)\n()") do
      at = next_at
      rest = ""
      if line ~= "" then
        fn(parse(line))
      end
    end
    rest = text:sub(at)
  end)
end

-- For tests.
loop.parse_trace = parse

return loop
