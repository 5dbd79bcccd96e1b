-- SPDX-License-Identifier: Apache-2.0
-- moonbee-lua(3) against what scripts have: each function of require "moonbee", each method that a class
-- registers, each option of bee.load; and nothing else.
-- usage: moonbee tests/coverage/lua.lua src/man/moonbee-lua.3

local bee = require "moonbee"
local core = require "moonbee.core"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

-- The C tables of methods: file, table, and what the page calls an object of that class.
local classes = {
  { "module.c", "methods", "module" },
  { "program.c", "program_methods", "program" },
  { "link.c", "methods", "link" },
  { "watch.c", "methods", "watch" },
  { "u64.c", "methods", "u64" },
  { "map.c", "methods", "map" },
}

-- Tables of functions that lua/moonbee/ passes on under names of its own, or keeps; of metamethods.
local others = { functions = true, metamethods = true }

local wanted = {}

local function want(name)
  wanted[name] = "is not in the page"
end

-- The names in each luaL_Reg table of a file.
local function tables_of(file)
  local found = {}
  for name, body in read("bindings/lua/" .. file):gmatch("luaL_Reg ([%w_]+)%[%] = (%b{})") do
    found[name] = {}
    for entry in body:gmatch('{ "([%w_]+)",') do
      table.insert(found[name], entry)
    end
  end
  return found
end

local known = {}
for _, class in ipairs(classes) do
  local file, name, prefix = table.unpack(class)
  known[file .. name] = true
  for _, entry in ipairs(assert(tables_of(file)[name], file .. ": no table " .. name)) do
    want(prefix .. ":" .. entry)
  end
end
-- A new table of methods is one that this test must be told of.
for path in assert(io.popen("ls bindings/lua/*.c")):lines() do
  local file = path:match("[^/]*$")
  for name in pairs(tables_of(file)) do
    local kind = name:match("[a-z]*$")
    if not known[file .. name] and not others[kind] then
      wanted[file .. ": " .. name] = "is a table of methods that this test does not know"
    end
  end
end

-- What Lua adds: to maps by core.map, and all of init.lua. A subscription's methods are in its __index.
for name in pairs(core.map) do
  want("map:" .. name)
end
want "subscription:close"
for name, value in pairs(bee) do
  want("bee." .. name)
  assert(type(value) == "function" or name == "version")
end
for _, list in ipairs { "LOAD", "COMPILE" } do
  for name in read("lua/moonbee/load.lua"):match("local " .. list .. " = (%b{})"):gmatch("([%a_]+) = \"") do
    want("option " .. name)
  end
end

-- What the page has. The options of bee.load stand in the list behind "are fields of a table".
local page = read(arg[1])
local first, last = page:find("are fields of a table:\n.Bl.-\n.El")
local count, wrong = 0, {}

local function take(name)
  count = count + 1
  if not wanted[name] then
    wrong[#wrong + 1] = name .. " is in the page, and nowhere else"
  end
  wanted[name] = nil
end

for name in page:gmatch("\n%.It Fn (%S+)") do
  take(name)
end
for name in page:sub(first, last):gmatch("\n%.It Li (%S+)") do
  take("option " .. name)
end
take(page:match("\n%.It Li (bee%.version)\n"))
for name, what in pairs(wanted) do
  wrong[#wrong + 1] = name .. " " .. what
end

table.sort(wrong)
print(table.concat(wrong, "\n"))
print(("%d names, %d wrong"):format(count, #wrong))
os.exit(#wrong == 0 and count > 50 and 0 or 1, true)
