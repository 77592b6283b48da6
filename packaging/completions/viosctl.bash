# SPDX-License-Identifier: BSD-3-Clause
# Completion of viosctl for bash. VIOS and adapters come from the frame itself, of the run directory on the line.

_viosctl_run() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = --run ] && { echo "${COMP_WORDS[i + 1]}"; return; }
	done
	echo /run/vios
}

_viosctl_vios() {
	local socket
	for socket in "$(_viosctl_run)"/*/viosd.sock; do
		[ -S "$socket" ] && basename "$(dirname "$socket")"
	done
}

_viosctl_adapters() {
	viosctl --run "$(_viosctl_run)" status 2>/dev/null |
		awk '$1 == "ADAPTER" { list = 1; next } list && /^[^ ]/ { print $1 }'
}

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

_viosctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local options="--run --vios --json --log-level --help --version" words
	case $previous in
	--run) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
	--vios | --to) words=$(_viosctl_vios) ;;
	--log-level) words="error warn info debug" ;;
	release) words=$(_viosctl_adapters) ;;
	*)
		case $(_viosctl_verb) in
		"") words="status switch quarantine shutdown version $options" ;;
		switch) words="--all --to $options $(_viosctl_adapters)" ;;
		quarantine) words="release $options" ;;
		shutdown) words="--data-planes $options" ;;
		*) words=$options ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _viosctl viosctl
