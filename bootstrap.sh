#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone to a running tool: install what is missing, build into build/, run.
set -eu

usage()
{
	cat <<-'TEXT'
	usage: ./bootstrap.sh run SCRIPT.lua [ARGS]   build what is not built, and run a script
	       ./bootstrap.sh build                   only build: build/moonbee, build/moonbee-cc
	       ./bootstrap.sh test                    build, and run every test that this machine can
	       ./bootstrap.sh test --vm[=KERNELS]     build, and run the kernel and Lua tests on other
	                                              kernels in guests: 5.10,6.1,6.12,newest
	       ./bootstrap.sh --help

	On Debian 12, as root, missing packages are installed with apt-get. Anyone else is told
	which ones are missing. Long output goes to build/*.log and is shown when a step fails.
	TEXT
}

# What each command needs: package, and what it is for.
build_packages='
cmake			the build
ninja-build		the build
gcc			C compiler
g++			C++ compiler, for the files over clang
pkg-config		finds liblua5.4
lld-19			linker: joins moonbee-cc with LLVM in a second
llvm-19-dev		LLVM, linked into moonbee-cc
libclang-19-dev		clang, linked into moonbee-cc
libbpf-dev		loads and attaches BPF objects
libelf-dev		libbpf reads ELF with it
zlib1g-dev		libelf and LLVM decompress with it
libzstd-dev		LLVM decompresses with it
libxml2-dev		LLVM asks for it
lua5.4			generates the prelude
lua-argparse		reads the arguments of the commands
lua-dkjson		JSON of the commands
liblua5.4-dev		the language of the tools
'
test_packages='
clang-19		the second compiler of the -Werror builds, and what bench/ compares with
libclang-rt-19-dev	libFuzzer and the sanitizers, for tests/fuzz
clang-format		the check of the source style
libcmocka-dev		C tests
llvm-19			llvm-objdump, a second opinion on code
iproute2		ip and tc, which load objects
systemtap-sdt-dev	sys/sdt.h: the tests have USDT probes of their own
bpftool			a second opinion on maps and types
binutils		objcopy makes modules of types
xz-utils		packs them
zstd			packs them
jq			reads the JSON of the commands
mandoc			the check of the manual pages
groff-base		another one
python3			a terminal of its own for the tests of Ctrl-C; runs the tools of BCC
bpfcc-tools		the tools of BCC, whose programs tests/corpus compiles
python3-bpfcc		what they import
golang-github-cilium-ebpf-dev	sources for libbpf, which tests/corpus compiles
'

vm_packages='
qemu-system-x86		the machine of the guests
qemu-system-common	virtiofsd gives them this file system
busybox-static		their first process
'

root=$(cd "$(dirname "$0")" && pwd)
build=$root/build

say()
{
	echo "moonbee: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

# step NAME WHAT COMMAND...: run a command with its output in build/NAME.log. WHAT is said when it
# takes more than a moment.
step()
{
	log=$build/$1.log
	{ sleep 1 >/dev/null 2>&1 && say "$2 (build/$1.log)"; } &
	notice=$!
	shift 2
	status=0
	"$@" >"$log" 2>&1 </dev/null || status=$?
	kill "$notice" 2>/dev/null || :
	[ "$status" = 0 ] && return
	tail -n 60 "$log" >&2
	die "failed: $*; the whole output is in $log"
}

# The names of a list's packages, one a line.
names()
{
	echo "$1" | sed -n 's/^\([^	]\{1,\}\)	.*/\1/p'
}

# Those packages of a list that are not installed, one a line.
missing()
{
	names "$1" | while read -r name; do
		echo "$installed" | grep -qx "$name" || echo "$name"
	done
}

