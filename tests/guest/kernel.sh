#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kernel.sh DIR: unpacks Debian's generic kernel below DIR and makes DIR/vmlinuz and DIR/net.cpio.gz. Installs nothing. What is
# there already is kept.
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [ ! -e "$dir/vmlinuz" ]; then
	package=$(apt-cache depends linux-image-amd64 | awk '/Depends:/ { print $2; exit }')
	[ -n "$package" ] || { echo "kernel.sh: linux-image-amd64 is unknown; run apt-get update" >&2; exit 1; }
	work=$(mktemp -d "$dir/unpack.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	(cd "$work" && apt-get -q -o APT::Sandbox::User=root download "$package" > /dev/null && dpkg-deb -x ./*.deb root)
	rm -rf "$dir/modules"
	mv "$work"/root/lib/modules/* "$dir/modules"
	cp "$work"/root/boot/vmlinuz-* "$dir/vmlinuz.new"
	mv "$dir/vmlinuz.new" "$dir/vmlinuz"
fi
if [ ! -e "$dir/net.cpio.gz" ] || [ "$here/init" -nt "$dir/net.cpio.gz" ] || [ "$here/initramfs.py" -nt "$dir/net.cpio.gz" ]; then
	/usr/bin/python3 "$here/initramfs.py" "$dir/modules" "$dir/net.cpio.gz" virtio_pci virtio_net
fi
