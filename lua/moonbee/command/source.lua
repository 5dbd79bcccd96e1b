-- SPDX-License-Identifier: Apache-2.0
-- What the commands share that take C: the options about it, and reading its file.

local source = {}

local MAX_SIZE = 4 << 20 -- what the library takes

-- Rows for a command's options, and what bee.compile takes for them.
source.options = {
  { "-D", arg = "NAME[=VALUE]", many = true, help = "define a macro" },
  { "-U", arg = "NAME", many = true, help = "no macro of this name, whoever defines it" },
  { "-I", arg = "DIR", many = true, help = "where #include looks, in the order of these options" },
}

-- The text of a file, "-" being stdin. nil, text: why there is none; the file is not named.
function source.read(path)
  local file, err = io.stdin, nil
  if path ~= "-" then
    file, err = io.open(path, "rb")
  end
  if not file then
    return nil, (err:gsub("^.*: ", ""))
  end
  local text, why = file:read(MAX_SIZE + 1)
  if path ~= "-" then
    file:close()
  end
  if not text then
    return nil, why or "the file is empty"
  elseif #text > MAX_SIZE then
    return nil, ("the file is larger than %d MB"):format(MAX_SIZE >> 20)
  end
  return text
end

-- What --prog gives: { FUNC = TYPE }; nil, text: what is wrong.
function source.types(list)
  local attach = {}
  for _, word in ipairs(list) do
    local name, kind = word:match("^([%a_][%w_]*)=(.+)$")
    if not name then
      return nil, ("--prog: '%s' is not FUNC=TYPE, as on_read=kprobe"):format(word)
    end
    attach[name] = kind
  end
  return attach
end

-- Options of bee.compile for the C in a file.
function source.of(path, given)
  local flags = {}
  for _, letter in ipairs { "D", "U", "I" } do
    for _, value in ipairs(given[letter]) do
      flags[#flags + 1] = "-" .. letter
      flags[#flags + 1] = value
    end
  end
  return {
    name = path == "-" and "<stdin>" or path,
    line = 1,
    dir = path:match("^(.*)/[^/]*$") or ".",
    cflags = flags,
  }
end

return source
