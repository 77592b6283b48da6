#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 500
# It is a real pair: a stopped mux takes no packet along, and with both data planes down nothing passes.
set -u
. "$VIOS_TOP/tests/lib/pair.sh"
pair_up

both_ways "fresh"
ctl status | grep -q 'lpar1/eth0' || fail "status does not show the adapter"

mux=$("$LAB" pid frame mux-lpar1) || fail "no mux"
# The mux and whatever belongs to it.
stopped=$(pgrep "^viomux" | while read -r p; do
	grep -qsz "^VIOS_LAB_DIR=$L\$" /proc/$p/environ && echo "$p"; done)
grep -qw "$mux" <<< "$stopped" || fail "the mux $mux is not among $stopped"
# shellcheck disable=SC2086
kill -STOP $stopped
timeout $PATIENCE_S "$LAB" exec lpar1 ping -n -i 0.01 -c 300 $OUTSIDE > "$L/ping"
kill -CONT $stopped
read -r lost answered <<< "$(lost_of "$L/ping")"
[ "$answered" -gt 150 ] || fail "a stopped mux stops the traffic: $(tail -n 2 "$L/ping")"
[ "$lost" = 0 ] || fail "a stopped mux costs $lost packets: $(tail -n 2 "$L/ping")"

# A mux that dies with its holder loses the client's connection; the client's driver connects again.
# shellcheck disable=SC2086
kill -KILL $stopped
within 15 "traffic after the death of the mux and its holder" ping_client -c 1 -W 1
"$LAB" wait $PATIENCE_S || fail "not redundant after the death of the mux and its holder"

# A viosd that comes back takes nothing from the data plane that has outlived it, before it knows what there is.
# shellcheck disable=SC2046
killed $("$LAB" pid vios1 viosd; "$LAB" pid vios2 viosd)
within 20 "both viosd back" "$LAB" wait 1
grep -q adapter-removed "$RUN"/vios?/netd.log && fail "a viosd that came back took the adapter away"

for v in vios1 vios2; do "$LAB" stop $v viosd; done
for v in vios1 vios2; do
	pid=$(netd_pid $v) || fail "the data plane of $v ended with its viosd"
	killed $pid
done
ping_client -i 0.05 -c 20 -w 3 > /dev/null && fail "traffic passes without any data plane"
ping_outside -i 0.05 -c 20 -w 3 | grep -q ' 0 received' ||
	fail "traffic passes without any data plane"
for v in vios1 vios2; do "$LAB" start $v viosd; done
"$LAB" wait $PATIENCE_S || fail "the pair does not come back"
within 5 "traffic after the return" ping_client -c 1 -W 1
both_ways "after the return"
exit 0
