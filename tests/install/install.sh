#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install into a folder of its own, and build programs against what is there, as a user would.
# usage: BEE_BUILD=build tests/install/install.sh CMAKE CC CXX LUA
set -u
cmake=$1 cc=$2 cxx=$3 lua=$4
tests=$(pwd)/tests/install
examples=$(pwd)/examples
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
prefix=$dir/prefix
warn='-Wall -Wextra -Werror -Wno-unused-parameter'
failed=0

# check NAME COMMAND...: a case, whose output is shown when it fails.
check()
{
	name=$1
	shift
	if "$@" >"$dir/log" 2>&1; then
		echo "ok    $name"
	else
		echo "FAIL  $name"
		sed 's/^/      /' "$dir/log"
		failed=$((failed + 1))
	fi
}

sees()
{
	sh "$tests/sees.sh" "$@"
}

# pkg ROOT ARGS...: what pkg-config says of the installation below a folder.
pkg()
{
	root=$1
	shift
	PKG_CONFIG_PATH=$(dirname "$(find "$root" -name moonbee.pc)") pkg-config "$@" moonbee
}

lib_of()
{
	pkg "$1" --variable=libdir
}

# build ROOT SOURCE OUT LINKING PKG-CONFIG-OPTIONS: a C program, from outside of the tree.
build()
{
	flags=$(pkg "$1" --cflags --libs $5) && cp "$2" "$dir" &&
		$cc $warn "$dir/$(basename "$2")" -o "$dir/$3" $4 $flags
}

is_not_linked_to()
{
	! readelf -d "$1" | grep NEEDED | grep -e "$2"
}

# ---- The cases -----------------------------------------------------------------------------------

installs()
{
	$cmake --install "$BEE_BUILD" --prefix "$prefix" >/dev/null &&
		ls "$prefix/include/moonbee.h" "$prefix/bin/moonbee" \
			"$prefix/libexec/moonbee/moonbee-cc" "$(lib_of "$prefix")/libmoonbee.so" \
			"$(lib_of "$prefix")/libmoonbee.a" "$prefix/share/man/man1/moonbee.1" \
			"$prefix/share/man/man3/moonbee.3" "$prefix/share/man/man3/bee_open.3"
}

# The header, the package file and the command are of one version.
agrees()
{
	version=$(sed -n 's/^#define BEE_VERSION "\(.*\)"/\1/p' "$prefix/include/moonbee.h")
	echo "$version, $(pkg "$prefix" --modversion), $("$prefix/bin/moonbee" --version)"
	[ -n "$version" ] && [ "$version" = "$(pkg "$prefix" --modversion)" ] &&
		[ "moonbee $version" = "$("$prefix/bin/moonbee" --version)" ]
}

compiles_alone()
{
	echo '#include <moonbee.h>' >"$dir/alone.c"
	$cc -std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only -I"$prefix/include" "$dir/alone.c"
}

shared()
{
	build "$prefix" "$examples/embed/hello.c" hello_shared '' '' &&
		LD_LIBRARY_PATH=$(lib_of "$prefix") sees "$dir/hello_shared" 200
}

static()
{
	build "$prefix" "$examples/embed/hello.c" hello_static -static --static &&
		MOONBEE_CC=$(pkg "$prefix" --variable=compiler) sees "$dir/hello_static" 200
}

own_loop()
{
	build "$prefix" "$examples/embed/epoll.c" epoll '' '' &&
		LD_LIBRARY_PATH=$(lib_of "$prefix") sees "$dir/epoll" 2
}

cmake_package()
{
	$cmake -S "$tests/project" -B "$dir/project" "-DSOURCE=$examples/embed/hello.c" \
		"-DCMAKE_C_COMPILER=$cc" "-DCMAKE_PREFIX_PATH=$prefix" &&
		$cmake --build "$dir/project" &&
		sees "$dir/project/by_cmake_shared" 200 &&
		is_not_linked_to "$dir/project/by_cmake_static" moonbee &&
		MOONBEE_CC=$prefix/libexec/moonbee/moonbee-cc \
			sees "$dir/project/by_cmake_static" 200
}

