#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
"""
A client's disk on a real pair that viosctl configured: an initiator that knows nothing but its mux does verified I/O while the live
target is killed, stopped, moved away from, while the mux is killed, and while the whole VIOS of the live target is killed and comes
back. No request fails, nothing is read that was not written last, and the pair is redundant again each time.
"""
import os
import signal
import sys

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
import pair  # noqa: E402
from pairdisk import ADAPTER, luns, mapped, target_of, wait_two_paths  # noqa: E402
from scsid_lib.rig import Initiator  # noqa: E402

LONG = os.environ.get("VIOS_LONG") == "1"
KILLS = 20 if LONG else 3


class Socket:
    sock = "%s/clients/%s.sock" % (pair.RUN, ADAPTER)


def through(guest, what, act, moves=True):
    """I/O before, act(live), I/O at the other VIOS (or wherever), both paths again."""
    guest.progress(200)
    live = wait_two_paths()
    act(live)
    guest.progress(200)
    now = wait_two_paths(live if moves else None)
    print("  %s: %s, then %s" % (what, live, now), flush=True)


def test():
    pair.lab("ctl", "mkvadapter", "-client", "lpar1", "-type", "scsi")
    mapped("disk0")
    pair.eventually("the disk at both targets", lambda: luns() == [1, 1])
    pair.eventually("the client's socket", lambda: os.path.exists(Socket.sock))
    guest = Initiator([Socket], no_inflight=True, depth=32, queues=1, lun=1, size=16 << 20)
    try:
        guest.live(0)
        for n in range(KILLS):
            through(guest, "target killed %d" % (n + 1), lambda live: os.kill(target_of(live), signal.SIGKILL))
        through(guest, "switch", lambda live: pair.lab("ctl", "switch", ADAPTER))
        through(guest, "target stopped", lambda live: os.kill(target_of(live), signal.SIGSTOP))
        through(guest, "mux killed", lambda live: pair.kill(pair.lab_processes("viomuxd")),
                moves=False)
        mapped("disk1")
        pair.eventually("one more disk at both targets", lambda: luns() == [2, 2])
        guest.progress(200)
        live = wait_two_paths()
        pair.lab("kill", live)
        guest.progress(200)
        pair.lab("boot", live)
        print("  VIOS of the target killed: %s, then %s" % (live, wait_two_paths(live)), flush=True)
        report = guest.stop()
        print("  %d requests, worst stall %d ms, 0 errors, 0 bad reads" % (report["ios"], report["stall_ms"]))
        pair.eventually("viosctl diff is empty", lambda: pair.lab("ctl", "diff", check=False) == "")
    finally:
        guest.end()


pair.run_with_pair(test)
