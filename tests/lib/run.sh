# SPDX-License-Identifier: BSD-3-Clause
# Sourced by quickstart: progress lines, and commands that a signal can interrupt at once.
# shellcheck shell=bash

started_s=$SECONDS
interrupted=

say() { printf '[%4d s] %s\n' $((SECONDS - started_s)) "$*"; }

fail() {
	echo "quickstart: $*" >&2
	[ -z "${closing_line:-}" ] || echo "${n_passed:-0} passed, $((${n_failed:-0} + 1)) failed, ${n_skipped:-0} skipped"
	exit 1
}

# fail_log LOG WHAT: with the last lines of the log that tells why
fail_log() {
	local log=$1
	shift
	echo "--- the last lines of $log" >&2
	tail -n 30 "$log" >&2
	fail "$@; the whole log is $log"
}

# Bash runs a trap only between commands, so everything long runs in the background, in a session of its own,
# and is waited for. Descriptor 9 is quickstart's own lock.
run() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	echo "+ $*" >> "$log"
	setsid -w "$@" >> "$log" 2>&1 < /dev/null 9>&- &
	wait $!
}

# As run, with the output on the terminal.
run_shown() {
	setsid -w "$@" < /dev/null 9>&- &
	wait $!
}

# A shell function that no signal cuts short; the signal is honoured afterwards.
run_to_end() {
	local log=$1 pid rc
	shift
	mkdir -p "$(dirname "$log")"
	hold_signals=1
	(trap '' INT TERM HUP; exec setsid -w bash -c "$(declare -f "$1"); \"\$@\"" run "$@") >> "$log" 2>&1 < /dev/null &
	pid=$!
	while :; do
		wait "$pid"
		rc=$?
		[ -d "/proc/$pid" ] || break
	done
	hold_signals=
	[ -z "$interrupted" ] || exit "$interrupted"
	return $rc
}

# What runs is asked of the shell: a signal may come before the job has been noted. The job leads a group of its own,
# but is a copy of this shell at first, and a signal to the group would reach nobody and let it start.
# A group gets one signal, and half a minute to tidy up; then its session ends, with groups that it has made meanwhile.
job_end() {
	local i pid left=$(jobs -rp) told=
	for ((i = 0; i < 300; i++)); do
		for pid in $left; do
			if ! kill -0 -- "-$pid" 2>/dev/null; then
				kill -TERM "$pid" 2>/dev/null || left=$(without "$pid" $left)
			elif [ "$(without "$pid" $told)" = "$told" ]; then
				kill -TERM -- "-$pid" 2>/dev/null
				told="$told$pid "
			fi
		done
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	for pid in $left; do
		pkill -KILL -s "$pid"
		kill -KILL -- "-$pid" 2>/dev/null
	done
}

without() { # WORD WORDS...
	local word
	for word in "${@:2}"; do [ "$word" = "$1" ] || printf '%s ' "$word"; done
}

# on_signal EXIT_CODE
on_signal() {
	interrupted=$1
	if [ -n "${hold_signals:-}" ]; then
		echo "quickstart: interrupted; waiting for the package manager, so that nothing stays half installed" >&2
		return
	fi
	echo "quickstart: interrupted; cleaning up" >&2
	exit "$1"
}

# run_traps CLEANUP: cleanup runs once, however the script ends
run_traps() {
	# shellcheck disable=SC2064
	trap "trap '' INT TERM HUP; job_end; $1" EXIT
	trap 'on_signal 130' INT
	trap 'on_signal 143' TERM
	trap 'on_signal 129' HUP
}
