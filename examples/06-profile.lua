#!/usr/bin/env moonbee
-- Where does the kernel spend its time? Its stacks, 99 times a second on every CPU.
--
-- A stack trace map keeps each stack once, under a number; the program counts the numbers, but for
-- those of the idle task, which has pid 0. Addresses become names by /proc/kallsyms.
--
-- usage: moonbee 06-profile.lua [SECONDS]      without seconds: until Ctrl-C
local bee = require "moonbee"

local seconds = tonumber(arg[1])
if arg[1] and not seconds then
  io.stderr:write("usage: moonbee 06-profile.lua [SECONDS]\n")
  os.exit(2)
end

local mod <close> = assert(bee.load([[
  BPF_STACK_TRACE(stacks, 4096);
  BPF_HASH(counts, int, u64);

  int sample(struct bpf_perf_event_data *ctx)
  {
      int id = stacks.get_stackid(ctx, 0);

      if (id >= 0 && bpf_get_current_pid_tgid())
          counts.increment(id);
      return 0;
  }
]], { attach = { sample = "profile:hz:99" } }))

-- Kernel functions by address, in order.
local function read_symbols()
  local symbols = {}
  for line in io.lines("/proc/kallsyms") do
    local address, kind, name = line:match("^(%x+) (%a) (%S+)")
    if kind == "t" or kind == "T" then
      symbols[#symbols + 1] = { address = tonumber(address, 16), name = name }
    end
  end
  table.sort(symbols, function(a, b) return math.ult(a.address, b.address) end)
  return symbols
end

local function name_of(symbols, address)
  local low, high = 1, #symbols
  while low < high do
    local middle = (low + high + 1) // 2
    if math.ult(address, symbols[middle].address) then
      high = middle - 1
    else
      low = middle
    end
  end
  return symbols[low] and symbols[low].name or ("%#x"):format(address)
end

assert(mod:attach())
print("Sampling kernel stacks... end with Ctrl-C.")
bee.run { seconds = seconds }

local symbols = read_symbols()
for id, count in mod.maps.counts:top(10) do
  local stack = assert(mod.maps.stacks:get(id))
  print(("\n%d samples"):format(count))
  for i = 0, #stack.ip do
    if stack.ip[i] ~= 0 then
      print("    " .. name_of(symbols, stack.ip[i]))
    end
  end
end
