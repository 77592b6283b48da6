#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 300
# What an installation puts where: units name programs that are installed, systemd finds no fault with them, viosd finds
# its data plane, bash completes every verb of viosctl.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "$*"; exit 1; }

DESTDIR=$dir/root meson install -C "$VIOS_BUILD" --no-rebuild --quiet > "$dir/install.log" 2>&1 || fail "$(tail -5 "$dir/install.log")"
prefix=$dir/root$(meson introspect --buildoptions "$VIOS_BUILD" |
	python3 -c 'import json, sys; print([o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"][0])')

units=$prefix/lib/systemd/system
for unit in viosd@ viomuxd@ vios-framed; do
	program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$units/$unit.service")
	[ -x "$dir/root$program" ] || fail "$unit.service starts '$program', which is not installed"
done
if command -v systemd-analyze > /dev/null; then
	mkdir "$dir/units"
	for unit in viosd@vios1 viomuxd@lpar1 vios-framed; do
		sed "s|^ExecStart=|&$dir/root|; /^Documentation=/d" "$units/${unit%%@*}$([ "$unit" = vios-framed ] || echo @).service" \
			> "$dir/units/$unit.service"
		said=$(SYSTEMD_UNIT_PATH=$dir/units: systemd-analyze verify "$dir/units/$unit.service" 2>&1 | grep -F "$unit")
		[ -z "$said" ] || fail "$said"
	done
fi

# Pacemaker looks for its agents at fixed places, whatever the prefix
for agent in usr/lib/ocf/resource.d/vios/vios usr/lib/ocf/resource.d/vios/client; do
	"$dir/root/$agent" meta-data | grep -q "^<resource-agent name=\"${agent##*/}\"" || fail "$agent is no resource agent"
done
"$dir/root/usr/sbin/fence_vios" --action metadata | grep -q '^<resource-agent name="fence_vios"' || fail "fence_vios is no fence agent"
"$dir/root/usr/lib/ocf/resource.d/vios/vios" meta-data | grep -q "default=\"${prefix#"$dir/root"}/sbin/viosd\"" ||
	fail "ocf:vios:vios does not start the viosd that is installed"
for recipe in pair.crmsh pair.pcs client.crmsh corosync.conf; do
	[ -s "$prefix/share/doc/dual-vios/pacemaker/$recipe" ] || fail "the recipe $recipe is not installed"
done

# --help does not look for the data plane; --vios without a frame does, before it reads anything
said=$("$prefix/sbin/viosd" --vios vios1 --run "$dir/none" 2>&1)
case $said in *vios-netd*) [ -x "$prefix/libexec/vios-netd" ] || fail "$said" ;; *frame.json*) ;; *) fail "$said" ;; esac

completion=$prefix/share/bash-completion/completions/viosctl
complete_line() { # WORD...: what is offered for the last one
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _viosctl; printf "%s\n" "${COMPREPLY[@]}"' \
		_ "$completion" "$@"
}
verbs=$("$prefix/bin/viosctl" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p')
[ -n "$verbs" ] || fail "viosctl --help shows no verbs"
for verb in $verbs; do
	complete_line viosctl "" | grep -qx "$verb" || fail "bash does not complete the verb $verb"
	grep -q "^	'$verb:" "$prefix/share/zsh/site-functions/_viosctl" || fail "zsh does not complete the verb $verb"
done
[ "$(complete_line viosctl sw)" = switch ] || fail "sw is not completed to switch"
complete_line viosctl switch --a | grep -qx -- --all || fail "switch --a is not completed"
mkdir -p "$dir/run/vios1" "$dir/run/clients"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/run/vios1/viosd.sock"
[ "$(complete_line viosctl --run "$dir/run" --vios "")" = vios1 ] || fail "VIOS names are not completed"
exit 0
