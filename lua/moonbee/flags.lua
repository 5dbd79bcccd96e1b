-- SPDX-License-Identifier: Apache-2.0
-- Flags of a C compiler, as BCC's users write them, sorted into the lists that loading takes.

local flags = {}

-- What changes nothing here: which mistakes are told, how much is optimised, which C and debug format it is.
local IDLE = { "^%-W", "^%-w$", "^%-O[0-3sgz]?$", "^%-g%d?$", "^%-std=" }

local function is_idle(flag)
  for _, pattern in ipairs(IDLE) do
    if flag:find(pattern) then
      return true
    end
  end
end

-- As clang, which passes over folders that are not there: BCC's users name the headers of kernels.
local function add_folder(list, name)
  local file <close> = io.open(name)
  list[#list + 1] = file and name
end

local function add(list, value)
  list[#list + 1] = value
end

-- Where the flag's value goes, and the value, if it is in the same word.
local function split(flag)
  local value = flag:match("^%-include(.*)$") or flag:match("^%-isystem(.*)$")
  if value then
    return flag:sub(1, -#value - 1), value
  end
  return flag:sub(1, 2), flag:sub(3)
end

-- Read a list of flags; what they say is added to the lists: of macros, of names that are none, of folders,
-- and of files to include first. Returns nothing, or what is wrong with one.
function flags.read(list, defines, undefines, folders, files)
  local taken = {
    ["-D"] = { add, defines }, ["-U"] = { add, undefines }, ["-I"] = { add_folder, folders },
    ["-isystem"] = { add_folder, folders }, ["-include"] = { add, files },
  }
  local at = 1
  while at <= #list do
    local flag = list[at]
    local name, value = split(flag)
    local into = taken[name]
    if into and value == "" then
      at = at + 1
      value = list[at]
      if not value then
        return ("'%s' lacks what it is about"):format(flag)
      end
    end
    if into then
      into[1](into[2], value)
    elseif not is_idle(flag) then
      return ("no flag '%s': one of -D, -U, -I, -isystem and -include; -W, -w, -O, -g and -std change nothing")
        :format(flag)
    end
    at = at + 1
  end
end

return flags
