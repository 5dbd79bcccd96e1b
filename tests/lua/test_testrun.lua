-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, raises, fails = check.test, check.equal, check.raises, check.fails

local mod <close> = assert(bee.load [[
  u64 runs;

  SEC("xdp") int cut(struct xdp_md *ctx)
  {
      unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
      if (data + 14 > end)
          return XDP_DROP;
      data[0] = 0xee;
      __sync_fetch_and_add(&runs, 1);
      return XDP_PASS;
  }

  SEC("tc") int remark(struct __sk_buff *skb)
  {
      skb->mark = skb->mark + 1;
      return skb->priority == 7 ? -1 : 3;
  }

  SEC("raw_tp/task_rename") int add(struct bpf_raw_tracepoint_args *ctx)
  {
      return ctx->args[0] + ctx->args[1];
  }

  SEC("tracepoint/syscalls/sys_enter_kill") int on_kill(void *ctx) { return 0; }
]])
local programs = mod.programs
local PACKET = ("\xff"):rep(12) .. "\x08\x00" .. ("p"):rep(50)

test("a packet goes in, and comes out as the program left it", function()
  local out = assert(programs.cut:test_run { data = PACKET })
  equal(out.retval, 2) -- XDP_PASS
  equal(out.data, "\xee" .. PACKET:sub(2))
end)

test("a test runs as often as asked, and tells how long one run took", function()
  mod.vars.runs = 0
  local out = assert(programs.cut:test_run { data = PACKET, times = 1000 })
  equal(mod.vars.runs, 1000)
  equal(math.type(out.duration), "integer")
end)

test("a context goes in by field, and comes out so", function()
  local out = assert(programs.remark:test_run { data = PACKET, ctx = { mark = 41 } })
  equal(out.retval, 3)
  equal(out.ctx.mark, 42)
  out = assert(programs.remark:test_run { data = PACKET, ctx = { priority = 7 } })
  equal(out.retval, -1)
  raises("no field 'marc'", programs.remark.test_run, programs.remark, { ctx = { marc = 1 } })
end)

test("a context may be bytes", function()
  local out = assert(programs.add:test_run { ctx = string.pack("<I8I8", 40, 2) })
  equal(out.retval, 42)
end)

test("what the kernel cannot run for a test is an error that says so", function()
  local err = fails("the kernel cannot run 'on_kill' for a test", programs.on_kill:test_run())
  equal(err.stage, "test")
  equal(err.code, "EOPNOTSUPP")
end)

test("a packet that is too short is refused by the kernel, with a hint", function()
  local err = fails("cannot run 'remark' for a test", programs.remark:test_run { data = "short" })
  check.contains(err.hint, "Ethernet header")
end)

test("options are checked by name and type", function()
  raises("no option 'packet'", programs.cut.test_run, programs.cut, { packet = PACKET })
  raises("option 'data' is a string, got table", programs.cut.test_run, programs.cut, { data = {} })
  raises("option 'times' is a number of runs", programs.cut.test_run, programs.cut, { times = 0 })
  raises("option 'ctx' is a table", programs.cut.test_run, programs.cut, { ctx = 3 })
end)

mod:close()
test("a closed module is told by name", function()
  raises("module is closed", programs.cut.test_run, programs.cut, {})
end)
check.done()
