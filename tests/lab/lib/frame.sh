# SPDX-License-Identifier: BSD-3-Clause
# Sourced by lab: the frame itself: its supervisor, the muxes, the clients, and what is taken from the machine.
# shellcheck shell=bash disable=SC2154

programs_check() {
	local p
	for p in lab-supervise $([ "$BARE" = 1 ] || echo lab-tapclient viosd viosctl vios-netd vios-scsid viomuxd vios-framed) \
		$([ "$DISK" != 1 ] || echo test-sclient); do
		program $p > /dev/null || die "$p is not built in $BUILD; run: ninja -C $BUILD"
	done
	for p in corosync ip ethtool nsenter unshare; do
		command -v $p > /dev/null || die "$p is missing; run: ./quickstart up"
	done
}

client_names() {
	local i
	for ((i = 1; i <= CLIENTS; i++)); do echo lpar$i; done
}
client_number() { echo "${1#lpar}"; }
client_mac() { printf '02:76:69:00:%02x:%02x\n' $((${1#lpar} / 256)) $((${1#lpar} % 256)); }
client_address() { echo "10.99.$(((${1#lpar} + 1) / 256)).$(((${1#lpar} + 1) % 256))"; }

# child_file DIRECTORY NAME LOG ARGV...: what lab-supervise reads; renamed into place
child_file() {
	local d=$1 name=$2
	shift 2
	mkdir -p "$d/children"
	printf '%s\n' "$@" > "$d/.$name" && mv "$d/.$name" "$d/children/$name"
}

frame_up() {
	mkdir -p "$L/frame/children" "$L/frame/pids"
	[ "$BARE" = 1 ] || {
		child_file "$L/frame" framed "$L/log/framed.log" "$(program vios-framed)" --run "$RUN" --witness "$L/witness" \
			$([ "$PACEMAKER" != 1 ] || echo --power "$L/power")
	}
	VIOS_LAB_DIR=$L setsid "$(program lab-supervise)" "$L/frame" > "$L/log/frame.init.log" 2>&1 < /dev/null &
	echo $! > "$L/frame/init.pid"
}

# ctl_until SECONDS VERB...: the same command until it is done; what it says goes to the log. One that had no answer in time may have
# been done, too: then what it makes is there already when it is tried again.
ctl_until() {
	local deadline=$((SECONDS + $1)) said tried=
	shift
	until said=$(timeout 30 "$(program viosctl)" --run "$RUN" "$@" 2>&1); do
		echo "$said" >> "$L/log/configure.log"
		[ -z "$tried" ] || ! grep -q " already" <<< "$said" || return 0
		tried=1
		[ $SECONDS -lt $deadline ] || { tail -n 3 "$L/log/configure.log" >&2; return 1; }
		sleep 0.2
	done
}

# As an operator does it: the client, its adapter, then its mux. DPDK's memory files carry no seals.
client_make() {
	ctl_until 90 mkclient -name $1 -attr allow_unsealed=true &&
		ctl_until $PATIENCE_S mkvadapter -client $1 -type ethernet -name eth0 -mac "$(client_mac $1)" -preferred vios1 \
			-queues $QUEUE_PAIRS || return 1
	[ "$DISK" != 1 ] || [ "$1" != lpar1 ] || disk_make "$1" || return 1
	child_file "$L/frame" mux-$1 "$L/log/mux-$1.log" "${MUX:-$(program viomuxd)}" --client $1 --run "$RUN" \
		--log-level "$MUX_LOG"
	client_start "$1"
}

DISK_MB=16
DISK_LUN=1
disk_file() { echo "$L/disk-$1"; }

# Written once, so that the first pass over it is as the later ones. The storage client comes with the drill, which makes paths to
# the disk fail again and again: one that has healed is used again at once.
disk_make() {
	ctl_until $PATIENCE_S mkvadapter -client $1 -type scsi -name scsi0 -preferred vios1 &&
		head -c ${DISK_MB}M /dev/zero > "$(disk_file $1)" && sync "$(disk_file $1)" &&
		ctl_until $PATIENCE_S mkvdev -vdev "$(disk_file $1)" -vadapter vhost0 &&
		ctl_until $PATIENCE_S chdev -dev vhost0 -attr hold_time=0
}

# Until there is no such file; not forever.
until_gone() {
	local deadline=$((SECONDS + PATIENCE_S))
	while [ -e "$1" ]; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.01
	done
}

frame_down() {
	local p
	p=$(cat "$L/frame/init.pid" 2>/dev/null)
	[ -n "$p" ] && [ "$(cat "/proc/$p/comm" 2>/dev/null)" = lab-supervise ] || return 0
	kill -TERM "$p"
	until_gone "/proc/$p" && return 0
	kill -9 "$p"
}

# Whatever was started in this lab carries its directory in its environment. The caller's own line of
# processes may carry it as well (a test that was started by `lab exec`) and is left alone.
lab_processes() {
	local own=" $$ $BASHPID " p=$PPID f
	while [ "$p" -gt 1 ] 2>/dev/null; do
		own+="$p "
		p=$(awk '/^PPid:/ { print $2 }' /proc/$p/status 2>/dev/null)
	done
	for f in $(grep -lsz "^VIOS_LAB_DIR=$L\$" /proc/[0-9]*/environ 2>/dev/null); do
		p=${f#/proc/}
		p=${p%/environ}
		case $own in *" $p "*) ;; *) echo "$p" ;; esac
	done
}

processes_end() {
	local p deadline=$((SECONDS + PATIENCE_S))
	while [ $SECONDS -lt $deadline ]; do
		p=$(lab_processes)
		[ -n "$p" ] || return 0
		# shellcheck disable=SC2086
		kill -9 $p 2>/dev/null
		sleep 0.02
	done
	echo "lab: cannot end the processes" $p >&2
}

mounts_end() {
	local m
	for m in $(awk -v l="$L/" 'index($2, l) == 1 { print $2 }' /proc/mounts | sort -r); do
		umount -l "$m"
	done
}

# Takes as many 2 MB pages as this lab needs, whatever is free just now: another lab may be about to use that. Remembers how many, so
# that down gives just these back.
hugepages_take() {
	local need=$((2 * NETD_MB / 2 + CLIENTS * 17 + 8)) free
	[ "$HUGE" = 1 ] && [ "$BARE" != 1 ] || return 0
	echo $need > "$L/hugepages"
	hugepages_change $need > "$L/hugepages.new" && mv "$L/hugepages.new" "$L/hugepages"
	free=$(awk '/^HugePages_Free:/ { print $2 }' /proc/meminfo)
	[ "$free" -ge $need ] || {
		hugepages_give
		rm -rf "$L"
		die "$need free hugepages of 2 MB are needed and $free can be had; free memory, or set VIOS_LAB_HUGE=0"
	}
}

# hugepages_change BY: as many more, or fewer; prints by how many there are more. One lab at a time. Pages of a process that is still
# ending, when those who took them have given them back, are surplus: they would be the first of the new ones.
hugepages_change() (
	f=/proc/sys/vm/nr_hugepages
	exec 8< $f && flock 8
	had=$(cat $f) surplus=$(awk '/^HugePages_Surp:/ { print $2 }' /proc/meminfo)
	want=$((had + $1 + ($1 > 0 ? surplus : 0)))
	[ $want -ge 0 ] || want=0
	echo $want > $f
	# A machine that has run for a while has free memory in small pieces.
	[ "$(cat $f)" -ge $want ] || { echo 1 > /proc/sys/vm/compact_memory; echo $want > $f; }
	echo $(($(cat $f) - had))
)

hugepages_give() {
	[ -s "$L/hugepages" ] || return 0
	hugepages_change -$(cat "$L/hugepages") > /dev/null
	rm -f "$L/hugepages"
}

# The client is part of the instrument: when it waits for the CPU, the pair looks slow.
client_start() {
	local first
	first=$(chrt -r 1 true 2>/dev/null && echo chrt -r 1)
	# shellcheck disable=SC2086
	child_file "$L/frame" tap-$1 "$L/log/tap-$1.log" $first "$(program lab-tapclient)" \
		--socket "$RUN/clients/$1/eth0.sock" --mac "$(client_mac $1)" --tap eth0 \
		--netns "/run/netns/$NS-$1" --file-prefix "$NS-$1" $([ "$HUGE" = 1 ] || echo --no-huge)
}

client_command() {
	local verb=${1:-} name=${2:-}
	client_names | grep -qx -- "$name" || die "client '$name': no such client; there are: $(client_names | xargs)"
	case $verb in
	start) client_start "$name" ;;
	stop) child_stop frame tap-$name ;;
	*) die "client '$verb': say start or stop" ;;
	esac
}

