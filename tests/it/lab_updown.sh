#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
# The lab goes up and down twice and leaves nothing; it takes away what a killed or an interrupted `up` left,
# and a down of nothing is no error.
set -u
lab=$VIOS_TOP/tests/lab/lab
fail() { echo "$*"; "$lab" down; exit 1; }

remains() {
	ip netns list | grep "vios-$VIOS_LAB-"
	grep " /tmp/vios-$VIOS_LAB/" /proc/mounts
	ls -d "/tmp/vios-$VIOS_LAB" 2>/dev/null
	grep -lsz "^VIOS_LAB_DIR=/tmp/vios-$VIOS_LAB\$" /proc/[0-9]*/environ
}

nothing_left() {
	local i left
	for ((i = 0; i < 300; i++)); do
		left=$(remains)
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	fail "left after $1: $left"
}

# interrupted DELAY_S SIGNAL
interrupted() {
	setsid "$lab" up --no-wait &
	sleep "$1"
	kill -"$2" -- -$! 2>/dev/null
	wait $!
	[ ! -e "/tmp/vios-$VIOS_LAB/up" ] || "$lab" down	# it was faster than the signal
}

"$lab" down || fail "down of nothing fails"
for round in 1 2; do
	"$lab" up || fail "up $round"
	"$lab" up 2>/dev/null && fail "a second up must be refused"
	[ -n "$("$lab" pid vios1 corosync)" ] || fail "no corosync"
	"$lab" down || fail "down $round"
	nothing_left "down $round"
done
for delay in 0.05 0.2 0.4 0.8; do
	interrupted $delay TERM
	nothing_left "an up interrupted after $delay s"
done
for delay in 0.1 0.3 0.6; do
	interrupted $delay KILL
	"$lab" down
	nothing_left "an up killed after $delay s and a down"
done
exit 0
