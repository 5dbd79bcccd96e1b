-- SPDX-License-Identifier: Apache-2.0
-- moonbee list: what there is to attach to.

local bee = require "moonbee"
local frame = require "moonbee.command.frame"
local json = require "moonbee.command.json"

local list = {
  name = "list",
  summary = "list what programs can be attached to",
  usage = { "list [OPTIONS] [PATTERN]" },
  about = {
    "Lists the targets that PATTERN matches, as `attach` and SEC take them, sorted by module and name. PATTERN is a "
      .. "target in which `*` and `?` stand for any text, as in `tracepoint:sched:*`. A "
      .. "hook's name alone is all of its targets; a name alone, as `vfs_read` or `*sched*`, is looked for in all hooks "
      .. "of the kernel, and `f*:vfs_read` asks those that begin with f. Without PATTERN the hooks are "
      .. "listed, and why this kernel or this user cannot use some.",
    "What the kernel lets nobody probe is not listed; for kprobes also no name that several functions have, since it "
      .. "tells none of them. A function of a module is followed by the module's name in brackets.",
    "With -v each target is followed by its arguments as C declares them, and by what is returned: from BTF, for "
      .. "tracepoints from tracefs; for USDT probes their sizes are known.",
    "With --json each target gives one line, an object of `target`, `module`, `args` (each with `name`, `type` and "
      .. "`text`) and `returns`. Hooks give what "
      .. "is told of them in the same way.",
  },
  options = {
    { "-v", "--verbose", help = "arguments and their types too" },
    { "--json", help = "print JSON, a line for each target, arguments included" },
  },
  arguments = { { "PATTERN", optional = true, help = "HOOK:PATTERN or PATTERN; quote it, so that the shell leaves it alone" } },
  exits = {
    { 0, "something is listed" },
    { 1, "there is no such thing, no such hook, or this user may not look; names that come near are told" },
    { 2, "the command line cannot be read" },
  },
  examples = {
    { "moonbee list -v tracepoint:syscalls:sys_enter_openat", "the fields of a tracepoint" },
    { "moonbee list 'fentry:tcp_*'", "functions of the kernel, by name" },
    { "moonbee list 'uprobe:libc.so.6:mall*'", "functions of a library" },
  },
}

-- The order in which JSON has them.
local KEYS = { "name", "form", "about", "usable", "reason", "listed", "target", "module", "args", "type", "text",
  "returns" }

local function print_json(value)
  print(json.encode(value, { keyorder = KEYS }))
end

-- ---- hooks ---------------------------------------------------------------------------------

local function list_hooks(given)
  local hooks, err = bee.hooks()
  if not hooks then
    io.stderr:write(tostring(err), "\n")
    return 1
  end
  for _, hook in ipairs(hooks) do
    if given.json then
      hook.reason = hook.reason or json.null
      print_json(hook)
    else
      local target = hook.form and hook.name .. ":" .. hook.form or hook.name
      print(("%-34s %s%s"):format(target, hook.about or "", hook.reason and " - not here: " .. hook.reason or ""))
    end
  end
  return 0
end

-- ---- targets -------------------------------------------------------------------------------

local function print_probe(probe, given)
  print(probe.module and ("%s [%s]"):format(probe.target, probe.module) or probe.target)
  if given.verbose then
    for _, arg in ipairs(probe.args) do
      print("    " .. arg.text)
    end
    if probe.returns and probe.returns ~= "void" then
      print("    returns " .. probe.returns)
    end
  end
end

local function print_object(probe)
  probe.module = probe.module or json.null
  probe.returns = probe.returns or json.null
  setmetatable(probe.args, { __jsontype = "array" })
  print_json(probe)
end

function list.main(given)
  if not given.pattern then
    return list_hooks(given)
  end
  -- Many lines are written in few pieces.
  io.stdout:setvbuf "full"
  local count, err = bee.list(given.pattern, {
    args = given.verbose or given.json or false,
    each = function(probe)
      if given.json then
        print_object(probe)
      else
        print_probe(probe, given)
      end
    end,
  })
  io.stdout:flush()
  if not count then
    io.stderr:write("moonbee list: ", tostring(err), "\n")
    return 1
  end
  return 0
end

return list
