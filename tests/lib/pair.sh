# SPDX-License-Identifier: BSD-3-Clause
# Sourced by integration tests that need a running pair: pair_up, then the words below. The lab is taken down
# however the test ends.
# shellcheck shell=bash disable=SC2154

BUILD=$VIOS_BUILD
. "$VIOS_TOP/tests/lib/programs.sh"
LAB=$VIOS_TOP/tests/lab/lab
L=/tmp/vios-$VIOS_LAB
RUN=$L/run
OUTSIDE=10.99.0.1
PATIENCE_S=120	# what does not come by then, on a machine that is busy with other things, never comes
# These tests are not about hangs: a busy machine must not look like one.
export VIOS_LAB_HANG_MS=${VIOS_LAB_HANG_MS:-2000}

fail() {
	failure="FAILED: $*"
	exit 1
}

pair_end() {
	local rc=$?
	trap '' INT TERM
	[ $rc = 0 ] || [ $rc = 77 ] || "$LAB" logs
	"$LAB" down
	[ -z "${failure:-}" ] || echo "$failure"
	exit $rc
}

pair_up() {
	trap pair_end EXIT
	trap 'exit 143' INT TERM
	"$LAB" up "$@" || fail "the pair does not come up"
}

ctl() { timeout $PATIENCE_S "$(program viosctl)" --run "$RUN" "$@"; }

# status_of EXPRESSION: Python over the decoded status s and a, the adapters by name
status_of() {
	ctl --json status | python3 -c '
import json, sys
s = json.load(sys.stdin)
a = {x["adapter"]: x for x in s["adapters"]}
v = {x["name"]: x for x in s["vios"]}
print(eval(sys.argv[1]))' "$1"
}

live() { status_of "a['${1:-lpar1/eth0}']['live']"; }
other() { [ "$1" = vios1 ] && echo vios2 || echo vios1; }

netd_pid() { # VIOS: as the frame sees it
	local init ns p
	init=$(cat "$L/$1/init.pid") && ns=$(readlink "/proc/$init/ns/pid") || return 1
	for p in $(pgrep "^vios-netd"); do
		[ "$(readlink "/proc/$p/ns/pid")" = "$ns" ] && echo "$p" && return
	done
	return 1
}

# killed PID...: SIGKILL, until they are gone
killed() {
	local p
	[ -n "$*" ] || return 1
	kill -KILL "$@"
	for p in "$@"; do
		within 10 "process $p dies" eval "! [ -d /proc/$p ]"
	done
}

# ping_client [ARGS...]: from lpar1 to the outside host; ping_outside: the other way
ping_client() { "$LAB" exec lpar1 ping -q -n "$@" $OUTSIDE; }
ping_outside() { "$LAB" exec outside ping -q -n "$@" 10.99.0.2; }

# lost_of FILE: of what ping wrote without -q: how many have no answer of those before the last that has one, and how many have.
# What is on its way when ping ends is not lost.
lost_of() {
	awk '/ bytes from / && match($0, /icmp_seq=[0-9]+/) {
		n = substr($0, RSTART + 9, RLENGTH - 9) + 0
		if (!(n in seen)) answered++
		seen[n]; if (n > last) last = n
	} END { print last - answered, answered + 0 }' "$1"
}

# 100 packets a second from lpar1 to the outside, beside what follows
beside_begin() {
	"$LAB" exec lpar1 ping -n -i 0.01 $OUTSIDE > "$L/beside" &
	beside=$!
}

# beside_end: prints what was lost, if anything was
beside_end() {
	local lost answered
	kill -INT $beside
	wait $beside
	tail -n 2 "$L/beside"
	read -r lost answered <<< "$(lost_of "$L/beside")"
	[ "$answered" != 0 ] && [ "$lost" = 0 ] || { echo "$lost lost, $answered answered"; return 1; }
}

# within SECONDS WHAT COMMAND...: until it succeeds; so many seconds, or PATIENCE_S: no time is judged by it
within() {
	local deadline=$((SECONDS + ($1 > PATIENCE_S ? $1 : PATIENCE_S))) what=$2
	shift 2
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || fail "$what: not in time"
		sleep 0.1
	done
}

# A dead ring stays dead; on a busy machine single packets may be late or lost.
both_ways() {
	within 10 "$1: client to outside" ping_client -c 1 -W 1
	within 10 "$1: outside to client" ping_outside -c 1 -W 1
}
