-- SPDX-License-Identifier: Apache-2.0
-- The C sources that a Lua script gives to bee.load and bee.compile, found without running it.

local parser = require "moonbee.command.script.parser"

local LOADERS = { load = true, compile = true }

-- ---- what an expression is -----------------------------------------------------------------

-- A value that is known has a kind: "text" (text, line, is_verbatim), "prefix" (text: how a text begins),
-- "plain" (value: number or boolean), "table" (node), "module", "loader" (name), "builtin" (name).

local resolve

local function is_call_of(node, name)
  if node.is ~= "call" or node.method then
    return false
  end
  local callee = resolve(node.callee)
  return callee and callee.kind == "builtin" and callee.name == name
end

-- require "moonbee", in any form of a call.
local function is_require(name, args)
  local text = name and name.kind == "builtin" and name.name == "require" and args[1] and resolve(args[1])
  return text and text.kind == "text" and text.text == "moonbee"
end

local function resolve_call(node)
  if node.method then
    local object = node.method == "format" and resolve(node.callee)
    local prefix = object and (object.kind == "text" or object.kind == "prefix") and object.text:match("^[^%%]*")
    return prefix and { kind = "prefix", text = prefix }
  elseif is_require(resolve(node.callee), node.args) then
    return { kind = "module" }
  elseif is_call_of(node, "assert") and node.args[1] then
    return resolve(node.args[1])
  end
end

local function resolve_concat(node)
  local left, right = resolve(node.left), resolve(node.right)
  if not left or left.kind ~= "text" then
    return left and left.kind == "prefix" and left or nil
  elseif not right or right.kind ~= "text" then
    return { kind = "prefix", text = left.text }
  end
  return { kind = "text", text = left.text .. right.text, line = node.line, is_verbatim = false }
end

local function resolve_var(node)
  local var = node.var
  if #var.values == 0 then
    return var.is_global and { kind = "builtin", name = var.name } or nil
  elseif #var.values > 1 or var.is_open then
    return nil -- more than one, or its value depends on itself
  end
  var.is_open = true
  local value = resolve(var.values[1])
  var.is_open = false
  if value and value.kind == "table" and var.is_changed then
    return nil
  end
  return value
end

local resolvers = {
  string = function(node)
    local token = node.token
    return { kind = "text", text = token.value, line = token.value_line, is_verbatim = token.is_verbatim }
  end,
  number = function(node)
    return { kind = "plain", value = node.value }
  end,
  table = function(node)
    return { kind = "table", node = node }
  end,
  index = function(node)
    local object = resolve(node.object)
    if object and object.kind == "module" and LOADERS[node.name] then
      return { kind = "loader", name = node.name }
    end
  end,
  -- ok, bee = pcall(require, "moonbee")
  result = function(node)
    local call = node.call
    if node.n == 2 and is_call_of(call, "pcall") and is_require(resolve(call.args[1]), { call.args[2] }) then
      return { kind = "module" }
    end
  end,
  call = resolve_call,
  concat = resolve_concat,
  var = resolve_var,
}
resolvers.boolean = resolvers.number

-- What is known of an expression's value, or nil.
function resolve(node)
  local resolver = resolvers[node.is]
  return resolver and resolver(node)
end

-- ---- options -------------------------------------------------------------------------------

-- Lines and names are told by where the source stands; these do not change the code.
local IGNORED = { name = true, line = true, dir = true }

local to_value

-- The Lua value of a table. What is not known is left out, and its key is added to unknown.
local function to_table(node, unknown, where)
  local result = {}
  for i, item in ipairs(node.items) do
    local key = item.key or #result + 1
    local value
    if type(key) ~= "table" then
      value = to_value(item.value, unknown, where or key)
    end
    if value == nil then
      unknown[#unknown + 1] = where or type(key) ~= "table" and key or "[" .. i .. "]"
    else
      result[key] = value
    end
  end
  return result
end

-- A target whose beginning is known tells the type of the program, which is what matters.
local function to_type(text)
  return text:match("^([%w_]+):")
end

function to_value(node, unknown, where)
  local value = resolve(node)
  if not value then
    return nil
  elseif value.kind == "text" then
    return value.text
  elseif value.kind == "prefix" and where == "attach" then
    return to_type(value.text)
  elseif value.kind == "plain" then
    return value.value
  elseif value.kind == "table" then
    return to_table(value.node, unknown, where)
  end
end

-- The options of a call: a table, and the names of those that are computed.
local function read_options(node)
  local unknown = {}
  if not node or node.token and node.token.text == "nil" then
    return {}, unknown
  end
  local value = resolve(node)
  if not value or value.kind ~= "table" then
    return {}, { "options" }
  end
  local options, computed = to_table(value.node, unknown), {}
  for _, name in ipairs(unknown) do
    if not IGNORED[name] then
      computed[#computed + 1] = tostring(name)
    end
  end
  for name in pairs(IGNORED) do
    options[name] = nil
  end
  return options, computed
end

-- ---- calls ---------------------------------------------------------------------------------

-- What of a call stands against checking its source, or nil.
local function obstacle(text, computed)
  if not text or text.kind ~= "text" then
    return "its source is computed"
  elseif computed[1] == "options" then
    return "its options are computed"
  end
  for _, name in ipairs(computed) do
    if name ~= "const" then
      return ("its option '%s' is computed"):format(name)
    end
  end
end

local function describe(loader, line, args)
  local text = args[1] and resolve(args[1])
  local options, computed = read_options(args[2])
  local found = { line = line, loader = "bee." .. loader.name, options = options }
  found.obstacle = obstacle(text, computed)
  if not found.obstacle then
    found.text, found.text_line, found.is_verbatim = text.text, text.line, text.is_verbatim
    found.has_computed_const = computed[1] ~= nil
  end
  return found
end

-- bee.load(...), pcall(bee.load, ...), xpcall(bee.load, handler, ...): the loader, and the arguments.
local function loader_of(node)
  local callee = not node.method and resolve(node.callee)
  if not callee then
    return nil
  elseif callee.kind == "loader" then
    node.callee.is_bound = true
    return callee, node.args
  end
  local skip = callee.kind == "builtin" and ({ pcall = 1, xpcall = 2 })[callee.name]
  local loader = skip and node.args[1] and resolve(node.args[1])
  if loader and loader.kind == "loader" then
    node.args[1].is_bound = true
    return loader, table.move(node.args, skip + 1, #node.args, 1, {})
  end
end

-- The sources of a script, in the order of its lines: loader ("bee.load") and its line; text, text_line,
-- is_verbatim, options, has_computed_const; or obstacle, which says why the source is not known.
local function find(script)
  local list = {}
  local nodes = parser.parse(script)
  for _, node in ipairs(nodes) do
    local loader, args
    if node.is == "call" then
      loader, args = loader_of(node)
    end
    if loader then
      list[#list + 1] = describe(loader, node.line, args)
    end
  end
  -- A loader that is neither called nor given a name went where it cannot be followed.
  for _, node in ipairs(nodes) do
    local value = not node.is_bound and (node.is == "index" or node.is == "var") and resolve(node)
    if value and value.kind == "loader" then
      list[#list + 1] = {
        line = node.line,
        loader = "bee." .. value.name,
        obstacle = "it is handed on, and what it is given then is not known",
      }
    end
  end
  table.sort(list, function(a, b)
    return a.line < b.line
  end)
  return list
end

return { find = find }
