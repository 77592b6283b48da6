# SPDX-License-Identifier: BSD-3-Clause
# Sourced with BUILD set: where the build puts the programs.
# shellcheck shell=bash

# program NAME: prints its path; fails when it is not built.
program() {
	local path
	case $1 in
	viosd) path=vios-core/daemon/viosd ;;
	viosctl) path=vios-core/cli/viosctl ;;
	vios-netd*) path=net/$1 ;;
	vios-scsid*) path=storage/$1 ;;
	viomuxd*) path=ha/mux/$1 ;;
	vios-framed) path=ha/frame/vios-framed ;;
	vios-drill) path=ha/drill/vios-drill ;;
	vios | client | fence_vios) path=ha/pacemaker/$1 ;;
	lab-*) path=tests/lab/$1 ;;
	*) path=$1 ;;
	esac
	[ -x "$BUILD/$path" ] || return 1
	echo "$BUILD/$path"
}
