#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh SECONDS BUILD_DIR - runs every fuzz target of a build for so many seconds each, on a copy of its kept corpus.
#
# As many at a time as there are CPUs (VIOS_FUZZ_JOBS). Prints a line for each: `ok AREA/x_fuzz runs=N corpus=N` or `FAIL AREA/x_fuzz`, with the end of its output and
# where the input is kept. Exit 1 if one fails, if there is none, or if one has no corpus; 2 on a wrong command line.
set -u

usage() {
	echo "run.sh: $1; usage: tests/fuzz/run.sh SECONDS BUILD_DIR" >&2
	exit 2
}

[ $# -eq 2 ] || usage "$# arguments"
[[ $1 =~ ^[1-9][0-9]*$ ]] || usage "SECONDS is '$1', not a whole number"
[ -d "$2/tests/fuzz" ] || usage "'$2' is no build directory"

seconds=$1
build=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/vios-fuzz-XXXXXX)
jobs=${VIOS_FUZZ_JOBS:-$(nproc)}
[[ $jobs =~ ^[1-9][0-9]*$ ]] || usage "VIOS_FUZZ_JOBS is '$jobs', not a number of processes"

# Each target's shell ends its target.
stop() {
	trap '' INT TERM
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	wait
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# A finding outlives this script; it is the reproducer.
keep_findings() { # NAME DIRECTORY
	local kept=$build/fuzz-findings/$1

	compgen -G "$2/found-*" > /dev/null || return
	mkdir -p "$kept" && cp "$2"/found-* "$kept/"
	echo "  input kept in $kept; replay: $build/tests/fuzz/$1 FILE"
}

# run_one TARGET DIRECTORY: prints its line
run_one() {
	local name=${1#"$build/tests/fuzz/"} corpus log=$2/log child=
	corpus=$here/${name%_fuzz}_corpus

	if ! compgen -G "$corpus/*" > /dev/null; then
		echo "FAIL $name: no seeds in $corpus; add some"
		return 1
	fi
	cp -r "$corpus" "$2/corpus"
	trap 'kill "$child" 2>/dev/null; exit 130' INT TERM
	timeout -k 5 $((seconds + 60)) "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$2/found-" "$2/corpus" > "$log" 2>&1 &
	child=$!
	if ! wait "$child"; then
		echo "FAIL $name"
		tail -n 25 "$log" | sed 's/^/  /'
		keep_findings "$name" "$2"
		return 1
	fi
	echo "ok $name runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
		"corpus=$(find "$corpus" -type f | wc -l)"
}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
mapfile -t targets < <(find "$build/tests/fuzz" -mindepth 2 -maxdepth 2 -type f -name '*_fuzz' -perm -u+x | sort)
if [ ${#targets[@]} -eq 0 ]; then
	echo "run.sh: no target in $build/tests/fuzz; configure the build with -Dfuzz=true" >&2
	exit 1
fi
for i in "${!targets[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	mkdir "$work/$i"
	{ run_one "${targets[i]}" "$work/$i" > "$work/$i/says" 2>&1 && touch "$work/$i/ok"; } &
done
wait
failed=0
for i in "${!targets[@]}"; do
	cat "$work/$i/says"
	[ -e "$work/$i/ok" ] || failed=$((failed + 1))
done
[ "$failed" -eq 0 ]
