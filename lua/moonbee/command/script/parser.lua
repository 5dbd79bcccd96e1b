-- SPDX-License-Identifier: Apache-2.0
-- A Lua script as expressions and variables: what is called with what, and which values a name may have.
-- The script is one that Lua itself has found to be well-formed, so that nothing here complains.
--
-- An expression is a table with a field is and a line:
--   string   token                     number, boolean   value
--   var      var                       index    object, name (nil: computed)
--   call     callee, args; method: its name, where it is called with ":"
--   concat   left, right               table    items { key = name or nil, value = expression }
--   result   call, n: one of several results of a call
--   other    anything else
--
-- A variable has values, a list of expressions that are assigned to it anywhere in the script; is_changed:
-- a field of it is assigned to; is_global.

local lexer = require "moonbee.command.script.lexer"

local Parser = {}
Parser.__index = Parser

-- ---- tokens --------------------------------------------------------------------------------

function Parser:peek(text)
  local token = self.tokens[self.at]
  return token.kind == "op" and token.text == text
end

function Parser:next()
  local token = self.tokens[self.at]
  if token.kind ~= "end" then
    self.at = self.at + 1
  end
  return token
end

function Parser:accept(text)
  if self:peek(text) then
    return self:next()
  end
end

function Parser:is_end()
  return self.tokens[self.at].kind == "end"
end

-- ---- variables -----------------------------------------------------------------------------

function Parser:open_scope()
  self.scope = { names = {}, outer = self.scope }
end

function Parser:close_scope()
  self.scope = self.scope.outer
end

function Parser:declare(name)
  local var = { name = name, values = {} }
  self.scope.names[name] = var
  return var
end

function Parser:find_var(name)
  local scope = self.scope
  while scope do
    if scope.names[name] then
      return scope.names[name]
    end
    scope = scope.outer
  end
  local var = self.globals[name] or { name = name, values = {}, is_global = true }
  self.globals[name] = var
  return var
end

local UNKNOWN = { is = "other" }

-- nil is no value of a name that gets one elsewhere.
local function assign(var, value)
  value = value or UNKNOWN
  if not (value.token and value.token.text == "nil") then
    var.values[#var.values + 1] = value
  end
end

-- ---- expressions ---------------------------------------------------------------------------

local parse_expression

function Parser:node(is, fields)
  fields.is = is
  fields.line = fields.line or self.tokens[self.at].line
  self.nodes[#self.nodes + 1] = fields
  return fields
end

function Parser:expression_list()
  local list = { parse_expression(self, 0) }
  while self:accept "," do
    list[#list + 1] = parse_expression(self, 0)
  end
  return list
end

function Parser:table_constructor()
  local items = {}
  local node = self:node("table", { items = items })
  self:next() -- {
  while not self:peek "}" and not self:is_end() do
    local item = {}
    local after = self.tokens[self.at + 1]
    if self:accept "[" then
      local key = parse_expression(self, 0)
      item.key = key.is == "string" and key.token.value or key
      self:next() -- ]
      self:next() -- =
    elseif self.tokens[self.at].kind == "name" and after.kind == "op" and after.text == "=" then
      item.key = self:next().text
      self:next() -- =
    end
    item.value = parse_expression(self, 0)
    items[#items + 1] = item
    self:next() -- , or ; or }
    if self.tokens[self.at - 1].text == "}" then
      return node
    end
  end
  self:next()
  return node
end

function Parser:arguments()
  local token = self.tokens[self.at]
  if token.kind == "string" then
    return { self:node("string", { token = self:next() }) }
  elseif self:peek "{" then
    return { self:table_constructor() }
  end
  self:next() -- (
  local list = self:peek ")" and {} or self:expression_list()
  self:next() -- )
  return list
end

function Parser:primary()
  local token = self:next()
  if token.kind == "name" then
    return self:node("var", { var = self:find_var(token.text), line = token.line })
  end
  local inner = parse_expression(self, 0) -- it was (
  self:next() -- )
  return inner
end

function Parser:suffixed()
  local node = self:primary()
  while true do
    local token = self.tokens[self.at]
    local line = token.line
    if self:accept "." then
      node = self:node("index", { object = node, name = self:next().text, line = line })
    elseif self:accept "[" then
      local key = parse_expression(self, 0)
      node = self:node("index", { object = node, name = key.is == "string" and key.token.value, line = line })
      self:next() -- ]
    elseif self:accept ":" then
      local method = self:next().text
      node = self:node("call", { callee = node, method = method, args = self:arguments(), line = line })
    elseif token.kind == "string" or self:peek "(" or self:peek "{" then
      node = self:node("call", { callee = node, args = self:arguments(), line = line })
    else
      return node
    end
  end
end

function Parser:simple()
  local token = self.tokens[self.at]
  if token.kind == "string" then
    return self:node("string", { token = self:next() })
  elseif token.kind == "number" then
    return self:node("number", { value = tonumber(self:next().text) })
  elseif self:peek "true" or self:peek "false" then
    return self:node("boolean", { value = self:next().text == "true" })
  elseif self:peek "nil" or self:peek "..." then
    return self:node("other", { token = self:next() })
  elseif self:peek "{" then
    return self:table_constructor()
  elseif self:accept "function" then
    self:function_body()
    return self:node("other", {})
  end
  return self:suffixed()
end

-- How strongly an operator binds on its left and right; the greater the stronger.
local binding = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 },
  ["<"] = { 3, 3 }, [">"] = { 3, 3 }, ["<="] = { 3, 3 }, [">="] = { 3, 3 }, ["~="] = { 3, 3 }, ["=="] = { 3, 3 },
  ["|"] = { 4, 4 }, ["~"] = { 5, 5 }, ["&"] = { 6, 6 }, ["<<"] = { 7, 7 }, [">>"] = { 7, 7 },
  [".."] = { 9, 8 }, ["+"] = { 10, 10 }, ["-"] = { 10, 10 },
  ["*"] = { 11, 11 }, ["/"] = { 11, 11 }, ["//"] = { 11, 11 }, ["%"] = { 11, 11 },
  ["^"] = { 14, 13 },
}
local UNARY = 12

