-- SPDX-License-Identifier: Apache-2.0
-- Compile cases: NN-name.c (or .ll, .s), and NN-name.expect with what compile_case must print of it, line for line.
-- "..." in an expected line stands for any text, and alone on a line for any lines, or none. Lines that
-- begin with # are remarks.
--
-- usage: lua5.4 tests/compile/run.lua COMPILE_CASE CASE...             compare
--        lua5.4 tests/compile/run.lua --refresh COMPILE_CASE CASE...   write the expectation anew
-- Look at what --refresh wrote: an expectation is right because clang, the kernel or BCC documents it.

local refresh = arg[1] == "--refresh"
if refresh then
  table.remove(arg, 1)
end
local compile_case = table.remove(arg, 1)

-- The lines that a command prints, and its status when it fails.
local function lines_of(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  local ok, how, status = pipe:close()
  if not ok then
    lines[#lines + 1] = "compile_case: " .. how .. " " .. status
  end
  return lines
end

local function read_lines(path, skip_remarks)
  local lines = {}
  local file = assert(io.open(path))
  for line in file:lines() do
    if not (skip_remarks and line:find("^#")) then
      lines[#lines + 1] = line
    end
  end
  file:close()
  return lines
end

local function matches(line, expected)
  local pattern = expected:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("%%%.%%%.%%%.", ".*")
  return line:find("^" .. pattern .. "$") ~= nil
end

-- Do the lines got from g on agree with those expected from e on?
local function agree(got, expected, g, e)
  if not expected[e] then
    return not got[g]
  elseif expected[e] == "..." then
    return agree(got, expected, g, e + 1) or got[g] ~= nil and agree(got, expected, g + 1, e)
  end
  return got[g] ~= nil and matches(got[g], expected[e]) and agree(got, expected, g + 1, e + 1)
end

-- The remarks on top of an expectation outlive a refresh.
local function write_expect(path, got)
  local remarks = {}
  if io.open(path) then
    for _, line in ipairs(read_lines(path)) do
      if line:find("^#") then
        remarks[#remarks + 1] = line .. "\n"
      end
    end
  end
  local file = assert(io.open(path, "w"))
  file:write(table.concat(remarks), table.concat(got, "\n"), "\n")
  file:close()
end

local failed = 0
for _, case in ipairs(arg) do
  local path = case:gsub("%.%a+$", ".expect")
  local got = lines_of(("'%s' '%s'"):format(compile_case, case))
  if refresh then
    write_expect(path, got)
    print("wrote " .. path)
  elseif not agree(got, read_lines(path, true), 1, 1) then
    failed = failed + 1
    print(case .. " gave:\n  " .. table.concat(got, "\n  "))
    print("expected:\n  " .. table.concat(read_lines(path, true), "\n  "))
  end
end
if not compile_case or #arg == 0 then
  print("no cases given")
  os.exit(2)
end
os.exit(failed == 0)
