#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Installing asks only for what is missing, starts no service, and puts the machine's policy back whatever happens:
# success, a failing apt-get, an interruption (which waits for apt-get), a run that was killed.
# apt-get and dpkg are stand-ins here that note what they were asked and what the policy said meanwhile.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export VIOS_POLICY_FILE=$dir/policy-rc.d PATH=$dir/bin:$PATH dir
mkdir "$dir/bin"

cat > "$dir/bin/dpkg-query" <<'S'
#!/bin/sh
printf 'have-this ii \nhave-arch:amd64 ii \nremoved rc \n'
S
cat > "$dir/bin/apt-get" <<'S'
#!/bin/bash
echo "$* | $DEBIAN_FRONTEND" >> "$dir/apt.log"
case " $* " in
*" install "*)
	"$VIOS_POLICY_FILE" corosync start
	echo "policy says $?" >> "$dir/apt.log"
	sleep "${APT_SLEEP:-0}"
	echo "installed" >> "$dir/apt.log"
	exit "${APT_EXIT:-0}" ;;
esac
S
printf '#!/bin/sh\n' > "$dir/bin/dpkg"
cat > "$dir/user" <<'S'
#!/bin/bash
. "$VIOS_TOP/tests/lib/packages.sh"
. "$VIOS_TOP/tests/lib/run.sh"
. "$VIOS_TOP/tests/lib/install.sh"
run_traps policy_restore
install_packages "$dir/log" "$*"
echo went on >> "$dir/apt.log"
S
chmod +x "$dir"/bin/* "$dir/user"

fail() { echo "$*"; cat "$dir/apt.log" "$dir/log"; exit 1; }
# Until apt.log says so.
said() {
	local i
	for ((i = 0; i < 600; i++)); do
		grep -q -- "$1" "$dir/apt.log" && return
		sleep 0.1
	done
	fail "apt.log does not say '$1'"
}
fresh() { : > "$dir/apt.log"; printf 'the machine has a policy\n' > "$VIOS_POLICY_FILE"; }
policy_is_back() {
	[ "$(cat "$VIOS_POLICY_FILE")" = "the machine has a policy" ] || fail "$1: the policy is not back"
	[ ! -e "$VIOS_POLICY_FILE.before-vios" ] || fail "$1: the saved policy is left"
}

fresh
"$dir/user" have-this have-arch || fail "nothing is missing"
[ "$(cat "$dir/apt.log")" = "went on" ] || fail "apt-get was asked although nothing is missing"

"$dir/user" have-this not-here removed || fail "installing"
grep -q -- '--no-install-recommends.* install not-here removed | noninteractive' "$dir/apt.log" || fail "wrong request"
grep -q 'policy says 101' "$dir/apt.log" || fail "services could start"
[ "$(grep -c ' update ' <<< "$(sed 's/|/ |/' "$dir/apt.log")")" = 1 ] || fail "not one update"
policy_is_back success

fresh
APT_EXIT=100 "$dir/user" not-here 2> "$dir/err" && fail "a failing apt-get must fail"
grep -q "not-here" "$dir/err" || fail "the message does not name the package"
policy_is_back failure

fresh
APT_SLEEP=2 setsid "$dir/user" not-here 2> "$dir/err" &
said 'policy says'
kill -TERM -- -$!
wait $!
[ $? = 143 ] || fail "an interrupted run must say so"
grep -q '^installed' "$dir/apt.log" || fail "apt-get was cut short"
grep -q 'went on' "$dir/apt.log" && fail "the interruption was forgotten"
policy_is_back interruption

fresh
APT_SLEEP=1 setsid "$dir/user" not-here 2> "$dir/err" &
said 'policy says'
kill -KILL -- -$!
wait $! 2>/dev/null
said '^installed'
"$dir/user" have-this || fail "the run after a killed one"
policy_is_back kill

rm "$VIOS_POLICY_FILE"
"$dir/user" not-here || fail "a machine without a policy"
[ ! -e "$VIOS_POLICY_FILE" ] || fail "a policy is left on a machine that had none"
exit 0
