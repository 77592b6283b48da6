#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 900
"""
The drill with a storage client: a killed target and a stuck disk pass, with figures; a disk that fails and a client that does not run
fail it, each with its reason.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
os.environ["VIOS_LAB_DISK"] = "1"
os.environ["VIOS_LAB_SCSID"] = os.environ["VIOS_BUILD"] + "/storage/vios-scsid-faults"
import pair  # noqa: E402

DRILL = os.environ["VIOS_BUILD"] + "/ha/drill/vios-drill"
LONG = os.environ.get("VIOS_LONG") == "1"


def drill(scenarios, env=None, more=()):
    """Exit code, report, what it said."""
    path = pair.DIR + "/report.json"
    argv = [DRILL, "--env", env or pair.lab("env"), "--scenario", scenarios, "--runs", "1", "--baseline", "1", "--window-ms", "1200",
            "--rate", "1000", "--no-times", "--json", path, *more]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400)
    with open(path, encoding="utf-8") as file:
        return done.returncode, json.load(file), done.stdout


def plant(disk):
    for vios in ("vios1", "vios2"):
        rpc = pair.Rpc(vios + "/lpar1.scsi0.ctl")
        rpc.call("fault", disk=disk, lun=1)
        rpc.close()


def env_with(command):
    with open(pair.lab("env"), encoding="utf-8") as file:
        env = json.load(file)
    env["storage"]["command"] = command
    path = pair.DIR + "/other.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(env, file)
    return path


def good():
    scenarios = "kill-scsid,disk-stuck,disk-error" + (",hang-scsid,disk-slow,disk-gone,switch,vios,mux,stall,pr-failover" if LONG else "")
    code, report, said = drill(scenarios)
    print(said, flush=True)
    assert code == 0, "exit code %d" % code
    for scenario in report["scenarios"]:
        storage = scenario["directions"]["storage"]
        assert storage["requests"] > 20 and not storage["io_errors"] and not storage["bad_reads"], (scenario["name"], storage)
        run = scenario["details"][0]
        assert run["storage"]["read_back"] > 10, run["storage"]
        if scenario["name"] == "kill-scsid":
            assert run["before"]["storage_live"] != run["after"]["storage_live"] and run["before"]["live"] == run["after"]["live"], run
            killed = run["fault"]["killed_scsid"]
            assert run["before"][run["before"]["storage_live"]]["scsid_pid"] == killed, run
        if scenario["name"] in ("disk-error", "disk-gone"):  # preferred is vios1
            goes_back = run["before"]["storage_live"] == "vios1"
            assert (run["after"]["storage_live"] == run["before"]["storage_live"]) == goes_back, run
            assert run["after"]["storage_start"] >= run["before"]["storage_start"] + 1 + goes_back, run
        if scenario["name"] == "pr-failover":
            assert (run["fault"]["reserved_by"], run["fault"]["registered"]) == ("d7111", 1), run["fault"]
        if scenario["name"] == "disk-stuck":
            assert storage["stall_ms"]["p50"] >= 1900, storage
    assert report["baseline"]["directions"]["storage"]["requests"] > 20, report["baseline"]["directions"]


def failing():
    plant("medium")
    code, report, said = drill("kill-scsid")
    assert code == 1 and "I/O errors: request" in said, said
    assert report["scenarios"][0]["directions"]["storage"]["io_errors"] > 0, said
    plant("none")
    code, _, said = drill("kill-scsid", env_with(["false"]))
    assert code == 1 and "no storage client" in said, said
    code, _, said = drill("kill-scsid", more=["--no-storage"])
    assert code == 1 and "no storage client" in said, said


def test():
    good()
    failing()


pair.run_with_pair(test)