cplusplus()
{
	$cxx -std=c++17 -pedantic -Wall -Wextra -Werror "$tests/plus.cc" -o "$dir/plus" \
		$(pkg "$prefix" --cflags --libs) &&
		LD_LIBRARY_PATH=$(lib_of "$prefix") "$dir/plus"
}

two_libbpfs()
{
	$cc $warn "$tests/two_libbpfs.c" -o "$dir/two" -I"$prefix/include" \
		"$(lib_of "$prefix")/libmoonbee.a" -lbpf -lelf -lz &&
		MOONBEE_CC=$(pkg "$prefix" --variable=compiler) "$dir/two"
}

# A static program finds the compiler from a folder beside it in the tree, and else says what to do.
finds_compiler()
{
	cp "$dir/hello_static" "$prefix/bin" && sees "$prefix/bin/hello_static" 200 || return 1
	rm "$prefix/bin/hello_static"
	MOONBEE_CC=$dir/nowhere "$dir/hello_static" 1 2>&1 | tee "$dir/out"
	grep -q "cannot run the compiler, $dir/nowhere" "$dir/out" &&
		grep -q 'bee_opts.compiler' "$dir/out"
}

# In a folder of root's that others may write to, a compiler of somebody else is not run.
distrusts_others()
{
	cp "$dir/hello_static" "$dir/hello_alone"
	printf '#!/bin/sh\ntouch %s/was-run\n' "$dir" >"$dir/moonbee-cc"
	chmod 777 "$dir" "$dir/moonbee-cc"
	chown 65534 "$dir/moonbee-cc"
	timeout 60 "$dir/hello_alone" 1 2>&1
	rm -f "$dir/moonbee-cc"
	[ ! -e "$dir/was-run" ]
}

command_and_module()
{
	libdir=$(lib_of "$prefix")
	script='local bee = require "moonbee"; local m = assert(bee.load "int x = 7;"); assert(m.vars.x == 7)'
	(cd "$dir" && "$prefix/bin/moonbee" -e "$script" &&
		LUA_PATH="$prefix/share/lua/5.4/?.lua;$prefix/share/lua/5.4/?/init.lua" \
		LUA_CPATH="$libdir/lua/5.4/?.so" "$lua" -e "$script")
}

staged()
{
	DESTDIR=$dir/stage $cmake --install "$BEE_BUILD" --prefix /opt/bee >/dev/null &&
		[ -e "$dir/stage/opt/bee/bin/moonbee" ] &&
		build "$dir/stage" "$examples/embed/hello.c" hello_staged '' '' &&
		LD_LIBRARY_PATH=$(lib_of "$dir/stage") sees "$dir/hello_staged" 200
}

moved()
{
	mv "$prefix" "$dir/elsewhere" &&
		LD_LIBRARY_PATH=$(lib_of "$dir/elsewhere") sees "$dir/hello_shared" 200
}

check 'cmake --install puts all into a prefix of its own' installs
[ $failed = 0 ] || exit 1
check 'the header, the package file and the command are of one version' agrees
check 'moonbee.h compiles alone, as pedantic C11' compiles_alone
check 'a program of one file, by pkg-config' shared
check 'the same, by pkg-config --static' static
check 'a program with a loop of its own' own_loop
check 'a CMake project finds both forms' cmake_package
check 'a C++ program includes moonbee.h and links' cplusplus
check 'the archive gets along with another libbpf' two_libbpfs
check 'a static program finds the compiler, or says where it was looked for' finds_compiler
check 'a compiler of another user is not run' distrusts_others
check 'the command and the Lua module run from where they are installed' command_and_module
check 'DESTDIR stages a tree that works from where it is' staged
check 'a tree that was moved works from where it is' moved
[ $failed = 0 ]
