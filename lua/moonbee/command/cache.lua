-- SPDX-License-Identifier: Apache-2.0
-- moonbee cache: what is kept of what was compiled.

local bee = require "moonbee"
local json = require "moonbee.command.json"

local cache = {
  name = "cache",
  summary = "tell what is kept of what was compiled, or clear it",
  usage = { "cache [OPTIONS]" },
  about = {
    "Tells in which folder compiled sources are kept for the next time, how many, and how much they take. What was "
      .. "used longest ago goes by itself when there is too much of it, and what a new kernel or another source makes "
      .. "useless is never used: to clear it only costs a compile.",
    "The folder is this user's alone. The variable `MOONBEE_CACHE` says which; empty, nothing is kept.",
  },
  options = {
    { "--clear", help = "delete what is kept; other files in the folder stay" },
    { "--json", help = "print JSON: an object of folder, entries, bytes, max_bytes, reason and cleared" },
  },
  exits = {
    { 0, "it is told, or cleared; or nothing is to be kept" },
    { 1, "the folder cannot be used" },
    { 2, "the command line cannot be read" },
  },
  examples = {
    { "moonbee cache", "see where compiled sources are" },
    { "MOONBEE_CACHE= moonbee tool.lua", "compile anew, and keep nothing" },
  },
}

-- The order in which JSON has them.
local KEYS = { "folder", "entries", "bytes", "max_bytes", "reason", "cleared" }

local function print_text(info)
  local unusable = info.reason and ": " .. info.reason or ""
  print(("%-9s%s"):format("folder", (info.folder or "none") .. unusable))
  if info.cleared then
    print(("%-9s%d"):format("cleared", info.cleared))
  end
  print(("%-9s%d"):format("entries", info.entries))
  print(("%-9s%d KiB of %d MiB"):format("size", (info.bytes + 1023) >> 10, info.max_bytes >> 20))
end

function cache.main(given)
  local info, err = bee.cache { clear = given.clear or false }
  if not info then
    io.stderr:write("moonbee cache: ", tostring(err), "\n")
    return 1
  end
  if given.json then
    for _, key in ipairs(KEYS) do
      info[key] = info[key] or json.null
    end
    print(json.encode(info, { keyorder = KEYS }))
  else
    print_text(info)
  end
  return info.folder and info.folder ~= json.null and info.reason and info.reason ~= json.null and 1 or 0
end

return cache
