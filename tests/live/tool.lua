-- SPDX-License-Identifier: Apache-2.0
-- What the tests of BCC's own tools share: a tool's C is taken from its script, loaded by moonbee with the
-- attach points of its Python, and what it reports of a workload is held against what others say of that.
local bee = require "moonbee"
local check = require "check"

local tool = {}

local PYTHON = "/usr/bin/python3"
local EXTRACT = "tests/corpus/extract.py"

local function read_all(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end
tool.read_all = read_all

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- A folder of this run's own, for workloads.
tool.folder = assert(io.popen("mktemp -d")):read("l")

function tool.finish()
  os.execute("rm -rf " .. quote(tool.folder))
end

-- ---- The tool ------------------------------------------------------------------------------

-- The next program that extract.py writes: its name, C and macros.
local function read_program(pipe)
  local name, define, size = nil, {}, nil
  for line in pipe:lines() do
    name = line:match("^program (.*)") or name
    local key, value = line:match("^define ([^=]*)=?(.*)$")
    if key then
      define[key] = value ~= "" and value or true
    end
    size = line:match("^text (%d+)$")
    if size then
      local source = pipe:read(tonumber(size))
      pipe:read(1)
      return name, source, define
    end
  end
end

-- What each of these tools would give to BCC, by name and arguments.
local programs = {}

local function extract(list)
  local path = tool.folder .. "/runs"
  do
    local file <close> = assert(io.open(path, "w"))
    for _, row in ipairs(list) do
      file:write(row[1], "\t", row[2], "\n")
    end
  end
  local args = {}
  for _, row in ipairs(list) do
    args[row[1]] = row[2]
  end
  local pipe <close> = assert(io.popen(("unshare --mount %s %s %s 2>&1"):format(PYTHON, EXTRACT, path)))
  for name, source, define in read_program, pipe do
    programs[name .. " " .. (args[name] or "")] = { source = source, define = define }
  end
end

-- Tools that will be asked for without arguments: a script is started once for all of them.
function tool.announce(names)
  local list = {}
  for i, name in ipairs(names) do
    list[i] = { name, "" }
  end
  extract(list)
end

-- Load and attach. What this kernel has no hook for is skipped, with the kernel's own words.
function tool.load(name, args, attach)
  local key = name .. " " .. args
  if not programs[key] then
    extract { { name, args } }
  end
  local program = programs[key] or error(name .. ": the script gave no program")
  local mod = assert(bee.load(program.source, { name = name .. ".c", define = program.define, attach = attach }))
  local ok, err = mod:attach()
  if not ok and err.code == "EOPNOTSUPP" then
    mod:close()
    check.skip(tostring(err))
  end
  assert(ok, err)
  return mod
end

-- The events of a map so far, in a list that grows.
function tool.collect(map)
  local events = {}
  assert(map:on(function(e) events[#events + 1] = bee.table(e) end))
  return events
end

-- ---- Workloads -----------------------------------------------------------------------------

-- Run a shell script, and serve events until it has ended. Gives what it prints.
function tool.run(script)
  local out = tool.folder .. "/out"
  local code = bee.run { command = { "sh", "-c", "{ " .. script .. "\n} >" .. quote(out) } }
  if code ~= 0 then
    error(("the workload ended with %s: %s"):format(tostring(code), script), 2)
  end
  -- What a probe has put out last may still be on its way from another CPU.
  bee.run(0.1)
  return read_all(out)
end

-- A shell script that waits to be let go, so that its pid is known before. go() lets it run, serves
-- events until it has ended, and gives what it printed.
function tool.waiting(script)
  local pid_path, go, out = tool.folder .. "/pid", tool.folder .. "/go", tool.folder .. "/waiting"
  os.execute(("cd %s && rm -f pid go waiting && mkfifo go waiting"):format(tool.folder))
  local pipe = assert(io.popen(("echo $$ >%s.new; mv %s.new %s; read _ <%s; exec >%s\n%s"):format(
    pid_path, pid_path, pid_path, go, out, script)))
  local pid
  repeat
    local file <close> = io.open(pid_path)
    pid = file and file:read("n")
  until pid
  -- One that was never let go is ended with its test.
  local work = setmetatable({ pid = pid }, { __close = function() os.execute("kill " .. pid .. " 2>/dev/null") end })
  -- The pipe that it prints to is closed when it ends.
  function work.go()
    local said = tool.run(("echo >%s; cat %s"):format(go, out))
    pipe:close()
    return said
  end
  return work
end

-- Compile a C workload; gives the program's path.
function tool.compile(name, source)
  local path = tool.folder .. "/" .. name
  do
    local file <close> = assert(io.open(path .. ".c", "w"))
    file:write(source)
  end
  assert(os.execute(("cc -O0 -o %s %s.c"):format(quote(path), quote(path))))
  return path
end

-- A dd of whole blocks that passes the page cache: from a disk, or to a file where none can be read. Gives the
-- error where neither can be had.
function tool.direct_io(size, count)
  local disks = io.popen("ls /dev/nvme?n? /dev/vd? /dev/sd? 2>/dev/null"):read("a")
  local file = ("if=/dev/zero of=%s/blocks oflag=direct"):format(tool.folder)
  local reason
  for place in disks:gsub("(%S+)", "if=%1 of=/dev/null iflag=direct"):gsub("$", file):gmatch("[^\n]+") do
    local ok, err = pcall(tool.run, ("dd %s bs=%s count=%d 2>&1"):format(place, size, count))
    if ok then
      return true
    end
    reason = err
  end
  return nil, reason
end

-- ---- Checks --------------------------------------------------------------------------------

function tool.find(list, predicate)
  for _, item in ipairs(list) do
    if predicate(item) then
      return item
    end
  end
end

-- The one event of a process, or an error that tells what came instead.
function tool.event_of(events, pid, what)
  local found = tool.find(events, function(e) return e.pid == pid end)
  return found or error(("no event of %s (process %d) among %d"):format(what, pid, #events), 2)
end

function tool.between(what, value, low, high)
  if not value or value < low or value > high then
    error(("%s is %s, wanted %s to %s"):format(what, tostring(value), tostring(low), tostring(high)), 2)
  end
end

return tool
