#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Processor time of the consumer for each event of a flood from one CPU, by C on libbpf's poll, by C and
# by Lua on moonbee's loop, all on the same program and ring, and by BCC in Python, where it can be had, on one
# like it; and what was produced and received.
# usage: bench/events.sh [COUNT [ROUNDS]]      needs root, build/moonbee, gcc and libbpf-dev; for BCC, python3-bpfcc,
# kernel headers (see tests/corpus/peer.py) and tracefs
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
count=${1:-2000000}
rounds=${2:-3}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cc -O2 -o "$tmp/flood" "$root/bench/flood.c"
cc -O2 -I "$root/src" -o "$tmp/events" "$root/bench/events.c" \
	-L "$root/build/src" -Wl,-rpath,"$root/build/src" -lmoonbee -lbpf
export MOONBEE_CC="$root/build/moonbee-cc"
for _ in $(seq "$rounds"); do
	for how in libbpf moonbee; do
		"$tmp/events" $how "$root/bench/events.bpf.c" "$tmp/flood" "$count" 0
	done
	for how in copy fields; do
		"$root/build/moonbee" "$root/bench/events.lua" $how "$root/bench/events.bpf.c" \
			"$tmp/flood" "$count" 0
	done
	[ ! -e "$tmp/refusal" ] || continue
	if ! "$root/bench/events-bcc" "$tmp/flood" "$count" 0 2>"$tmp/error"; then
		mv "$tmp/error" "$tmp/refusal"
	fi
done
[ ! -e "$tmp/refusal" ] || { echo "BCC did not run:"; tail -n 3 "$tmp/refusal"; }
