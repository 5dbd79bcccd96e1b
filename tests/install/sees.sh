#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program that prints each program that starts ends by itself, without an error, and has told of ours.
# usage: sh tests/install/sees.sh PROGRAM ARGS...
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ours=$dir/bee-$$
cp /bin/true "$ours"

"$@" >"$dir/out" 2>&1 &
pid=$!
tries=0
while kill -0 $pid 2>/dev/null && [ $tries -lt 6000 ]; do
	"$ours"
	tries=$((tries + 1))
	sleep 0.01
done
kill $pid 2>/dev/null
if ! wait $pid || ! grep -q " bee-$$\$" "$dir/out"; then
	cat "$dir/out"
	exit 1
fi
