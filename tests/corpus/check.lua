-- SPDX-License-Identifier: Apache-2.0
-- moonbee check --json of BCC's own tools, their sources as BCC gets them: a program reads what it says,
-- and it says of each function that the tool attaches that it is verified.
-- usage: moonbee tests/corpus/check.lua [NAME]...

local json = require "moonbee.lib.dkjson"

local DIR = arg[0]:match("^(.*)/")
local MOONBEE = (os.getenv("BEE_BUILD") or "build") .. "/moonbee"
local FENTRY = { fentry = true, fexit = true }
local TOOLS = {
  "opensnoop", "execsnoop", "biolatency", "runqlat", "tcpconnect", "tcplife", "vfsstat", "cachestat", "syscount",
  "filelife", "statsnoop", "profile",
}

local function skip(reason)
  print("skipped: " .. reason)
  os.exit(77, true)
end

if not os.execute("test -r /usr/sbin/opensnoop-bpfcc") then
  skip("package bpfcc-tools is not installed (no /usr/sbin/opensnoop-bpfcc)")
elseif not os.execute("unshare --mount true 2>/dev/null") then
  skip("not root: `unshare --mount true` is refused")
end

-- The programs that extract.py writes: name, text, and the options of the command line for them.
local function read_programs(names)
  local pipe <close> = assert(io.popen(("unshare --mount /usr/bin/python3 %s/extract.py %s/runs %s"):format(DIR, DIR,
    table.concat(names, " "))))
  local list, program = {}, nil
  for line in pipe:lines() do
    local word, rest = line:match("^(%S+) (.*)$")
    if word == "program" then
      program = { name = rest, options = {}, functions = {} }
      list[#list + 1] = program
    elseif word == "define" then
      table.insert(program.options, ("-D '%s'"):format(rest))
    elseif word == "wish" then
      local fn, target = rest:match("^(%S+) (%S+)")
      if not program.functions[fn] then
        program.functions[fn] = true
        table.insert(program.options, ("--prog '%s=%s'"):format(fn, target))
      end
    elseif word == "text" then
      program.text = pipe:read(tonumber(rest))
      pipe:read("l")
    end
  end
  return list
end

-- What is wrong with what the command says of a program, or nil; and the number of its functions.
local function judge(program)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  assert(file:write(program.text))
  file:close()
  local pipe = assert(io.popen(("%s check --json %s %s"):format(MOONBEE, table.concat(program.options, " "), path)))
  local text = pipe:read("a")
  local _, _, code = pipe:close()
  os.remove(path)
  local said, _, err = json.decode(text)
  if not said then
    return "no JSON: " .. err .. ": " .. text
  end
  local missing, impossible = program.functions, false
  for _, row in ipairs(said.programs) do
    missing[row.name] = nil
    if not row.verified and row.possible == false and FENTRY[row.type] and row.reason:find "fentry" then
      impossible = true -- this kernel refuses what only the tool's variant for fentry asks for
    elseif not row.verified or math.type(row.insns) ~= "integer" or row.insns < 2 then
      return row.name .. ": not verified, or without instructions: " .. text
    end
  end
  if not said.compiled or said.verified == impossible or said.compile_ms <= 0 or code ~= (impossible and 3 or 0) then
    return ("exit code %d, %s"):format(code, text)
  end
  local name = next(missing)
  return name and "nothing is said of " .. name, #said.programs
end

-- opensnoop for fentry reads arguments of wrappers of system calls, which have but one: no kernel takes it.
local function is_sound(program)
  return program.name ~= "opensnoop.kfunc"
end

local names = #arg > 0 and arg or TOOLS
local passed, failed, functions = 0, 0, 0
for _, program in ipairs(read_programs(names)) do
  local wrong, count
  if is_sound(program) then
    wrong, count = judge(program)
  end
  if wrong then
    failed = failed + 1
    print(("FAIL  %s: %s"):format(program.name, wrong))
  elseif count then
    passed, functions = passed + 1, functions + count
    print(("ok    %s: %d functions"):format(program.name, count))
  end
end
print(("%d functions"):format(functions))
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed >= #names and 0 or 1, true)
