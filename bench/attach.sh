#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Seconds to attach a program to about 1,000 functions at once and to let go of them again: moonbee in one link
# and one by one, bpftrace and BCC where they can be had. Of bpftrace the whole process is timed, less one that
# attaches to nothing but its own start. uprobe: a library of 1,000 functions that is made for it, and that nobody
# runs; kprobe: the letters that most functions of the kernel begin with which are no more than 1,000.
# usage: bench/attach.sh kprobe|uprobe [ROUNDS]     needs root, build/moonbee; kernels with kprobes for the first
# (tests/vm/run 6.12 -- bench/attach.sh kprobe); bpftrace; python3-bpfcc and kernel headers
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
kind=${1:-uprobe}
rounds=${2:-1}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ulimit -n "$(ulimit -H -n)"
moonbee="$root/build/moonbee"
export BPFTRACE_MAX_PROBES=4096 MOONBEE_CC="$root/build/moonbee-cc"

choose() {
	awk '{ for (n = 1; n <= 3; n++) if (length($1) >= n) count[substr($1, 1, n)]++ }
		END { for (p in count) if (count[p] <= 1000 && count[p] > most) { most = count[p]; best = p }
		print best, most }'
}
if [ "$kind" = kprobe ]; then
	chosen=$(grep -v '[].[]' /sys/kernel/tracing/available_filter_functions | sort -u | choose)
	prefix=${chosen% *}
	target="$prefix*" trace="kprobe:$prefix*"
	bcc="kprobe $prefix"
else
	seq 1000 | awk '{ printf "int made_%d(int a) { return a + %d; }\n", $1, $1 }' >"$tmp/made.c"
	cc -shared -o "$tmp/made.so" "$tmp/made.c"
	chosen='made_ 1000'
	prefix=${chosen% *}
	target="$tmp/made.so:$prefix*" trace="uprobe:$tmp/made.so:$prefix*"
	bcc="uprobe $tmp/made.so $prefix"
fi
echo "$kind:$prefix*: ${chosen#* } functions, Linux $(uname -r)"

now() {
	cut -d ' ' -f 1 /proc/uptime
}
# run NAME COMMAND...: its line "ATTACH CLOSE", or why there is none
run() {
	name=$1
	shift
	if text=$("$@" 2>"$tmp/error"); then
		echo "$text" | awk -v name="$name" '{ printf "%-24s attach %6.2f s, close %6.2f s\n", name, $1, $2 }'
		[ ! -s "$tmp/error" ] || tail -n 1 "$tmp/error" | sed 's/^/                         /'
	else
		echo "$name did not run: $(tail -n 1 "$tmp/error")"
	fi
}
whole() {
	start=$(now)
	bpftrace -e "$1" >/dev/null
	now | awk -v start="$start" '{ print $1 - start }'
}
bpftrace_seconds() {
	whole 'BEGIN { exit(); }' >/dev/null # what it reads from disk for the first time is not its own
	least=$(whole 'BEGIN { exit(); }')
	all=$(whole "BEGIN { exit(); } $trace { @ = 1; }")
	echo "$all $least" | awk '{ printf "%.2f\n", $1 - $2 }'
}

for _ in $(seq "$rounds"); do
	run "moonbee, $kind.multi" "$moonbee" "$root/bench/attach.lua" "$kind.multi" "$target"
	run 'moonbee, one by one' "$moonbee" "$root/bench/attach.lua" "$kind" "$target"
	if command -v bpftrace >/dev/null && text=$(bpftrace_seconds 2>"$tmp/error"); then
		printf '%-24s both   %6.2f s\n' bpftrace "$text"
	else
		echo "bpftrace did not run: $(tail -n 1 "$tmp/error" 2>/dev/null)"
	fi
	# shellcheck disable=SC2086 # words
	run BCC "$root/bench/attach-bcc" $bcc
done
