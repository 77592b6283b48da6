# SPDX-License-Identifier: BSD-3-Clause
# Sourced by quickstart: installs the Debian packages that are missing, and starts no service by it.
# shellcheck shell=bash

POLICY=${VIOS_POLICY_FILE:-/usr/sbin/policy-rc.d}
POLICY_MARK="# put here by dual-vios quickstart while it installs"

# Maintainer scripts ask policy-rc.d before they start a service; 101 says no. A policy of the machine's own
# is kept aside meanwhile.
policy_deny() {
	policy_restore
	[ ! -e "$POLICY" ] || mv "$POLICY" "$POLICY.before-vios"
	printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" > "$POLICY"
	chmod 755 "$POLICY"
}

# Also finds what a killed run left behind.
policy_restore() {
	if grep -qsxF "$POLICY_MARK" "$POLICY"; then
		rm -f "$POLICY"
	fi
	if [ -e "$POLICY.before-vios" ]; then
		mv "$POLICY.before-vios" "$POLICY"
	fi
}

# install_packages LOG LIST
install_packages() {
	local log=$1 missing rc
	missing=$(packages_missing "$2" | xargs)
	policy_restore
	[ -n "$missing" ] || return 0
	command -v apt-get > /dev/null ||
		fail "these packages are missing and there is no apt-get: $missing; install them or use Debian 12"
	say "installing $(wc -w <<< "$missing") packages: $missing"
	policy_deny
	# Not stopped half way: an interrupted dpkg would leave the machine worse than it was.
	run_to_end "$log" apt_install "$missing"
	rc=$?
	policy_restore
	[ $rc = 0 ] || fail_log "$log" "the packages cannot be installed: $missing"
}

apt_install() {
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086
	dpkg --configure -a && apt-get -qq update && apt-get -qq -y --no-install-recommends \
		-o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install $1
}
