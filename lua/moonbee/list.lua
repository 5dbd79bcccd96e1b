-- SPDX-License-Identifier: Apache-2.0
-- Finding what to attach to.

local core = require "moonbee.core"
local options = require "moonbee.options"

local list = {}

local LIST = { args = "boolean", each = "function" }

-- list(pattern [, options]): an iterator over what the pattern matches, a table each: target, module,
-- args, returns. options: args = false leaves arguments out, which is faster; each = fn is called with
-- every one as it is found, until it returns true; the number of them is returned then.
function list.list(pattern, opts)
  if type(pattern) ~= "string" then
    error(("bee.list: a pattern is expected, got %s"):format(type(pattern)), 2)
  end
  opts = options.check(opts, LIST, "bee.list")
  local found, count, at = {}, 0, 0
  local ok, err = core.list(pattern, opts.args ~= false, function(probe)
    count = count + 1
    if opts.each then
      return opts.each(probe)
    end
    found[count] = probe
  end)
  if not ok then
    return nil, err
  elseif opts.each then
    return count
  end
  return function()
    at = at + 1
    return found[at]
  end
end

-- hooks(): a list of all hooks: name, form, about; usable, and the reason if not; listed.
function list.hooks()
  local found = {}
  local ok, err = core.hooks(function(hook)
    found[#found + 1] = hook
  end)
  return ok and found, err
end

return list
