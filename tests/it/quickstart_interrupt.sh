#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
# An interrupted ./quickstart ends, says so by its exit code, and leaves nothing: while it starts the pair,
# while the pair comes up, and in the middle of the drill.
set -u
L=/tmp/vios-$VIOS_LAB
out=$(mktemp)
logs=$(mktemp -d)
trap 'rm -rf "$out" "$logs"' EXIT
export VIOS_LOCKED=1 VIOS_LOGS=$logs VIOS_DRILL_LAB=$VIOS_LAB

fail() {
	echo "$*"
	cat "$out"
	exit 1
}

remains() {
	ip netns list | grep "vios-$VIOS_LAB-"
	ls -d "$L" 2>/dev/null
	grep -lsz "^VIOS_LAB_DIR=$L\$" /proc/[0-9]*/environ
	cat /usr/sbin/policy-rc.d 2>/dev/null | grep vios
}

# interrupt SIGNAL EXIT_CODE LINE DELAY_S: DELAY_S after its output has shown LINE
interrupt() {
	local pid began rc
	env --default-signal=INT,TERM setsid "$VIOS_TOP/quickstart" --runs 2 > "$out" 2>&1 < /dev/null &
	pid=$!
	until grep -q -- "$3" "$out"; do
		kill -0 $pid 2>/dev/null || fail "quickstart ended before '$3'"
		sleep 0.1
	done
	sleep "$4"
	began=$SECONDS
	kill -"$1" $pid
	wait $pid
	rc=$?
	[ $rc = "$2" ] || fail "SIG$1 after '$3': exit code $rc, not $2"
	echo "SIG$1 after '$3': it took $((SECONDS - began)) s to end"
	[ -z "$(remains)" ] || fail "SIG$1 after '$3': left behind: $(remains)"
}

# A signal in the first moments of what it starts, made longer here: the job leads no group yet.
early() {
	local pid nap=77777.$$
	printf '#!/bin/sh\nsleep 0.5\nexec /usr/bin/setsid "$@"\n' > "$logs/setsid"
	chmod +x "$logs/setsid"
	env --default-signal=INT,TERM PATH="$logs:$PATH" bash -c '. "$1"; run_traps :; run "$2" sleep "$3"' early \
		"$VIOS_TOP/tests/lib/run.sh" "$out" $nap > /dev/null 2>&1 < /dev/null &
	pid=$!
	until pgrep -f "setsid -w sleep $nap" > /dev/null; do
		kill -0 $pid 2>/dev/null || fail "what is to be interrupted has ended"
		sleep 0.01
	done
	kill -TERM $pid
	wait $pid
	! pkill -f "sleep $nap" || fail "SIGTERM in the first moments: what it started goes on"
}

early
interrupt TERM 143 "building release" 0.1
interrupt INT 130 "starting the pair" 0.3
interrupt TERM 143 "starting the pair" 1
interrupt INT 130 "failover drill" 4
interrupt TERM 143 "failover drill" 8
exit 0
