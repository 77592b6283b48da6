#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 900
# long: only
# A pair under a real Pacemaker, configured by the shipped recipe: it starts both VIOS; a move of the promoted role is an
# orderly switch; a node in standby is drained first, and comes back without taking its clients back. Also:
# Pacemaker follows a switch of the pair's own, fences a node by vios-framed, and ocf-tester's word on the agent.
set -u
for p in pacemakerd crm crm_resource; do
	command -v $p > /dev/null || { echo "$p is not installed"; exit 77; }
done
export VIOS_LAB_PACEMAKER=1
. "$VIOS_TOP/tests/lib/pair.sh"
. "$VIOS_TOP/tests/lib/alerts.sh"

in_node() { timeout 60 "$LAB" exec "$@"; }
# mon EXPRESSION: Python over crm_mon: role {VIOS: its role}, failures: what failed
mon() {
	in_node "${from_node:-vios1}" crm_mon --one-shot --output-as=xml 2>/dev/null | python3 -c '
import sys, xml.etree.ElementTree as ET
x = ET.fromstring(sys.stdin.read())
role = {r.find("node").get("name"): r.get("role") for r in x.iter("resource") if r.get("id") == "vios" and r.find("node") is not None}
failures = ["%s on %s: %s" % (f.get("op_key"), f.get("node"), f.get("exitstatus")) for f in x.iter("failure")]
print(eval(sys.argv[1]))' "$1"
}
promoted() { mon "' '.join(n for n in role if role[n] == 'Promoted')"; }
is() { [ "$("${@:2}")" = "$1" ]; } # WANTED COMMAND...
both_run() { is "['Promoted', 'Unpromoted']" mon "sorted(role.values())"; }
no_failures() {
	within 10 "$1: crm_mon answers" eval '[ -n "$(mon "failures")" ]'
	[ "$(mon "failures")" = "[]" ] || fail "$1: $(mon "failures")"
}
pids() { status_of "[(v[n]['viosd_pid'], v[n]['netd']['pid']) for n in sorted(v)]"; }
step() { printf "%3d s  %s\n" $SECONDS "$*"; }

pair_up
step "the pair is up, started by Pacemaker"
within 60 "both run, one promoted" both_run
within 60 "Pacemaker follows to where the client is" eval 'is "$(live)" promoted'
no_failures "after the start"
"$LAB" exec lpar1 ping -q -n -i 0.02 $OUTSIDE > "$L/ping.log" 2>&1 &
load=$!

to=$(other "$(promoted)")
before=$(pids)
in_node vios1 crm_resource --move --promoted --resource vios-clone --node "$to" > /dev/null || fail "the move is refused"
within 60 "$to is promoted" is "$to" promoted
within 20 "the move is a switch to $to" is "$to" live
[ "$(pids)" = "$before" ] || fail "the move has restarted something: $before, then $(pids)"
both_ways "after the move"
in_node vios1 crm_resource --clear --resource vios-clone > /dev/null || fail "the move cannot be forgotten"
sleep 1
is "$to" promoted && is "$to" live || fail "the role went back when the move was forgotten"
no_failures "after the move"
step "the role was moved to $to: a switch"

gone=$to to=$(other "$to")
from_node=$to
in_node "$to" crm_standby --node "$gone" --update on || fail "standby is refused"
within 60 "$gone stops" is "{'$to': 'Promoted'}" mon role
[ ! -S "$RUN/$gone/viosd.sock" ] || fail "viosd of $gone still runs"
within 20 "the client is at $to" is "$to" live
grep -q "drain to=$to switched=1\|handed-over to=$to switched=1" "$L/$gone/log/pacemaker/pacemaker.log" ||
	fail "the client did not go by a switch before $gone stopped"
both_ways "in standby"
in_node "$to" crm_standby --node "$gone" --delete > /dev/null || fail "unstandby is refused"
within 60 "both run again" both_run
within 60 "redundant again" "$LAB" wait 1
is "$to" promoted && is "$to" live || fail "the node that came back has taken the client back"
no_failures "after standby"
step "$gone was in standby and is back"

