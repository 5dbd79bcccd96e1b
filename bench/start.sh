#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Processor time from the start of a script to its program attached, whole processes: moonbee the first
# time, when it compiles, and the second, when it finds the object in its cache; a C program that has libbpf
# load a prebuilt object; and BCC's Python, where there is one.
# usage: bench/start.sh [ROUNDS]      needs root, build/moonbee, clang-19 and libbpf
set -eu
# libbpf and BCC want tracefs mounted, which only this script and its children then see.
[ -d /sys/kernel/tracing/events ] ||
	exec unshare -m sh -c 'mount -t tracefs tracefs /sys/kernel/tracing && exec sh "$0" "$@"' "$0" "$@"
root=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-31}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -m 700 "$tmp/cache"
export MOONBEE_CACHE="$tmp/cache"

cp "$root/bench/count.bpf.c" "$tmp/program.c"
{
	echo '#include <linux/bpf.h>'
	echo '#include <bpf/bpf_helpers.h>'
	echo 'typedef __u32 u32; typedef __u64 u64;'
	cat "$tmp/program.c"
} >"$tmp/prebuilt.bpf.c"
cat >"$tmp/prebuilt.c" <<'C'
#include <bpf/libbpf.h>

int main(int argc, char **argv)
{
	struct bpf_object *obj = bpf_object__open_file(argv[1], NULL);

	return !obj || bpf_object__load(obj) ||
	       !bpf_program__attach(bpf_object__next_program(obj, NULL));
}
C
clang-19 -target bpf -O2 -g -I "/usr/include/$(uname -m)-linux-gnu" -c "$tmp/prebuilt.bpf.c" \
	-o "$tmp/prebuilt.o"
cc -O2 -o "$tmp/prebuilt" "$tmp/prebuilt.c" -lbpf
cat >"$tmp/tool.lua" <<LUA
local mod <close> = assert(require("moonbee").load(io.open("$tmp/program.c"):read("a")))
assert(mod:attach())
LUA
cat >"$tmp/tool.py" <<'PY'
from bcc import BPF
BPF(text="""
BPF_HASH(counts, u32, u64);
TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	counts.increment(pid);
	return 0;
}
""")
PY
set -- 'libbpf, prebuilt' "$tmp/prebuilt" "$tmp/prebuilt.o" -- \
	'moonbee, compiled before' "$root/build/moonbee" "$tmp/tool.lua" -- \
	'moonbee, compiling' env MOONBEE_CACHE= "$root/build/moonbee" "$tmp/tool.lua" -- \
	'moonbee, an empty script' "$root/build/moonbee" -e 'local bee = require "moonbee"'
if python3 "$tmp/tool.py" 2>/dev/null; then
	set -- "$@" -- 'BCC' python3 "$tmp/tool.py"
fi
cc -O2 -o "$tmp/cpu" "$root/bench/cpu.c"
"$tmp/cpu" "$rounds" "$@"
