-- SPDX-License-Identifier: Apache-2.0
-- bee.verify: what the kernel says to each program; and the clock.

local bee = require "moonbee"
local check = require "check"
local test, equal, raises, fails = check.test, check.equal, check.raises, check.fails

local SOURCE = [[
  BPF_HASH(counts, u32, u64);
  int good(struct xdp_md *ctx) { return XDP_PASS; }
  int bad(struct xdp_md *ctx) { u32 k = 1; u64 *v = counts.lookup(&k); return *v; }
]]

local function by_name(verdicts)
  local map = {}
  for _, verdict in ipairs(verdicts) do
    map[verdict.name] = verdict
  end
  return map
end

test("each program has a verdict, and a refusal is an error besides", function()
  local verdicts, err = bee.verify(assert(bee.compile(SOURCE)))
  equal(#verdicts, 2)
  local good, bad = by_name(verdicts).good, by_name(verdicts).bad
  equal(good.verified, true)
  equal(good.type, "xdp")
  equal(good.section, "xdp")
  equal(good.insns, 2) -- r0 = 2; exit
  equal(bad.verified, false)
  equal(bad.insns, nil)
  equal(bad.reason, nil)
  check.contains(err.message, "the verifier refused 'bad'")
  equal(err.stage, "load")
  equal(#err.diagnostics, 1)
  check.contains(err.log, "map_value_or_null")
end)

test("without a refusal there is no error", function()
  local verdicts, err = bee.verify(assert(bee.compile "int good(struct xdp_md *ctx) { return XDP_PASS; }"))
  equal(verdicts[1].verified, true)
  equal(err, nil)
end)

test("constants are set before the program is verified", function()
  local elf = assert(bee.compile [[
    const volatile int limit = 1;
    int p(struct xdp_md *ctx) { if (limit) { *(int *)(long)ctx->data = 1; } return 0; }
  ]])
  equal(bee.verify(elf)[1].verified, false)
  equal(bee.verify(elf, { const = { limit = 0 } })[1].verified, true)
end)

test("what is no object is an error", function()
  fails("no ELF file", bee.verify "no ELF")
  raises("a string of ELF bytes is expected", bee.verify, 7)
  raises("no option 'define'", bee.verify, "", { define = {} })
end)

test("ktime is the clock of the kernel's programs", function()
  local mod <close> = assert(bee.load [[
    u64 now;
    int p(struct __sk_buff *ctx) { now = bpf_ktime_get_ns(); return 0; }
  ]])
  local before = bee.ktime()
  assert(mod.programs.p:test_run { data = ("\0"):rep(64) })
  local now = mod.vars.now
  assert(before <= now and now <= bee.ktime(), now)
end)

check.done()
