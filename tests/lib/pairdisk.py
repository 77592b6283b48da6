# SPDX-License-Identifier: BSD-3-Clause
"""For tests with a client's disk on a running pair: mapped by viosctl, served by the targets of both VIOS."""
import os
import socket
import struct

import pair

ADAPTER = "lpar1/scsi0"


def adapters():
    """As whichever VIOS answers has them."""
    for vios in ("vios1", "vios2"):
        try:
            return pair.status(vios)["adapters"]
        except OSError:
            continue
    return []


def two_paths(adapter=ADAPTER):
    """The live VIOS, once the other one is ready, too; else None."""
    found = [a for a in adapters() if a["adapter"] == adapter]
    phases = sorted(p["phase"] for p in found[0]["paths"].values()) if found else []
    return found[0]["live"] if phases == ["live", "ready"] else None


def wait_two_paths(but=None, adapter=ADAPTER):
    def good():
        live = two_paths(adapter)
        return live if live != but else None
    return pair.eventually("two paths of %s" % adapter, good)


def target_of(vios):
    """Its pid, seen from here: whom the control socket belongs to."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("%s/%s/lpar1.scsi0.ctl" % (pair.RUN, vios))
        return struct.unpack("iii", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def mapped(name, megabytes=32):
    path = pair.DIR + "/" + name
    with open(path, "wb") as f:
        os.posix_fallocate(f.fileno(), 0, megabytes << 20)
    pair.lab("ctl", "mkvdev", "-vdev", path, "-vadapter", "vhost0")


def luns(adapter=ADAPTER):
    """Of the targets of both VIOS."""
    found = []
    for vios in ("vios1", "vios2"):
        rpc = pair.Rpc(vios + "/viosd.sock")
        target = rpc.call("running")["vios"][vios]["scsids"].get(adapter)
        found.append(len(target["luns"]) if target else 0)
        rpc.close()
    return found
