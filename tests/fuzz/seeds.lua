-- SPDX-License-Identifier: Apache-2.0
-- Makes what the fuzz drivers start from: a folder of small inputs for each.
--
-- usage: lua5.4 tests/fuzz/seeds.lua OUT
--
-- Sources are those of tests/compile; BTF and objects are clang's; requests and answers are written here.

local out = assert(arg[1], "usage: seeds.lua OUT")
os.execute(("rm -rf '%s'"):format(out))
local counts = {}

local function read_file(path)
  local file = io.open(path, "rb")
  local text = file and file:read("a")
  if file then
    file:close()
  end
  return text
end

local function write(driver, data)
  counts[driver] = (counts[driver] or 0) + 1
  if counts[driver] == 1 then
    os.execute(("mkdir -p '%s/%s'"):format(out, driver))
  end
  local file <close> = assert(io.open(("%s/%s/%03d"):format(out, driver, counts[driver]), "wb"))
  file:write(data)
end

-- The output of a command, or nil when it fails.
local function output_of(command)
  local pipe = io.popen(command .. " 2>/dev/null")
  local text = pipe:read("a")
  return pipe:close() and text or nil
end

-- ---- sources ------------------------------------------------------------------------------

local sources = {}
for path in assert(output_of("ls tests/compile/*.c")):gmatch("[^\n]+") do
  if #read_file(path) < 1500 then
    sources[#sources + 1] = read_file(path)
  end
end
for _, text in ipairs(sources) do
  write("lex", text)
end
write("lex", '#line 3 "a\\\nb.c"\n#if 1 /* a\n*/ && 2\nchar c = \'\\\'\', *s = "a\\\n";\n#endif')

-- ---- BTF and objects ----------------------------------------------------------------------

local object = out .. "/object.o"
local kernel = [[
  typedef unsigned int u32; enum { ONE = 1, TWO }; enum wide { WIDE = 1ull << 40, LOW = -1 };
  struct inner { int a; _Bool b : 1; u32 c : 5; } __attribute__((packed));
  struct far { u32 id; struct far *next; struct inner deep; union { long x; char y[3][4]; }; };
  struct near { struct far *far; struct inner inner; int (*fn)(struct far *, ...); struct none *gone;
                volatile const char *const text; __int128 huge; float f; char fill[200]; enum wide w; };
  struct near near; enum wide wide; int x = TWO;
]]
local program = [[
  #define SEC(name) __attribute__((section(name), used))
  struct event { int pid; char comm[16]; };
  struct { int (*type)[27]; int (*max_entries)[4096]; } events SEC(".maps");
  struct { int (*type)[1]; int (*max_entries)[16]; int *key; struct event *value; } counts SEC(".maps");
  const volatile int limit = 3; int total; static char text[] = "text %d\n";
  static void *(*lookup)(void *, void *) = (void *)1;
  static long (*print)(const char *, int, ...) = (void *)6;
  SEC("kprobe/vfs_read") int f(void *ctx)
  { int key = limit; total++; print(text, sizeof(text), lookup(&counts, &key)); return 0; }
  SEC("tp/sched/sched_switch") int g(void *ctx) { return lookup(&events, &total) != 0; }
  char _license[] SEC("license") = "GPL";
]]

-- An object that clang makes of a text, or nil where there is no clang.
local function compile(text)
  local pipe = io.popen(("clang-19 -target bpf -O1 -g -c -x c - -o '%s' 2>/dev/null"):format(object), "w")
  pipe:write(text)
  return pipe:close() and read_file(object) or nil
end

-- The bytes of a section of an object, by the headers of ELF for 64 bits.
local function section(elf, wanted)
  local headers, size, count, names = string.unpack("<I8", elf, 0x29),
    string.unpack("<I2I2I2", elf, 0x3b)
  local function header(index)
    return string.unpack("<I4I4I8I8I8I8", elf, headers + index * size + 1)
  end
  local _, _, _, _, strings = header(names)
  for index = 0, count - 1 do
    local name, _, _, _, at, len = header(index)
    if string.unpack("z", elf, strings + name + 1) == wanted then
      return elf:sub(at + 1, at + len)
    end
  end
end

local elf = compile(program)
if elf then
  write("object", elf)
  write("object", elf:sub(1, #elf // 2))
end
elf = compile [[
  #define SECTION(name) __attribute__((section(name), used))
  struct bpf_elf_map { int type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx; };
  SECTION("maps") struct bpf_elf_map counts = { 1, 4, 8, 16, 0, 0, 2 };
  SECTION("maps") struct bpf_elf_map calls = { 3, 4, 4, 2, 0, 7 };
  SECTION("7/1") int f(void *ctx) { return ((int (*)(void *, int *))1)(&counts, ctx); }
]]
if elf then
  write("object", elf)
end
elf = compile(kernel)
if elf then
  local btf = section(elf, ".BTF")
  local names = "struct near *n; struct far *f; int g(void) { return n->far->deep.a + TWO + n->fn; }"
  write("types", string.pack("<s4s4", btf, "") .. names)
  write("types", string.pack("<s4s4", btf, btf) .. "struct near n; enum wide w = WIDE; u32 x;")
  write("types", string.pack("<s4s4", btf, "") .. "#define P(a) a##b\n" .. names)
  for _, text in ipairs(sources) do
    write("types", string.pack("<s4s4", btf, "") .. text)
  end
end
os.remove(object)

-- ---- tracepoint formats -------------------------------------------------------------------

local fields = {
  "unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;",
  "char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;",
  "pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;",
  "int __syscall_nr;\toffset:32;\tsize:4;\tsigned:1;",
  "const char __user * filename;\toffset:40;\tsize:8;\tsigned:0;",
  "__data_loc char[] name;\toffset:48;\tsize:4;\tsigned:0;",
  "u8 addr[sizeof(struct in6)];\toffset:52;\tsize:16;\tsigned:0;",
  "unsigned long args[6];\toffset:72;\tsize:48;\tsigned:0;",
}
local format = "name: f\nID: 1\nformat:\n"
for _, field in ipairs(fields) do
  format = format .. "\tfield:" .. field .. "\n"
  write("format", format .. "\nprint fmt: \"%d\", REC->prev_pid\n")
end

-- ---- requests and answers: src/wire.h -----------------------------------------------------

local function field(tag, head, body)
  return string.pack("<I4I4I4", tag, #head, #body) .. head .. "\0" .. body .. "\0"
end
-- The tags by their names, from the header that gives them their numbers.
local tags, number = {}, 0
for name in read_file("src/wire.h"):match("enum bee__wire_tag {(.-)\n};"):gmatch("\n\tBEE_WIRE_([A-Z]+)") do
  number = number + 1
  tags[name] = number
end
local build = assert(output_of("'" .. (os.getenv("BEE_BUILD") or "build") ..
                               "/moonbee-cc' --version")):match("build (%x+)")
local source = field(tags.FILE, "/bee/a.c", "int x;")
write("request", field(tags.BUILD, build, "") .. field(tags.CPU, "v3", "") ..
  field(tags.DEFINE, "N=1", "") .. field(tags.WISH, "f", "kprobe:vfs_read") .. source ..
  field(tags.PRELUDE, "/bee/a.c", "") .. field(tags.END, "", ""))
write("request", field(tags.BUILD, build, "") .. source .. field(tags.END, "", ""))
write("request", field(tags.BUILD, "other", "") .. source)
local said = string.pack("<I4I4I4", 2, 8, 3) .. "a.lua\0no such thing"
write("answer", field(tags.BUILD, build, "") .. field(tags.DIAG, said, "hint") .. field(tags.END, "", ""))
write("answer", field(tags.BUILD, build, "") .. field(tags.OBJECT, "", "elf") .. field(tags.END, "", ""))
write("answer", field(tags.BUILD, "other", "") .. field(tags.END, "", ""))
