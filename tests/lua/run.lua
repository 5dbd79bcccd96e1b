-- SPDX-License-Identifier: Apache-2.0
-- Runs every tests/lua/test_*.lua: by the command and, where the binding is built for it, by stock
-- lua5.4; once plainly, and once while garbage is collected all the time.
-- usage: moonbee tests/lua/run.lua [FILE...]
-- With BEE_QUICK in the environment, without that second time: garbage is none of a kernel's business.

local build = os.getenv("BEE_BUILD") or "build"
local is_sanitized = os.getenv("BEE_SANITIZE") == "ON"

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

local function list_files()
  local files = {}
  for line in assert(io.popen("ls tests/lua/test_*.lua")):lines() do
    files[#files + 1] = line
  end
  return files
end

-- name, and the command line before the file
local runners = {
  { "moonbee", "LUA_PATH='tests/lua/?.lua' " .. build .. "/moonbee" },
}
if not os.getenv("BEE_QUICK") then
  runners[#runners + 1] = {
    "moonbee, collecting",
    "BEE_GC_STRESS=200 LUA_PATH='tests/lua/?.lua' " .. build .. "/moonbee",
  }
end
-- A sanitized module needs a sanitized interpreter.
if exists(build .. "/lua/moonbee/core.so") and not is_sanitized then
  runners[#runners + 1] = {
    "lua5.4",
    ("LUA_PATH='lua/?.lua;lua/?/init.lua;tests/lua/?.lua' LUA_CPATH='%s/lua/?.so' lua5.4"):format(build),
  }
end

local failed = 0
for _, file in ipairs(#arg > 0 and arg or list_files()) do
  for _, runner in ipairs(runners) do
    print(("---- %s (%s)"):format(file, runner[1]))
    if not os.execute(runner[2] .. " " .. file .. " 2>&1") then
      failed = failed + 1
    end
  end
end
print(failed == 0 and "all files passed" or failed .. " runs failed")
os.exit(failed == 0 and 0 or 1, true)
