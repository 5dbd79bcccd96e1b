-- SPDX-License-Identifier: Apache-2.0
-- Sources of libbpf's dialect that Debian ships: those that a loader in Go is tested with (package
-- golang-github-cilium-ebpf-dev), with headers of their own. Each compiles, and the kernel accepts each of
-- its programs, but for what stands here, which must be exact.
-- usage: moonbee tests/corpus/libbpf.lua

local json = require "moonbee.lib.dkjson"

local MOONBEE = (os.getenv("BEE_BUILD") or "build") .. "/moonbee"
local ROOT = "/usr/share/gocode/src/github.com/cilium/ebpf"

-- Of a file, the programs that are refused, "-" for all of it, and words that say why.
local REFUSED = {
  -- What no kernel has: these structs are relocated against another object.
  ["btf/testdata/relocs_read.c"] = { reads = "failed to resolve CO-RE relocation" },
  ["btf/testdata/relocs.c"] = { fields = "failed to resolve CO-RE relocation" },
  -- Types, maps or a function to be linked with, and no program.
  ["btf/testdata/relocs_read_tgt.c"] = { ["-"] = "there is no program to verify" },
  ["testdata/iproute2_map_compat.c"] = { ["-"] = "there is no program to verify" },
  ["testdata/map_spin_lock.c"] = { ["-"] = "there is no program to verify" },
  ["testdata/fwd_decl.c"] = { ["-"] = "failed to find BTF for extern 'fwd'" },
  ["testdata/invalid_map.c"] = { ["-"] = "there is no program to verify" },
  ["testdata/invalid_btf_map_init.c"] = { ["-"] = "there is no program to verify" },
  -- A static map in the old section of maps, where libbpf looks for names that others see.
  ["testdata/invalid_map_static.c"] = { ["-"] = "cannot open the object" },
  -- Its licence is not compatible with that of the helper that it calls.
  ["testdata/strings.c"] = { filter = "GPL-restricted function" },
  -- A static function in a section of its own, which libbpf refuses.
  ["testdata/loader.c"] = { ["-"] = "program 'static_fn' is static" },
  -- Whose function it replaces is said when it is loaded.
  ["testdata/freplace.c"] = { replacement = "it names no program whose function it replaces" },
}

local list = assert(io.popen(("find '%s' -name '*.c' 2>/dev/null | sort"):format(ROOT)))
local paths = {}
for path in list:lines() do
  paths[#paths + 1] = path
end
list:close()
if #paths == 0 then
  print("skipped: package golang-github-cilium-ebpf-dev is not installed (no sources below " .. ROOT .. ")")
  os.exit(77, true)
end

-- All that is said of a source, as one text: of a program, of the file.
local function texts_of(said)
  local parts = {}
  for _, diag in ipairs(said.diagnostics) do
    parts[#parts + 1] = diag.message .. " " .. (diag.hint or "")
  end
  for _, row in ipairs(said.programs) do
    for _, diag in ipairs(row.diagnostics or {}) do
      parts[#parts + 1] = diag.message
    end
  end
  return table.concat(parts, "\n")
end

-- What is otherwise than expected of a source, a line each.
local function judge(name, path)
  local wrong, expected = {}, REFUSED[name] or {}
  local pipe <close> = assert(io.popen(("'%s' check --json --no-cache '%s'"):format(MOONBEE, path)))
  local text = pipe:read("a")
  local said = json.decode(text)
  if not said or not said.compiled then
    return { "is not compiled: " .. text }
  end
  local texts, is_refused = texts_of(said), {}
  is_refused["-"] = #said.programs == 0 or nil
  for _, row in ipairs(said.programs) do
    is_refused[row.name] = not row.verified or nil
  end
  for program in pairs(is_refused) do
    if not expected[program] or not texts:find(expected[program], 1, true) then
      wrong[#wrong + 1] = ("%s is refused: %s"):format(program, texts)
    end
  end
  for program in pairs(expected) do
    if not is_refused[program] then
      wrong[#wrong + 1] = program .. " is no longer refused"
    end
  end
  return wrong, #said.programs
end

local passed, failed, programs = 0, 0, 0
for _, path in ipairs(paths) do
  local name = path:sub(#ROOT + 2)
  local wrong, count = judge(name, path)
  programs = programs + (count or 0)
  for _, line in ipairs(wrong) do
    print(("FAIL  %s: %s"):format(name, line))
  end
  if #wrong == 0 then
    passed = passed + 1
  else
    failed = failed + 1
  end
end
print(("%d programs"):format(programs))
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and 0 or 1, true)
