-- SPDX-License-Identifier: Apache-2.0
-- Cases of the oracle: each is one file with two halves. moonbee compiles the first, written in a dialect of
-- its users; clang compiles the other, #ifdef PLAIN, in which each read is written out. Both must do the same.
--
--     // two spaces                  user and kernel memory hold different bytes
--     // no maps                     what is left in maps does not count
--     // must differ                 a check of the oracle itself
--     // probe reads                 once more without bpf_rdonly_cast(), as on kernels that lack it
--     // no casts                    once more as on kernels where just the current task has a type
--     // wish: PROGRAM=TARGET        as the caller of bee_load() would say it
--
-- usage: lua5.4 tests/oracle/run.lua ORACLE CLANG BPFTOOL CASE.c...

local oracle, clang, bpftool = arg[1], arg[2], arg[3]
local here = arg[0]:match("^(.*)/") or "."

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- What a command prints, whether it succeeds, and its exit status.
local function run(...)
  local pipe = assert(io.popen(table.concat({ ... }, " ") .. " 2>&1"))
  local text = pipe:read("a")
  local ok, _, status = pipe:close()
  return text, ok, status
end

local function must(...)
  local text, ok = run(...)
  if not ok then
    print(table.concat({ ... }, " ") .. ":\n" .. text)
    os.exit(1)
  end
end

local function temporary_folder()
  local name = run("mktemp -d")
  return name:gsub("\n", "")
end

local machine = run("uname -m"):gsub("\n", "")
local flags = ("-target bpf -mcpu=v3 -O2 -g -Wno-missing-declarations -D__TARGET_ARCH_%s -DPLAIN -I /usr/include/%s-linux-gnu")
  :format(machine == "x86_64" and "x86" or machine == "aarch64" and "arm64" or machine, machine)

-- bpftool writes enums of one or two bytes as if they had four, which moves what stands behind them.
local function narrow_enums(header)
  local modes = { ["1"] = "byte", ["2"] = "HI" }
  for line in io.popen(bpftool .. " btf dump file /sys/kernel/btf/vmlinux"):lines() do
    local name, size = line:match("ENUM '([%w_]+)' .*size=([12]) ")
    if name then
      header = header:gsub("(enum " .. name .. " {[^}]*})", "%1 __attribute__((mode(" .. modes[size] .. ")))", 1)
    end
  end
  return header
end

-- All kernel types take clang a fifth of a second, so they are parsed once.
local function precompile(folder)
  local file <close> = assert(io.open(folder .. "/vmlinux.h", "w"))
  file:write(narrow_enums((run(bpftool, "btf dump file /sys/kernel/btf/vmlinux format c"))))
  file:flush()
  must(clang, flags, "-I", folder, "-x c-header", here .. "/plain.h", "-o", folder .. "/plain.pch")
end

-- The options that a case asks for, the exit status that it should have, and those of each of its runs.
local function options_of(case)
  local options, spaces, status, ways = {}, "-1", 0, { "" }
  for line in io.lines(case) do
    if line == "// two spaces" then
      spaces = ""
    elseif line == "// no maps" then
      options[#options + 1] = "-m"
    elseif line == "// must differ" then
      status = 1
    elseif line == "// probe reads" then
      ways[#ways + 1] = "-D MOONBEE_PROBE_READS"
    elseif line == "// no casts" then
      ways[#ways + 1] = "-D MOONBEE_NO_CAST"
    end
    local wish = line:match("^// wish: (.*)")
    if wish then
      options[#options + 1] = "-w " .. quote(wish)
    end
  end
  return spaces .. " " .. table.concat(options, " "), status, ways
end

local folder = temporary_folder()
local failed = 0
precompile(folder)
for i = 4, #arg do
  local case = arg[i]
  local object = folder .. "/plain.o"
  local options, expected, ways = options_of(case)
  local text, _, status = run(clang, flags, "-include-pch", folder .. "/plain.pch", "-c", quote(case), "-o", object)
  local compiled = status == 0
  status = compiled and expected or status
  for k = 1, compiled and #ways or 0 do
    if status == expected then
      text, _, status = run(oracle, options, ways[k], quote(case), object)
    end
  end
  if status ~= expected then
    failed = failed + 1
    print(("%s: exit status %d, not %d\n%s"):format(case, status, expected, text))
  end
end
os.execute("rm -rf " .. quote(folder))
print(("%d cases, %d failed"):format(#arg - 3, failed))
os.exit(failed == 0 and #arg > 3)
