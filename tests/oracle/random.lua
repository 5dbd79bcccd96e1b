-- SPDX-License-Identifier: Apache-2.0
-- Random reads of kernel structs, a case for each seed. One that fails is kept where its message says.
-- usage: lua5.4 tests/oracle/random.lua BUILD CLANG BPFTOOL SEED...

local build, clang, bpftool = arg[1], arg[2], arg[3]
local here = arg[0]:match("^(.*)/") or "."
local folder = assert(io.popen("mktemp -d")):read("l")
local cases = {}
for i = 4, #arg do
  cases[#cases + 1] = ("%s/seed-%d.c"):format(folder, arg[i])
  assert(os.execute(("{ echo // probe reads; '%s/oracle_generate' %d 25; } >%s"):format(build, arg[i], cases[#cases])))
end
assert(#cases > 0, "no seeds given")
local ok = os.execute(("lua5.4 '%s/run.lua' '%s/oracle' '%s' '%s' %s"):format(here, build, clang, bpftool,
  table.concat(cases, " ")))
if ok then
  os.execute("rm -rf " .. folder)
end
os.exit(ok or false)
