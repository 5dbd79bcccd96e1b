-- SPDX-License-Identifier: Apache-2.0
-- What the makers of manual pages share: text as mdoc wants it.

local mdoc = {}

local WIDTH = 72

-- A text with nothing in it that roff would take for its own. `x` is set in bold.
function mdoc.escape(text)
  text = text:gsub("\\", "\\e"):gsub("%f[^%s%z([`'\"|]%-+", function(dashes)
    return ("\\-"):rep(#dashes)
  end)
  return (text:gsub("`([^`]*)`", "\\fB%1\\fR"):gsub("\n([.'])", "\n\\&%1"):gsub("^([.'])", "\\&%1"))
end

local function wrap(line)
  local out, width = {}, 0
  for word in line:gmatch "%S+" do
    local is_new = width + #word >= WIDTH
    out[#out + 1] = (#out == 0 and "" or is_new and "\n" or " ") .. word
    width = is_new and #word or width + #word + 1
  end
  return table.concat(out)
end

-- Names of functions, as f(), become macros of their own.
local function mark(line)
  local text = line:gsub(" ?%f[%w_]([%a_][%w_.:]*)%(%)([.,:;)]*) ?", "\n.Fn %1 %2\n")
  return (text:gsub("\n+", "\n"):gsub("^\n", ""):gsub(" *\n$", ""):gsub(" \n", "\n"))
end

-- A paragraph: each sentence begins a line.
function mdoc.prose(text)
  local lines = text:gsub("([.:?]) +(%u)", "%1\n%2"):gsub("[^\n]+", wrap)
  return (mdoc.escape(lines):gsub("[^\n]+", mark))
end

-- A word as the argument of a macro: one that is a macro's name is none.
function mdoc.word(text)
  text = mdoc.escape(text)
  return text:find("^%u%l%l?$") and "\\&" .. text or text
end

-- Lines as they are.
function mdoc.literal(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("\t", "    ")
  text = text:gsub("\n([.'])", "\n\\&%1"):gsub("^([.'])", "\\&%1")
  return ".Bd -literal\n" .. text:gsub("\n*$", "\n") .. ".Ed"
end

-- Fill in a frame: a line "@name@" becomes what parts.name() gives.
function mdoc.fill(from, to, parts)
  local input <close> = assert(io.open(from))
  local page = input:read("a"):gsub("%f[^\n]@(%l+)@%f[\n]", function(name)
    return parts[name]()
  end)
  local output <close> = assert(io.open(to, "w"))
  assert(output:write(page))
end

return mdoc
