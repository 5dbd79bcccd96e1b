-- SPDX-License-Identifier: Apache-2.0
-- What the files of tests/guide share: a section lists the names of its entries, and each has cases.
--
--     section("Maps", { "map.lookup()", ... })
--     case("map.lookup()", { [[ declarations ]], [[ body of a program ]], gives = 42 })
--
-- A case is C of our own in BCC's dialect, which is compiled, loaded and, where the kernel can run it, run:
--
--     [1]       the source; [2] the body of a program behind it, which a test runs
--     gives     what that program returns
--     check     a function of the module, for all else that can be seen
--     needs     the hook without which the kernel cannot have it; symbol, its function; module, its module;
--               map, the declaration of one, which the kernel must take by itself
--     fails     a list of texts that the error must hold: the source is refused
--     attach, cflags, define   options of bee.load
--
-- A case of what the guide tells of Python has `lua`, a function, in a source's place; `documented`, the
-- functions that moonbee-lua.3 must have for it; and `habits`, BCC's names, of which an error tells the way.
local bee = require "moonbee"
local check = require "check"
local core = require "moonbee.core"

local guide = { sections = {}, cases = {} }

-- A section that is `own` has names of ours: the guide tells of it in one text, or not at all.
function guide.section(title, names, own)
  table.insert(guide.sections, { title = title, names = names, own = own, has = {} })
end

local function lists(section, name)
  for _, listed in ipairs(section.names) do
    if listed == name then
      return true
    end
  end
end

-- The section that lists a name: the last one, or one before.
local function section_of(name)
  for i = #guide.sections, 1, -1 do
    if lists(guide.sections[i], name) then
      return guide.sections[i]
    end
  end
  error(("'%s' is no entry"):format(name), 3)
end

function guide.case(name, row)
  row.section, row.name = section_of(name), name
  row.section.has[name] = true
  table.insert(guide.cases, row)
end

-- A file of cases may give a function that removes what it has made.
local cleaners = {}
function guide.add(cleaner)
  cleaners[#cleaners + 1] = type(cleaner) == "function" and cleaner or nil
end

function guide.clean()
  for _, cleaner in ipairs(cleaners) do
    cleaner()
  end
end

-- ---- What this kernel lacks ----------------------------------------------------------------

local hooks = {}
for _, hook in ipairs(bee.hooks()) do
  hooks[hook.name] = hooks[hook.name] or hook
end

local function has_symbol(name)
  for line in io.lines("/proc/kallsyms") do
    if line:match("^%x+ %a (%S+)") == name then
      return true
    end
  end
end

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

-- What the kernel says to a map by itself, where it refuses it.
local function refusal(declaration)
  local mod <close>, err = bee.load(declaration)
  return not mod and tostring(err) or nil
end

-- Why this kernel cannot have what a case needs, or nil.
local function lacks(row)
  local hook = hooks[row.needs]
  if hook and not hook.usable then
    return hook.reason
  elseif row.symbol and not has_symbol(row.symbol) then
    return ("/proc/kallsyms has no %s"):format(row.symbol)
  elseif row.module and not exists("/sys/kernel/btf/" .. row.module) then
    return ("there is no /sys/kernel/btf/%s"):format(row.module)
  end
  return row.map and refusal(row.map)
end

-- ---- One case ------------------------------------------------------------------------------

local PROGRAM = "%s\nRAW_TRACEPOINT_PROBE(sys_enter)\n{\n%s\n}\n"

local function source_of(row)
  return row[2] and PROGRAM:format(row[1], row[2]) or row[1]
end

-- What the program of a case returns, when a test runs it.
function guide.run(mod)
  return assert(mod.programs.raw_tracepoint__sys_enter:test_run {}).retval
end

-- Serve events until what is awaited has come, as it will on a machine that is not busy at once.
function guide.await(has_come)
  for _ = 1, 200 do
    bee.run(0.02)
    if has_come() then
      return
    end
  end
end

local function must_fail(row, options)
  local mod, err = bee.load(source_of(row), options)
  if mod then
    mod:close()
    error("it was loaded, and should be refused", 0)
  end
  for _, text in ipairs(row.fails) do
    check.contains(tostring(err), text)
  end
end

-- What the kernel has no hook for compiles all the same, and is verified where the kernel has its type.
local function must_compile(row, options)
  local elf = assert(bee.compile(source_of(row), options))
  local hook = hooks[row.needs]
  if not hook or hook.usable or (row.symbol and not has_symbol(row.symbol)) then
    return -- it lacks a module, a map or a helper, without which nothing is verified
  end
  for _, program in ipairs(assert(bee.verify(elf))) do
    assert(program.verified or program.reason, program.name .. " is neither verified nor impossible here")
  end
end

local function must_run(row, options)
  local reason = lacks(row)
  if reason then
    must_compile(row, options)
    check.skip(reason)
  end
  local mod <close> = assert(bee.load(source_of(row), options))
  if row.gives then
    check.equal(guide.run(mod), row.gives)
  end
  if row.check then
    row.check(mod)
  end
end

local manual = assert(io.open("src/man/moonbee-lua.3")):read("a")

local function is_documented(name)
  for line in manual:gmatch("%.It Fn ([^\n]*)") do
    if line:match("^%S+") == name then
      return true
    end
  end
end

-- What stands for an entry of Python's is in the manual, and BCC's name leads there.
local function must_be_told(row)
  for _, name in ipairs(row.documented or {}) do
    if not is_documented(name) then
      error(("moonbee-lua.3 has no %s"):format(name), 0)
    end
  end
  for of, names in pairs(row.habits or {}) do
    for _, name in ipairs(names) do
      if not core.habit(of, name) then
        error(("no error tells who writes %s.%s the way"):format(of, name), 0)
      end
    end
  end
end

local function must_do(row)
  local reason = lacks(row)
  if reason then
    check.skip(reason)
  end
  row.lua()
end

function guide.test(row)
  local options = { name = "guide.c", attach = row.attach, cflags = row.cflags, define = row.define }
  check.test(("%s: %s%s"):format(row.section.title, row.name, row.what and ", " .. row.what or ""), function()
    must_be_told(row)
    if row.lua then
      must_do(row)
    elseif row.fails then
      must_fail(row, options)
    else
      must_run(row, options)
    end
  end)
end

-- ---- The list of entries -------------------------------------------------------------------

-- Each name has a case.
function guide.is_whole()
  for _, section in ipairs(guide.sections) do
    for _, name in ipairs(section.names) do
      if not section.has[name] then
        error(("%s: %s has no case"):format(section.title, name), 0)
      end
    end
  end
end

-- Headings of the guide, as "section: name", without their numbers.
local function headings(path)
  local set, section = {}, nil
  for line in io.lines(path) do
    section = line:match("^## (%a.*)") or section
    local name = line:match("^####? %d+%. (.*)") or line:match("^#### (%a.*)")
    if name then
      set[section .. ": " .. name] = true
    end
  end
  return set
end

-- What the guide has and the tests lack, and the other way round.
function guide.compare(path)
  local theirs, differences = headings(path), 0
  for _, section in ipairs(guide.sections) do
    for _, name in ipairs(section.names) do
      local key = section.title .. ": " .. name
      if not theirs[key] and not section.own then
        print("not in the guide: " .. key)
        differences = differences + 1
      end
      theirs[key] = nil
    end
  end
  for key in pairs(theirs) do
    print("without a case: " .. key)
    differences = differences + 1
  end
  return differences
end

return guide
