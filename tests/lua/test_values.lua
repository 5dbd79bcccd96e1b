-- SPDX-License-Identifier: Apache-2.0
local bee = require "moonbee"
local check = require "check"
local test, equal, same, raises = check.test, check.equal, check.same, check.raises

local SOURCE = [[
  enum colour { RED, GREEN = 5, BLUE = 7 };

  struct inner { u16 a; u8 b; };

  struct all {
      s8 i8;  u8 u8;  s16 i16;  u16 u16;  s32 i32;  u32 u32;  s64 i64;  u64 u64;
      bool flag;
      enum colour colour;
      void *pointer;
      char text[8];
      u32 numbers[3];
      u8 bytes[4];
      struct inner inner;
      struct inner inners[2];
      u32 low : 3, high : 5;
      s32 signed_bits : 4;
      union { u32 word; u16 half[2]; };
      union { u64 eight; u8 one; } choice;
  };
  BPF_HASH(structs, u32, struct all);
  BPF_HASH(by_struct, struct inner, u64);
  BPF_HASH(by_text, u32, u64);

  struct text_key { char name[8]; };
  BPF_HASH(by_name, struct text_key, u64);
  BPF_ARRAY(small, u8, 4);

  struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4);
           __uint(key_size, 4); __uint(value_size, 6); } untyped SEC(".maps");
]]

local mod <close> = assert(bee.load(SOURCE))
local structs = mod.maps.structs

-- What comes back of a struct of which only these fields were set.
local function through(fields)
  assert(structs:set(1, fields))
  return (assert(structs:get(1)))
end

test("integers of all widths keep their limits", function()
  for name, limits in pairs {
    i8 = { -128, 127 }, u8 = { 0, 255 }, i16 = { -32768, 32767 }, u16 = { 0, 65535 },
    i32 = { -2 ^ 31 | 0, 2 ^ 31 - 1 | 0 }, u32 = { 0, 2 ^ 32 - 1 | 0 },
    i64 = { math.mininteger, math.maxinteger }, u64 = { 0, -1 },
  } do
    equal(through({ [name] = limits[1] })[name], limits[1])
    equal(through({ [name] = limits[2] })[name], limits[2])
  end
end)

test("a number that does not fit names the field, the value and the type", function()
  local err = raises("value.u8: 256 does not fit into", structs.set, structs, 1, { u8 = 256 })
  check.contains(err, "char")
  raises("value.u8: -1 does not fit", structs.set, structs, 1, { u8 = -1 })
  raises("value.i8: 128 does not fit", structs.set, structs, 1, { i8 = 128 })
  raises("value.i32: 2147483648 does not fit", structs.set, structs, 1, { i32 = 1 << 31 })
  raises("key: 4294967296 does not fit", structs.set, structs, 1 << 32, {})
end)

test("a float is written only when it is whole", function()
  equal(through({ u32 = 3.0 }).u32, 3)
  raises("value.u32: 1.5 is no integer", structs.set, structs, 1, { u32 = 1.5 })
end)

test("float and double are Lua floats", function()
  local other <close> = assert(bee.load [[
    struct measure { float narrow; double wide; u32 count; };
    BPF_HASH(measures, u32, struct measure);
  ]])
  local measures = other.maps.measures
  measures[1] = { narrow = 0.5, wide = 1 / 3, count = 2 }
  local value = measures[1]
  equal(value.narrow, 0.5)
  equal(value.wide, 1 / 3)
  equal(bee.bytes(value), string.pack("<fxxxxdI4xxxx", 0.5, 1 / 3, 2))
  value.narrow = 7
  equal(math.type(value.narrow), "float")
  equal(value.narrow, 7.0)
  raises("narrow: '1' is no value of type float", function() value.narrow = "1" end)
  raises("value.count: 0.5 is no integer", measures.set, measures, 1, { count = 0.5 })
end)

test("text is no number, even when it looks like one", function()
  raises("value.u32: '10' is no value of type", structs.set, structs, 1, { u32 = "10" })
  raises("key: '1' is no value of type", structs.get, structs, "1")
end)

test("bools are booleans", function()
  equal(through({ flag = true }).flag, true)
  equal(through({ flag = 1 }).flag, true)
  equal(through({}).flag, false)
end)

test("enums are integers, and may be set by name", function()
  equal(through({ colour = 5 }).colour, 5)
  equal(through({ colour = "BLUE" }).colour, 7)
  raises("value.colour: 'PINK' is no name of enum colour", structs.set, structs, 1, { colour = "PINK" })
end)

test("pointers are integers", function()
  equal(through({ pointer = -4096 }).pointer, -4096)
end)

test("char arrays are strings up to the first NUL", function()
  equal(through({ text = "hello" }).text, "hello")
  equal(through({ text = "12345678" }).text, "12345678")
  equal(through({ text = "a\0b" }).text, "a")
  raises("value.text: '123456789' is too long for char[8]", structs.set, structs, 1, { text = "123456789" })
end)

