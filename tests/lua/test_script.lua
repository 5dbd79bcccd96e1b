-- SPDX-License-Identifier: Apache-2.0
-- Reading Lua scripts without running them: the lexer, and the sources that are found. What Lua itself
-- makes of a text is the measure.

local check = require "check"
local lexer = require "moonbee.command.script.lexer"
local test, equal, same = check.test, check.equal, check.same
local sources = require "moonbee.command.script.sources"

-- The value of the only string in a text, by the lexer.
local function string_in(text)
  local found
  for _, token in ipairs(lexer.read(text)) do
    if token.kind == "string" then
      assert(not found, "two strings")
      found = token
    end
  end
  return found
end

test("every form of a string has the value that Lua gives it", function()
  local forms = {
    [["plain"]], [['it"s']], [["it's"]], [["a\tb\\c\"d\'"]], [["\x41\65\065\u{48}\u{20AC}"]], '"a\\\nb"',
    [["a\z
       b"]], "[[long]]", "[[\nfirst newline]]", "[==[ ]] ]=] ]==]", "[=[\n\n]=]", [["]].."\\r\\n"..[["]],
    '"\\0\\1234"', "[[a\r\nb\rc\n\rd]]", "''", "[[]]",
  }
  for _, form in ipairs(forms) do
    equal(string_in("x = " .. form).value, assert(load("return " .. form))())
  end
end)

test("comments and numbers hold no strings", function()
  local text = [==[#!/usr/bin/env moonbee "no"
    -- "no" [[no]]
    --[[ "no"
      ]] x = 0x1p-3 + 1e+5 .. .5 -- "no"
    --[=[ ]] "no" ]=] y = 3.14e0 // 0XA.8 --]]
    --[==
    z = a[b[1]] "yes" ]==]
  equal(string_in(text).value, "yes")
end)

