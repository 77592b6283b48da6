#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
# Hangs, loops and stalls under live traffic, with data planes that have planted faults. Absolute times are shown,
# not judged; everything else is: proof, loss within the gap, order, redundancy.
set -u
. "$VIOS_TOP/tests/lib/pair.sh"
export VIOS_LAB_HANG_MS=100 VIOS_LAB_LAST_RESORT_MS=3000
VIOS_LAB_NETD=$(program vios-netd-faults) || fail "no data plane with planted faults; build with -Dfaults=true"
export VIOS_LAB_NETD
pair_up

runs=1 baseline=2
[ "$VIOS_LONG" = 0 ] || runs=10 baseline=10
drill() { "$(program vios-drill)" --env "$("$LAB" env)" --no-times "$@"; }

drill --runs $runs --baseline $baseline --scenario hang,spin,stall,framed,alone,uplink || fail "the drill, see above"
# Its runs take turns: a switch, a kill of the live data plane.
drill --runs $((2 * runs)) --baseline $baseline --scenario mux || fail "the drill of the mux, see above"
exit 0
