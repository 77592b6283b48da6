# SPDX-License-Identifier: BSD-3-Clause
# Sourced by quickstart: `quickstart test`, all tests of the project and their sum.
# shellcheck shell=bash disable=SC2154,SC2086,SC2046

n_passed=0 n_failed=0 n_skipped=0

count() { # PASSED FAILED SKIPPED
	n_passed=$((n_passed + $1))
	n_failed=$((n_failed + $2))
	n_skipped=$((n_skipped + $3))
}

# What failed is named once more at the very end, each in one line: a long output may be seen in part only.
FAILURES=$LOGS/failures

failure() { printf '%s: %s\n' "$1" "${2:-no reason given}" >> "$FAILURES"; }

# failures_of AREA: one for each line of stdin
failures_of() {
	local line
	while read -r line; do failure "$1" "$line"; done
}

say_failures() {
	[ ! -s "$FAILURES" ] || cut -c1-400 "$FAILURES" | sed 's/^/FAILED: /'
}

# meson_tests BUILD_DIRECTORY MESON_TEST_ARGS...: one passed for each meson test
meson_tests() {
	local dir=$1 log=$LOGS/tests-${1##*/}.log counts rc
	shift
	say "meson tests of ${dir##*/}: $*"
	rm -f "$dir/meson-logs/testlog.json"
	run "$log" meson test -C "$dir" --no-rebuild --print-errorlogs -t 4 "$@"
	rc=$?
	counts=$(python3 "$top/tests/lib/meson_counts.py" "$dir/meson-logs/testlog.json") || counts=$(printf '0 1 0\nno results')
	count $(head -n 1 <<< "$counts")
	tail -n +2 <<< "$counts" | failures_of "${dir##*/}"
	read -r _ failed _ <<< "$counts"
	[ $rc = 0 ] && [ "$failed" = 0 ] && return 0
	[ "$failed" != 0 ] || { count 0 1 0; failure "${dir##*/}" "meson test ended with $rc"; }
	grep -vE ' OK +[0-9.]+s$' "$log" | tail -n 60
}

fuzz_tests() { # SECONDS
	local log=$LOGS/fuzz.log passed failed
	say "fuzz targets, $1 s each"
	run "$log" "$top/tests/fuzz/run.sh" "$1" "$top/build/checked"
	local rc=$?
	passed=$(grep -c '^ok ' "$log")
	failed=$(grep -c '^FAIL ' "$log")
	sed -n 's/^FAIL //p' "$log" | failures_of fuzz
	[ $rc = 0 ] || [ "$failed" != 0 ] || failed=1
	[ $((passed + failed)) != 0 ] || failed=1
	count "$passed" "$failed" 0
	[ "$failed" = 0 ] || tail -n 60 "$log"
}

# Prints its own lines while it goes; the sum comes in a file.
it_tests() {
	local sum=$LOGS/it.sum passed failed skipped
	rm -f "$sum"
	say "integration tests"
	run_shown "$top/tests/it/run" --sum "$sum" --logs "$LOGS/it"
	read -r passed failed skipped 2>/dev/null < "$sum" || { count 0 1 0; failure it "no sum"; return; }
	tail -n +2 "$sum" | failures_of it
	count "$passed" "$failed" "$skipped"
}

drill_tests() { # RUNS
	local json=$LOGS/drill.json more= rc counts
	rm -f "$json"
	say "starting the pair"
	[ "$VIOS_LONG" != 1 ] || more=,disk-slow,disk-stuck,pr-failover
	# The copies of the data planes in which a fault can be planted. No time is judged, and CI's machine stalls for longer than the
	# lab's usual hang time: a data plane that is killed for it looks as one that a fault has hit.
	if ! VIOS_LAB_HANG_MS=500 VIOS_LAB_NETD=$(program vios-netd-faults) VIOS_LAB_SCSID=$(program vios-scsid-faults) VIOS_LAB_DISK=1 \
		run "$LOGS/lab.log" "$LAB" up; then
		tail -n 40 "$LOGS/lab.log"
		count 0 1 0
		failure drill "the pair does not come up: $(tail -n 1 "$LOGS/lab.log")"
		return
	fi
	drill --runs "$1" --scenario "$SCENARIOS,spin,stall,framed,alone,disk-error,disk-gone$more" --no-times --json "$json"
	rc=$?
	counts=$(python3 "$top/tests/lib/drill_counts.py" "$json" $rc)
	count $(head -n 1 <<< "$counts")
	tail -n +2 <<< "$counts" | failures_of drill
	[ $rc = 0 ] || "$LAB" logs | tail -n 150
	lab_down
}

cmd_test() {
	# One build for the unit tests and the fuzz targets; -O1 for speed, and the release build has the warnings.
	local checked="-Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dwerror=false -Dc_args=-g1"
	local long=0 seconds=2 runs=2
	case ${1:-} in
	"") ;;
	--long) long=1 seconds=60 runs=10 ;;
	*) usage ;;
	esac
	export VIOS_LONG=$long
	closing_line=1
	prepare "$PACKAGES_BUILD $PACKAGES_LAB $PACKAGES_TEST"
	rm -f "$FAILURES"
	VIOS_LAB=${VIOS_DRILL_LAB:-drill}
	run_traps "policy_restore; lab_down"
	lab_down
	build "$BUILD"
	CC=clang build "$top/build/checked" -Dfuzz=true $checked
	meson_tests "$BUILD"
	# Sanitizers find nothing in mutants that are meant to be wrong.
	meson_tests "$top/build/checked" --suite unit --suite sim --no-suite mutants
	fuzz_tests $seconds
	it_tests
	drill_tests $runs
	say_failures
	echo "$n_passed passed, $n_failed failed, $n_skipped skipped"
	[ $n_failed = 0 ] && [ $n_passed != 0 ]
}
