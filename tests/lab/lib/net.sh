# SPDX-License-Identifier: BSD-3-Clause
# Sourced by lab: cables and switches. br0 and br1 carry the cluster's two links, phys is the physical switch of
# both uplinks; all three live in a namespace of their own.
# shellcheck shell=bash disable=SC2154

SW=$NS-sw
OUT=$NS-out

netns_add() {
	ip netns add "$1" && ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 && ip -n "$1" link set lo up
}

net_up() {
	local b n i
	netns_add $SW && netns_add $OUT || return 1
	for b in br0 br1 phys; do
		ip -n $SW link add $b type bridge forward_delay 0 stp_state 0 mcast_snooping 0 &&
			ip -n $SW link set $b up || return 1
	done
	i=0
	for n in $NODES; do
		i=$((i + 1))
		netns_add $NS-$n && ring_link $n $i 0 && ring_link $n $i 1 && uplink $n || return 1
	done
	outside_up
	[ "$BARE" = 1 ] || for n in $(client_names); do client_net $n || return 1; done
}

# veth NAMESPACE DEVICE BRIDGE PORT
veth() {
	ip -n $1 link add $2 type veth peer name $4 netns $SW &&
		ip -n $SW link set $4 master $3 up && ip -n $1 link set $2 up
}

ring_link() { # NODE NUMBER LINK
	veth $NS-$1 eth$3 br$3 $1r$3 && ip -n $NS-$1 addr add 10.77.$3.$2/24 dev eth$3
}

uplink() {
	veth $NS-$1 up0 phys $1up
}

# The edge of a VIOS takes whole frames only: no checksum is left to hardware that is not there.
outside_up() {
	veth $OUT out0 phys outside && ip -n $OUT addr add 10.99.0.1/24 dev out0 &&
		ip netns exec $OUT ethtool -K out0 tx off >/dev/null
}

client_net() {
	local ns=$NS-$1
	netns_add $ns && ip -n $ns tuntap add dev eth0 mode tap &&
		ip -n $ns link set eth0 address "$(client_mac $1)" &&
		ip -n $ns link set eth0 txqueuelen 2000 up &&
		ip -n $ns addr add "$(client_address $1)/24" dev eth0
}

# Silent: neither side sees a carrier go.
net_cut() {
	local l
	for l in 0 1; do ip -n $SW link set vios2r$l nomaster || return 1; done
}

net_heal() {
	local l
	for l in 0 1; do ip -n $SW link set vios2r$l master br$l || return 1; done
}

net_link() {
	case $2 in
	up | down) ip -n $SW link set $1up $2 ;;
	*) die "link $1 '$2': say up or down" ;;
	esac
}

net_down() {
	local ns
	for ns in $(ip netns list | awk -v p="$NS-" 'index($1, p) == 1 { print $1 }'); do
		ip netns del $ns
	done
	# `ip netns add` mounts this once and for all; without any namespace nobody needs it.
	[ -n "$(ls -A /run/netns 2>/dev/null)" ] || { umount /run/netns && rmdir /run/netns; } 2>/dev/null
	return 0
}
