#!/usr/bin/env lua5.4
-- SPDX-License-Identifier: Apache-2.0
-- Makes the table of prelude blocks that types.c picks from.
--
--   generate.lua OUT.c HEADER... --helpers bpf_helper_defs.h
--
-- A header is made of blocks with blank lines between them. A block defines the macros, functions,
-- constants and types that stand in it; a source that uses one of those names gets the whole block.

local out_path = arg[1]
local blocks = {}   -- { text = } of headers, in order
local helpers = {}  -- the same for the kernel's helpers, which stand before them
local by_name = {}  -- name -> its block

local function add_block(list, text, names)
  local block = { text = text }
  list[#list + 1] = block
  for _, name in ipairs(names) do
    by_name[name] = by_name[name] or block
  end
end

-- What the lines of a block define, as C's own syntax shows it.
local patterns = {
  '^#%s*define%s+([%a_][%w_]*)',
  '^%s*static[^=;(]-([%a_][%w_]*)%s*%(',          -- static inline int f(
  '^%s*static[^=;]-%(%s*%*%s*const%s+([%a_][%w_]*)%s*%)',  -- static int (*const f)(
  '^extern[^(;]-([%a_][%w_]*)%s*%(',
  '^%s*struct%s+([%a_][%w_]*)%s*{',
  '^%s*union%s+([%a_][%w_]*)%s*{',
  '^%s*enum%s+([%a_][%w_]*)%s*{',
  '^typedef.-([%a_][%w_]*)%s*;',
}

local function names_of(text)
  local names = {}
  for line in text:gmatch('[^\n]+') do
    for _, pattern in ipairs(patterns) do
      local name = line:match(pattern)
      if name then
        names[#names + 1] = name
      end
    end
  end
  return names
end

-- Comments are for whoever reads the header, not for the compiler.
local function strip_comments(text)
  return (text:gsub('/%*.-%*/', function(comment)
    return comment:find('\n') and comment:gsub('[^\n]', '') or ' '
  end))
end

local function read_file(path)
  local file <close> = assert(io.open(path))
  return file:read('a')
end

local function add_header(path)
  local text = strip_comments(read_file(path))
  text = text:gsub('[ \t]+\n', '\n')
  for block in (text .. '\n\n'):gmatch('(.-)\n\n+') do
    block = block:gsub('^\n+', '')
    if block:find('%S') then
      local names = names_of(block)
      -- A user's -D wins over one plain macro.
      if #names == 1 and block:find('^#define') then
        block = ('#ifndef %s\n%s\n#endif'):format(names[1], block)
      end
      add_block(blocks, block, names)
    end
  end
end

-- libbpf's declarations of the kernel's helpers: `static T (*name)(args) = (void *) N;`
local function add_helpers(path)
  local text = read_file(path):gsub('/%*.-%*/', '')
  for result, name, args, number in
    text:gmatch('static%s+([^;]-)%(%s*%*%s*([%w_]+)%s*%)(%b())%s*=%s*%(void %*%)%s*(%d+);') do
    if not by_name[name] then
      result = result:gsub('__attribute__%(%b()%)', ''):gsub('%s+', ' ')
      add_block(helpers, ('static %s(*const %s)%s = (void *)%s;'):format(result, name,
        args:gsub('%s+', ' '), number), { name })
    end
  end
end

local function quote(text)
  return '"' .. text:gsub('[\\"]', '\\%0'):gsub('\n', '\\n"\n\t"') .. '\\n"'
end

local function write()
  local names = {}
  for name in pairs(by_name) do
    names[#names + 1] = name
  end
  table.sort(names)
  local out <close> = assert(io.open(out_path, 'w'))
  out:write('/* Made by generate.lua: do not edit. */\n#include "prelude.h"\n\n')
  out:write('const char *const bee__prelude_blocks[] = {\n')
  table.move(blocks, 1, #blocks, #helpers + 1, helpers)
  for index, block in ipairs(helpers) do
    block.index = index - 1
    out:write('\t', quote(block.text), ',\n')
  end
  out:write('};\n\nconst size_t bee__prelude_blocks_len = ', #helpers, ';\n\n')
  out:write('const struct bee__prelude_name bee__prelude_names[] = {\n')
  for _, name in ipairs(names) do
    out:write(('\t{ "%s", %d },\n'):format(name, by_name[name].index))
  end
  out:write('};\n\nconst size_t bee__prelude_names_len = ', #names, ';\n')
end

local i = 2
while arg[i] do
  if arg[i] == '--helpers' then
    i = i + 1
    add_helpers(arg[i])
  else
    add_header(arg[i])
  end
  i = i + 1
end
write()
