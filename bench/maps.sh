#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Processor time of a walk over a hash of 200,000 structs, for each element: by C in libbpf's batches, by C
# and by Lua on moonbee's walk, and by BCC's items() where it can be had. They take turns.
# usage: bench/maps.sh [ROUNDS]      needs root, build/moonbee, gcc and libbpf-dev; for BCC, python3-bpfcc and
# kernel headers (see tests/corpus/peer.py)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-5}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
source="$root/bench/maps.bpf.c"

cc -O2 -I "$root/src" -o "$tmp/maps" "$root/bench/maps.c" \
	-L "$root/build/src" -Wl,-rpath,"$root/build/src" -lmoonbee -lbpf
export MOONBEE_CC="$root/build/moonbee-cc"
for _ in $(seq "$rounds"); do
	"$tmp/maps" libbpf "$source" >>"$tmp/C, batches"
	"$tmp/maps" moonbee "$source" >>"$tmp/C, moonbee"
	"$root/build/moonbee" "$root/bench/maps.lua" "$source" >>"$tmp/Lua, pairs"
	[ ! -e "$tmp/refusal" ] || continue
	if text=$("$root/bench/maps-bcc" "$source" 2>"$tmp/error"); then
		echo "$text" | tail -n 1 >>"$tmp/BCC, items"
	else
		mv "$tmp/error" "$tmp/refusal"
	fi
done

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}
base=$(median "$tmp/C, batches")
for how in 'C, batches' 'C, moonbee' 'Lua, pairs' 'BCC, items'; do
	[ -s "$tmp/$how" ] || continue
	median "$tmp/$how" | awk -v how="$how" -v base="$base" \
		'{ printf "%-12s %6.0f ns an element, %5.2fx\n", how, $1, $1 / base }'
done
[ ! -e "$tmp/refusal" ] || { echo "BCC did not run:"; tail -n 3 "$tmp/refusal"; }