test("arrays are tables from 0", function()
  same(through({ numbers = { [0] = 7, [2] = 9 } }).numbers, { [0] = 7, [1] = 0, [2] = 9 })
  same(through({ bytes = "\1\2\3\4" }).bytes, { [0] = 1, [1] = 2, [2] = 3, [3] = 4 })
  raises("value.numbers: no element '3' in an array from 0 to 2", structs.set, structs, 1,
    { numbers = { 1, 2, 3 } })
  raises("value.numbers[1]: -1 does not fit", structs.set, structs, 1, { numbers = { -1 } })
end)

test("structs in structs are tables in tables", function()
  local value = through({ inner = { a = 1, b = 2 }, inners = { [1] = { a = 3 } } })
  same(value.inner, { a = 1, b = 2 })
  same(value.inners, { [0] = { a = 0, b = 0 }, [1] = { a = 3, b = 0 } })
  raises("value.inners[1].b: 300 does not fit", structs.set, structs, 1, { inners = { { b = 300 } } })
end)

test("bitfields have their own limits", function()
  local value = through({ low = 7, high = 31, signed_bits = -8 })
  equal(value.low, 7)
  equal(value.high, 31)
  equal(value.signed_bits, -8)
  raises("value.low: 8 does not fit into a bitfield", structs.set, structs, 1, { low = 8 })
  raises("value.signed_bits: 8 does not fit", structs.set, structs, 1, { signed_bits = 8 })
end)

test("members of anonymous unions stand in their parent, and must agree", function()
  local value = through({ word = 0x00020001 })
  same(value.half, { [0] = 1, [1] = 2 })
  raises("another field of the same bytes has another value", structs.set, structs, 1,
    { word = 1, half = { [0] = 2 } })
end)

test("unions show all members, and must agree", function()
  same(through({ choice = { eight = 0x101 } }).choice, { eight = 0x101, one = 1 })
  raises("same bytes", structs.set, structs, 1, { choice = { eight = 1, one = 2 } })
end)

test("what was read can be written back", function()
  local value = through({
    i8 = -1, u64 = -1, flag = true, colour = 7, text = "x", numbers = { [1] = 4 }, low = 3, word = 77,
    choice = { eight = 12345 }, inners = { [0] = { a = 9 } },
  })
  same(through(value), value)
end)

