#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
# The drill believes no hook and no process: a fault that does not hit, traffic that does not flow and a pair that
# is not redundant fail it, each with its reason; stopped by a signal it gives back what it took.
set -u
. "$VIOS_TOP/tests/lib/pair.sh"
pair_up
env_file=$("$LAB" env)

# with HOOK COMMAND...: an environment whose hook is COMMAND
with() {
	python3 - "$env_file" "$L/other.json" "$@" <<-'P'
		import json, sys
		env = json.load(open(sys.argv[1]))
		env["hooks"][sys.argv[3]] = sys.argv[4:]
		json.dump(env, open(sys.argv[2], "w"))
	P
}
drill() { timeout 300 "$(program vios-drill)" --no-times --runs 1 --baseline 1 --json "$L/report.json" "$@" > "$L/out" 2>&1; }
said() { grep -q -- "$1" "$L/out" || fail "it does not say '$1': $(cat "$L/out")"; }

with power_off true
drill --env "$L/other.json" --scenario vios && fail "a node that was not powered off passes"
said "power_off left init or vios-netd"
"$LAB" wait $PATIENCE_S || fail "not redundant after a power_off that did nothing"

with cut true
drill --env "$L/other.json" --scenario partition && fail "a partition that was none passes"
said "still sees its peer online"

with power_off false
drill --env "$L/other.json" --scenario vios && fail "a hook that fails passes"
said "power_off failed"

"$LAB" stop vios2 viosd
drill --env "$env_file" --scenario kill --recover-ms 1500 && fail "a pair without its second viosd is drilled"
said "not redundant before the run"
"$LAB" start vios2 viosd
"$LAB" wait $PATIENCE_S || fail "vios2 does not come back"

"$LAB" client stop lpar1
drill --env "$env_file" --scenario kill --recover-ms 1500 && fail "a pair without a client is drilled"
"$LAB" client start lpar1
"$LAB" wait $PATIENCE_S || fail "the client does not come back"

# Stopped in the middle of a partition it heals the links, and its exit code says so.
lefts() { grep -c cluster-left "$L/log/vios1.viosd.log"; }
before=$(lefts)
"$(program vios-drill)" --env "$env_file" --scenario partition --runs 1 --baseline 1 --no-times \
	> "$L/out" 2>&1 &
drill=$!
# From the log: beside the drill's traffic a viosctl may take longer than the partition lasts.
cut_seen() { [ "$(lefts)" -gt "$before" ]; }
within 40 "the partition" cut_seen
kill -TERM $drill
wait $drill
rc=$?
[ $rc = 3 ] || fail "exit code $rc instead of 3: $(cat "$L/out")"
"$LAB" wait $PATIENCE_S || fail "the links are not healed after a signal"
exit 0
