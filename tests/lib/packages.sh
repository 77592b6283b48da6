# SPDX-License-Identifier: BSD-3-Clause
# Sourced. The Debian 12 packages of this project; beside meson.build the only place that names dependencies.
# shellcheck shell=bash disable=SC2034

# What the programs are built from.
PACKAGES_BUILD="gcc libc6-dev meson ninja-build pkg-config libdpdk-dev libjansson-dev libmd-dev libsystemd-dev libcpg-dev
	libquorum-dev libcmap-dev libnl-3-dev libnl-route-3-dev libcmocka-dev libaio-dev"
# What the lab and the drill need: the pair's cluster.
PACKAGES_LAB="corosync iproute2 iputils-ping ethtool util-linux procps python3"
# What the tests need on top.
PACKAGES_TEST="clang libclang-rt-14-dev iperf3 tcpdump groff-base qemu-system-x86 busybox-static libiscsi-bin multipath-tools
	sg3-utils udev pacemaker pacemaker-cli-utils resource-agents crmsh libxml2-utils openvswitch-switch"

# packages_missing LIST: prints those of LIST that are not installed.
packages_missing() {
	local have p
	have=$(dpkg-query -W -f '${binary:Package} ${db:Status-Abbrev}\n' 2>/dev/null |
		awk '$2 == "ii" || $2 == "hi" { sub(/:.*/, "", $1); print $1 }')
	for p in $1; do
		grep -qxF "$p" <<< "$have" || echo "$p"
	done | sort -u
}
