# SPDX-License-Identifier: Apache-2.0
# Write a copy of a kernel's BTF in which members of a struct have changed places: another kernel's.
# usage: swap_members.py IN OUT STRUCT (MEMBER MEMBER)...
import struct
import sys

source, target, record, *names = sys.argv[1:]
data = bytearray(open(source, "rb").read())
header_size, types, types_size, strings, _ = struct.unpack_from("<IIIII", data, 4)
at, end, strings = header_size + types, header_size + types + types_size, header_size + strings


def name(offset):
    start = strings + offset
    return data[start : data.index(0, start)].decode()


# Bytes behind each type by its kind: fixed, and for each of its vlen.
extra = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0), 15: (0, 12), 17: (4, 0), 19: (0, 12)}
found = {}
while at < end:
    name_off, info, _ = struct.unpack_from("<III", data, at)
    kind, vlen = info >> 24 & 31, info & 0xFFFF
    if kind == 4 and name(name_off) == record:
        for i in range(vlen):
            member = at + 12 + 12 * i
            (member_name,) = struct.unpack_from("<I", data, member)
            found[name(member_name)] = (member, member_name)
    fixed, each = extra.get(kind, (0, 0))
    at += 12 + fixed + each * vlen

for one, two in zip(names[::2], names[1::2]):
    struct.pack_into("<I", data, found[one][0], found[two][1])
    struct.pack_into("<I", data, found[two][0], found[one][1])
open(target, "wb").write(data)
