#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
# 20 switches to and fro under load; after each of them the other VIOS is live and both rings work.
set -u
. "$VIOS_TOP/tests/lib/pair.sh"
pair_up

"$LAB" exec outside iperf3 -s -D --logfile "$L/iperf-server.log" || fail "no iperf3 server"
within 5 "the iperf3 server" "$LAB" exec outside sh -c 'ss -ltn | grep -q :5201'
"$LAB" exec lpar1 iperf3 -c $OUTSIDE --bidir -u -b 10M -l 500 -t 1000 > "$L/iperf.log" 2>&1 &
load=$!
sleep 1
kill -0 $load || fail "no load: $(cat "$L/iperf.log")"
is_live() { [ "$(live)" = "$1" ]; }
from=$(live)
for ((i = 1; i <= 20; i++)); do
	to=$(other "$from")
	if ((i % 2)); then
		ctl switch lpar1/eth0 --to "$to" > /dev/null || fail "switch $i to $to is refused"
	else
		ctl switch --all > /dev/null || fail "switch $i of all is refused"
	fi
	within 10 "switch $i: $to is live" is_live "$to"
	both_ways "switch $i to $to"
	from=$to
	within 10 "redundant again after switch $i" "$LAB" wait 1
done
kill -0 $load || fail "the load ended early: $(cat "$L/iperf.log")"
exit 0
