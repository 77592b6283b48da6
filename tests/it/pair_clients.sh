#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 120
# Several clients: they reach each other and the outside when all live on one VIOS, when one lives on the other,
# and while one of them has no driver; and it is undisturbed when another's driver dies and comes back.
set -u
. "$VIOS_TOP/tests/lib/pair.sh"
export VIOS_LAB_CLIENTS=3
pair_up

ping_between() { # FROM TO_ADDRESS
	"$LAB" exec "$1" ping -q -n -i 0.05 -c 3 -W 1 "$2" > /dev/null || fail "$3: $1 does not reach $2"
}

everybody() { # WHEN NAMES...: everyone of NAMES reaches the others and the outside
	local when=$1 from to
	shift
	for from in "$@"; do
		ping_between "$from" $OUTSIDE "$when"
		for to in "$@"; do
			[ "$from" = "$to" ] || ping_between "$from" 10.99.0.$((${to#lpar} + 1)) "$when"
		done
	done
}

ctl switch --all --to vios1 > /dev/null	# at the start the first VIOS to be ready takes a client
everybody "all on one VIOS" lpar1 lpar2 lpar3
ctl switch lpar2/eth0 --to vios2 > /dev/null || fail "switch of lpar2"
[ "$(live lpar1/eth0) $(live lpar2/eth0) $(live lpar3/eth0)" = "vios1 vios2 vios1" ] || fail "only lpar2 should have moved"
everybody "one on the other VIOS" lpar1 lpar2 lpar3

"$LAB" exec lpar1 ping -q -n -i 0.01 $OUTSIDE > "$L/beside" &
beside=$!
for round in 1 2 3; do
	pid=$("$LAB" pid frame tap-lpar3) || fail "lpar3 has no driver"
	kill -KILL "$pid"
	within 10 "the driver of lpar3 comes back" "$LAB" wait 1
	within 5 "lpar3 after round $round" "$LAB" exec lpar3 ping -c 1 -W 1 $OUTSIDE
done
"$LAB" client stop lpar3 || fail "client stop"
everybody "one without a driver" lpar1 lpar2
"$LAB" client start lpar3
"$LAB" wait 15 || fail "lpar3 does not come back"
everybody "all again" lpar1 lpar2 lpar3
kill -INT $beside
wait $beside
grep -q ' 0% packet loss' "$L/beside" || fail "another client's driver disturbs lpar1: $(cat "$L/beside")"
exit 0
