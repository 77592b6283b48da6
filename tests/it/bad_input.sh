#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
# What an operator can get wrong: each case gets one clear line on stderr (what, which value, what to do) and a
# non-zero exit or a clean recovery, and the pair that runs beside it loses no packet meanwhile.
set -u
. "$VIOS_TOP/tests/lib/pair.sh"
pair_up
W=$L/bad	# the run directories of the cases; short, and gone with the lab
mkdir -p "$W"
netd=$(program vios-netd) viosd="$(program viosd) --netd $(program vios-netd)" muxd=$(program viomuxd) framed=$(program vios-framed)
n_bad=0

bad() {
	echo "FAILED: $*"
	n_bad=$((n_bad + 1))
}

# new_run NAME: a run directory with the frame's configuration, changed by the Python of $2 on f
new_run() {
	mkdir -p "$W/$1"
	python3 -c '
import json, sys
f = json.load(open(sys.argv[1]))
f["frame"] = "other"
f["clients"] = [{"name": "lpar1", "allow_unsealed": True, "adapters": [
    {"name": "eth0", "type": "ethernet", "id": 1, "mac": "02:76:69:00:00:01"}]}]
exec(sys.argv[3])
json.dump(f, open(sys.argv[2], "w"))' "$RUN/frame.json" "$W/$1/frame.json" "${2:-pass}"
	echo "$W/$1"
}

run_for() { # SECONDS CMD...: stderr to $W/err; 124 when it is still there
	local seconds=$1
	shift
	VIOS_LAB_DIR=$L timeout -k 1 "$seconds" "$@" > "$W/out" 2> "$W/err" < /dev/null
}

# refused CASE PATTERN CMD...: ends at once, not with 0, in one line on stderr that matches PATTERN
refused() {
	local case=$1 pattern=$2 rc
	shift 2
	run_for $PATIENCE_S "$@"
	rc=$?
	[ $rc != 0 ] && [ $rc != 124 ] && [ $rc -lt 126 ] || bad "$case: exit code $rc of: $*; stderr: $(cat "$W/err")"
	[ "$(wc -l < "$W/err")" = 1 ] || bad "$case: not one line on stderr: $(cat "$W/err")"
	grep -qiE -- "$pattern" "$W/err" || bad "$case: '$(cat "$W/err")' does not say $pattern"
	echo "$case: $(cat "$W/err")"
}

# reported CASE PATTERN CMD...: goes on trying, but says so
reported() {
	local case=$1 pattern=$2 pid i
	VIOS_LAB_DIR=$L setsid "${@:3}" > "$W/out" 2> "$W/err" < /dev/null &
	pid=$!
	for ((i = 0; i < PATIENCE_S * 10; i++)); do
		grep -qiE -- "$pattern" "$W/err" && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	grep -iE -- "$pattern" "$W/err" | head -n 1 | sed "s/^/$case: /"
	grep -qiE -- "$pattern" "$W/err" || bad "$case: stderr does not say $pattern: $(tail -n 5 "$W/err")"
	sleep 1
	kill -TERM $pid 2>/dev/null || bad "$case: it does not go on trying: $(tail -n 3 "$W/err")"
	wait $pid 2>/dev/null
	end_run
}

