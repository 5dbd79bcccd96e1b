-- SPDX-License-Identifier: Apache-2.0
-- Writes moonbee(1): a frame by hand, and the commands from the tables that their --help is made from.
-- usage: moonbee generate.lua moonbee.1.in moonbee.1

local command = require "moonbee.command"

package.path = arg[0]:match("^.*/") .. "?.lua;" .. package.path
local mdoc = require "mdoc"
local escape, prose, word_of = mdoc.escape, mdoc.prose, mdoc.word

-- ---- the command line ----------------------------------------------------------------------

local function macros(text)
  local list = {}
  for word in text:gmatch "%S+" do
    if word:find "^%-." then
      list[#list + 1] = "Fl " .. word_of(word:sub(2))
    elseif word:find "^%u" then
      list[#list + 1] = "Ar " .. word_of(word)
    elseif word == "..." then
      list[#list + 1] = word
    else
      list[#list + 1] = "Cm " .. word_of(word)
    end
  end
  return table.concat(list, " ")
end

-- A line of usage: words in capitals are the user's, those in brackets may be left out.
local function synopsis(line)
  local out = { ".Nm moonbee" }
  while line:find "%S" do
    local inner, rest = line:match "^%s*%[(.-)%]%s*(.*)$"
    if inner then
      out[#out + 1] = ".Op " .. macros(inner)
    else
      inner, rest = line:match "^%s*([^%[]+)(.*)$"
      out[#out + 1] = "." .. macros(inner)
    end
    line = rest
  end
  return table.concat(out, "\n")
end

-- ---- what a command is ---------------------------------------------------------------------

local function option_label(row)
  local names = {}
  for _, name in ipairs(row) do
    names[#names + 1] = "Fl " .. word_of(name:sub(2)) .. (row.arg and " Ar " .. word_of(row.arg) or "")
  end
  return table.concat(names, " , ")
end

local function list(rows, label_of, text_of)
  local out = { ".Bl -tag -width Ds" }
  for _, row in ipairs(rows) do
    out[#out + 1] = ".It " .. label_of(row) .. "\n" .. prose(text_of(row))
  end
  out[#out + 1] = ".El"
  return table.concat(out, "\n")
end

local function help_of(row)
  local text = row.help:gsub("^%l", string.upper)
  return text:find "[.?]$" and text or text .. "."
end

local function options(rows)
  return list(rows, option_label, help_of)
end

local function arguments(rows)
  return list(rows, function(row)
    return "Ar " .. word_of(row[1])
  end, help_of)
end

local function exits(rows)
  return list(rows, function(row)
    return tostring(row[1])
  end, function(row)
    return row[2]:gsub("^%l", string.upper) .. "."
  end)
end

local function examples(rows)
  local out = {}
  for _, row in ipairs(rows) do
    out[#out + 1] = prose((row[2]:gsub("^%l", string.upper))) .. ":\n.Pp\n.Dl " .. escape(row[1])
  end
  return table.concat(out, "\n.Pp\n")
end

-- A subsection for a command.
local function section(known)
  local out = { ".Ss moonbee " .. known.name }
  for i, text in ipairs(known.about) do
    out[#out + 1] = (i > 1 and ".Pp\n" or "") .. prose(text)
  end
  local parts = {
    { known.arguments, arguments, "The arguments are:" },
    { known.options, options, "The options are:" },
    { known.exits, exits, "The exit code is:" },
    { known.examples, examples },
  }
  for _, part in ipairs(parts) do
    if part[1] and #part[1] > 0 then
      out[#out + 1] = ".Pp\n" .. (part[3] and part[3] .. "\n" or "") .. part[2](part[1])
    end
  end
  return table.concat(out, "\n")
end

-- ---- the page ------------------------------------------------------------------------------

local function each(fn)
  local out = {}
  for i, known in ipairs(command.list()) do
    out[i] = fn(known)
  end
  return table.concat(out, "\n")
end

-- What stands for a line "@name@" of the frame.
local parts = {
  synopsis = function()
    return each(function(known)
      local out = {}
      for i, line in ipairs(known.usage) do
        out[i] = synopsis(line)
      end
      return table.concat(out, "\n")
    end)
  end,
  options = function()
    return options(command.root.options)
  end,
  commands = function()
    return each(section)
  end,
}

mdoc.fill(arg[1], arg[2], parts)
