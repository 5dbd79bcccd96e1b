#!/usr/bin/env lua5.4
-- SPDX-License-Identifier: Apache-2.0
-- Makes the table of prelude blocks that types.c picks from.
--
--   generate.lua OUT.c HEADER... --helpers bpf_helper_defs.h --macros LIST
--
-- LIST is what a preprocessor makes of the kernel's own headers for programs, with their macros (cc -dD);
-- of macros and enumerators, numbers are taken whose names no header has. An enumerator that a kernel's
-- BTF has too is left to that. Their structs are for kernels whose BTF has none of the name.
--
-- A header is made of blocks with blank lines between them. A block defines the macros, functions,
-- constants and types that begin in its first column; a source that uses one of those names gets
-- the whole block. The kernel's helpers, a block each, stand before all.

local out_path = arg[1]
local blocks = {}   -- { text = } of headers, in order
local helpers = {}
local numbers = {}  -- macros of the kernel's headers, which the others' functions may name
local records = {}  -- structs of those headers
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
  text = ('\n' .. text):gsub('/%*.-%*/', '\1'):gsub('\n[ \t]*\1[ \t]*%f[\n]', ''):gsub('\1', '')
  return text:sub(2)
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

local c_types = { signed = true, unsigned = true, char = true, short = true, int = true, long = true }

-- Is a macro's value made of its parameters, numbers, operators and such macros alone? A cycle is not.
-- Only what has parameters may need enumerators: else it is X_MAX, the last one.
local function is_number(macros, name, depth, may_need)
  local macro = macros[name]
  if not macro or depth > 16 or macro.value == '' or macro.is_enumerator and not may_need then
    return false
  end
  local value = macro.value:gsub('0[xX]%x+[uUlL]*', '1'):gsub('%f[%w_]%d+[uUlL]*%f[^%w_]', '1')
  if value:find('[^%w_%s()|&~<>=!+*/-]') then
    return false
  end
  for word in value:gmatch('[%a_][%w_]*') do
    local is_function = by_name[word] and not word:find('%u') -- __cpu_to_be16() and its like
    if not macro.params[word] and not c_types[word] and not is_function and
       not is_number(macros, word, depth + 1, may_need) then
      return false
    end
  end
  return true
end

