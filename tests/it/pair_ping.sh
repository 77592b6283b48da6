#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 120
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
ping_client -i 0.01 -c 300 -w 10 > "$L/ping" || { kill -CONT $stopped; fail "a stopped mux stops the traffic"; }
kill -CONT $stopped
grep -q ' 0% packet loss' "$L/ping" || fail "a stopped mux costs packets: $(cat "$L/ping")"

# A mux that dies with its holder loses the client's connection; the client's driver connects again.
# shellcheck disable=SC2086
kill -KILL $stopped
within 15 "traffic after the death of the mux and its holder" ping_client -c 1 -W 1
"$LAB" wait 15 || fail "not redundant after the death of the mux and its holder"

# A viosd that comes back takes nothing from the data plane that has outlived it, before it knows what there is.
for v in vios1 vios2; do kill -KILL "$("$LAB" pid $v viosd)"; done
within 20 "both viosd back" "$LAB" wait 1
grep -q adapter-removed "$RUN"/vios?/netd.log && fail "a viosd that came back took the adapter away"

for v in vios1 vios2; do "$LAB" stop $v viosd; done
for v in vios1 vios2; do
	pid=$(netd_pid $v) || fail "the data plane of $v ended with its viosd"
	kill -KILL $pid
done
ping_client -i 0.05 -c 20 -w 3 > /dev/null && fail "traffic passes without any data plane"
grep -q 1 <(ping_outside -i 0.05 -c 20 -w 3 | grep -oE '[0-9]+ received' | grep -v '^0 ') &&
	fail "traffic passes without any data plane"
for v in vios1 vios2; do "$LAB" start $v viosd; done
"$LAB" wait 20 || fail "the pair does not come back"
within 5 "traffic after the return" ping_client -c 1 -W 1
both_ways "after the return"
exit 0
