# SPDX-License-Identifier: BSD-3-Clause
# Sourced by lab: Pacemaker in the nodes (VIOS_LAB_PACEMAKER=1). It starts viosd by the agents of the build; vios-framed powers the
# nodes for fence_vios; $L/power-fails makes it fail once. The cluster is what viosctl cluster -create makes, with the lab's places in it.
# shellcheck shell=bash disable=SC2154

# What an operator makes for the pair, once for both nodes: corosync.conf, authkey, the recipe.
pacemaker_create() {
	"$(program viosctl)" --run "$RUN" cluster -create -dir "$L/cluster" -token "${VIOS_LAB_TOKEN_MS:-1000}" -consensus 200 \
		-link0 vios1=10.77.0.1 vios2=10.77.0.2 -link1 vios1=10.77.1.1 vios2=10.77.1.2 > "$L/log/create.log"
}

# Several Corosyncs on one machine without a syslog: the recipe's own file, and what the lab needs besides.
pacemaker_corosync() { # NODE
	local d=$L/$1/corosync-etc
	install -m 0400 "$L/cluster/authkey" "$d/authkey" &&
		sed -e "s/cluster_name: .*/cluster_name: $NS/" -e "/^logging {/,\$d" "$L/cluster/corosync.conf" > "$d/corosync.conf" &&
		write_corosync_extra >> "$d/corosync.conf"
}

pacemaker_check() {
	local p
	for p in pacemakerd crm cibadmin; do
		command -v $p > /dev/null || die "$p is missing; install the packages pacemaker and crmsh"
	done
	for p in vios fence_vios; do
		program $p > /dev/null || die "$p is not built in $BUILD; run: ninja -C $BUILD"
	done
}

# Waiting 20 s for a DC that cannot be there yet is not what is tested.
pacemaker_seed() {
	cibadmin --empty | python3 -c '
import sys, xml.etree.ElementTree as ET
cib = ET.fromstring(sys.stdin.read())
options = ET.SubElement(cib.find("configuration/crm_config"), "cluster_property_set", id="cib-bootstrap-options")
for name, value in (("dc-deadtime", "1s"), ("stonith-enabled", "false")):
    ET.SubElement(options, "nvpair", id="cib-bootstrap-options-" + name, name=name, value=value)
sys.stdout.write(ET.tostring(cib, encoding="unicode"))'
}

pacemaker_directories() { # NODE
	local d=$L/$1 s
	mkdir -p "$d/log/crmsh" "$L/agents" "$L/fence"
	for s in cib cores pengine blackbox; do
		install -d -m 0750 -o hacluster -g haclient "$d/pacemaker-lib/$s"
	done
	chown hacluster:haclient "$d/pacemaker-lib" "$d/log/pacemaker"
	ln -sf "$(program vios)" "$(program client)" "$L/agents/"
	ln -sf "$(program fence_vios)" "$L/fence/"
	install -m 0755 "$here/../../packaging/pacemaker/vios-alert" "$L/vios-alert"
	[ -e "$L/log/alerts.log" ] || install -m 0666 /dev/null "$L/log/alerts.log" # hacluster writes it
	[ -e "$d/pacemaker-lib/cib/cib.xml" ] && return
	pacemaker_seed > "$d/seed.xml" &&
		install -m 0600 -o hacluster -g haclient "$d/seed.xml" "$d/pacemaker-lib/cib/cib.xml"
}

# Part of the node's init script: Pacemaker looks for agents at fixed places, which are laid over for this node alone.
pacemaker_mounts() {
	cat <<-I
		mkdir -p /run/resource-agents /run/.ocf/heartbeat /run/.ocf/pacemaker /run/.ocf/vios
		mount --bind /usr/lib/ocf/resource.d/heartbeat /run/.ocf/heartbeat
		mount --bind /usr/lib/ocf/resource.d/pacemaker /run/.ocf/pacemaker
		mount --bind $L/agents /run/.ocf/vios
		mount --rbind /run/.ocf /usr/lib/ocf/resource.d
		mount -t overlay overlay -o lowerdir=$L/fence:/usr/sbin /usr/sbin
	I
}

pacemaker_child() { # NODE
	child_file "$L/$1" pacemaker "$L/log/$1.pacemaker.log" env PCMK_logfile=/var/log/pacemaker/pacemaker.log \
		PCMK_logfacility=none PCMK_fail_fast=no pacemakerd -f
}

# For vios-framed --power.
write_power() {
	cat > "$L/power" <<-P
		#!/bin/bash
		export VIOS_LAB=$VIOS_LAB VIOS_LAB_DIR=$L PATH=$PATH
		on() { [ -d "/proc/\$(cat "$L/\$1/init.pid" 2>/dev/null || echo none)" ]; }
		case \$1 in
		off | on) [ ! -e "$L/power-fails" ] || { rm "$L/power-fails"; exit 1; } ;;
		esac
		case \$1 in
		off) exec "$here/lab" kill "\$2" ;;
		on) on "\$2" || exec "$here/lab" boot "\$2" ;;
		status) on "\$2" || exit 2 ;;
		*) exit 1 ;;
		esac
	P
	chmod +x "$L/power"
}

pacemaker_recipe() {
	local own="viosd=\"$(program viosd)\" state=\"$L/state\" options=\"--netd ${NETD:-$(program vios-netd)} --scsid $(program vios-scsid)\""
	sed -e "0,/params run=/s|params run=|params $own run=|" \
		-e "s|\"/[^\"]*/vios-alert\"|\"$L/vios-alert\"|" -e "/^\tattributes run=/s|\$| to \"$L/log/alerts.log\"|" \
		"$L/cluster/pair.crmsh"
}

# The recipe, once the nodes have found each other.
pacemaker_configure() {
	local deadline=$((SECONDS + 60))
	pacemaker_recipe > "$L/pair.crmsh"
	until [ "$(node_exec vios1 crm_node -p 2>/dev/null | wc -w)" = 2 ] &&
		node_exec vios1 cibadmin --query --xpath "//node_state[@uname='vios2'][@crmd='online']" > /dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || { echo "lab: Pacemaker's nodes do not find each other" >&2; return 1; }
		sleep 0.2
	done
	# crmsh keeps things in its user's home
	node_exec vios1 env HOME=/run timeout 120 crm configure load update "$L/pair.crmsh" > "$L/log/crm.log" 2>&1 ||
		{ echo "lab: crm does not take the recipe"; cat "$L/log/crm.log"; return 1; } >&2
}
