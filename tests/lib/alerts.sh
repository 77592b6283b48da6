# SPDX-License-Identifier: BSD-3-Clause
# Sourced beside pair.sh: what Pacemaker's alerts have told.
# shellcheck shell=bash disable=SC2154

# alert_of_fencing VIOS: the newest alert that it was fenced names an incident; both VIOS have noted entries of that one. Sets incident.
alert_of_fencing() {
	local n
	alerted() {
		incident=$(sed -n "s/.* vios-alert: incident=\([1-9][0-9]*\) .*kind=fencing fenced=$1 rc=0 .*/\1/p" "$L/log/alerts.log" | tail -n 1)
		[ -n "$incident" ]
	}
	noted() { ctl --vios "$1" --json errlog -incident "$incident" | grep -q "\"incident\": *$incident\b"; }
	within 20 "an alert with an incident tells that $1 was fenced" alerted "$1"
	for n in vios1 vios2; do
		within 20 "$n has noted entries of incident $incident" noted $n
	done
}
