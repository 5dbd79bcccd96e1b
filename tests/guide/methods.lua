-- SPDX-License-Identifier: Apache-2.0
-- The methods of tables; their names stand in the list of tables.lua.
local check = require "check"
local guide = require "guide"
local case, equal = guide.case, check.equal

local PAIRS = "struct pair { u64 a, b; };\nBPF_HASH(pairs, u32, struct pair, 2);"

case("map.lookup()", {
  PAIRS, [[
    u32 key = 1, other = 2;
    struct pair first = { 3, 4 }, *found;
    if (pairs.lookup(&key))
        return 1;
    pairs.update(&key, &first);
    found = pairs.lookup(&key);
    if (!found || found->a != 3 || found->b != 4 || pairs.lookup(&other))
        return 2;
    found->b = 40; /* the element itself */
    found = pairs.lookup(&key);
    return found && found->b == 40 ? 0 : 3;
  ]],
  gives = 0,
})

case("map.lookup_or_try_init()", {
  PAIRS, [[
    struct pair zero = { 5 }, ten = { 10 }, *found;
    u32 one = 1, two = 2, three = 3;
    found = pairs.lookup_or_try_init(&one, &zero);
    if (!found || found->a != 5)
        return 1;
    found = pairs.lookup_or_try_init(&one, &ten); /* there already */
    if (!found || found->a != 5)
        return 2;
    pairs.lookup_or_try_init(&two, &zero);
    return pairs.lookup_or_try_init(&three, &zero) ? 3 : 0; /* it is full */
  ]],
  gives = 0,
})

-- The older one leaves the function where there is no place: with 0, and what follows is not done.
case("map.lookup_or_try_init()", {
  what = "beside the older lookup_or_init()",
  PAIRS .. [[
    static struct pair *of(u32 key)
    {
        struct pair zero = {};
        return pairs.lookup_or_init(&key, &zero);
    }
    u64 after;
  ]], [[
    struct pair zero = {}, *second = of(2);
    u32 one = 1, three = 3;
    pairs.lookup_or_init(&one, &zero)->a++; /* it cannot be NULL */
    pairs.lookup_or_init(&one, &zero)->a++;
    if (!second || of(3)) /* 0 from the helper, not from here */
        return 1;
    after += pairs.lookup_or_init(&one, &zero)->a;
    pairs.lookup_or_init(&three, &zero);
    after += 100;
    return 2;
  ]],
  gives = 0,
  check = function(mod) equal(mod.vars.after, 2) end,
})

-- A key that is an array may be given as it is, as C does: as its address.
case("map.lookup()", {
  what = "by an array", "BPF_HASH(names, char[16]);", [[
    char name[16] = "x";
    u64 three = 3, *by_name, *by_address;
    names.update(name, &three);
    by_name = names.lookup(name);
    by_address = names.lookup(&name);
    return by_name && by_address ? *by_name + *by_address : 0;
  ]],
  gives = 6,
})
case("map.lookup()", {
  what = "by an array that is too short", "BPF_HASH(names, char[16]);", "char name[8] = {};\nreturn names.lookup(name) != 0;",
  fails = { "guide.c:5:21", "names: the key is a 'char[16]', and this is a 'char[8]'" },
})

case("map.delete()", {
  "BPF_HASH(counts, u32);", [[
    u32 key = 1;
    u64 value = 2;
    counts.update(&key, &value);
    if (counts.delete(&key) || counts.lookup(&key))
        return 1;
    return counts.delete(&key) == -ENOENT ? 0 : 2;
  ]],
  gives = 0,
})

case("map.update()", {
  "BPF_HASH(counts, u32);", [[
    u32 key = 1;
    u64 value = 2, next = 3, *found;
    if (counts.update(&key, &value) || counts.update(&key, &next))
        return 1;
    found = counts.lookup(&key);
    return found ? *found : 2;
  ]],
  gives = 3,
})

case("map.insert()", {
  "BPF_HASH(counts, u32);", [[
    u32 key = 1;
    u64 value = 2, next = 3, *found;
    if (counts.insert(&key, &value) || counts.insert(&key, &next) != -EEXIST)
        return 1;
    found = counts.lookup(&key);
    return found ? *found : 3;
  ]],
  gives = 2,
})

