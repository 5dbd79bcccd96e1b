-- SPDX-License-Identifier: Apache-2.0
-- The truth: how many bytes dd moves past the page cache.
local check = require "check"
local tool = require "tool"

check.test("bitesize counts requests by their size and the command that made them", function()
  local mod <close> = tool.load("bitesize", "")
  local ok, err = tool.direct_io("64k", 32)
  if not ok then
    check.skip("no disk and no file here can be read past the page cache: " .. err)
  end
  -- A disk with a scheduler is served by a worker of the kernel's, whose name the tracepoint then gives.
  local bytes, workers = 0, 0
  for key, count in pairs(mod.maps.dist) do
    if key.name == "dd" then
      bytes = bytes + count * 1024 * 2 ^ (key.slot - 1)
    elseif key.name:find("^kworker/") then
      workers = workers + count * 1024 * 2 ^ (key.slot - 1)
    end
  end
  if bytes == 0 then
    tool.between("bytes that workers moved", workers, 32 * 65536, math.huge)
    return
  end
  -- A slot holds sizes from a power of two up: 64 KiB are counted whole.
  tool.between("bytes that dd moved", bytes, 32 * 65536, 2 * 32 * 65536)
end)