test("tokens know their lines", function()
  local lines = {}
  for _, token in ipairs(lexer.read("a\n--[[\n\n]] b [[\n\n]] c\r\nd '\\\n' e")) do
    lines[#lines + 1] = token.text:sub(1, 1) .. token.line
  end
  same(lines, { "a1", "b4", "[4", "c6", "d7", "'7", "e8", "8" })
end)

test("the lexer splits every Lua file here as Lua does", function()
  -- A script that is put together from its tokens is the same function.
  for path in assert(io.popen("ls lua/moonbee/*.lua lua/moonbee/*/*.lua tests/*/*.lua examples/*.lua")):lines() do
    local file <close> = assert(io.open(path))
    local text, parts, line = file:read("a"), {}, 1
    for _, token in ipairs(lexer.read(text)) do
      parts[#parts + 1] = ("\n"):rep(token.line - line) .. " " .. token.text
      line = token.line + select(2, token.text:gsub("\n", ""))
    end
    local again, err = load(table.concat(parts), "=chunk")
    assert(again, err)
    equal(string.dump(again), string.dump(assert(load((text:gsub("^#[^\n]*", "")), "=chunk"))))
  end
end)

-- ---- what is found -------------------------------------------------------------------------

-- "line text" of each source, or "line: obstacle".
local function find(script)
  assert(load((script:gsub("^#[^\n]*", ""))))
  local list = {}
  for _, found in ipairs(sources.find(script)) do
    list[#list + 1] = found.obstacle and ("%d: %s"):format(found.line, found.obstacle)
      or ("%d %s"):format(found.text_line, found.text)
  end
  return list
end

local HEAD = 'local bee = require "moonbee"\n'
local COMPUTED = "its source is computed"

test("every form of a literal is found", function()
  local forms = {
    "bee.load [[C]]", "bee.load [==[C]==]", "bee.load 'C'", 'bee.load "C"', "bee.load([[C]])", "; (bee.load)('C')",
    "assert(bee.load [[C]])", "local m <close> = assert(bee.load('C', {}))", "return bee.load 'C'",
    "bee['load']('C')", "bee.compile 'C'", "pcall(bee.load, 'C')", "xpcall(bee.load, print, 'C')",
    "if x then while y do bee.load 'C' end else end", "local f = function(...) bee.load 'C' end",
    "for i = 1, 2 do bee.load 'C' end", "for k in pairs{} do bee.load 'C' end", "repeat bee.load 'C' until x",
    "function a.b:c(d) return bee.load 'C' end", "local t = { bee.load 'C', x = 1; y }", "f { a = bee.load 'C' }",
    "require('moonbee').load 'C'", "local load = bee.load load 'C'", "local C = 'C' bee.load(C)", "bee.load('' .. 'C')",
    "local a, C = 1, 'C' bee.load(C)", "C = 'C' bee.load(C)", "local C C = 'C' bee.load(C)",
    "local C = nil C = 'C' bee.load(C)", "goto x ::x:: bee.load 'C'", "x = -1 ^ 2 .. y < #z and not bee.load 'C'",
    "local x <const> = 'C'; bee.load(x)", "local ok, b = pcall(require, 'moonbee') b.load 'C'",
    "bee.load('C', nil)", "x = a.b.c[1](2).d:e 'f' { g } bee.load 'C'",
  }
  for _, form in ipairs(forms) do
    equal(form .. " => " .. table.concat(find(HEAD .. form), ", "), form .. " => 2 C")
  end
end)

test("any name will do for the module, and the same name for something else will not", function()
  same(find("local m = require('moonbee') m.load 'C'"), { "1 C" })
  same(find("local bee = require 'other' bee.load 'C'"), {})
  same(find("bee.load 'C'"), {})
  same(find(HEAD .. "do local bee = {} bee.load 'C' end bee.load 'D'"), { "2 D" })
  same(find(HEAD .. "local function f(bee) bee.load 'C' end"), {})
  same(find(HEAD .. "for bee in x do bee.load 'C' end"), {})
end)

test("lines are the script's", function()
  same(find(HEAD .. "\nbee.load [[\nC]]\nbee.load(\n\n'D')"), { "4 C", "7 D" })
end)

test("what is computed is told", function()
  local computed = {
    "bee.load(x)", "bee.load(io.read 'a')", "bee.load('C' .. x)", "bee.load(('%s'):format(x))", "bee.load(t.C)",
    "local C = 'C' C = 'D' bee.load(C)", "local C = 'C' function f() C = g() end bee.load(C)",
    "local function f(C) return bee.load(C) end f 'C'", "bee.load(x or 'C')", "bee.load()",
    "local C = 'C' do local C = f() bee.load(C) end", "local C = C bee.load(C)", "bee.load(...)",
  }
  for _, form in ipairs(computed) do
    equal(form .. " => " .. table.concat(find(HEAD .. form), ", "), form .. " => 2: " .. COMPUTED)
  end
end)

test("a loader that is handed on is told", function()
  local handed = "2: it is handed on, and what it is given then is not known"
  same(find(HEAD .. "f(bee.load)"), { handed })
  same(find(HEAD .. "local t = { bee.load }"), { handed })
  same(find(HEAD .. "local load = bee.load; f(load)"), { handed })
end)

local function options(text)
  local found = sources.find(HEAD .. "bee.load('C', " .. text .. ")")[1]
  return found.obstacle or found.options
end

test("literal options come along", function()
  same(options "{ define = { A = 1, B = 'x', C = true, ['D'] = 0x10 }, include = { 'a', 'b' } }",
    { define = { A = 1, B = "x", C = true, D = 16 }, include = { "a", "b" } })
  same(options "{ attach = { f = { 'kprobe:a', { 'xdp', optional = true } } } }",
    { attach = { f = { "kprobe:a", { "xdp", optional = true } } } })
end)

test("of a computed target the type counts", function()
  same(options "{ attach = { f = 'kprobe:' .. name, g = ('uprobe:%s:x'):format(p) } }",
    { attach = { f = "kprobe", g = "uprobe" } })
  equal(options "{ attach = { f = name } }", "its option 'attach' is computed")
end)

test("computed options are told, but for those that change nothing", function()
  equal(options "{ define = { A = x } }", "its option 'define' is computed")
  equal(options "{ cflags = flags }", "its option 'cflags' is computed")
  equal(options "x", "its options are computed")
  equal(options "f()", "its options are computed")
  same(options "{ name = x, line = y }", {})
  same(options "{ const = { a = 1, b = x } }", { const = { a = 1 } })
end)

test("a table that is changed later is computed", function()
  local found = sources.find(HEAD .. "local o = { define = { A = 1 } } bee.load('C', o)")[1]
  same(found.options, { define = { A = 1 } })
  found = sources.find(HEAD .. "local o = { define = { A = 1 } } o.define.B = 2 bee.load('C', o)")[1]
  equal(found.obstacle, "its options are computed")
end)

check.done()
