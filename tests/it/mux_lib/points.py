# SPDX-License-Identifier: BSD-3-Clause
"""
Kills the test build of the mux (tests/lib/mux_fault.c) at a chosen point of what it does. The n-th one from a command on kills it; n
grows until a command has fewer.
"""
import atexit
import mmap
import os
import struct
import time

from rig import check


class Points:
    """The counter that the test build of the mux takes one off at each point."""

    def __init__(self):
        self.path = "/tmp/vios-mux-points-%d" % os.getpid()
        with open(self.path, "wb") as file:
            file.write(bytes(4096))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 4096)
        atexit.register(lambda: os.path.exists(self.path) and os.unlink(self.path))

    def set(self, n):
        self.map[:8] = struct.pack("=Q", n)

    def left(self):
        return struct.unpack("=Q", self.map[:8])[0]



def frames(r):
    """How many frames each VIOS that is there has echoed."""
    found = {}
    for vios in ("vios1", "vios2"):
        try:
            found[vios] = r.vios_status(vios)["frames"]
        except (OSError, AssertionError, ValueError):
            pass
    return found


# The hang time of who asks is above this: nothing is mended by it.
WORKS_S, HANG_MS = 30, 60000


def works(r):
    """Frames pass, through one VIOS alone. Its name."""
    end = time.monotonic() + WORKS_S
    while True:
        before = frames(r)
        time.sleep(0.01)
        now = frames(r)
        busy = [v for v in now if v in before and now[v] != before[v]]
        if len(busy) == 1:
            return busy[0]
        check(time.monotonic() < end, "after the restart", before, "became", now, r.status())


def sound(front):
    """Over all that has happened since the last count."""
    count = front.count()
    check(count["violations"] == 0, "ring rules broken", count)
    check(count["duplicated"] == 0, "frames doubled", count)
    check(count["received"] > 0, "no frames", count)


def every_point(points, what, act, stride):
    """act(n) with the mux killed at its n-th point."""
    n = 1
    while True:
        points.set(n)
        act(n)
        if points.left():
            break
        n += stride
    points.set(0)
    print("     %-10s %4d points" % (what, n - 1), flush=True)
    check(n > 4, what, "has no points: is this the test build?")
