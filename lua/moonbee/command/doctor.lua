-- SPDX-License-Identifier: Apache-2.0
-- moonbee doctor: what this kernel and this user can do.

local bee = require "moonbee"
local json = require "moonbee.command.json"

local doctor = {
  name = "doctor",
  summary = "tell what this kernel and this user can do",
  usage = { "doctor [OPTIONS]" },
  about = {
    "Asks the kernel for all that tools may need, and tells of each whether it is there (yes, no, or limited: not for "
      .. "this user, or not all of it), what was seen, and what to do about it. Nothing is changed.",
    "What tools that were killed left in the kernel is told too: filters of tc on a clsact, and routes with programs, "
      .. "in this network namespace and in those that have a name. All else goes with its process. Only what moonbee "
      .. "made is looked at.",
  },
  options = {
    { "--clean", help = "remove what killed tools left behind, and tell of that alone" },
    { "--json", help = "print JSON: an object with features and leftovers" },
  },
  exits = {
    { 0, "tools can run; with --clean: nothing is left behind" },
    { 1, "tools cannot run: something that all of them need is not there, or what was left cannot be removed" },
    { 2, "the command line cannot be read" },
  },
  examples = {
    { "moonbee doctor", "see what does not work here, and why" },
    { "moonbee doctor --json | jq -r '.features[] | select(.state != \"yes\") | .name'", "the same, for a program" },
    { "moonbee doctor --clean", "remove what a killed tool left behind" },
  },
}

-- The order in which JSON has them.
local KEYS = { "features", "leftovers", "name", "about", "state", "needed", "reason", "cure", "target", "program",
  "netns", "id", "removed" }

local function can_run(features)
  for _, feature in ipairs(features) do
    if feature.needed and feature.state ~= "yes" then
      return false
    end
  end
  return true
end

local function print_features(features)
  for _, feature in ipairs(features) do
    local text = feature.about .. (feature.reason and ": " .. feature.reason or "")
    print(("%-8s %-20s %s"):format(feature.state, feature.name, text))
    if feature.cure then
      print(("%-29s -> %s"):format("", feature.cure))
    end
  end
end

local function print_leftovers(list, given)
  if given.clean and #list == 0 then
    print("nothing was left behind")
  end
  for _, left in ipairs(list) do
    print(("left     %s, with program '%s' (id %d)%s"):format(left.target, left.program or "", left.id,
      given.clean and ": removed" or ""))
  end
  if #list > 0 and not given.clean then
    print(("%-29s -> moonbee doctor --clean"):format "")
  end
end

local function print_json(features, list, given)
  for _, feature in ipairs(features) do
    feature.reason, feature.cure = feature.reason or json.null, feature.cure or json.null
  end
  for _, left in ipairs(list) do
    left.removed = given.clean or false
  end
  print(json.encode({
    features = features,
    leftovers = setmetatable(list, { __jsontype = "array" }),
  }, { keyorder = KEYS }))
end

function doctor.main(given)
  -- Who only cleans is not told again what there is; but an object of JSON always has the same fields.
  local features, err = {}, nil
  if given.json or not given.clean then
    features, err = bee.features()
  end
  if not features then
    io.stderr:write("moonbee doctor: ", tostring(err), "\n")
    return 1
  end
  local list, wrong = bee.leftovers { remove = given.clean or false }
  if given.json then
    print_json(features, list or {}, given)
  else
    print_features(features)
    if list then
      print_leftovers(list, given)
    end
  end
  -- Who may not look has left nothing behind.
  if not list and (given.clean or wrong.code ~= "EPERM") then
    io.stderr:write("moonbee doctor: ", tostring(wrong), "\n")
    return 1
  end
  return can_run(features) and 0 or 1
end

return doctor
