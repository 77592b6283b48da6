#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 500
# Several clients: they reach each other and the outside when all live on one VIOS, when one lives on the other,
# and while one of them has no driver; and it is undisturbed when another's driver dies and comes back.
set -u
. "$VIOS_TOP/tests/lib/pair.sh"
export VIOS_LAB_CLIENTS=3
pair_up

ping_between() { # FROM TO_ADDRESS
	within 10 "$3: $1 reaches $2" "$LAB" exec "$1" ping -q -n -c 1 -W 1 "$2"
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
lives() { [ "$(status_of "' '.join(a[n]['live'] or 'none' for n in sorted(a))")" = "$1" ]; }
within 10 "lpar2 alone has moved" lives "vios1 vios2 vios1"
everybody "one on the other VIOS" lpar1 lpar2 lpar3

another() { pid=$("$LAB" pid frame tap-lpar3) && [ "$pid" != "$1" ]; }
beside_begin
for round in 1 2 3; do
	old=$("$LAB" pid frame tap-lpar3) || fail "lpar3 has no driver"
	killed "$old"
	within 10 "another driver of lpar3" another "$old"
	within 10 "the driver of lpar3 comes back" "$LAB" wait 1
	within 5 "lpar3 after round $round" "$LAB" exec lpar3 ping -c 1 -W 1 $OUTSIDE
done
"$LAB" client stop lpar3 || fail "client stop"
everybody "one without a driver" lpar1 lpar2
"$LAB" client start lpar3
"$LAB" wait $PATIENCE_S || fail "lpar3 does not come back"
everybody "all again" lpar1 lpar2 lpar3
beside_end || fail "another client's driver disturbs lpar1"
exit 0
