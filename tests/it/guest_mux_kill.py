#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 1500
"""A real guest's mux is killed at every point of what it does: while the guest's driver resets the device and sets it up
again, while memory is plugged and unplugged, while its rings are switched, while it reboots. The guest keeps its
connection, and afterwards its network works, both ways, every time.

Points are counted by the test build of the mux (tests/lib/mux_fault.c): the n-th one from a command on kills it; n grows until a
command has fewer. Several lie within each message. Every point with VIOS_LONG=1; else a part of them, the same each time.
"""
import atexit
import mmap
import os
import struct
import sys
import threading
import time

BUILD = os.environ["VIOS_BUILD"]
COUNTER = "/tmp/vios-%s-points" % os.environ["VIOS_LAB"]
os.environ["VIOS_LAB_MUX"] = BUILD + "/ha/mux/viomuxd-faults"
os.environ["VIOS_MUX_FAULT"] = COUNTER
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import pair  # noqa: E402
import scene  # noqa: E402
from scene import LONG, check  # noqa: E402

REBIND = ("cd /sys/bus/virtio/drivers/virtio_net && echo virtio0 > unbind && echo virtio0 > bind && "
          "ip addr add 10.99.0.2/24 dev eth0 && ip link set eth0 up")


class Points:
    """The counter that the test build of the mux takes one off at each point."""

    def __init__(self):
        with open(COUNTER, "wb") as file:
            file.write(bytes(4096))
        with open(COUNTER, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 4096)
        atexit.register(os.unlink, COUNTER)
        self.deaths = 0

    def set(self, n):
        self.map[:8] = struct.pack("=Q", n)

    def left(self):
        return struct.unpack("=Q", self.map[:8])[0]


def every_point(points, guest, name, act, stride, prepare=None):
    """act() with the mux killed at its n-th point, for n = 1, 1 + stride, ... until it has fewer. How many it has differs
    a little with the standby's haste: hence the second look."""
    began, n, deaths, missed = time.monotonic(), 1, points.deaths, 0
    while missed < 2:
        if prepare:
            prepare()
        points.set(n)
        act()
        spent = points.left() == 0
        points.set(0)  # or a late one would fall into what follows
        scene.ping(guest, "%s, mux killed at point %d" % (name, n), seconds=15)
        points.deaths += spent
        missed += not spent
        n += stride
    print("%-10s %4d points, killed %3d times, %3.0f s" % (name, n - 1 - 2 * stride, points.deaths - deaths, time.monotonic() - began),
          flush=True)
    check(points.deaths > deaths, name, "has no points: is this the test build?")


class Storm:
    """While it blows the mux is killed again and again, each new one after `every` points."""

    def __init__(self, points, every):
        self.points, self.every, self.calm = points, every, threading.Event()
        self.thread = threading.Thread(target=self.blow)

    def blow(self):
        self.points.set(self.every)
        while not self.calm.wait(0.001):
            if self.points.left() == 0:
                self.points.deaths += 1
                self.points.set(self.every)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.calm.set()
        self.thread.join()
        self.points.set(0)


def storm(points, guest, name, act, every):
    deaths = points.deaths
    with Storm(points, every):
        act()
    scene.ping(guest, "%s, mux killed at each %d points" % (name, every), seconds=15)
    print("%-10s killed %3d times in one" % (name, points.deaths - deaths), flush=True)
    check(points.deaths - deaths > 2, name, "was not disturbed")


class Dimm:
    """Memory of the guest's, plugged and unplugged. The guest does not use it, so it can be taken away again."""

    def __init__(self, guest):
        self.guest, self.plugged, self.asked_s = guest, False, 0

    def there(self):
        return bool(self.guest.qmp("query-memory-devices"))

    def plug(self):
        self.guest.qmp("object-add", **{"qom-type": "memory-backend-memfd", "id": "more", "size": 128 << 20, "share": True})
        self.plugged = True
        self.guest.qmp("device_add", driver="pc-dimm", id="dimm", memdev="more")

    def gone(self):
        """Asks again only after a while: the guest may miss it while it takes the memory in, but a question too many would
        take away the next piece."""
        if self.there() and time.monotonic() > self.asked_s + 3:
            self.asked_s = time.monotonic()
            try:
                self.guest.qmp("device_del", id="dimm")
            except scene.GuestError as e:
                check("already in the process" in str(e) or "not found" in str(e), e)
        return not self.there()

    def unplug(self):
        self.asked_s = 0
        pair.within(20, "the guest's consent to give back memory", self.gone)
        self.guest.qmp("object-del", id="more")
        self.plugged = False


def switch():
    before = scene.live()
    rpc = pair.Rpc(before + "/viosd.sock")
    try:
        rpc.call("switch", adapter=scene.ADAPTER)
    except (RuntimeError, OSError):
        pass  # the mux was killed before it could answer
    finally:
        rpc.close()


def reboot(guest):
    guest.qmp("system_reset")
    guest.wait_boot()
    scene.address(guest)


def test(points):
    guest = scene.start(slots=6)
    try:
        guest.wait_boot()
        scene.address(guest)
        scene.ping(guest, "boot")
        pair.within(30, "a redundant pair", pair.redundant)
        dimm = Dimm(guest)
        every_point(points, guest, "rebind", lambda: guest.run(REBIND), 1 if LONG else 4)
        every_point(points, guest, "plug", dimm.plug, 1, lambda: dimm.plugged and dimm.unplug())
        every_point(points, guest, "unplug", dimm.unplug, 1 if LONG else 2, lambda: dimm.plugged or dimm.plug())
        every_point(points, guest, "switch", switch, 1 if LONG else 3,
                    lambda: pair.within(30, "a redundant pair", pair.redundant))
        for every in (7, 11, 13, 17, 19, 23) if LONG else (11,):
            storm(points, guest, "reboot", lambda: reboot(guest), every)
            storm(points, guest, "rebind", lambda: guest.run(REBIND), every)
        print("killed %d times in all" % points.deaths)
        log = scene.mux_log()
        check(log.count("client-connected") == 2, "the connection was made anew:", log.count("client-connected"))
        scene.guest_sound(guest)
    finally:
        points.set(0)
        guest.close()


COUNTED = Points()
pair.run_with_pair(lambda: test(COUNTED))
