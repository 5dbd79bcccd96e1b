#!/usr/bin/env lua5.4
-- SPDX-License-Identifier: Apache-2.0
-- Makes the table of prelude blocks that types.c picks from.
--
--   generate.lua OUT.c HEADER... --helpers bpf_helper_defs.h --macros LIST
--
-- LIST is what a preprocessor knows of macros behind the kernel's own headers for programs (cc -dM);
-- of them, numbers are taken whose names no header has.
--
-- A header is made of blocks with blank lines between them. A block defines the macros, functions,
-- constants and types that begin in its first column; a source that uses one of those names gets
-- the whole block. The kernel's helpers, a block each, stand before all.

local out_path = arg[1]
local blocks = {}   -- { text = } of headers, in order
local helpers = {}
local numbers = {}  -- macros of the kernel's headers, which the others' functions may name
local by_name = {}  -- name -> its block

local function add_block(list, text, names)
  local block = { text = text }
  list[#list + 1] = block
  for _, name in ipairs(names) do
    by_name[name] = by_name[name] or block
  end
end

local function read_file(path)
  local file <close> = assert(io.open(path))
  return file:read('a')
end

-- A comment on lines of its own leaves no blank line, which would part a block in two.
local function strip_comments(text)
  return (text:gsub('\n[ \t]*/%*.-%*/[ \t]*\n', '\n'):gsub('/%*.-%*/', ''))
end

-- What a line in the first column defines, as C's own syntax shows it: the first that fits.
local patterns = {
  '^#%s*define%s+([%a_][%w_]*)',
  '^static[^=;]-%(%s*%*%s*const%s+([%a_][%w_]*)%s*%)', -- static int (*const f)(
  '^static.-([%a_][%w_]*)%s*%([^()]*%)$',              -- static inline int f(int x)
  '^extern[^(;]-([%a_][%w_]*)%s*%(',
  '^void%s+([%a_][%w_]*)%s*%(',
  '^struct%s+([%a_][%w_]*)%s*{',
  '^enum%s+([%a_][%w_]*)%s*{',
}

local function names_of(block)
  local names = {}
  for line in block:gmatch('[^\n]+') do
    for _, pattern in ipairs(patterns) do
      local name = line:match(pattern)
      if name then
        names[#names + 1] = name
        break
      end
    end
  end
  if block:find('^enum') then
    for name in block:match('{(.*)}'):gmatch('\n%s*([%a_][%w_]*)') do
      names[#names + 1] = name
    end
  end
  return names
end

-- Macros of one line each, one under the other: a block each.
local function add_lines(block)
  if block:find('\\') or block:find('#define __bee') then
    return false
  end
  for line in block:gmatch('[^\n]+') do
    if not line:find('^#define %a') and not line:find('^#define _') then
      return false
    end
  end
  for line in block:gmatch('[^\n]+') do
    add_block(blocks, line, { line:match('^#define ([%w_]+)') })
  end
  return true
end

local function add_header(path)
  local text = strip_comments(read_file(path)):gsub('[ \t]+\n', '\n')
  for block in (text .. '\n\n'):gmatch('(.-)\n\n+') do
    block = block:gsub('^\n+', '')
    if block ~= '' and not add_lines(block) then
      local names = names_of(block)
      assert(#names > 0, path .. ': a block that defines nothing: ' .. block)
      add_block(blocks, block, names)
    end
  end
end

-- A source may have its own names for integers, which are not there yet where helpers are declared.
local integers = {
  __u8 = 'unsigned char', __u16 = 'unsigned short', __u32 = 'unsigned int',
  __u64 = 'unsigned long long', __s32 = 'int', __s64 = 'long long', __be16 = 'unsigned short',
  __be32 = 'unsigned int', __wsum = 'unsigned int',
}

local function plain(text)
  return (text:gsub('[%w_]+', integers))
end

-- libbpf's declarations of the kernel's helpers: `static T (*name)(args) = (void *) N;`
local function add_helpers(path)
  local text = strip_comments(read_file(path))
  for result, name, args, number in
    text:gmatch('static%s+([^;]-)%(%s*%*%s*([%w_]+)%s*%)(%b())%s*=%s*%(void %*%)%s*(%d+);') do
    result = result:gsub('__attribute__%(%b()%)', ''):gsub('%s+', ' ')
    add_block(helpers, ('static %s(*const %s)%s = (void *)%s;'):format(plain(result), name,
      plain(args:gsub('%s+', ' ')), number), { name })
  end
end

-- Is a macro's value made of numbers, operators and such macros alone? A cycle is no number.
local function is_number(values, name, depth)
  local value = values[name]
  if not value or depth > 16 or value == '' then
    return false
  end
  value = value:gsub('0[xX]%x+[uUlL]*', '1'):gsub('%f[%w_]%d+[uUlL]*%f[^%w_]', '1')
  if value:find('[^%w_%s()|&~<>+*/-]') then
    return false
  end
  for word in value:gmatch('[%a_][%w_]*') do
    if not is_number(values, word, depth + 1) then
      return false
    end
  end
  return true
end

-- Names in capitals, the numbers of system calls, and what their values need.
local function add_macros(path)
  local values, names = {}, {}
  local function take(name)
    if by_name[name] then
      return
    end
    add_block(numbers, '#define ' .. name .. ' ' .. values[name], { name })
    for word in values[name]:gmatch('%f[%w_][%a_][%w_]*') do
      take(word)
    end
  end
  for line in io.lines(path) do
    local name, value = line:match('^#define ([%a_][%w_]*) (.*)$')
    if name then
      -- EPOLLIN and its like have a type of the kernel's.
      values[name] = value:gsub('%(__poll_t%)', '')
      names[#names + 1] = name
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local is_constant = name:find('^%u[%u%d_]+$') or name:find('^__NR_%l')
    if is_constant and is_number(values, name, 0) then
      take(name)
    end
  end
end

local function quote(text)
  text = text:gsub('[ \t]*\\\n', ' \\\n'):gsub('[\\"]', '\\%0')
  return '"' .. text:gsub('\t', '\\t'):gsub('\n', '\\n"\n\t"') .. '\\n"'
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
  local all = {}
  for _, list in ipairs { numbers, helpers, blocks } do
    table.move(list, 1, #list, #all + 1, all)
  end
  for index, block in ipairs(all) do
    block.index = index - 1
    out:write('\t', quote(block.text), ',\n')
  end
  out:write('};\n\nconst size_t bee__prelude_blocks_len = ', #all, ';\n\n')
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
  elseif arg[i] == '--macros' then
    i = i + 1
    add_macros(arg[i])
  else
    add_header(arg[i])
  end
  i = i + 1
end
assert(#helpers > 0, 'no helpers: is --helpers the bpf_helper_defs.h of libbpf?')
write()
