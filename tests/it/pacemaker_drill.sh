#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 1200
# The drill of the cluster, under traffic and verified I/O, on a lab whose cluster viosctl cluster -create has made: four scenarios and a
# short random walk; with VIOS_LONG=1 every scenario and a longer walk. No time is judged.
set -u
for p in pacemakerd crm crm_resource; do
	command -v $p > /dev/null || { echo "$p is not installed"; exit 77; }
done
export VIOS_LAB_PACEMAKER=1 VIOS_LAB_DISK=1 VIOS_LAB_MUX_LOG=debug
. "$VIOS_TOP/tests/lib/pair.sh"
. "$VIOS_TOP/tests/lib/alerts.sh"

why() { # of the drill's record
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["failed"])' "$L/drilled.json" 2>/dev/null || echo "no record"
}

drilled() { # ARGS...
	rm -f "$L/drilled.json"
	"$VIOS_TOP/tests/lab/cluster" "$@" --here --recover 300 --json "$L/drilled.json" || fail "the drill of the cluster: $*: $(why)"
	echo "$SECONDS s"
}

last_fenced() { python3 -c 'import json, sys; print([n for r in json.load(open(sys.argv[1]))["records"] for n in r["fenced"]][-1])' "$L/drilled.json"; }

pair_up
if [ "$VIOS_LONG" = 1 ]; then
	drilled scenarios
	drilled walk --steps 20 --seed 1
else
	drilled scenarios move standby kill-viosd hang
	alert_of_fencing "$(last_fenced)"
	drilled walk --steps 2 --seed 3
fi
exit 0
