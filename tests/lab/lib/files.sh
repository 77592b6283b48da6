# SPDX-License-Identifier: BSD-3-Clause
# Sourced by lab: the files that it writes.
# shellcheck shell=bash disable=SC2154

# A token of a second is what a machine with two busy cores holds reliably.
write_corosync_conf() {
	local n i=0
	cat <<-C
		totem {
		  version: 2
		  cluster_name: $NS
		  transport: knet
		  token: 1000
		  consensus: 200
		  crypto_cipher: none
		  crypto_hash: none
		  link_mode: passive
		}
		quorum {
		  provider: corosync_votequorum
		  two_node: 1
		  wait_for_all: 0
		}
		nodelist {
	C
	for n in $NODES; do
		i=$((i + 1))
		printf '  node {\n    name: %s\n    nodeid: %d\n    ring0_addr: 10.77.0.%d\n    ring1_addr: 10.77.1.%d\n  }\n' \
			$n $i $i $i
	done
	echo "}"
	write_corosync_extra
}

write_corosync_extra() {
	cat <<-C
		system {
		  sched_rr: no
		  move_to_root_cgroup: no
		  allow_knet_handle_fallback: yes
		}
		logging {
		  to_stderr: no
		  to_logfile: yes
		  logfile: /var/log/corosync/corosync.log
		  to_syslog: no
		  timestamp: hires
		}
	C
}

# What the daemons must know before they can reach the pair. Clients come by viosctl.
write_frame_json() {
	HANG_MS=$HANG_MS LAST_RESORT_MS=$LAST_RESORT_MS WORKERS=$WORKERS HUGE=$HUGE NETD_MB=$NETD_MB python3 - <<-'P'
		import json, os, sys

		def vios(number):
		    return {"name": "vios%d" % number, "node_id": number, "memory_mb": int(os.environ["NETD_MB"]),
		            "hugepages": os.environ["HUGE"] == "1", "workers": int(os.environ["WORKERS"]),
		            "uplink": {"name": "ent0", "devargs": "net_af_packet0,iface=up0,framecnt=2048"}}

		json.dump({"frame": "frame1", "hang_ms": int(os.environ["HANG_MS"]),
		           "last_resort_ms": int(os.environ["LAST_RESORT_MS"]), "kill_holdoff_ms": 0,
		           "vios": [vios(1), vios(2)]}, sys.stdout, indent=1)
	P
}

# What vios-drill needs to know of this frame.
write_drill_json() {
	# shellcheck disable=SC2046
	L=$L RUN=$RUN NS=$NS OUT=$OUT LAB="$here/lab" VIOS_LAB=$VIOS_LAB DISK=$DISK LUN=$DISK_LUN \
		SIZE=$((DISK_MB / 2 << 20)) CLIENT=$([ "$DISK" != 1 ] || program test-sclient) \
		FIRST=$(chrt -r 1 true 2>/dev/null && echo chrt -r 1) python3 - $(for c in $(client_names); do
		echo "$c,$(client_address $c)"
	done) <<-'P'
		import json, os, sys

		env = os.environ
		lab = ["env", "VIOS_LAB=" + env["VIOS_LAB"], env["LAB"]]

		def traffic(text):
		    name, address = text.split(",")
		    return {"adapter": name + "/eth0", "client_netns": "/run/netns/%s-%s" % (env["NS"], name),
		            "client_address": address, "outside_netns": "/run/netns/" + env["OUT"],
		            "outside_address": "10.99.0.1"}

		# As the client of the network: when it waits for the CPU, the pair looks slow.
		storage = {} if env["DISK"] != "1" else {"storage": {
		    "adapter": "lpar1/scsi0", "lun": int(env["LUN"]),
		    "command": ["env", "VIOS_LAB_DIR=" + env["L"]] + env["FIRST"].split() + [
		        env["CLIENT"], "--socket", env["RUN"] + "/clients/lpar1/scsi0.sock", "--lun", env["LUN"],
		        "--size", env["SIZE"]]}}

		json.dump({
		    **storage,
		    "run_dir": env["RUN"],
		    "traffic": [traffic(text) for text in sys.argv[1:]],
		    "vios": {n: {"init_pid_file": "%s/%s/init.pid" % (env["L"], n)} for n in ("vios1", "vios2")},
		    "hooks": {"power_off": lab + ["kill"], "power_on": lab + ["boot"],
		              "cut": lab + ["cut"], "heal": lab + ["heal"],
		              "uplink_down": lab + ["uplink-down"], "uplink_up": lab + ["uplink-up"]},
		    "supervised": {"pid_directory": {"frame": env["L"] + "/frame/pids",
		                                     "vios1": env["L"] + "/vios1/pids",
		                                     "vios2": env["L"] + "/vios2/pids"}},
		}, sys.stdout, indent=1)
	P
}
