#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual pages: neither mandoc nor groff finds anything to say about them.
# usage: sh tests/man.sh FILE...
set -eu
for tool in mandoc groff; do
	command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
# What is not installed yet cannot be found by those who refer to it.
said=$(mandoc -Tlint "$@" 2>&1 | grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' || :)
for page in "$@"; do
	said=$said$(groff -ww -mandoc -Tutf8 "$page" 2>&1 >/dev/null)
done
[ -z "$said" ] || { echo "$said"; exit 1; }
