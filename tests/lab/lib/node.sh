# SPDX-License-Identifier: BSD-3-Clause
# Sourced by lab: a VIOS node. Its own net, mount, uts, ipc and pid namespaces; lab-supervise is its process 1.
# shellcheck shell=bash disable=SC2154

node_pid() { cat "$L/$1/init.pid" 2>/dev/null; }

node_alive() {
	local p
	p=$(node_pid $1) && [ -n "$p" ] && [ -d "/proc/$p" ]
}

# node_exec NODE CMD...: in its namespaces, with an environment of its own
node_exec() {
	local node=$1 pid
	shift
	node_alive $node || die "$node is off; power it on with: lab boot $node"
	pid=$(node_pid $node)
	# shellcheck disable=SC2046
	nsenter -t "$pid" -m -u -i -n -p -r -- env -i $(node_env) "$@"
}

node_env() {
	echo PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
		TERM=${TERM:-dumb} OCF_ROOT=/usr/lib/ocf VIOS_LAB_DIR=$L
	env | grep -E '^(ASAN|UBSAN|LSAN)_OPTIONS='
}

node_boot() {
	local n=$1 d=$L/$1 holder deadline
	node_alive $n && die "$n is already on"
	node_end_holder $n	# one whose boot was ended half-way
	rm -rf "$d/children" "$d/pids" "$d/init.pid" "$d/ready"
	mkdir -p "$d"/{children,pids,corosync-etc/uidgid.d,corosync-lib,pacemaker-lib,log/corosync,log/pacemaker}
	write_corosync_conf > "$d/corosync-etc/corosync.conf"
	[ "$PACEMAKER" != 1 ] || { pacemaker_corosync $n && pacemaker_directories $n; } || return 1
	node_children $n
	node_init_script $n > "$d/init.sh"
	# --kill-child: the holder and the node's process 1 end together
	# shellcheck disable=SC2046
	setsid env -i $(node_env) ip netns exec $NS-$n unshare --mount --uts --ipc --pid --fork --kill-child \
		--propagation private bash "$d/init.sh" > "$L/log/$n.init.log" 2>&1 < /dev/null &
	holder=$!
	echo $holder > "$d/holder.pid"
	deadline=$((SECONDS + PATIENCE_S))
	until [ -e "$d/ready" ]; do
		[ -d "/proc/$holder" ] && [ $SECONDS -lt $deadline ] || {
			echo "lab: $n does not start" >&2
			cat "$L/log/$n.init.log" >&2
			return 1
		}
		sleep 0.05
	done
	awk '{ print $1 }' "/proc/$holder/task/$holder/children" > "$d/init.new" && mv "$d/init.new" "$d/init.pid"
}

# Process 1 arranges the mounts and becomes the supervisor.
node_init_script() {
	local d=$L/$1
	cat <<-I
		set -e
		hostname $1
		mount -t proc proc /proc
		mount -t tmpfs -o mode=755 tmpfs /run
		mkdir -p /run/lock /run/netns
		[ -L /var/run ] || mount --bind /run /var/run
		mount -t tmpfs -o mode=1777 tmpfs /dev/shm
		mount --bind $d/corosync-etc /etc/corosync
		mount --bind $d/corosync-lib /var/lib/corosync
		[ ! -d /var/lib/pacemaker ] || mount --bind $d/pacemaker-lib /var/lib/pacemaker
		mount --bind $d/log /var/log
		$([ "$PACEMAKER" != 1 ] || pacemaker_mounts)
		ulimit -c 0
		touch $d/ready
		exec $(program lab-supervise) $d
	I
}

node_children() {
	local d=$L/$1
	child_file "$d" corosync "$L/log/$1.corosync.log" corosync -f
	if [ "$PACEMAKER" = 1 ]; then
		pacemaker_child $1
		return
	fi
	[ "$BARE" = 1 ] ||
		child_file "$d" viosd "$L/log/$1.viosd.log" "$(program viosd)" --vios $1 --run "$RUN" --state "$L/state/$1" \
			--netd "${NETD:-$(program vios-netd)}" --scsid "${SCSID:-$(program vios-scsid)}"
}

# The node ends with it, also one that is only just booting. A number of before may be somebody else's now.
node_end_holder() {
	local p its
	read -r p 2>/dev/null < "$L/$1/holder.pid" || return 0
	mapfile -d '' its 2>/dev/null < "/proc/$p/environ"
	[[ " ${its[*]} " != *" VIOS_LAB_DIR=$L "* ]] || kill -9 "$p" 2>/dev/null
	rm -f "$L/$1/holder.pid"
}

# Waits without starting programs: a failover is measured meanwhile. A node that is still there must not be booted beside itself.
node_kill() {
	local p never deadline=$((SECONDS + PATIENCE_S))
	p=$(node_pid $1)
	if [ -n "$p" ]; then
		exec {never}<> <(:)
		kill -9 "$p" 2>/dev/null
		while [ -d "/proc/$p" ]; do
			[ $SECONDS -lt $deadline ] || { echo "lab: process 1 of $1, $p, does not end" >&2; break; }
			read -rt 0.02 -u "$never"
		done
		exec {never}<&-
	fi
	node_end_holder $1
	rm -f "$L/$1/init.pid"
}
