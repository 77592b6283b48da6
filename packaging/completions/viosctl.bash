# SPDX-License-Identifier: BSD-3-Clause
# Completion of viosctl for bash. VIOS, clients and devices come from the frame itself, of the run directory on the line.

# table of viosctl: begin
_viosctl_table() {
	case $1 in
	verbs) echo "status watch lsmap lsdev lspath lsclient entstat seastat errlog ioslevel cluster diff lsrep mkclient rmclient mkvadapter rmvadapter mkvdev rmvdev chdev mkrep chrep rmrep mkvopt rmvopt loadopt unloadopt cfgdev viosbr switch quarantine snap shutdown version" ;;
	common) echo "--run --vios --json --log-level --help --version" ;;
	watch) echo "-count -rates -interval" ;;
	lsmap) echo "-all -vadapter -net -type -cpid -field -fmt -fmt2 -npiv -vnic -ams -suspend" ;;
	lsdev) echo "-virtual -type -dev -attr -fmt" ;;
	lspath) echo "-dev -fmt" ;;
	lsclient) echo "-name" ;;
	entstat) echo "-all -reset" ;;
	seastat) echo "-d" ;;
	errlog) echo "-ls -since -incident -rm" ;;
	cluster) echo "-status -create -dir -link0 -link1 -token -consensus -qdevice -addnode -rmnode -remove -sync" ;;
	mkclient) echo "-name -id -attr" ;;
	rmclient) echo "-name -recursive" ;;
	mkvadapter) echo "-client -type -name -pvid -vlan -mac -preferred -mtu -queues -ring -attr" ;;
	rmvadapter) echo "-client -name -vadapter -recursive" ;;
	mkvdev) echo "-vdev -vadapter -dev -lun -fbo -sea -default -defaultid -attr -lnagg -vlan -tagid -f" ;;
	rmvdev) echo "-vtd -dev -vdev -f" ;;
	chdev) echo "-dev -attr -perm" ;;
	mkrep) echo "-sp -size" ;;
	chrep) echo "-size" ;;
	rmrep) echo "-f" ;;
	mkvopt) echo "-name -file -size -ro -f" ;;
	rmvopt) echo "-name -f" ;;
	loadopt) echo "-disk -vtd -f" ;;
	unloadopt) echo "-vtd -release" ;;
	cfgdev) echo "-dev" ;;
	viosbr) echo "-backup -view -restore -file -type --dry-run" ;;
	switch) echo "--all --to" ;;
	snap) echo "-trace -seconds -size -stop" ;;
	shutdown) echo "--data-planes" ;;
	esac
}
# table of viosctl: end

_viosctl_run() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = --run ] && { echo "${COMP_WORDS[i + 1]}"; return; }
	done
	echo /run/vios
}

_viosctl_ask() {
	viosctl --run "$(_viosctl_run)" "$@" 2>/dev/null
}

_viosctl_vios() {
	local socket
	for socket in "$(_viosctl_run)"/*/viosd.sock; do
		[ -S "$socket" ] && basename "$(dirname "$socket")"
	done
}

_viosctl_adapters() {
	_viosctl_ask status | awk '$1 == "ADAPTER" { list = 1; next } list && /^[^ ]/ { print $1 }'
}

_viosctl_devices() {
	_viosctl_ask lsdev -fmt , | cut -d, -f1
}

_viosctl_clients() {
	_viosctl_ask lsclient | awk 'NR > 1 { print $1 }' | uniq
}

# The first word that is a verb: values of options are none, or the word before them is an option that takes one.
_viosctl_verb() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--run | --vios | --to | --log-level) i=$((i + 1)) ;;
		-*) ;;
		*) echo "${COMP_WORDS[i]}"; return ;;
		esac
	done
}

_viosctl_types() {
	case $1 in
	mkvadapter) echo "ethernet scsi" ;;
	lsmap) echo "disk lv file optical" ;;
	lsdev) echo "adapter disk ent4sea ethernet file lv optical sea" ;;
	viosbr) echo "vios client sea veth svsa disk" ;;
	esac
}

_viosctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb words
	verb=$(_viosctl_verb)
	words="$(_viosctl_table "$verb") $(_viosctl_table common)"
	case $previous in
	--run) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
	-file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
	--vios | --to | -preferred) words=$(_viosctl_vios) ;;
	--log-level) words="error warn info debug" ;;
	-dev | -vtd | -vdev | -vadapter | -d | -sea) words=$(_viosctl_devices) ;;
	-client) words=$(_viosctl_clients) ;;
	-type) words=$(_viosctl_types "$verb") ;;
	release) words=$(_viosctl_adapters) ;;
	*)
		case $verb in
		"") words="$(_viosctl_table verbs) $words" ;;
		switch) words+=" $(_viosctl_adapters)" ;;
		quarantine) words+=" release" ;;
		entstat) [[ $current == -* ]] || words+=" $(_viosctl_devices)" ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _viosctl viosctl
