-- SPDX-License-Identifier: Apache-2.0
-- What moonbee check found out about one file, as text and as JSON; and one diagnostic as text, for all commands.

local Report = {}
Report.__index = Report

-- Exit codes, as check.lua tells them.
local WRONG, IMPOSSIBLE = 1, 3

local ORDER = {
  "file", "compiled", "verified", "programs", "diagnostics", "compile_ms",
  "name", "type", "possible", "insns", "verified_insns", "reason", "optional",
  "severity", "stage", "line", "column", "message", "hint", "source", "log",
}

local function new(file)
  return setmetatable({
    file = file,
    compiled = true,
    verified = true,
    programs = {},
    diagnostics = {},
    compile_ms = 0,
    code = 0,
  }, Report)
end

-- What does not hold: "compiled", and with it "verified", or this alone. is_impossible: nothing is wrong.
function Report:fail(what, is_impossible)
  if what == "compiled" then
    self.compiled = false
  end
  self.verified = false
  self.code = self.code == WRONG and WRONG or is_impossible and IMPOSSIBLE or WRONG
end

-- Add a diagnostic. place: of the source that it is about.
function Report:add(diag, place)
  local file, line, column = diag.file, diag.line, diag.column
  if place and not place.is_exact then -- the source's lines are not the file's
    file, line, column = place.file, place.line, nil
  end
  self.diagnostics[#self.diagnostics + 1] = {
    severity = diag.severity,
    stage = diag.stage,
    file = file or place and place.file or self.file,
    line = line,
    column = column,
    message = diag.message,
    hint = diag.hint,
    source = diag.source,
    log = diag.log,
  }
end

-- What the library says of a program that this kernel cannot have: no error of the source.
local function find_impossible(diag, verdicts)
  for _, verdict in ipairs(verdicts or {}) do
    if verdict.reason and diag.message == ("program '%s': %s"):format(verdict.name, verdict.reason) then
      return verdict
    end
  end
end

-- All that an error object says.
function Report:add_error(err, place, verdicts)
  for _, diag in ipairs(err.diagnostics or { err }) do
    local verdict = find_impossible(diag, verdicts)
    if verdict then
      diag.severity = "warning"
      diag.message = ("program '%s' is not possible here: %s"):format(verdict.name, verdict.reason)
    end
    diag.severity = diag.severity or "error"
    self:add(diag, place)
  end
end

function Report:add_program(verdict, place)
  local is_possible = verdict.verified or not verdict.reason
  self.programs[#self.programs + 1] = {
    name = verdict.name,
    type = verdict.type,
    verified = verdict.verified,
    possible = is_possible,
    insns = verdict.insns,
    verified_insns = verdict.verified_insns,
    reason = verdict.reason,
    optional = verdict.optional or nil,
    file = place.file,
    line = place.line,
  }
  if not verdict.verified and not verdict.optional then
    self:fail("verified", not is_possible)
  end
end

-- ---- text ----------------------------------------------------------------------------------

local function place_of(diag)
  local text = diag.file or ""
  for _, part in ipairs { diag.line or false, diag.line and diag.column or false } do
    text = part and text .. ":" .. part or text
  end
  return text == "" and "" or text .. ": "
end

-- As compilers write it: the place and what is wrong there, the line with a caret, the cure.
local function text_of(diag, with_log)
  local lines = { place_of(diag) .. diag.severity .. ": " .. diag.message }
  if diag.source and diag.line then
    lines[#lines + 1] = "  " .. diag.source
    if diag.column then
      lines[#lines + 1] = "  " .. diag.source:sub(1, diag.column - 1):gsub("[^\t]", " ") .. "^"
    end
  end
  if diag.hint then
    lines[#lines + 1] = "  hint: " .. diag.hint
  end
  if with_log and diag.log then
    lines[#lines + 1] = diag.log
  end
  return table.concat(lines, "\n")
end

local function state_of(program)
  if program.verified then
    local text = ("verified, %d instructions"):format(program.insns or 0)
    return program.reason and text .. "; cannot be attached here: " .. program.reason or text
  elseif program.possible then
    return "refused"
  end
  return (program.optional and "left out: " or "not possible here: ") .. program.reason
end

local function print_text(report, with_log)
  for _, diag in ipairs(report.diagnostics) do
    io.stderr:write(text_of(diag, with_log), "\n")
  end
  local state = report.verified and "verified" or report.compiled and "compiled, not verified" or "not compiled"
  print(("%s: %s (%.1f ms to compile)"):format(report.file, state, report.compile_ms))
  local width = 0
  for _, program in ipairs(report.programs) do
    width = math.max(width, #program.name)
  end
  for _, program in ipairs(report.programs) do
    print(("  %-14s %-" .. math.min(width, 60) .. "s  %s"):format(program.type, program.name, state_of(program)))
  end
end

-- ---- JSON ----------------------------------------------------------------------------------

local function print_json(report, with_log)
  local json = require "moonbee.command.json"
  for _, program in ipairs(report.programs) do
    program.insns = program.insns or json.null
  end
  for _, diag in ipairs(report.diagnostics) do
    diag.log = with_log and diag.log or nil
  end
  print(json.encode({
    file = report.file,
    compiled = report.compiled,
    verified = report.verified,
    programs = report.programs,
    diagnostics = report.diagnostics,
    compile_ms = math.floor(report.compile_ms * 1000 + 0.5) / 1000,
  }, { keyorder = ORDER }))
end

-- options: json, log.
function Report:print(options)
  if options.json then
    print_json(self, options.log)
  else
    print_text(self, options.log)
  end
end

return { new = new, text_of = text_of }
