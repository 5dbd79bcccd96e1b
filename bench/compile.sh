#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Processor time of whole processes that make a program of one map and one tracepoint: moonbee, with its
# compiler, against `clang-19 -target bpf -O2 -g -c`, once with the least headers that will do, and once
# with a vmlinux.h, as libbpf's users have it. One of moonbee's loads the program too.
# usage: bench/compile.sh [ROUNDS]      needs root, build/moonbee, clang-19 and bpftool
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-31}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export MOONBEE_CACHE= # it is compiled each time

cp "$root/bench/count.bpf.c" "$tmp/program.c"
# clang gets the least headers that will do: no vmlinux.h.
{
	echo '#include <linux/bpf.h>'
	echo '#include <bpf/bpf_helpers.h>'
	echo 'typedef __u32 u32; typedef __u64 u64;'
	cat "$tmp/program.c"
} >"$tmp/clang.c"
cp "$tmp/program.c" "$tmp/moonbee.c"
bpftool btf dump file /sys/kernel/btf/vmlinux format c >"$tmp/vmlinux.h"
{
	echo '#include "vmlinux.h"'
	echo '#include <bpf/bpf_helpers.h>'
	cat "$tmp/program.c"
} >"$tmp/libbpf.c"
# moonbee needs no file of that name.
mkdir "$tmp/alone"
cp "$tmp/libbpf.c" "$tmp/alone/libbpf.c"
lua="local mod <close> = assert(require('moonbee').load(io.open('$tmp/moonbee.c'):read('a')))"

cc -O2 -o "$tmp/cpu" "$root/bench/cpu.c"
"$tmp/cpu" "$rounds" \
	'clang-19 -c' clang-19 -target bpf -O2 -g -I "/usr/include/$(uname -m)-linux-gnu" \
	-c "$tmp/clang.c" -o "$tmp/clang.o" -- \
	'clang-19 -c, vmlinux.h' clang-19 -target bpf -O2 -g -I "$tmp" \
	-I "/usr/include/$(uname -m)-linux-gnu" -c "$tmp/libbpf.c" -o "$tmp/libbpf.o" -- \
	'moonbee compile, vmlinux.h' "$root/build/moonbee" compile \
	-o "$tmp/alone/libbpf.o" "$tmp/alone/libbpf.c" -- \
	'moonbee -e, loaded' "$root/build/moonbee" -e "$lua" -- \
	'moonbee -e, nothing to do' "$root/build/moonbee" -e 'local bee = require "moonbee"'
