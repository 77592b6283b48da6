#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kernel.sh DIR [BUILD]: unpacks Debian's generic kernel below DIR and makes DIR/vmlinuz and DIR/net.cpio.gz. Installs nothing. What is
# there already is kept.
# BUILD (VIOS_BUILD, build/release) has the guest's own programs.
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
channels=${2:-${VIOS_BUILD:-$here/../../build/release}}/tests/guest/guest-channels
[ -x "$channels" ] || { echo "kernel.sh: $channels is not built; run ninja there" >&2; exit 1; }
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
image=$dir/net.cpio.gz
for part in "$here/init" "$here/initramfs.py" "$channels"; do
	[ "$part" -nt "$image" ] || continue
	/usr/bin/python3 "$here/initramfs.py" "$dir/modules" "$image" "$channels" virtio_pci virtio_net
	break
done
