-- SPDX-License-Identifier: Apache-2.0
-- Compile one record of tests/corpus/extract.py, for bench/against-bcc.
-- usage: moonbee bench/against-bcc.lua RECORD OBJECT
local bee = require "moonbee"

local options = { define = {}, attach = {} }
local source
do
  local file <close> = assert(io.open(arg[1], "rb"))
  for line in file:lines() do
    local define, value = line:match("^define ([^=]*)=?(.*)$")
    local program, target = line:match("^wish (%S+) (.*)$")
    local size = line:match("^text (%d+)$")
    if define then
      options.define[define] = value ~= "" and value or true
    elseif program then
      options.attach[program] = target
    elseif size then
      source = file:read(tonumber(size))
    end
  end
end
local elf = assert(bee.compile(source, options))
local file <close> = assert(io.open(arg[2], "wb"))
file:write(elf)