-- With one and two arguments, by a literal too; a missing element begins at what is added.
case("map.increment()", {
  [[
    struct key { u32 a; char comm[8]; };
    BPF_HASH(counts, u32); BPF_HASH(narrow, u32, u32); BPF_HASH(by_struct, struct key); BPF_HISTOGRAM(dist);
  ]], [[
    counts.increment(1);
    counts.increment(1);
    counts.increment(1, 40);
    counts.increment(2, 7);
    counts.increment(1, -2);
    narrow.increment(5, 3);
    narrow.increment(5);
    by_struct.increment((struct key){ .a = 1, .comm = "x" });
    by_struct.increment((struct key){ .a = 1, .comm = "x" }, 2);
    dist.increment(bpf_log2l(1000));
    dist.increment(63, 2);
    return 0;
  ]],
  gives = 0,
  check = function(mod)
    local maps = mod.maps
    equal(maps.counts[1], 40)
    equal(maps.counts[2], 7)
    equal(maps.narrow[5], 4)
    equal(maps.by_struct:get { a = 1, comm = "x" }, 3)
    equal(maps.dist[10], 1)
    equal(maps.dist[63], 2)
  end,
})

case("map.increment()", {
  what = "atomic_increment()", "BPF_HASH(counts, u32); BPF_ARRAY(narrow, u32, 4);", [[
    counts.atomic_increment(1);
    counts.atomic_increment(1, 41);
    narrow.atomic_increment(3, 5);
    narrow.atomic_increment(3);
    return 0;
  ]],
  gives = 0,
  check = function(mod)
    equal(mod.maps.counts[1], 42)
    equal(mod.maps.narrow[3], 6)
  end,
})

-- The kernel's own stack of the run: its first addresses are code of the kernel.
case("map.get_stackid()", {
  "BPF_STACK_TRACE(stacks, 16);", [[
    return stacks.get_stackid(ctx, BPF_F_REUSE_STACKID);
  ]],
  check = function(mod)
    local id = guide.run(mod)
    assert(id >= 0, "no stack: " .. id)
    assert(mod.maps.stacks[id].ip[0] < 0, "no address of the kernel")
  end,
})

case("map.get_stackid()", {
  what = "of another table", "BPF_PERF_OUTPUT(events);", "return events.get_stackid(ctx, 0);",
  fails = { "table 'events' has no 'get_stackid'", "it has perf_submit, perf_submit_skb" },
})

-- Without a counter there is none; with one, tests/kernel/test_tables.c reads it.
case("map.perf_read()", {
  "BPF_PERF_ARRAY(clocks, 64);", [[
    struct bpf_perf_event_value value = {};
    if ((s64)clocks.perf_read(CUR_CPU_IDENTIFIER) != -ENOENT)
        return 1;
    return clocks.perf_counter_value(CUR_CPU_IDENTIFIER, &value, sizeof(value)) == -ENOENT ? 0 : 2;
  ]],
  gives = 0,
})

case("map.call()", {
  [[
    BPF_PROG_ARRAY(prog_array, 10);
    int raw_tracepoint__sys_exit(struct bpf_raw_tracepoint_args *ctx)
    {
        return 7;
    }
  ]],
  "prog_array.call(ctx, 2); return 1;",
  check = function(mod)
    equal(guide.run(mod), 1) -- nothing is there
    mod.maps.prog_array[2] = mod.programs.raw_tracepoint__sys_exit
    equal(guide.run(mod), 7)
  end,
})

-- XDP_REDIRECT where something is, and XDP_ABORTED where nothing is.
for kind, element in pairs { DEVMAP = 1, CPUMAP = 192 } do
  case("map.redirect_map()", {
    what = "of BPF_" .. kind,
    ([[
      BPF_%s(table, 1);
      int redirect_example(struct xdp_md *ctx) {
          return table.redirect_map(0, 0);
      }
      int xdp_dummy(struct xdp_md *ctx) {
          return XDP_PASS;
      }
    ]]):format(kind),
    check = function(mod)
      local packet = { data = ("p"):rep(64) }
      equal(assert(mod.programs.redirect_example:test_run(packet)).retval, 0)
      mod.maps.table[0] = element
      equal(assert(mod.programs.redirect_example:test_run(packet)).retval, 4)
      equal(assert(mod.programs.xdp_dummy:test_run(packet)).retval, 2)
    end,
  })
end

-- ---- Stacks and queues ---------------------------------------------------------------------

local ENDS = "BPF_STACK(stack, u64, 2); BPF_QUEUE(queue, u64, 2);"

