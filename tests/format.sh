#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The form of the C files: clang-format decides on lines and indents. How much space stands inside a
# line, where comments and columns of tables are aligned by hand, is left to the writer.
# usage: tests/format.sh CLANG-FORMAT [FILE...]
set -u
tool=$1
shift
inner_space='s/([^ \t])[ \t]+/\1 /g'
[ $# -gt 0 ] || set -- $(find src bindings tests bench examples -name '*.[ch]' |
	grep -v -e '^src/compiler/headers/' -e '^tests/compile/[0-9x]' -e '^tests/oracle/plain.h' | sort)
[ $# -gt 0 ] || { echo 'no C files found'; exit 1; }

bad=0
want=$(mktemp)
have=$(mktemp)
trap 'rm -f "$want" "$have"' EXIT
for file in "$@"; do
	"$tool" --style=file "$file" | sed -E "$inner_space" >"$want" || exit 1
	sed -E "$inner_space" "$file" >"$have"
	diff -u --label "$file" --label "$file, formatted" "$have" "$want" || bad=$((bad + 1))
done
echo "$# files, $bad to be formatted"
[ $bad = 0 ]
