#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
"""
A client's disk on a real pair whose path fails on one VIOS, then on both. One-sided: the adapter moves with its requests in flight,
the client sees nothing, viosctl lspath shows it; healed, the path is enabled after its hold time and the adapter comes back, or stays,
as `failback` says. On both sides the client is given sense data, and goes on when the disk does. Two targets of test builds.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
SCSID = os.path.join(os.environ["VIOS_BUILD"], "storage/vios-scsid-faults")
if not os.path.exists(SCSID):
    print("SKIP: no vios-scsid with faults in this build")
    sys.exit(77)
os.environ["VIOS_LAB_SCSID"] = SCSID
import pair  # noqa: E402
from scsid_lib.rig import Initiator  # noqa: E402

LONG = os.environ.get("VIOS_LONG") == "1"
ADAPTER = "lpar1/scsi0"


class Socket:
    sock = "%s/clients/%s.sock" % (pair.RUN, ADAPTER)


def fault(vios, what):
    rpc = pair.Rpc("%s/lpar1.scsi0.ctl" % vios)
    rpc.call("fault", disk=what, lun=1, ms=0)
    rpc.close()


def paths(dev=ADAPTER):
    """{VIOS: (status, connection)} of viosctl lspath."""
    return {p["parent"]: (p["status"], p["connection"]) for p in
            json.loads(pair.lab("ctl", "lspath", "-dev", dev, "--json"))}


def statuses(dev=ADAPTER):
    return [paths(dev).get(vios, ("none",))[0] for vios in ("vios1", "vios2")]


def wait_statuses(wanted, what, dev=ADAPTER):
    pair.eventually("%s: lspath %s" % (what, wanted), lambda: statuses(dev) == wanted)


def wait_live(vios, what):
    pair.eventually("%s: live on %s" % (what, vios), lambda: pair.live(ADAPTER) == vios)


def labels(vios):
    rpc = pair.Rpc(vios + "/viosd.sock")
    entries = rpc.call("errlog")["entries"]
    rpc.close()
    return [e["label"] for e in entries if e["resource"] == ADAPTER]


def attrs(*words):
    pair.lab("ctl", "chdev", "-dev", "vhost0", "-attr", *words)


def one_sided(guest, what):
    """vios1's path fails under I/O and heals; the client's adapter is on vios2 then."""
    guest.progress(200)
    fault("vios1", what)
    wait_live("vios2", what)
    guest.progress(200)
    wait_statuses(["Failed", "Enabled"], what)
    shown = "ready,unavailable,%s" % {"error": "EIO", "gone": "ENODEV"}[what]
    pair.eventually(shown, lambda: paths()["vios1"][1] == shown)
    wait_statuses(["Failed", "Enabled"], what, "disk0")
    fault("vios1", "none")
    assert not guest.status()["errors"], guest.status()


def check_one_sided():
    guest = Initiator([Socket], no_inflight=True, depth=32, queues=1, lun=1, size=16 << 20)
    try:
        guest.live(0)
        pair.eventually("a live path", lambda: pair.live(ADAPTER))
        pair.lab("ctl", "switch", ADAPTER, "--to", "vios1")
        for what in ("error", "gone") * (10 if LONG else 1):
            one_sided(guest, what)
            wait_statuses(["Enabled", "Enabled"], "healed")
            wait_live("vios1", "failback")
            guest.progress(200)
            attrs("hold_time=0")
        assert "VIOS_PATH_FAILED" in labels("vios1") and "VIOS_PATH_RECOVERED" in labels("vios1"), labels("vios1")
        assert not labels("vios2").count("VIOS_PATH_FAILED"), labels("vios2")
        attrs("failback=manual")
        one_sided(guest, "error")
        wait_statuses(["Enabled", "Enabled"], "healed")
        time.sleep(1)
        assert pair.live(ADAPTER) == "vios2", "it came back unasked"
        pair.lab("ctl", "switch", ADAPTER)
        wait_live("vios1", "switch")
        report = guest.stop()
        print("  one-sided: %d requests, worst stall %d ms, 0 errors, 0 bad reads" % (report["ios"], report["stall_ms"]))
    finally:
        guest.end()


def check_both_sides():
    guest = Initiator([Socket], no_inflight=True, depth=4, queues=1, lun=1, size=16 << 20)
    try:
        guest.live(0)
        guest.progress(100)
        for vios in ("vios1", "vios2"):
            fault(vios, "error")
        pair.eventually("the client is told", lambda: guest.status()["errors"] > 8)
        told = guest.status()["first_error"]
        assert "response 0 status 2 sense 3" in told, told  # CHECK CONDITION, MEDIUM ERROR
        wait_statuses(["Failed", "Failed"], "both fail")
        for vios in ("vios1", "vios2"):
            fault(vios, "none")
        wait_statuses(["Enabled", "Enabled"], "both healed")
        before = guest.status()["errors"]
        guest.progress(200)
        assert guest.status()["errors"] == before, guest.status()
        print("  both sides: %s; %d errors until it was healed" % (told, before))
    finally:
        guest.end()


def test():
    pair.lab("ctl", "mkvadapter", "-client", "lpar1", "-type", "scsi", "-preferred", "vios1")
    attrs("hold_time=1")
    path = pair.DIR + "/disk0"
    with open(path, "wb") as f:
        os.posix_fallocate(f.fileno(), 0, 32 << 20)
    pair.lab("ctl", "mkvdev", "-vdev", path, "-vadapter", "vhost0")
    wait_statuses(["Enabled", "Enabled"], "both targets", "disk0")
    pair.eventually("the client's socket", lambda: os.path.exists(Socket.sock))
    check_one_sided()
    check_both_sides()


pair.run_with_pair(test)