function parse_expression(self, limit)
  local left
  if self:accept "not" or self:accept "-" or self:accept "#" or self:accept "~" then
    parse_expression(self, UNARY)
    left = self:node("other", {})
  else
    left = self:simple()
  end
  while true do
    local token = self.tokens[self.at]
    local strength = token.kind == "op" and binding[token.text]
    if not strength or strength[1] <= limit then
      return left
    end
    self:next()
    local right = parse_expression(self, strength[2])
    if token.text == ".." then
      left = self:node("concat", { left = left, right = right, line = left.line })
    else
      left = self:node("other", {})
    end
  end
end

-- ---- statements ----------------------------------------------------------------------------

local ends = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true }

function Parser:block()
  self:open_scope()
  self:statements()
  self:close_scope()
end

function Parser:statements()
  while not self:is_end() do
    local token = self.tokens[self.at]
    if token.kind == "op" and ends[token.text] then
      return
    end
    self:statement()
  end
end

-- ( parameters ) block end
function Parser:function_body(has_self)
  self:open_scope()
  if has_self then
    assign(self:declare "self")
  end
  self:next() -- (
  while not self:accept ")" do
    local token = self:next()
    if token.kind == "name" then
      assign(self:declare(token.text))
    end
  end
  self:statements()
  self:next() -- end
  self:close_scope()
end

-- What stands for the i-th of the names that a list of values is assigned to.
local function value_of(values, i)
  local last = values[#values]
  if i > #values and last and last.is == "call" then
    return { is = "result", call = last, n = i - #values + 1 }
  end
  return values[i]
end

function Parser:local_names()
  local names = {}
  repeat
    names[#names + 1] = self:next().text
    if self:accept "<" then
      self:next()
      self:next() -- >
    end
  until not self:accept ","
  local values = self:accept "=" and self:expression_list() or {}
  for i, name in ipairs(names) do
    local var = self:declare(name)
    local value = value_of(values, i)
    if value then
      value.is_bound = true
      assign(var, value)
    end
  end
end

function Parser:local_statement()
  if self:accept "function" then
    assign(self:declare(self:next().text))
    self:function_body()
  else
    self:local_names()
  end
end

function Parser:function_statement()
  local var = self:find_var(self:next().text)
  local has_self = false
  local is_field = false
  while self:peek "." or self:peek ":" do
    has_self = self:next().text == ":"
    is_field = true
    self:next()
  end
  if is_field then
    var.is_changed = true
  else
    assign(var)
  end
  self:function_body(has_self)
end

function Parser:for_statement()
  local names = {}
  repeat
    names[#names + 1] = self:next().text
  until not self:accept ","
  self:next() -- = or in
  self:expression_list()
  self:next() -- do
  self:open_scope()
  for _, name in ipairs(names) do
    assign(self:declare(name))
  end
  self:statements()
  self:close_scope()
  self:next() -- end
end

function Parser:if_statement()
  repeat
    parse_expression(self, 0)
    self:next() -- then
    self:block()
  until not self:accept "elseif"
  if self:accept "else" then
    self:block()
  end
  self:next() -- end
end

-- The scope of a repeat's block holds its condition too.
function Parser:repeat_statement()
  self:open_scope()
  self:statements()
  self:next() -- until
  parse_expression(self, 0)
  self:close_scope()
end

function Parser:assign_to(target, value)
  if target.is == "var" then
    target.is_bound = true
    assign(target.var, value)
    if value then
      value.is_bound = true
    end
    return
  end
  while target.is == "index" do
    target = target.object
  end
  if target.is == "var" then
    target.var.is_changed = true
  end
end

-- A call, or an assignment.
function Parser:expression_statement()
  local targets = { self:suffixed() }
  while self:accept "," do
    targets[#targets + 1] = self:suffixed()
  end
  if not self:accept "=" then
    return
  end
  local values = self:expression_list()
  for i, target in ipairs(targets) do
    self:assign_to(target, value_of(values, i))
  end
end

local statements = {
  ["local"] = Parser.local_statement,
  ["function"] = Parser.function_statement,
  ["for"] = Parser.for_statement,
  ["if"] = Parser.if_statement,
  ["repeat"] = Parser.repeat_statement,
  ["do"] = function(self)
    self:block()
    self:next()
  end,
  ["while"] = function(self)
    parse_expression(self, 0)
    self:next()
    self:block()
    self:next()
  end,
  ["return"] = function(self)
    local token = self.tokens[self.at]
    if not (self:is_end() or self:peek ";" or token.kind == "op" and ends[token.text]) then
      self:expression_list()
    end
  end,
  ["goto"] = Parser.next,
  ["break"] = function() end,
  [";"] = function() end,
  ["::"] = function(self)
    self:next()
    self:next()
  end,
}

function Parser:statement()
  local token = self.tokens[self.at]
  local parse = token.kind == "op" and statements[token.text]
  if parse then
    self:next()
    parse(self)
  else
    self:expression_statement()
  end
end

-- All expressions of a script, in the order in which they end.
local function parse(text)
  local self = setmetatable({ tokens = lexer.read(text), at = 1, nodes = {}, globals = {} }, Parser)
  self:block()
  return self.nodes
end

return { parse = parse }
