-- SPDX-License-Identifier: Apache-2.0
-- Finds where a source text stands in the Lua file that loads it, so that the C compiler's messages
-- point into that file.

local place = {}

-- Texts of chunks that are no files, by chunk name: the command adds what came by -e and by stdin.
place.chunks = {}

local DEPTH = 10 -- callers to look at: the text may be handed on by functions of other files

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read("a")
end

-- Lua reads every kind of line end as "\n".
local function normalise(text)
  return (text:gsub("\r\n?", "\n"))
end

local function chunk_of(source)
  if source:sub(1, 1) == "@" then
    return read(source:sub(2)), source:sub(2)
  elseif source:sub(1, 1) == "=" then
    return place.chunks[source], source:sub(2)
  end
  return source, "<bpf>"
end

local function dir_of(source)
  if source:sub(1, 1) ~= "@" then
    return nil
  end
  return source:match("^@(.*)/[^/]*$") or "."
end

-- The line of chunk at which text starts, if it stands there exactly once.
local function line_of(chunk, text)
  local first, last = chunk:find(text, 1, true)
  if not first or chunk:find(text, first + 1, true) then
    return nil
  end
  local _, lines = chunk:sub(1, first - 1):gsub("\n", "")
  return lines + 1
end

-- Name, line and directory of a text; level 1 is the caller of find. Unknown ones are nil.
function place.find(text, level)
  local dir
  local seen = {}
  if text == "" then
    return nil
  end
  for i = level + 1, level + DEPTH do
    local info = debug.getinfo(i, "S")
    if not info then
      break
    elseif info.what ~= "C" and not seen[info.source] then
      seen[info.source] = true
      dir = dir or dir_of(info.source)
      local chunk, name = chunk_of(info.source)
      local line = chunk and line_of(normalise(chunk), text)
      if line then
        return name, line, dir_of(info.source) or dir
      end
    end
  end
  return nil, nil, dir
end

return place
