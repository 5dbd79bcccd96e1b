-- SPDX-License-Identifier: Apache-2.0
-- Flags of a C compiler, as BCC's users write them, sorted into the lists that loading takes.

local flags = {}

-- Read a list of flags; what they say is added to the lists. Returns nothing, or what is wrong with one.
function flags.read(list, defines, undefines, includes)
  local taken = { ["-D"] = defines, ["-U"] = undefines, ["-I"] = includes }
  local at = 1
  while at <= #list do
    local flag = list[at]
    local into, value = taken[flag:sub(1, 2)], flag:sub(3)
    if into and value == "" then
      at = at + 1
      value = list[at]
      if not value then
        return ("'%s' lacks what it is about"):format(flag)
      end
    end
    if into then
      into[#into + 1] = value
    elseif not flag:find "^%-W" then -- which mistakes are told is the same for all
      return ("no flag '%s': one of -D, -U, -I, and -W, which changes nothing"):format(flag)
    end
    at = at + 1
  end
end

return flags
