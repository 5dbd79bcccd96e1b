-- SPDX-License-Identifier: Apache-2.0
-- Cases of the command line, as text: tests/cli/*.test. A case is
--
--   NAME  a sentence that is true
--   RUN   shell text, where moonbee is the one that was built; several RUN lines are one text
--   EXIT  the exit code; 0 when not said
--   OUT   a part of a line of stdout; several are found in this order. "OUT" alone: stdout is empty
--   ERR   the same of stderr
--   NEED  a shell command without which the case is skipped
--
-- where what is said begins in column 7, and ends at an empty line. # begins a remark.
-- usage: moonbee tests/cli/run.lua [FILE...]

local build = os.getenv("BEE_BUILD") or "build"
if build:sub(1, 1) ~= "/" then
  build = assert(io.popen("pwd")):read("l") .. "/" .. build
end

local function read_cases(path)
  local cases, case = {}, nil
  for line in io.lines(path) do
    local word, rest = line:match("^%u+"), line:sub(7)
    if line == "" then
      case = nil
    elseif word == "NAME" then
      case = { name = rest, RUN = {}, OUT = {}, ERR = {}, EXIT = { "0" }, NEED = {} }
      cases[#cases + 1] = case
    elseif word == "EXIT" then
      case.EXIT = { rest }
    elseif not line:find("^#") then
      assert(case and case[word], path .. ": a line that is no part of a case: " .. line)
      table.insert(case[word], rest)
    end
  end
  return cases
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local function shell(text, out, err)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  assert(file:write("PATH=", build, ":$PATH\n", text, "\n"))
  file:close()
  local _, how, code = os.execute(("timeout 60 sh %s >%s 2>%s </dev/null"):format(path, out, err))
  os.remove(path)
  return how == "signal" and 128 + code or code
end

-- What is wrong with a stream, or nil.
local function mismatch(what, text, parts)
  local at = 1
  for _, part in ipairs(parts) do
    if part == "" and text ~= "" then
      return what .. " is not empty"
    end
    local _, last = text:find(part, at, true)
    if not last then
      return ("%s does not hold %q"):format(what, part)
    end
    at = last + 1
  end
end

local function run_case(case, out, err)
  local code = shell(table.concat(case.RUN, "\n"), out, err)
  local stdout, stderr = read(out), read(err)
  local wrong = tostring(code) ~= case.EXIT[1] and ("exit code %d, wanted %s"):format(code, case.EXIT[1])
    or mismatch("stdout", stdout, case.OUT)
    or mismatch("stderr", stderr, case.ERR)
  return wrong and ("%s\n--- stdout\n%s--- stderr\n%s---"):format(wrong, stdout, stderr)
end

local function list_files()
  local files = {}
  for line in assert(io.popen("ls tests/cli/*.test")):lines() do
    files[#files + 1] = line
  end
  return files
end

local out, err = os.tmpname(), os.tmpname()
local passed, failed, skipped = 0, 0, 0
for _, file in ipairs(#arg > 0 and arg or list_files()) do
  for _, case in ipairs(read_cases(file)) do
    local need = case.NEED[1]
    if need and shell(need, "/dev/null", "/dev/null") ~= 0 then
      skipped = skipped + 1
      print(("skip  %s: no '%s' here"):format(case.name, need))
    else
      local wrong = run_case(case, out, err)
      if wrong then
        failed = failed + 1
        print(("FAIL  %s: %s: %s"):format(file, case.name, wrong))
      else
        passed = passed + 1
        print("ok    " .. case.name)
      end
    end
  end
end
os.remove(out)
os.remove(err)
print(("%d passed, %d failed, %d skipped"):format(passed, failed, skipped))
os.exit(failed == 0 and 0 or 1, true)
