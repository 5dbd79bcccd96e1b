-- SPDX-License-Identifier: Apache-2.0
-- Seconds to attach a program to all functions that a target matches, and to close it.
-- usage: moonbee bench/attach.lua kprobe.multi|kprobe|uprobe.multi|uprobe PATTERN
-- Without .multi it is attached one by one, as on kernels that have no other way.

local bee = require "moonbee"

local how, pattern = ...
local kind = how:match "^%w+"

local function now()
  local file <close> = assert(io.open "/proc/uptime")
  return file:read "n"
end

-- A program that was loaded for one place has each place attached by itself.
local wish = how:find "multi" and ("%s:%s"):format(how, pattern) or nil
local source = ('SEC("%s") int f(struct pt_regs *ctx) { return 0; }'):format(kind)
local mod = assert(bee.load(wish and source:gsub('SEC%b() ', "") or source, { attach = wish and { f = wish } }))

local start = now()
assert(mod:attach("f", ("%s:%s"):format(how, pattern)))
local attached = now()
mod:close()
print(("%.2f %.2f"):format(attached - start, now() - attached))