apt_install()
{
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Lists of packages may be absent, or older than what the archive still holds.
apt_install_fresh()
{
	if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
		apt-get update
	elif apt_install "$@"; then
		return
	else
		apt-get update
	fi
	apt_install "$@"
}

is_debian_12()
{
	(. /etc/os-release && [ "$ID $VERSION_ID" = 'debian 12' ]) 2>/dev/null
}

# need LIST: see that its packages are there, or say what is to be installed.
need()
{
	if ! command -v dpkg-query >/dev/null; then
		need_elsewhere "$1"
		return
	fi
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
	lacking=$(missing "$1")
	[ -z "$lacking" ] && return
	if is_debian_12 && [ "$(id -u)" = 0 ]; then
		mkdir -p "$build"
		# shellcheck disable=SC2086 # one word a package
		step apt "installing $(echo $lacking)" apt_install_fresh $lacking
		return
	fi
	say 'these packages (by their Debian 12 names) are missing:'
	echo "$lacking" | while read -r name; do
		echo "$1" | grep "^$name	" | tr -s '\t' | expand -t 20 >&2
	done
	# shellcheck disable=SC2086
	die "as root: apt-get install --no-install-recommends" $lacking
}

# Where there is no dpkg, only the tools can be looked for.
need_elsewhere()
{
	for tool in cmake ninja gcc g++ pkg-config ld.lld-19 llvm-config-19 lua5.4; do
		command -v $tool >/dev/null && continue
		say "this is not Debian, and $tool is missing; moonbee needs (Debian 12 names):"
		echo "$1" | tr -s '\t' | expand -t 20 >&2
		exit 1
	done
}

# configure DIR LOG OPTIONS...: once, and again only when the rules of the build have changed.
configure()
{
	dir=$1
	log_name=$2
	shift 2
	stamp=$(cat "$root/bootstrap.sh" "$root/CMakeLists.txt" | cksum)
	stamp="$stamp $*"
	[ -f "$dir/build.ninja" ] && [ "$(cat "$dir/.stamp" 2>/dev/null)" = "$stamp" ] && return
	mkdir -p "$build" "$dir"
	step "$log_name-configure" "configuring ${dir#"$root"/}" \
		cmake -S "$root" -B "$dir" -G Ninja "$@"
	echo "$stamp" >"$dir/.stamp"
}

# compile DIR LOG TARGETS...
compile()
{
	dir=$1
	log_name=$2
	shift 2
	step "$log_name-build" "building ${dir#"$root"/}" ninja -C "$dir" "$@"
}

# The plain build. Once tests were built in it they stay, so that the commands can alternate.
do_build()
{
	# Whoever may not write here can still use what is built.
	[ -x "$build/moonbee" ] && [ ! -w "$build" ] && return
	tests=OFF
	grep -qs '^BEE_TESTS:BOOL=ON' "$build/CMakeCache.txt" && tests=ON
	need "$build_packages"
	configure "$build" moonbee "-DBEE_TESTS=$tests"
	compile "$build" moonbee moonbee_cli moonbee-cc moonbee_lua_core
}

# run_tests DIR NAME [LABEL]: the tests of a build. What failed is shown; totals are added up.
run_tests()
{
	say "testing ${1#"$root"/} (build/$2-tests.log)"
	result=$build/$2-tests.xml
	rm -f "$result"
	(cd "$1" && ctest -j 2 -L "${3:-.}" --output-on-failure --timeout 300 --output-junit "$result") \
		>"$build/$2-tests.log" 2>&1 </dev/null || failed_runs="$failed_runs $2"
	[ -s "$result" ] || { tail -n 40 "$build/$2-tests.log"; return; }
	sed -n '/^The following tests FAILED/,$p' "$build/$2-tests.log"
	count=$(junit tests)
	bad=$(junit failures)
	skip=$(($(junit skipped) + $(junit disabled)))
	say "$2: $count tests, $bad failed, $skip skipped"
	passed=$((passed + count - bad - skip))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
}

junit()
{
	sed -n "/<testsuite /,/>/s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$result" | head -n 1
}

# The tests of the plain build on other kernels: as many guests at a time as there are processors.
do_vm_test()
{
	need "$build_packages$test_packages$vm_packages"
	configure "$build" moonbee -DBEE_TESTS=ON
	compile "$build" moonbee all
	# shellcheck disable=SC2046 # one word a kernel
	lua5.4 "$root/tests/vm/suite.lua" "$build" $(echo "$1" | tr , ' ')
}

do_test()
{
	need "$build_packages$test_packages"
	configure "$build" moonbee -DBEE_TESTS=ON
	compile "$build" moonbee all
	# clang must find nothing to warn of either; and it has libFuzzer.
	configure "$build/clang" clang -DBEE_TESTS=ON -DBEE_FUZZ=ON -DCMAKE_C_COMPILER=clang-19 \
		-DCMAKE_CXX_COMPILER=clang++-19
	compile "$build/clang" clang all
	configure "$build/asan" asan -DBEE_TESTS=ON -DBEE_SANITIZE=ON
	compile "$build/asan" asan all

	passed=0 failed=0 skipped=0 failed_runs=
	run_tests "$build" moonbee
	run_tests "$build/asan" asan
	run_tests "$build/clang" fuzz fuzz
	echo "$passed passed, $failed failed, $skipped skipped"
	[ -z "$failed_runs" ]
}

command=${1:---help}
[ $# -gt 0 ] && shift
case $command in
run)
	[ $# -gt 0 ] || { usage >&2; exit 2; }
	do_build
	exec "$build/moonbee" "$@"
	;;
build)
	do_build
	say "built: $build/moonbee"
	;;
test)
	case ${1-} in
	'') do_test ;;
	--vm) do_vm_test 5.10,6.1,6.12,newest ;;
	--vm=?*) do_vm_test "${1#--vm=}" ;;
	*) usage >&2; exit 2 ;;
	esac
	;;
-h | --help | help)
	usage
	;;
*)
	usage >&2
	exit 2
	;;
esac
