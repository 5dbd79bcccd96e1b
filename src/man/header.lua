-- SPDX-License-Identifier: Apache-2.0
-- Writes moonbee(3) out of moonbee.h, and a page for each function that refers to it.
-- usage: lua header.lua moonbee.h moonbee.3.in EXAMPLE.c moonbee.3 FOLDER

package.path = arg[0]:match("^.*/") .. "?.lua;" .. package.path
local mdoc = require "mdoc"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

-- ---- the header ----------------------------------------------------------------------------

-- A comment's text, without its stars; line ends are kept.
local function text_of(comment)
  local text = comment:gsub("^/%*+", ""):gsub("%s*%*/$", "")
  return (text:gsub("\n %* ?", "\n"):gsub("^%s+", ""))
end

-- What may stand outside of sections and docs.
local function is_frame(line)
  return line:find "^#" or line:find "^struct [%w_]+;$" or line:find '^extern "C"' or line == "}"
end

-- One thing of the header at a position: its kind, its text, and where it ends.
local forms = {
  { "section", "^/%* %-%-%-%- ([^\n]-) %-+ %*/\n()" },
  { "doc", "^(/%*%*.-%*/)\n()" },
  { "comment", "^(/%*.-%*/)\n()" },
  { "call", "^BEE_API ([^;]-;)\n()" },
  { "type", "^(%l+ [%w_]+ {[^\n]-};)\n()" },
  { "type", "^(%l+ [%w_]+ {\n.-\n};)\n()" },
  { "type", "^(typedef [^;]-;)\n()" },
  { "blank", "^()\n()" },
}

local function next_item(text, at)
  for _, form in ipairs(forms) do
    local found, after = text:match(form[2], at)
    if found then
      return form[1], found, after
    end
  end
  local line, after = text:match("^([^\n]*)\n()", at)
  if line and is_frame(line) then
    return line:find "^#define BEE_[^VA]" and "type" or "frame", line, after
  end
  error("moonbee.h: nobody knows what this is: " .. tostring(line))
end

-- The head comment, and the sections: { name, { kind, text, doc }... }.
local function parse(text)
  local head
  local sections, doc = {}, nil
  local at = 1
  while at <= #text do
    local kind, found, after = next_item(text, at)
    if kind == "section" then
      sections[#sections + 1] = { name = found }
      doc = nil
    elseif kind == "doc" or kind == "comment" then
      head = head or found:find "\n" and text_of(found)
      doc = text_of(found)
    elseif kind == "call" and not doc then
      error("moonbee.h: no doc comment: " .. found)
    elseif #sections > 0 and (kind == "call" or kind == "type") then
      table.insert(sections[#sections], { kind = kind, text = found, doc = doc })
      doc = nil
    end
    at = after
  end
  return head, sections
end

-- ---- the page ------------------------------------------------------------------------------

local function items(text)
  local out = { ".Bl -enum" }
  for item in ("\n" .. text):gsub("\n%d+%. ", "\0"):gmatch "[^\0]+" do
    out[#out + 1] = ".It\n" .. mdoc.prose(item)
  end
  out[#out + 1] = ".El"
  return table.concat(out, "\n")
end

-- Paragraphs; one may hold a list after its first line.
local function about(text)
  local out = {}
  for part in (text .. "\n\n"):gmatch "(.-)\n\n+" do
    local first, list = part:match "^([^\n]*)\n(1%. .*)$"
    out[#out + 1] = first and mdoc.prose(first) .. "\n" .. items(list) or mdoc.prose(part)
  end
  table.remove(out, 1) -- what the page's NAME says
  return table.concat(out, "\n.Pp\n")
end

-- "int bee_open(const struct bee_opts *opts, struct bee **ret_bee);"
local function split(call)
  local result, star, name, list = call:gsub("%s+", " "):match "^(.-) (%*?)([%w_]+)%((.*)%);$"
  local args = {}
  for one in list:gmatch "[^,]+" do
    args[#args + 1] = one:match "^%s*(.-)$"
  end
  return star ~= "" and result .. " " .. star or result, name, args
end

local function call(item)
  local result, name, args = split(item.text)
  local out = { ".It Xo", ('.Ft "%s"'):format(result), ".Fo " .. name }
  for _, one in ipairs(args) do
    out[#out + 1] = ('.Fa "%s"'):format(one)
  end
  out[#out + 1] = ".Fc\n.Xc\n" .. mdoc.prose(item.doc)
  return table.concat(out, "\n")
end

local function kind(item, is_first)
  local break_before = is_first and "" or ".Pp\n"
  local doc = item.doc and break_before .. mdoc.prose(item.doc) .. "\n" or ""
  return doc .. mdoc.literal(item.text)
end

local function section(one)
  local out = { ".Ss " .. one.name }
  local in_list = false
  for i, item in ipairs(one) do
    local is_call = item.kind == "call"
    if is_call ~= in_list then
      out[#out + 1] = is_call and ".Bl -tag -width Ds" or ".El"
      in_list = is_call
    end
    out[#out + 1] = is_call and call(item) or kind(item, i == 1)
  end
  out[#out + 1] = in_list and ".El" or nil
  return table.concat(out, "\n")
end

local header, frame, example, page, folder = table.unpack(arg)
local head, sections = parse(read(header))

mdoc.fill(frame, page, {
  about = function()
    return about(head)
  end,
  reference = function()
    local out = {}
    for i, one in ipairs(sections) do
      out[i] = section(one)
    end
    return table.concat(out, "\n")
  end,
  example = function()
    return mdoc.literal(read(example):gsub("^/%*.-%*/\n", ""):gsub("^/%*.-%*/\n", ""))
  end,
})
for _, one in ipairs(sections) do
  for _, item in ipairs(one) do
    if item.kind == "call" then
      local _, name = split(item.text)
      local link <close> = assert(io.open(("%s/%s.3"):format(folder, name), "w"))
      assert(link:write ".so man3/moonbee.3\n")
    end
  end
end
