-- SPDX-License-Identifier: Apache-2.0
-- Turns Lua files into a C table of module names and texts, or chunks that are compiled.
-- usage: lua5.4 embed.lua OUT.c ROOT text|compiled FILE... NAME=FILE...
-- A file's module name is its path below ROOT, or NAME.

local out, root, is_compiled = arg[1], arg[2], arg[3] == "compiled"

-- Module name, chunk name and path of an argument.
local function parse(word)
  local name, path = word:match("^([%w.]+)=(.*)$")
  if name then
    return name, name, path
  end
  local chunk = word:sub(#root + 2)
  return chunk:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."), chunk, word
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

-- Bytes as C numbers, 20 a line.
local function bytes_of(text)
  local lines = {}
  for i = 1, #text, 20 do
    lines[#lines + 1] = "\t" .. table.concat({ text:byte(i, math.min(i + 19, #text)) }, ",") .. ","
  end
  return table.concat(lines, "\n")
end

local texts, rows = {}, {}
for i = 4, #arg do
  local name, chunk, path = parse(arg[i])
  local text = read(path)
  -- To parse them took half of a script's start. Lines and names stay, for tracebacks.
  if is_compiled then
    text = string.dump(assert(load(text, "=" .. chunk, "t")))
  end
  texts[#texts + 1] = ("static const unsigned char text_%d[] = {\n%s\n};\n"):format(i, bytes_of(text))
  rows[#rows + 1] = ('\t{ "%s", "=%s", text_%d, %d },'):format(name, chunk, i, #text)
end

local file <close> = assert(io.open(out, "wb"))
assert(file:write('#include "embed.h"\n\n', table.concat(texts, "\n"), "\nconst struct embedded embedded[] = {\n",
  table.concat(rows, "\n"), "\n};\n\nconst size_t embedded_len = ", #rows, ";\n"))
