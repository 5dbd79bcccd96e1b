-- SPDX-License-Identifier: Apache-2.0
-- libbpf-style sources: moonbee's code is clang's, instruction for instruction.
--
-- usage: lua5.4 tests/libbpf/run.lua MOONBEE FOLDER CLANG BPFTOOL OBJDUMP SOURCE...
--
-- clang gets libbpf's own headers and the whole vmlinux.h of the running kernel, which bpftool dumps into
-- FOLDER. A portable object is relocated as clang's is. One for this kernel has its offsets in place,
-- which is what clang makes when nothing asks it for relocations.

local moonbee, folder, clang, bpftool, objdump = table.unpack(arg, 1, 5)
local sources = { table.unpack(arg, 6) }

-- A source that has partial structs of other kernels is relocated in either form.
local relocated = { ["04-fields"] = true, ["05-bitfields"] = true }
-- libbpf sets what a relocated instruction holds, and for bitfields the compiler's own guess depends
-- on how much of the struct it knows: there only what is relocated must be the same.
local masked = { ["05-bitfields"] = true }
-- How this kernel's functions of system calls get their arguments is known; of others, libbpf asks.
local asked = { ["19-syscalls"] = true }

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read("a")
  local ok = pipe:close()
  return ok and text or nil, text
end

local function must(command)
  local text, said = run(command)
  if not text then
    print(command .. "\n" .. said)
    os.exit(1)
  end
  return text
end

local function skip_without(what, ok)
  if not ok then
    print("skipped: " .. what)
    os.exit(77)
  end
end

local btf = "/sys/kernel/btf/vmlinux"
skip_without("this kernel has no BTF at " .. btf, io.open(btf))
for _, tool in ipairs { clang, bpftool, objdump } do
  skip_without("there is no " .. tool, run("command -v '" .. tool .. "'"))
end

-- What clang is told, and the headers that all sources share, parsed once.
local flags = "-target bpf -O2 -g -mcpu=v3 -D__TARGET_ARCH_x86 -I'" .. folder .. "'"
local forms = {
  portable = { clang = flags, moonbee = "--portable" },
  fixed = {
    clang = flags .. " -DBPF_NO_PRESERVE_ACCESS_INDEX '-D__builtin_preserve_access_index(x)=(x)'",
    moonbee = "",
  },
}
must(("mkdir -p '%s' && '%s' btf dump file %s format c >'%s/vmlinux.h'"):format(folder, bpftool, btf, folder))
for name, form in pairs(forms) do
  form.header = ("%s/%s.pch"):format(folder, name)
  must(("'%s' %s -x c-header tests/libbpf/newer.h -o '%s'"):format(clang, form.clang, form.header))
end

