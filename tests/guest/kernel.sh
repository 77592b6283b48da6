#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kernel.sh DIR [BUILD [IMAGE]]: unpacks Debian's generic kernel below DIR and makes DIR/vmlinuz and DIR/IMAGE.cpio.gz: net (a NIC), or scsi (an
# HBA, with the tools of PACKAGES_TEST). Installs nothing. What is there already is kept.
# BUILD (VIOS_BUILD, build/release) has the guest's own programs.
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
own=${2:-${VIOS_BUILD:-$here/../../build/release}}/tests/guest
kind=${3:-net}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

kernel() {
	local package work
	[ ! -e "$dir/vmlinuz" ] || return 0
	package=$(apt-cache depends linux-image-amd64 | awk '/Depends:/ { print $2; exit }')
	[ -n "$package" ] || { echo "kernel.sh: linux-image-amd64 is unknown; run apt-get update" >&2; exit 1; }
	work=$(mktemp -d "$dir/unpack.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$work'" EXIT
	(cd "$work" && apt-get -q -o APT::Sandbox::User=root download "$package" > /dev/null && dpkg-deb -x ./*.deb root)
	rm -rf "$dir/modules"
	mv "$work"/root/lib/modules/* "$dir/modules"
	cp "$work"/root/boot/vmlinuz-* "$dir/vmlinuz.new"
	mv "$dir/vmlinuz.new" "$dir/vmlinuz"
}

# image MADE_OF... -- ARGUMENTS_OF_INITRAMFS_PY...: made anew when one of what it is made of is newer
image() {
	local to=$dir/$kind.cpio.gz part newer= with=("$here/init" "$here/initramfs.py" "$here/kernel.sh")
	while [ "$1" != -- ]; do
		with+=("$1")
		shift
	done
	shift
	for part in "${with[@]}"; do
		[ -e "$part" ] || { echo "kernel.sh: $part is missing; build it (ninja), or install PACKAGES_TEST" >&2; exit 1; }
		[ ! "$part" -nt "$to" ] || newer=1
	done
	[ -z "$newer" ] || /usr/bin/python3 "$here/initramfs.py" "$@"
}

image_net() {
	image "$own"/guest-{channels,group} -- --own "$own/guest-channels" --own "$own/guest-group" "$dir/modules" "$dir/net.cpio.gz" \
		virtio_pci virtio_net 8021q
}

image_scsi() {
	local tool args=(--own "$own/guest-diskio" --file "/etc/multipath.conf=$here/multipath.conf") tools
	tools=(/usr/bin/sg_{compare_and_write,get_lba_status,inq,luns,modes,opcodes,persist,raw,readcap,reset,rtpg,stpg,turs,unmap,vpd,write_same})
	tools+=(/usr/bin/iscsi-test-cu /sbin/multipath /sbin/multipathd /sbin/dmsetup /bin/udevadm /lib/multipath/*.so)
	for tool in "${tools[@]}"; do args+=(--program "$tool"); done
	args+=(--program "$(ldconfig -p | awk '/libgcc_s.so.1/ { print $NF; exit }')") # of threads that are cancelled
	for tool in 50-udev-default 55-dm 60-multipath 95-dm-notify; do args+=(--file "/lib/udev/rules.d/$tool.rules"); done
	image "$own/guest-diskio" "$here/multipath.conf" "${tools[@]}" -- "${args[@]}" "$dir/modules" "$dir/scsi.cpio.gz" \
		virtio_pci virtio_scsi sd_mod sg dm-mod dm-multipath dm-service-time scsi_dh_alua
}

kernel
case $kind in
net | scsi) "image_$kind" ;;
*) echo "kernel.sh: $kind: no such image; there are net and scsi" >&2; exit 2 ;;
esac