-- The values of enumerators, which Lua can tell where they are sums and shifts of numbers and of each other.
local function read_enumerators(text, macros, names)
  local known = {}
  for body in text:gmatch('%f[%w_]enum%f[^%w_][%s%w_]*(%b{})') do
    local value = -1
    for name, expression in body:gmatch('[{,]%s*([%a_][%w_]*)%s*([^,}]*)') do
      local words = expression:match('^=%s*(.-)%s*$')
      if words then
        words = words:gsub('(0[xX]%x+)[uUlL]*', '%1'):gsub('%f[%w_](%d+)[uUlL]+', '%1')
        local chunk = not words:find('[^%w_%s()|&~<>+*-]') and load('return ' .. words, '', 't', known)
        local ok, number = pcall(chunk or error)
        value = ok and math.type(number) == 'integer' and number or nil
      else
        value = value and value + 1
      end
      known[name] = value
      if value and not macros[name] then
        macros[name] = { value = ('%d'):format(value):gsub('^%-.*', '(%0)'), head = name, params = {},
          is_enumerator = true }
        names[#names + 1] = name
      end
    end
  end
end

local function read_macro(line, macros, names)
  local name, list, value = line:match('^#define ([%a_][%w_]*)(%b()) (.*)$')
  if not name then
    name, value = line:match('^#define ([%a_][%w_]*) (.*)$')
  end
  if not name then
    return
  end
  -- EPOLLIN and its like have a type of the kernel's.
  local macro = { value = plain(value:gsub('%(__poll_t%)', '')), head = name .. (list or ''), params = {} }
  for param in (list or ''):gmatch('[%a_][%w_]*') do
    macro.params[param] = true
  end
  macros[name] = macro
  names[#names + 1] = name
end

-- The structs of the kernel's headers, with the names of plain types spelt out. What has an enum or a
-- function in it is left out.
local function add_records(code)
  local types, body, name = {}, nil, nil
  local function spell(text)
    return (text:gsub('[%a_][%w_]*', types))
  end
  local function is_plain(text)
    return not text:gsub('%a+', function(word) return c_types[word] and '' end):find('%S')
  end
  for _, line in ipairs(code) do
    local old, new = line:match('^typedef%s+([%w_%s]+)%s+([%a_][%w_]*);$')
    if old and is_plain(spell(old)) then
      types[new] = spell(old)
    end
    name = name or line:match('^struct%s+([%a_][%w_]*)%s*{?$')
    if name then
      body = (body or '') .. line:gsub('%s+$', '') .. '\n'
      if line:find('^}') or line:find(';') and not body:find('{') then
        local text = body:gsub('\n%s*\n', '\n'):gsub('^(struct%s+[%w_]+)%s*{', '%1 {')
        if text:find('^struct [%w_]+ {') and text:find('}[^}]*;') and not text:find('[(]%*') and
           not text:find('%f[%w_]enum%f[^%w_]') and not by_name[name] then
          add_block(records, spell(text), { name })
        end
        name, body = nil, nil
      end
    end
  end
end

-- Names in capitals, the numbers of system calls, and what their values need.
local function add_macros(path)
  local macros, names, code = {}, {}, {}
  local function take(name)
    if by_name[name] then
      return
    end
    local macro = macros[name]
    add_block(numbers, '#define ' .. macro.head .. ' ' .. macro.value, { name })
    for word in macro.value:gmatch('%f[%w_][%a_][%w_]*') do
      if not macro.params[word] and not c_types[word] then
        take(word)
      end
    end
  end
  for line in io.lines(path) do
    read_macro(line, macros, names)
    if not line:find('^#') then
      code[#code + 1] = line
    end
  end
  read_enumerators(table.concat(code, '\n'), macros, names)
  table.sort(names)
  for _, name in ipairs(names) do
    local is_constant = name:find('^%u[%u%d]*_[%w_]+$') or name:find('^%u[%u%d_]+$') or name:find('^__NR_%l') or
      name:find('^_LINUX_%u')
    local macro = macros[name]
    if is_constant and is_number(macros, name, 0, macro.is_enumerator or next(macro.params)) then
      take(name)
      local call = name:match('^__NR_(%l[%w_]*)$') -- as the C library has it
      if call and not by_name['SYS_' .. call] then
        add_block(numbers, '#define SYS_' .. call .. ' ' .. name, { 'SYS_' .. call })
      end
    end
  end
  add_records(code)
end

local function quote(text)
  text = text:gsub('[\\"]', '\\%0')
  return '"' .. text:gsub('\t', '\\t'):gsub('\n(.)', '\\n"\n\t"%1'):gsub('\n$', '\\n') .. '\\0"'
end

-- Texts, one behind the other. Rows of tables are places in there.
local function new_texts(out)
  local size = 0
  return function(text)
    local place = size
    out:write('\t', quote(text), '\n')
    size = size + #text + 1
    return place
  end
end

local function sorted_names()
  local names = {}
  for name in pairs(by_name) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function write()
  local out <close> = assert(io.open(out_path, 'w'))
  local add, names, places, index = new_texts(out), sorted_names(), {}, 0
  out:write('/* Made by generate.lua: do not edit. */\n#include "prelude.h"\n\n')
  out:write('const char bee__prelude_text[] =\n')
  for _, list in ipairs { numbers, helpers, blocks, records } do
    for _, block in ipairs(list) do
      block.index, index = index, index + 1
      block.place = add((block.text .. '\n'):gsub('[ \t]*\\\n', ' \\\n'))
    end
  end
  for _, name in ipairs(names) do
    places[name] = add(name)
  end
  out:write('\t;\n\nconst uint32_t bee__prelude_blocks[] = {\n')
  for _, list in ipairs { numbers, helpers, blocks, records } do
    for _, block in ipairs(list) do
      out:write('\t', block.place, ',\n')
    end
  end
  out:write('};\n\nconst size_t bee__prelude_blocks_len = ', index, ';\n')
  out:write('const uint32_t bee__prelude_first_record = ', index - #records, ';\n\n')
  out:write('const struct bee__prelude_name bee__prelude_names[] = {\n')
  for _, name in ipairs(names) do
    out:write(('\t{ %d, %d },\n'):format(places[name], by_name[name].index))
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
