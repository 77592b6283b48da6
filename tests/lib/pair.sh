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

ctl() { timeout 20 "$(program viosctl)" --run "$RUN" "$@"; }

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
	local init p
	init=$(cat "$L/$1/init.pid") || return 1
	for p in $(pgrep "^vios-netd"); do
		[ "$(readlink /proc/$p/ns/pid)" = "$(readlink /proc/$init/ns/pid)" ] && echo "$p" && return
	done
	return 1
}

# ping_client [ARGS...]: from lpar1 to the outside host; ping_outside: the other way
ping_client() { "$LAB" exec lpar1 ping -q -n "$@" $OUTSIDE; }
ping_outside() { "$LAB" exec outside ping -q -n "$@" 10.99.0.2; }

# within SECONDS WHAT COMMAND...: until it succeeds
within() {
	local deadline=$((SECONDS + $1)) what=$2
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