case("map.push()", {
  ENDS, [[
    u64 one = 1, two = 2, three = 3;
    if (stack.push(&one, 0) || stack.push(&two, 0) || queue.push(&one, BPF_ANY) || queue.push(&two, BPF_ANY))
        return 1;
    if (stack.push(&three, 0) != -E2BIG || queue.push(&three, 0) != -E2BIG)
        return 2;
    return stack.push(&three, BPF_EXIST) || queue.push(&three, BPF_EXIST);
  ]],
  gives = 0,
  check = function(mod) -- the oldest one is gone from both
    equal(mod.maps.stack:pop() * 10 + mod.maps.stack:pop(), 32)
    equal(mod.maps.queue:pop() * 10 + mod.maps.queue:pop(), 23)
  end,
})

case("map.pop()", {
  ENDS, [[
    u64 one = 1, two = 2, out = 0, in = 0;
    if (stack.pop(&out) != -ENOENT || queue.pop(&in) != -ENOENT)
        return 1;
    stack.push(&one, 0), stack.push(&two, 0), queue.push(&one, 0), queue.push(&two, 0);
    if (stack.pop(&out) || queue.pop(&in))
        return 2;
    return out * 10 + in;
  ]],
  gives = 21,
})

case("map.peek()", {
  ENDS, [[
    u64 one = 1, two = 2, out = 0, in = 0;
    if (stack.peek(&out) != -ENOENT || queue.peek(&in) != -ENOENT)
        return 1;
    stack.push(&one, 0), stack.push(&two, 0), queue.push(&one, 0), queue.push(&two, 0);
    if (stack.peek(&out) || queue.peek(&in) || out != 2 || in != 1)
        return 2;
    return stack.peek(&out) || queue.peek(&in) ? 3 : out * 10 + in; /* they stay */
  ]],
  gives = 21,
})

-- ---- Sockets: the kernel verifies each; that data takes the way is in tests/kernel/test_redirects.c.

local SOCKETS = [[
  struct sock_key { u32 remote_ip4; u32 local_ip4; u32 remote_port; u32 local_port; };
  BPF_SOCKHASH(skh, struct sock_key, 100);
]]

local function loads(program, section)
  return function(mod) equal(mod.programs[program].section, section) end
end