child_stop() { # WHERE CHILD
	local d=$L/${1:-}
	[ -e "$d/children/${2:-}" ] || die "stop ${1:-} ${2:-}: not there; there are: $(ls "$d/children" 2>/dev/null | xargs)"
	mkdir -p "$d/stopped" && mv "$d/children/$2" "$d/stopped/$2"
	until_gone "$d/pids/$2" || die "$1 $2 does not end"
}

child_start() {
	local d=$L/${1:-}
	[ -e "$d/stopped/${2:-}" ] || die "start ${1:-} ${2:-}: not stopped"
	mv "$d/stopped/$2" "$d/children/$2"
}

# The pid as the frame sees it; a node's own numbers are translated through NSpid.
child_pid() {
	local d=$L/${1:-} inner pid
	inner=$(cat "$d/pids/${2:-}" 2>/dev/null) && [ -n "$inner" ] || return 1
	[ "$1" = frame ] && { echo "$inner"; return; }
	for pid in $(cat /proc/"$(node_pid $1)"/task/*/children); do
		[ "$(awk '/^NSpid:/ { print $NF }' /proc/$pid/status 2>/dev/null)" = "$inner" ] &&
			{ echo "$pid"; return; }
	done
	return 1
}

# A client's command becomes this process, so that a signal to it reaches the command.
lab_exec() {
	local where=${1:-}
	shift
	case $where in
	vios1 | vios2) node_exec $where "$@" ;;
	outside) VIOS_LAB_DIR=$L exec ip netns exec $OUT "$@" ;;
	lpar*) VIOS_LAB_DIR=$L exec ip netns exec $NS-$where "$@" ;;
	*) die "exec '$where': no such place; use a VIOS, a client, or outside" ;;
	esac
}

# Redundant: every adapter has a live path and a ready one, and both VIOS are online.
lab_redundant() {
	timeout 20 "$(program viosctl)" --run "$RUN" --json status 2>/dev/null | python3 "$here/redundant.py" "$CLIENTS"
}

lab_wait() {
	local deadline=$((SECONDS + $1)) why
	until why=$(lab_redundant); do
		[ $SECONDS -lt $deadline ] || { echo "lab: not redundant: $why" >&2; return 1; }
		sleep 0.1
	done
}

lab_status() {
	local n c
	[ -e "$L/up" ] || { echo "lab $VIOS_LAB is down"; return 0; }
	for n in $NODES; do
		if node_alive $n; then echo "$n on, init pid $(node_pid $n)"; else echo "$n off"; fi
	done
	for n in frame $NODES; do
		for c in "$L/$n/pids"/*; do
			[ -e "$c" ] && echo "$n ${c##*/} pid $(child_pid $n ${c##*/})"
		done
	done
	[ "$BARE" = 1 ] || "$(program viosctl)" --run "$RUN" status
}

logs_tail() {
	local f
	for f in "$L"/log/*.log "$RUN"/vios?/netd.log; do
		[ -s "$f" ] && echo "--- $f" && tail -n 12 "$f"
	done
}
