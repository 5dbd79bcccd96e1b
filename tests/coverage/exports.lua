-- SPDX-License-Identifier: Apache-2.0
-- Both libraries give exactly what moonbee.h declares, and each call is documented and has its manual.
-- What Lua can do C can: the binding calls nothing else.
-- usage: lua tests/coverage/exports.lua libmoonbee.so libmoonbee.a moonbee.3 libmoonbee_lua.a

local shared, static, manual, binding = table.unpack(arg)
local failed = 0

local function check(name, list)
  table.sort(list)
  print((#list == 0 and "ok    " or "FAIL  ") .. name)
  for _, one in ipairs(list) do
    print("      " .. one)
  end
  failed = failed + (#list > 0 and 1 or 0)
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local function lines_of(command)
  local pipe <close> = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  assert(#lines > 0, command .. ": nothing came")
  return lines
end

-- { name = true } of what nm lists; a version of symbols is none itself.
local function symbols(command)
  local names = {}
  for _, line in ipairs(lines_of(command)) do
    local kind, name = line:match "^%x+ (%a) ([^@]+)"
    if name and kind ~= "A" then
      names[name] = true
    end
  end
  return names
end

-- What stands in a and not in b.
local function without(a, b)
  local list = {}
  for name in pairs(a) do
    if not b[name] then
      list[#list + 1] = name
    end
  end
  return list
end

local header = read "src/moonbee.h"
local declared, undocumented = {}, {}
local count = 0
for before, call in header:gmatch "([^\n]*)\nBEE_API ([^;]*);" do
  local name = call:match "([%w_]+)%("
  declared[name] = true
  count = count + 1
  if not before:find "%*/$" then
    undocumented[#undocumented + 1] = name
  end
end
-- Two in a row: the first one's last line is the line before the second.
for line in header:gmatch "\nBEE_API [^\n]-([%w_]+)%(" do
  if not declared[line] then
    declared[line] = true
    count = count + 1
    undocumented[#undocumented + 1] = line
  end
end
print(count .. " calls are declared")
if count < 50 then
  check("moonbee.h is read", { "no more than " .. count .. " calls were found in it" })
end

local exported = symbols("nm -D --defined-only " .. shared)
check("the shared library exports nothing that moonbee.h does not declare", without(exported, declared))
check("the shared library exports all that moonbee.h declares", without(declared, exported))
local archived = symbols("nm -g --defined-only " .. static)
for name in pairs(archived) do
  if name:find "^__asan" or name:find "^__odr_asan" then
    archived[name] = nil -- what AddressSanitizer adds to all objects
  end
end
check("the archive shows nothing that moonbee.h does not declare", without(archived, declared))
check("the archive has all that moonbee.h declares", without(declared, archived))

local needed = {}
for _, line in ipairs(lines_of("readelf -d " .. shared)) do
  local name = line:match "NEEDED.*%[(.*)%]"
  if name and (name:find "LLVM" or name:find "clang" or name:find "bpf") then
    needed[#needed + 1] = name
  end
end
check("neither LLVM nor a libbpf is needed at run time", needed)
local undefined = {}
for _, line in ipairs(lines_of("nm -u " .. shared .. " " .. static)) do
  local name = line:match "U ([^@]+)"
  if name and (name:find "^LLVM" or name:find "^bpf_" or name:find "^libbpf_" or name:find "^btf_") then
    undefined[#undefined + 1] = name
  end
end
check("neither LLVM nor libbpf is missing inside", undefined)

local called, uses = {}, 0
for _, line in ipairs(lines_of("nm -u " .. binding)) do
  local name = line:match "U (bee_[%w_]+)"
  if name then
    called[name] = true
    uses = uses + 1
  end
end
assert(uses > 20, "the binding's calls were not found")
check("the Lua binding calls nothing but what moonbee.h declares", without(called, declared))

check("every call has a comment of its own in moonbee.h", undocumented)
local page, unwritten = read(manual), {}
for name in pairs(declared) do
  local text = page:match("\n%.Fo " .. name .. "\n.-\n%.Fc\n%.Xc\n([^\n]+)")
  if not text or text:find "^%." and not text:find "^%.F" then
    unwritten[#unwritten + 1] = name
  end
end
check("every call stands in the manual, with what it does", unwritten)
os.exit(failed == 0 and 0 or 1)