test("a struct comes as a record, which shows its fields as a table does", function()
  local value = through({ i8 = -1, text = "bee", numbers = { [0] = 7, [2] = 9 }, inner = { a = 1 }, low = 5 })
  local plain = bee.table(value)
  equal(type(plain), "table")
  equal(type(plain.inner), "table")
  local names = {}
  for name, field in pairs(value) do
    same(field, plain[name])
    names[#names + 1] = name
  end
  equal(table.concat(names, " ", 1, 4), "i8 u8 i16 u16")
  equal(#names, 22)
  equal(tostring(value.inner), "inner { a = 1, b = 0 }")
  equal(tostring(value.numbers), "[7, 0, 9]")
  raises("no field 'numberz' in struct all (did you mean 'numbers'?)", function() return value.numberz end)
  raises("no field 'c' in struct inner", function() return value.inners[1].c end)
end)

test("an array in a record is used as a table from 0", function()
  local numbers = through({ numbers = { [0] = 7, 8, 9 } }).numbers
  local plain = { [0] = 7, 8, 9 }
  equal(#numbers, #plain)
  equal(numbers[3], nil)
  equal(numbers[-1], nil)
  equal(numbers.x, nil)
  equal(table.concat(numbers, " "), "8 9")
  local seen = {}
  for i, number in ipairs(numbers) do seen[i] = number end
  same(seen, { 8, 9 })
  for i, number in pairs(numbers) do equal(number, plain[i]) end
end)

test("a record is changed by values of its types, and written back", function()
  local value = through({ u8 = 1, text = "honey", inners = { [1] = { a = 3 } } })
  value.u8 = 200
  value.low = 7
  value.text = "wax"
  value.colour = "BLUE"
  value.numbers[2] = 9
  value.inners[1].b = 4
  value.inner = value.inners[1]
  value.bytes = "\1\2\3\4"
  equal(assert(structs:get(1)).u8, 1) -- it is a copy
  assert(structs:set(1, value))
  local got = assert(structs:get(1))
  equal(got.u8, 200)
  equal(got.low, 7)
  equal(got.high, 0)
  equal(got.text, "wax")
  equal(got.colour, 7)
  equal(got.numbers[2], 9)
  same(got.inners[1], { a = 3, b = 4 })
  same(got.inner, { a = 3, b = 4 })
  equal(got.bytes[3], 4)
  raises("u8: 256 does not fit", function() value.u8 = 256 end)
  raises("low: 8 does not fit", function() value.low = 8 end)
  raises("text: '123456789' is too long", function() value.text = "123456789" end)
  raises("no field 'c' in struct inner", function() value.inner = { c = 1 } end)
  raises("no field 'u9' in struct all", function() value.u9 = 1 end)
  raises("[0]: -1 does not fit", function() value.numbers[0] = -1 end)
  raises("no element [3] in an array from 0 to 2", function() value.numbers[3] = 1 end)
  same(value, got) -- what was refused has changed nothing
end)

test("a record of another module is written by its fields", function()
  local other <close> = assert(bee.load [[
    struct inner { u32 b; u16 a; };
    struct wide { u16 a; u16 b; u32 c; };
    BPF_HASH(same_names, u32, struct inner);
    BPF_HASH(more_names, u32, struct wide);
  ]])
  assert(mod.maps.by_struct:set({ a = 1, b = 2 }, 1))
  for key in pairs(mod.maps.by_struct) do
    other.maps.same_names[1] = key
    same(other.maps.same_names[1], key)
    assert(mod.maps.by_struct:delete(key))
  end
  other.maps.more_names[1] = { c = 1 }
  raises("no field 'c' in struct inner", other.maps.same_names.set, other.maps.same_names, 1, other.maps.more_names[1])
end)

test("a record outlives its walk and its module", function()
  local other = assert(bee.load(SOURCE))
  other.maps.structs[1] = { u8 = 5, inner = { b = 6 } }
  local kept
  for _, value in pairs(other.maps.structs) do kept = value end
  local part = kept.inner
  other:close()
  other, kept = nil, nil
  collectgarbage()
  equal(part.b, 6)
end)

test("an unknown field is named, with the nearest one", function()
  local err = raises("no field 'numberz' in struct all", structs.set, structs, 1, { numberz = {} })
  check.contains(err, "did you mean 'numbers'?")
  raises("no field '1' in struct all", structs.set, structs, 1, { 1 })
end)

test("struct keys are tables", function()
  assert(mod.maps.by_struct:set({ a = 1, b = 2 }, 10))
  equal(mod.maps.by_struct:get({ a = 1, b = 2 }), 10)
  equal(mod.maps.by_struct[{ a = 1, b = 2 }], 10)
  check.fails("no such key", mod.maps.by_struct:get({ a = 1 }))
  raises("no field 'c' in struct inner", mod.maps.by_struct.get, mod.maps.by_struct, { c = 1 })
end)

test("what is no value of a type is refused", function()
  raises("value.numbers:", structs.set, structs, 1, { numbers = 5 })
  raises("value.inner:", structs.set, structs, 1, { inner = true })
  raises("value.text:", structs.set, structs, 1, { text = {} })
  raises("value:", structs.set, structs, 1, 5)
  raises("map 'structs': value: nil is no value of type struct all", structs.set, structs, 1)
  raises("map 'structs': no field 'numberz' in struct all", structs.set, structs, 1, { numberz = {} })
  raises("map 'structs': value: 7 is no value of type struct all", function() structs[1] = 7 end)
  local told = raises("map 'structs': key: 'x' is no value of type", structs.get, structs, "x")
  equal(told:find("bad argument", 1, true), nil)
end)

test("bytes without a type are strings of their size", function()
  assert(mod.maps.untyped:set("\1\0\0\0", "abcdef"))
  equal(mod.maps.untyped:get("\1\0\0\0"), "abcdef")
  raises("value: 'abc' has another size than 6 bytes", mod.maps.untyped.set, mod.maps.untyped, "\1\0\0\0", "abc")
end)

test("u64 formats, compares and divides", function()
  local big = bee.u64(-1)
  equal(tostring(big), "18446744073709551615")
  equal(tostring(bee.u64("18446744073709551615")), "18446744073709551615")
  equal(tostring(big // 10), "1844674407370955161")
  equal(tostring(big % 10), "5")
  equal(tostring(bee.u64(1) + 2 - 1), "2")
  equal(tostring(bee.u64(3) * 4), "12")
  equal(bee.u64(1) / 2, 0.5)
  equal(bee.u64(1) < big, true)
  equal(big <= bee.u64(1), false)
  equal(bee.u64(5) == bee.u64(5), true)
  equal(big:bits(), -1)
  equal("n = " .. bee.u64(7), "n = 7")
  raises("divide by zero", function() return big // 0 end)
  raises("no unsigned", bee.u64, "-1")
end)

test("addresses become text", function()
  equal(bee.ip(0x0100007f), "127.0.0.1")
  equal(bee.ip(("\0"):rep(15) .. "\1"), "::1")
  local six = {}
  for i = 0, 15 do six[i] = i == 15 and 1 or 0 end
  equal(bee.ip(six), "::1")
  equal(bee.ip(through({ bytes = "\127\0\0\1" }).bytes), "127.0.0.1")
  equal(bee.ip({ [0] = 0x80fe, 0, 0, 0x01000000 }), "fe80::1")
  equal(bee.mac("\0\1\2\3\4\xff"), "00:01:02:03:04:ff")
  raises("4 or 16 bytes", bee.ip, "abc")
end)

mod:close()
check.done()
