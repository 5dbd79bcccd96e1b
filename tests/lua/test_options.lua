-- SPDX-License-Identifier: Apache-2.0
-- What the compiler is told by options: define, undefine, include, cflags.

local bee = require "moonbee"
local check = require "check"
local test, equal, raises = check.test, check.equal, check.raises

-- The value of `int x` in what a source compiles to.
local function value(source, options)
  local mod <close> = assert(bee.load(source .. "\nint x = VALUE;", options))
  return mod.vars.x
end

test("define gives names and values", function()
  equal(value("#ifdef FLAG\n#define VALUE N\n#endif", { define = { FLAG = true, N = 7 } }), 7)
end)

test("undefine takes a name away, whoever gave it", function()
  local source = "#ifdef N\n#define VALUE N\n#else\n#define VALUE 3\n#endif"
  equal(value(source, { define = { N = 7 }, undefine = { "N" } }), 3)
end)

test("include names folders where headers are", function()
  equal(value("#include <linux/own.h>\n#define VALUE OWN", { include = { "tests/compile/folder" } }), 1)
end)

test("cflags say the same as clang's own flags", function()
  local source = "#include <linux/own.h>\n#ifndef GONE\n#define VALUE (OWN + N + M)\n#endif"
  local cflags = { "-DN=10", "-D", "M=100", "-DGONE", "-UGONE", "-Itests/compile/folder", "-Wno-unused" }
  equal(value(source, { cflags = cflags }), 111)
end)

test("an unknown flag is refused by its name", function()
  raises("no flag '-march=x': one of -D, -U, -I", bee.compile, "int x;", { cflags = { "-march=x" } })
  raises("'-D' lacks what it is about", bee.compile, "int x;", { cflags = { "-D" } })
end)

test("options of a wrong form are refused by their name", function()
  raises("option 'include': a list of strings is expected", bee.compile, "int x;", { include = { 7 } })
  raises("option 'undefine': a list of strings is expected", bee.compile, "int x;", { undefine = { N = true } })
  raises("option 'cflags' is a table, got string", bee.compile, "int x;", { cflags = "-DX" })
end)

test("a folder that is not there is told", function()
  local elf, err = bee.compile("int x;", { include = { "/nowhere" } })
  equal(elf, nil)
  equal(err.message, "cannot look for headers in '/nowhere': No such file or directory")
end)

test("the cache is told of, and cleared", function()
  local info = assert(bee.cache())
  equal(type(info.max_bytes), "number")
  equal(info.cleared, nil)
  raises("no option 'cleer' (did you mean 'clear'?)", bee.cache, { cleer = true })
  local before = os.getenv "MOONBEE_CACHE"
  if before == "" then
    equal(info.folder, nil)
    equal(assert(bee.cache { clear = true }).cleared, 0)
  end
end)

check.done()