-- The instructions and relocations of an object, without the numbers that clang gives to its types.
local function code_of(object, is_masked)
  local lines = {}
  for line in must(("'%s' -d -r --no-leading-addr --no-show-raw-insn '%s'"):format(objdump, object))
    :gmatch("[^\n]+") do
    line = line:gsub(" <[^>]*>$", "")
    if line:find("CO-RE", 1, true) then
      line = line:gsub(" %[%d+%]", ""):gsub(" %([%d:]+%)$", ""):gsub("<anon %d+>", "<anon>")
      if is_masked then
        lines[#lines] = lines[#lines]:gsub("0x%x+", "...")
      end
    end
    if not line:find("file format") then
      lines[#lines + 1] = line
    end
  end
  return lines
end

local function compare(name, form, ours, theirs)
  for i = 1, math.max(#ours, #theirs) do
    if ours[i] ~= theirs[i] then
      print(("%s, %s: line %d of the code\n  clang:   %s\n  moonbee: %s"):format(name, form, i,
        theirs[i], ours[i]))
      return false
    end
  end
  return #ours > 0
end

local failed, insns = 0, 0
for _, source in ipairs(sources) do
  local name = source:match("([^/]+)%.bpf%.c$")
  local theirs = {}
  for form, options in pairs(forms) do
    local object = ("%s/%s.o"):format(folder, name)
    must(("'%s' %s -include-pch '%s' -c '%s' -o '%s'"):format(clang, options.clang, options.header,
      source, object))
    theirs[form] = code_of(object, masked[name])
  end
  for form, options in pairs(forms) do
    local object = ("%s/%s.moonbee.o"):format(folder, name)
    must(("'%s' compile %s --cpu v3 -o '%s' '%s'"):format(moonbee, options.moonbee, object, source))
    local ours = code_of(object, masked[name])
    if not (asked[name] and form == "fixed") and not compare(name, form, ours, theirs[relocated[name] and "portable" or form]) then
      failed = failed + 1
    end
    insns = insns + #ours
  end
end
-- ---- a dump beside the source --------------------------------------------------------------

-- A vmlinux.h of another kernel is read when a source needs what only that one has.
local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

local other = folder .. "/other"
must(("mkdir -p '%s' && cp '%s/vmlinux.h' '%s'"):format(other, folder, other))
local types = assert(io.open(other .. "/vmlinux.h")):read("a")
write(other .. "/vmlinux.h", (types:gsub("#ifndef BPF_NO_PRESERVE", "struct of_later { int x; };\n%0", 1)))
local program = '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_core_read.h>\n' ..
  'char LICENSE[] SEC("license") = "GPL";\nSEC("raw_tp/sched_switch") int f(void *ctx)\n'
for _, case in ipairs {
  { "{ struct task_struct *t = (void *)bpf_get_current_task(); return BPF_CORE_READ(t, pid); }" },
  { "{ struct of_later *p = ctx; return bpf_core_type_exists(struct of_later) ? BPF_CORE_READ(p, x) : 0; }" },
  { "{ return no_such_thing; }", "case.c:6:10: error: use of undeclared identifier 'no_such_thing'" },
} do
  write(other .. "/case.c", program .. case[1] .. "\n")
  local text, said = run(("'%s' compile -o '%s/case.o' '%s/case.c'"):format(moonbee, other, other))
  if (case[2] == nil) ~= (text ~= nil) or not said:find(case[2] or "", 1, true) then
    print("beside a vmlinux.h: " .. case[1] .. "\n" .. said)
    failed = failed + 1
  end
end

-- What such a source came to is kept: the second time no compiler is there to be run.
local kept = ("MOONBEE_CACHE='%s/cache' MOONBEE_CC='%s' '%s' compile -o '%s/case.o' '%s/case.c'"):format(other, "%s",
  moonbee, other, other)
for _, body in ipairs { "return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), pid);",
  "return bpf_core_type_exists(struct of_later) ? BPF_CORE_READ((struct of_later *)ctx, x) : 0;" } do
  write(other .. "/case.c", program .. "{ " .. body .. " }\n")
  must(kept:format(moonbee .. "-cc"))
  local text, said = run(kept:format("/nowhere"))
  if not text then
    print("compiled before, beside a vmlinux.h: " .. body .. "\n" .. said)
    failed = failed + 1
  end
end
must(("rm -rf '%s/cache'"):format(other))

-- One dump an architecture, by names of their own, of which #if chooses; all together they are long.
for _, name in ipairs { "vmlinux-x86.h", "vmlinux_arm64.h" } do
  must(("cp '%s/vmlinux.h' '%s/%s'"):format(folder, other, name))
end
write(other .. "/vmlinux.h", '#if defined(__aarch64__)\n#include "vmlinux_arm64.h"\n#else\n' ..
  '#include "vmlinux-x86.h"\n#endif\n')
write(other .. "/case.c", program .. "{ return bpf_get_smp_processor_id() + sizeof(struct task_struct); }\n")
must(("'%s' compile -o '%s/case.o' '%s/case.c'"):format(moonbee, other, other))

print(("%d sources, %d lines of code, %d differ"):format(#sources, insns, failed))
os.exit(failed == 0 and #sources > 0)
