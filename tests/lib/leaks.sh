# SPDX-License-Identifier: BSD-3-Clause
# Sourced by tests/it/run: what a test left behind. A process of a test carries VIOS_TEST_ID in its environment,
# one of its lab VIOS_LAB_DIR.
# shellcheck shell=bash disable=SC2154

test_processes() {
	local f p
	for f in $(grep -lszE "^(VIOS_TEST_ID=$test_id|VIOS_LAB_DIR=/tmp/vios-$VIOS_LAB)\$" \
		/proc/[0-9]*/environ 2>/dev/null); do
		p=${f#/proc/}
		p=${p%/environ}
		[ -r /proc/$p/cmdline ] && [ "$p" != $$ ] && [ "$(awk '{ print $3 }' /proc/$p/stat 2>/dev/null)" != Z ] &&
			echo "process $p $( (tr '\0' ' ' < /proc/$p/cmdline) 2>/dev/null)"
	done
}

# What the machine has; lines that are new afterwards were left behind.
machine_state() {
	if [ "${VIOS_LEAK_SHARED:-0}" = 1 ]; then
		ip netns list | awk -v p="vios-$VIOS_LAB-" 'index($1, p) == 1 { print "namespace", $1 }'
		awk -v p="/tmp/vios-$VIOS_LAB" 'index($2, p) == 1 { print "mount", $2 }' /proc/mounts
		ls -d /tmp/vios-"$VIOS_LAB"* 2>/dev/null | sed 's/^/files /'
		return
	fi
	ip netns list | awk '{ print "namespace", $1 }'
	awk '{ print "mount", $2 }' /proc/mounts
	losetup -ln -O NAME,BACK-FILE 2>/dev/null | sed 's/^/loop device /'
	grep '^HugePages_Total' /proc/meminfo
	ls -d /tmp/vios-* /dev/hugepages/* 2>/dev/null | sed 's/^/files /'
}

leaks_before() {
	before=$(machine_state | sort)
	free_before=$(hugepages_free)
}

hugepages_free() { awk '/^HugePages_Free/ { print $2 }' /proc/meminfo; }

hugepages_missing() {
	local now
	now=$(hugepages_free)
	[ "${VIOS_LEAK_SHARED:-0}" = 1 ] || [ "$now" -ge "$free_before" ] ||
		echo "$((free_before - now)) hugepages in use"
}

# Gives what is on its way out half a minute: a busy machine takes its time to end a process, and to take its memory back.
leaks_after() {
	local deadline=$((SECONDS + 30)) left
	while :; do
		left=$(test_processes; hugepages_missing; comm -13 <(echo "$before") <(machine_state | sort) | grep .)
		[ -n "$left" ] || return 0
		[ $SECONDS -lt $deadline ] || break
		sleep 0.1
	done
	echo "$left"
}

# So that the next test starts clean.
leaks_clean() {
	local i p
	for ((i = 0; i < 50; i++)); do
		p=$(test_processes | awk '{ print $2 }')
		[ -n "$p" ] || break
		# shellcheck disable=SC2086
		kill -9 $p 2>/dev/null
		sleep 0.05
	done
	[ ! -d "/tmp/vios-$VIOS_LAB" ] || "$VIOS_TOP/tests/lab/lab" down
}