# Ends what runs in the run directories of the cases, data planes that outlive their viosd included.
end_run() {
	local f p
	for f in $(grep -lsz "^VIOS_LAB_DIR=$L\$" /proc/[0-9]*/environ); do
		p=${f#/proc/}
		p=${p%/environ}
		tr '\0' ' ' 2>/dev/null < /proc/$p/cmdline | grep -q -- "--run $W/" && kill -KILL $p
	done
	return 0
}

# The pair beside it: 100 packets/s each way until the end.
beside_begin
before="$(netd_pid vios1) $(netd_pid vios2) $("$LAB" pid vios1 viosd) $("$LAB" pid vios2 viosd) $("$LAB" pid frame mux-lpar1)"

# --- a broken frame.json
run=$(new_run broken)
for program in "$viosd --vios vios1" "$muxd --client lpar1" "$framed"; do
	name=$(basename ${program%% *})
	echo '{"frame": ' > "$run/frame.json"
	refused "$name, frame.json cut" "frame.json" $program --run $run
	new_run broken 'f["vios"][0]["memory_mb"] = "much"' > /dev/null
	refused "$name, frame.json type" 'vios\[0\].memory_mb' $program --run $run
	new_run broken 'f["clinets"] = f.pop("clients")' > /dev/null
	run_for $PATIENCE_S $program --run $run && bad "$name takes an unknown member"
	grep -q 'clinets' "$W/err" || bad "$name does not name the unknown member: $(cat "$W/err")"
	new_run broken 'f["clients"][0]["adapters"][0]["mac"] = "01:00:00:00:00:01"' > /dev/null
	refused "$name, frame.json multicast" 'adapters\[0\].mac' $program --run $run
	rm "$run/frame.json"
	refused "$name, no frame.json" "frame.json" $program --run $run
	head -c 17000000 /dev/zero > "$run/frame.json"
	refused "$name, frame.json too large" "frame.json" $program --run $run
done

# --- wrong names
run=$(new_run names)
refused "unknown client" "nobody" $muxd --client nobody --run $RUN	# where viosds answer
reported "unknown client, no viosd" "waiting client=nobody" $muxd --client nobody --run $run
refused "unknown VIOS" "vios9" $viosd --vios vios9 --run $run
refused "unknown VIOS" "vios9" $netd --vios ../vios9 --run $run
refused "name of a client" "[.][.]/x" $muxd --client ../x --run $run

# --- a socket path that is too long
run=$(new_run $(printf 'x%.0s' {1..90}))
refused "long path" "107|too long" $viosd --vios vios1 --run $run
refused "long path" "107|too long" $netd --vios vios1 --run $run
refused "long path" "107|too long" $muxd --client lpar1 --run $run
refused "long path" "107|too long" $framed --run $run

# --- a run directory without permission (root without capabilities, a directory of somebody else's)
run=$(new_run closed)
chown nobody "$run"
chmod 0555 "$run"
closed="setpriv --inh-caps=-all --bounding-set=-all"
refused "no permission" "permission" $closed $viosd --vios vios1 --run $run
refused "no permission" "permission" $closed $netd --vios vios1 --run $run
refused "no permission" "permission" $closed $muxd --client lpar1 --run $run
refused "no permission" "permission" $closed $framed --run $run

# --- a second instance
refused "second viosd" "vios1|viosd.lock" $viosd --vios vios1 --run $RUN
refused "second netd" "vios1|netd.lock" $netd --vios vios1 --run $RUN
refused "second mux" "lpar1" $muxd --client lpar1 --run $RUN
refused "second framed" "framed" $framed --run $RUN

# --- unknown devargs, missing hugepages
# (The lab took as many huge pages as its own pair needs: another data plane does without.)
run=$(new_run devargs 'f["vios"][0].update(hugepages=False); f["vios"][0]["uplink"]["devargs"] = "net_nonsense0,iface=up0"')
reported "unknown devargs" "net_nonsense0" $viosd --vios vios1 --run $run --no-cluster
run=$(new_run pages 'f["vios"][0]["memory_mb"] = 65536; f["vios"][0]["hugepages"] = True')
refused "no hugepages" "huge ?pages.*nr_hugepages" $netd --vios vios1 --run $run
reported "no hugepages" "netd-died.*see=netd.log" $viosd --vios vios1 --run $run
grep -q nr_hugepages $run/vios1/netd.log || bad "no hugepages: netd.log does not tell"

# --- what a killed process leaves: socket files of every kind, and rubbish in their places
stale='import os, socket, sys
for path in sys.argv[1:]:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.close()'
run=$(new_run stale 'f["vios"][0].update(hugepages=False); f["vios"][0]["uplink"]["devargs"] = "net_null0"')
python3 -c "$stale" $run/vios1/viosd.sock $run/vios1/netd.sock $run/vios1/lpar1.eth0.sock \
	$run/clients/lpar1/eth0.sock $run/clients/lpar1/mux.sock $run/frame/framed.sock
for program in "$framed" "$viosd --vios vios1" "$muxd --client lpar1"; do
	VIOS_LAB_DIR=$L setsid $program --run $run > "$W/$(basename ${program%% *}).log" 2>&1 < /dev/null &
done
listens() { python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$1"; }
for s in frame/framed.sock vios1/viosd.sock vios1/netd.sock vios1/lpar1.eth0.sock clients/lpar1/eth0.sock \
	clients/lpar1/mux.sock; do
	for ((i = 0; i < PATIENCE_S * 10; i++)); do
		listens $run/$s 2>/dev/null && break
		sleep 0.1
	done
	listens $run/$s 2>/dev/null || bad "stale socket file $s: nobody listens; $(tail -qn 3 "$W"/*.log)"
done

end_run

# --- the pair beside it has not noticed
beside_end || bad "the pair beside it lost packets"
after="$(netd_pid vios1) $(netd_pid vios2) $("$LAB" pid vios1 viosd) $("$LAB" pid vios2 viosd) $("$LAB" pid frame mux-lpar1)"
[ "$before" = "$after" ] || bad "processes of the pair were replaced: $before, now $after"
[ $n_bad = 0 ] || fail "$n_bad cases"
exit 0
