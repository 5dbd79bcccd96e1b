-- SPDX-License-Identifier: Apache-2.0
-- The tokens of a Lua 5.4 script that Lua itself has found to be well-formed.
--
-- A token has kind ("name", "string", "number", "op", "end"), text and line. Keywords are ops. A string
-- has value, and value_line, the line on which its value begins; is_verbatim says that the value stands
-- in the script letter for letter, so that its lines are the script's.

local lexer = {}

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then
    true until while]]):gmatch "%a+" do
  keywords[word] = true
end

-- The longest first.
local operators = { "...", "..", "==", "~=", "<=", ">=", "<<", ">>", "//", "::" }

local escapes = {
  a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\", ['"'] = '"', ["'"] = "'",
  ["\n"] = "\n",
}

local function count_lines(text)
  local _, count = text:gsub("\n", "")
  return count
end

-- What stands behind a backslash at position at: its value, and the position behind it.
local function read_escape(text, at)
  local letter = text:sub(at, at)
  if escapes[letter] then
    return escapes[letter], at + 1
  elseif letter == "z" then
    return "", text:match("^%s*()", at + 1)
  elseif letter == "x" then
    return string.char(tonumber(text:sub(at + 1, at + 2), 16)), at + 3
  elseif letter == "u" then
    local digits, behind = text:match("^{(%x+)}()", at + 1)
    return utf8.char(tonumber(digits, 16)), behind
  end
  local digits, behind = text:match("^(%d%d?%d?)()", at)
  return string.char(tonumber(digits)), behind
end

-- A string in quotes: its value, the position behind it, and whether it stands there as it is.
local function read_quoted(text, at)
  local quote, parts, is_verbatim = text:sub(at, at), {}, true
  at = at + 1
  while true do
    local plain, behind = text:match("^([^\\\"'\n]*)()", at)
    parts[#parts + 1] = plain
    at = behind
    local letter = text:sub(at, at)
    if letter == quote then
      return table.concat(parts), at + 1, is_verbatim
    elseif letter == "\\" then
      parts[#parts + 1], at = read_escape(text, at + 1)
      is_verbatim = false
    else
      parts[#parts + 1] = letter -- the other kind of quote
      at = at + 1
    end
  end
end

-- A long bracket that begins at position at, or nil: its value, and the position behind it.
local function read_long(text, at)
  local level, first = text:match("^%[(=*)%[()", at)
  if not level then
    return nil
  end
  local last, behind = text:find("]" .. level .. "]", first, true)
  return text:sub(first, last - 1), behind + 1
end

-- The position of the next token: behind blanks and comments.
local function skip(text, at)
  while true do
    at = text:match("^%s*()", at)
    if text:sub(at, at + 1) ~= "--" then
      return at
    end
    local _, behind = read_long(text, at + 2)
    at = behind or text:match("^[^\n]*()", at)
  end
end

local function read_string(text, at, token)
  local value, behind = read_long(text, at)
  token.kind = "string"
  token.value_line = token.line
  token.is_verbatim = true
  if not value then
    token.value, behind, token.is_verbatim = read_quoted(text, at)
  elseif value:sub(1, 1) == "\n" then
    token.value, token.value_line = value:sub(2), token.line + 1
  else
    token.value = value
  end
  return behind
end

local function read_number(text, at)
  local hex = text:match("^0[xX][%x.]*()", at)
  local behind = hex or text:match("^[%d.]+()", at)
  local exponent = hex and "^[pP][+-]?%d+()" or "^[eE][+-]?%d+()"
  return text:match(exponent, behind) or behind
end

local function read_operator(text, at)
  for _, operator in ipairs(operators) do
    if text:sub(at, at + #operator - 1) == operator then
      return at + #operator
    end
  end
  return at + 1
end

-- Read one token. Returns the position behind it.
local function read_token(text, at, token)
  local letter = text:sub(at, at)
  local behind
  if letter == "" then
    token.kind = "end"
    behind = at
  elseif letter:find "[%a_]" then
    behind = text:match("^[%w_]+()", at)
    token.kind = keywords[text:sub(at, behind - 1)] and "op" or "name"
  elseif text:find("^%.?%d", at) then
    behind = read_number(text, at)
    token.kind = "number"
  elseif letter == '"' or letter == "'" or text:find("^%[=*%[", at) then
    behind = read_string(text, at, token)
  else
    behind = read_operator(text, at)
    token.kind = "op"
  end
  token.text = text:sub(at, behind - 1)
  return behind
end

-- All tokens of a script; the last one is of kind "end".
function lexer.read(text)
  text = text:gsub("\r\n", "\n"):gsub("\n\r", "\n"):gsub("\r", "\n")
  local tokens, line = {}, 1
  local at = text:match("^#[^\n]*()") or 1
  repeat
    local start = skip(text, at)
    line = line + count_lines(text:sub(at, start - 1))
    local token = { line = line }
    at = read_token(text, start, token)
    line = line + count_lines(token.text)
    tokens[#tokens + 1] = token
  until token.kind == "end"
  return tokens
end

return lexer
