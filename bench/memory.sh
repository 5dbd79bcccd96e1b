#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Peak memory (VmHWM) of a running tool, its compiler excluded: that one is a process of its own.
# usage: bench/memory.sh [SCRIPT.lua [ARGS]]      needs root and build/moonbee
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- "$root/examples/02-counts.lua"

"$root/build/moonbee" "$@" >/dev/null 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null || true' EXIT
sleep 5
if ! status=$(cat "/proc/$pid/status" 2>/dev/null); then
	echo "$1 ended before its memory could be read" >&2
	exit 1
fi
echo "$status" | awk -v name="$(basename "$1")" \
	'/^VmHWM|^VmRSS|^RssAnon/ { sub(":", "", $1); printf "%s %s %.1f MB\n", name, $1, $2 / 1024 }'