follows_the_pair() {
	gone=$(promoted) to=$(other "$gone")
	"$LAB" link "$gone" down
	within 5 "the pair switches to $to by itself" is "$to" live
	within 60 "Pacemaker follows to $to" is "$to" promoted
	"$LAB" link "$gone" up
	sleep 12
	is "$to" promoted && is "$to" live || fail "the role went back with the carrier"
	no_failures "after the carrier's loss"
	step "a lost carrier: the pair switched, Pacemaker followed, once"
}

revives_viosd() {
	gone=$(promoted)
	before=$(status_of "v['$gone']['netd']['pid']")
	killed "$(pgrep -f "^$BUILD/vios-core/daemon/viosd --vios $gone --run $RUN ")" || fail "no viosd of $gone to kill"
	within 60 "viosd of $gone is there again" "$LAB" wait 1
	is "$before" status_of "v['$gone']['netd']['pid']" || fail "its data plane was restarted"
	is "$gone" promoted || fail "the role has moved"
	no_failures "after viosd's death"
	step "viosd died and was revived, its data plane served on"
}

fences() {
	to=$(promoted) gone=$(other "$to") from_node=$to
	before=$(cat "$L/$gone/init.pid")
	in_node "$to" stonith_admin --reboot "$gone" --timeout 60 || fail "$gone is not fenced"
	[ "$(cat "$L/$gone/init.pid")" != "$before" ] || fail "$gone was not powered off"
	within 20 "the client is at $to" is "$to" live
	within 60 "both run again" both_run
	within 60 "redundant again" "$LAB" wait 1
	both_ways "after fencing"
	step "$gone was fenced by vios-framed and is back"
}

# The alert of the fencing names the incident that both VIOS have noted its causes and consequences in.
alerts() {
	alert_of_fencing "$gone"
	ctl --vios "$to" errlog -incident "$incident" | grep -q . || fail "viosctl shows nothing of incident $incident"
	step "the alert of the fencing and both error logs name incident $incident"
}

tested() {
	local rc
	to=$(promoted) gone=$(other "$to") from_node=$to
	in_node "$to" crm_standby --node "$gone" --update on
	within 60 "$gone stops" is "{'$to': 'Promoted'}" mon role
	timeout 100 "$LAB" exec "$gone" ocf-tester -n vios -o run="$RUN" -o vios=$gone -o state="$L/state" \
		-o viosd="$(program viosd)" -o options="--netd $(program vios-netd) --scsid $(program vios-scsid)" \
		/usr/lib/ocf/resource.d/vios/vios > "$L/ocf-tester.log" 2>&1
	# Its document type lists the actions of OCF 1.0, without reload-agent; the schema beside it takes any.
	grep "^\* rc=" "$L/ocf-tester.log" | grep -v "does not conform to ra-api-1.dtd" &&
		fail "ocf-tester has complaints: $(cat "$L/ocf-tester.log")"
	grep -c "element action: validity error" "$L/ocf-tester.log" | grep -qx 1 || fail "$(cat "$L/ocf-tester.log")"
	grep -q '"reload-agent" for attribute name of action is not among' "$L/ocf-tester.log" || fail "$(cat "$L/ocf-tester.log")"
	for good in "run=$RUN" "run=here"; do
		in_node "$gone" crm_resource --validate --class ocf --provider vios --agent vios --option vios=$gone \
			--option viosd="$(program viosd)" --option "$good" > /dev/null 2>&1
		rc=$?
		[ "$good:$rc" = "run=$RUN:0" ] || { [ "$good" = run=here ] && [ $rc != 0 ]; } ||
			fail "crm_resource --validate with $good: $rc"
	done
	step "ocf-tester and crm_resource --validate are content"
}

if [ "$VIOS_LONG" = 1 ]; then
	follows_the_pair
	revives_viosd
	fences
	alerts
	tested
fi
kill -0 $load || fail "the ping ended early: $(cat "$L/ping.log")"
kill -INT $load; wait $load
grep "packets transmitted" "$L/ping.log"
exit 0
