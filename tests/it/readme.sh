#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
# The README's commands for a pair to look at work as they stand there, in their order.
set -u
logs=$(mktemp -d)
export VIOS_LOCKED=1 VIOS_LOGS=$logs VIOS_UP_LAB=$VIOS_LAB
# This is not about hangs: a busy machine must not look like one.
export VIOS_LAB_HANG_MS=2000
cd "$VIOS_TOP" || exit 1
trap './quickstart down; rm -rf "$logs"' EXIT
trap 'exit 143' INT TERM
n=0
while read -r line; do
	echo "+ $line"
	bash -c "$line" < /dev/null || { echo "failed: $line"; exit 1; }
	n=$((n + 1))
done < <(grep -E '^\./quickstart (up|exec|ctl|status|down)' README.md)
[ $n -ge 11 ] || { echo "only $n commands found in README.md"; exit 1; }
[ ! -e "/tmp/vios-$VIOS_LAB" ] || { echo "down leaves /tmp/vios-$VIOS_LAB"; exit 1; }
exit 0