case("map.sock_hash_update()", {
  SOCKETS .. [[
    int on_connect(struct bpf_sock_ops *skops)
    {
        struct sock_key key = { skops->remote_ip4, skops->local_ip4, skops->remote_port, skops->local_port };
        if (skops->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
            return skh.sock_hash_update(skops, &key, BPF_NOEXIST) == 0;
        return skh.sock_hash_update(skops, &key, BPF_ANY) && skh.sock_hash_update(skops, &key, BPF_EXIST);
    }
  ]],
  check = loads("on_connect", "sockops"),
})

case("map.msg_redirect_hash()", {
  SOCKETS .. [[
    int on_message(struct sk_msg_md *msg)
    {
        struct sock_key key = { msg->remote_ip4, msg->local_ip4, msg->remote_port, msg->local_port };
        return skh.msg_redirect_hash(msg, &key, BPF_F_INGRESS);
    }
  ]],
  check = loads("on_message", "sk_msg"),
})

case("map.sk_redirect_hash()", {
  attach = { on_verdict = "sk_skb:skh:stream_verdict" },
  SOCKETS .. [[
    int on_verdict(struct __sk_buff *skb)
    {
        struct sock_key key = { skb->remote_ip4, skb->local_ip4, skb->remote_port, skb->local_port };
        return skh.sk_redirect_hash(skb, &key, 0);
    }
  ]],
  check = loads("on_verdict", "sk_skb/stream_verdict"),
})

-- ---- A wrong use is told by the table, the place and the cure ------------------------------

local MANY = "BPF_HASH(counts, u32); BPF_QUEUE(queue, u64, 2); BPF_RINGBUF_OUTPUT(ring, 1); BPF_STACK_TRACE(stacks, 8);"
  .. "BPF_HASH(small, u32, u16);"

for wrong, texts in pairs {
  ["counts.lookup()"] = { "counts.lookup with 0 arguments", "lookup(&key): 1 argument" },
  ["counts.lookup_or_try_init(&key)"] = { "counts.lookup_or_try_init with 1 argument", "lookup_or_try_init(&key, &first_leaf)" },
  ["counts.insert(&key, &value, 0)"] = { "counts.insert with 3 arguments", "insert(&key, &leaf): 2 arguments" },
  ["counts.increment(key, 1, 2)"] = { "counts.increment with 3 arguments", "increment(key, number): 1 to 2 arguments" },
  ["queue.push(&value)"] = { "queue.push with 1 argument", "push(&leaf, flags): 2 arguments" },
  ["ring.ringbuf_reserve(8, 0)"] = { "ring.ringbuf_reserve with 2 arguments", "ringbuf_reserve(size): 1 argument" },
  ["ring.ringbuf_output(&value, 8)"] = { "ring.ringbuf_output with 2 arguments", "ringbuf_output(&data, size, flags)" },
  ["stacks.get_stackid(ctx)"] = { "stacks.get_stackid with 1 argument", "get_stackid(ctx, flags): 2 arguments" },
  ["counts.lookup(&narrow)"] = { "counts: the key is a 'u32', and this points to a 'u16'" },
  ["counts.lookup(key)"] = { "counts: the key is a 'u32', and this is a 'u32'", "give its address: &key" },
  ["queue.pop(&narrow)"] = { "queue: the leaf is a 'u64', and this points to a 'u16'" },
  ["small.atomic_increment(key)"] = { "small.atomic_increment: the leaf is a 'u16'", "make it a u32 or a u64" },
  ["BPF_HASH(inside)"] = { "BPF_HASH in a function", "tables are declared outside of all functions" },
  ["ring.perf_submit(ctx, &value, 8)"] = { "table 'ring' has no 'perf_submit'", "ringbuf_output" },
} do
  local name = wrong:match("%.([%w_]+)") or wrong:match("^[%w_]+")
  local is_event = name:find "^ringbuf_" or name:find "^perf_submit"
  table.insert(texts, "guide.c:6:")
  local entry = is_event and name .. "()" or name:find "^BPF_" and name or "map." .. name .. "()"
  case((entry:gsub("atomic_", "")), {
    what = "refused: " .. wrong, MANY,
    "u32 key = 1; u64 value = 2; u16 narrow = 3;\n\n" .. wrong .. ";\nreturn key + value + narrow;",
    fails = texts,
  })
end

for wrong, texts in pairs {
  ["BPF_ARRAY(counts, u64, 32, 0)"] = { "BPF_ARRAY with 4 arguments", "BPF_ARRAY(name, leaf, size): 1 to 3 arguments" },
  ["BPF_HISTOGRAM(dist, int, 64, 1)"] = { "BPF_HISTOGRAM with 4 arguments", "1 to 3 arguments" },
  ["BPF_STACK_TRACE(stacks)"] = { "BPF_STACK_TRACE with 1 argument", "BPF_STACK_TRACE(name, size): 2 arguments" },
  ["BPF_RINGBUF_OUTPUT(events)"] = { "BPF_RINGBUF_OUTPUT with 1 argument", "BPF_RINGBUF_OUTPUT(name, pages)" },
  ["BPF_PROG_ARRAY(programs)"] = { "BPF_PROG_ARRAY with 1 argument", "BPF_PROG_ARRAY(name, size)" },
  ["BPF_XSKMAP(map)"] = { "BPF_XSKMAP with 1 argument", "2 to 3 arguments" },
  ["BPF_TABLE(\"hash\", u32, u64, map)"] = { "BPF_TABLE with 4 arguments", "key, leaf, name, size): 5 arguments" },
  ["BPF_TABLE(\"hsah\", u32, u64, map, 5)"] = { "BPF_TABLE knows no kind 'hsah'", "hash, array" },
  ["BPF_ARRAY_OF_MAPS(maps, \"inner\")"] = { "BPF_ARRAY_OF_MAPS with 2 arguments", "3 arguments" },
  ["BPF_HASH(map); BPF_ARRAY(map, u32)"] = { "table 'map' is declared twice", "guide.c:2:16" },
  ["BPF_HASH(map, u32, u32); BPF_HASH(map, u32, u32)"] = { "table 'map' is declared twice", "guide.c:2:26" },
  ["BPF_HASH(map, struct empty)"] = { "map: the key is a 'struct empty', which has no size", "guide.c:2:1" },
  ["BPF_SOCKHASH(map, u32, 10, 0)"] = { "BPF_SOCKHASH with 4 arguments", "1 to 3 arguments" },
} do
  table.insert(texts, "guide.c:2:")
  case(wrong:match("^[%w_]+"), {
    what = "refused: " .. wrong, "struct empty {};\n" .. wrong .. ";", "return 0;", fails = texts,
  })
end


