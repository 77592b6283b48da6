#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# An interrupted ./quickstart ends soon, says so by its exit code, and leaves nothing: while it starts the pair,
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
	local i pid began=$SECONDS rc
	env --default-signal=INT,TERM setsid "$VIOS_TOP/quickstart" --runs 2 > "$out" 2>&1 < /dev/null &
	pid=$!
	for ((i = 0; i < 600; i++)); do
		grep -q -- "$3" "$out" && break
		kill -0 $pid 2>/dev/null || fail "quickstart ended before '$3'"
		sleep 0.1
	done
	sleep "$4"
	began=$SECONDS
	kill -"$1" $pid
	wait $pid
	rc=$?
	[ $rc = "$2" ] || fail "SIG$1 after '$3': exit code $rc, not $2"
	((SECONDS - began <= 20)) || fail "SIG$1 after '$3': took $((SECONDS - began)) s to end"
	[ -z "$(remains)" ] || fail "SIG$1 after '$3': left behind: $(remains)"
}

# A signal in the first moments of what it starts, made longer here: the job leads no group yet.
early() {
	local pid i
	printf '#!/bin/sh\nsleep 0.5\nexec /usr/bin/setsid "$@"\n' > "$logs/setsid"
	chmod +x "$logs/setsid"
	env --default-signal=INT,TERM PATH="$logs:$PATH" bash -c '. "$1"; run_traps :; run "$2" sleep 77777' early \
		"$VIOS_TOP/tests/lib/run.sh" "$out" > /dev/null 2>&1 < /dev/null &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		grep -q 77777 "$out" && break
		sleep 0.01
	done
	sleep 0.1
	kill -TERM $pid
	wait $pid
	sleep 0.6
	! pkill -xf "sleep 77777" || fail "SIGTERM in the first moments: what it started goes on"
}

early
interrupt TERM 143 "building release" 0.1
interrupt INT 130 "starting the pair" 0.3
interrupt TERM 143 "starting the pair" 1
interrupt INT 130 "failover drill" 4
interrupt TERM 143 "failover drill" 8
exit 0
