#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""
The mux is killed at every single point of what it does, one after the other: while a client sets up, resets, stops, starts, plugs
memory, switches queue pairs, leaves; while rings are moved by request and by the death of a VIOS. The client keeps its connection
and works afterwards, every time, and no ring is ever served by two.

Points are counted by the test build of the mux (fault.c): the n-th one from a command on kills it; n grows until a command has
fewer.
"""
import atexit
import mmap
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "mux_lib"))
import rig  # noqa: E402
from rig import check, running, within  # noqa: E402

STRIDE = 1 if rig.LONG else 3  # of the points
TWO_PAIRS = {"queue_pairs": 2, "protocol_features": ["VHOST_USER_PROTOCOL_F_MQ", "VHOST_USER_PROTOCOL_F_REPLY_ACK"],
             "features": ["VIRTIO_F_VERSION_1", "VIRTIO_RING_F_EVENT_IDX", "VIRTIO_NET_F_MRG_RXBUF", "VIRTIO_NET_F_CTRL_VQ",
                          "VIRTIO_NET_F_MQ"]}


class Points:
    """The counter that the test build of the mux takes one off at each point."""

    def __init__(self):
        self.path = "/tmp/vios-mux-points-%d" % os.getpid()
        with open(self.path, "wb") as file:
            file.write(bytes(4096))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 4096)

    def set(self, n):
        self.map[:8] = struct.pack("=Q", n)

    def left(self):
        return struct.unpack("=Q", self.map[:8])[0]

    def end(self):
        os.unlink(self.path)


def frames(r):
    """How many frames each VIOS that is there has echoed."""
    found = {}
    for vios in ("vios1", "vios2"):
        try:
            found[vios] = r.vios_status(vios)["frames"]
        except (OSError, AssertionError, ValueError):
            pass
    return found


def works(r):
    """Frames pass, through one VIOS alone. Its name."""
    end = time.monotonic() + 3  # far less than the hang time: nothing is mended by a timeout
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


def every_point(r, points, what, act):
    """act(n) with the mux killed at its n-th point."""
    n = 1
    while True:
        points.set(n)
        act(n)
        if points.left():
            break
        n += STRIDE
    points.set(0)
    print("     %-10s %4d points" % (what, n - 1), flush=True)
    check(n > 4, what, "has no points: is this the test build?")


def restart_rig(points):
    return running(program="viomuxd-faults", profile=TWO_PAIRS, env={"VIOS_MUX_FAULT": points.path}, hang_ms=10000)


def client_commands():
    points = POINTS
    with restart_rig(points) as r:
        front = rig.Front(r, "--pairs", "2", "--need-reply")
        works(r)
        for command in ("reset", "hotplug 2", "enable 1 0", "enable 1 1", "stop", "start"):
            def act(n, command=command):
                front.do("start" if command == "stop" else "stop" if command == "start" else "reset")
                if command != "start":
                    works(r)
                points.set(n)
                front.do(command)
                if command != "stop":
                    works(r)
            every_point(r, points, command, act)
            front.do("reset")
        sound(front)
        check("client-gone" not in r.log() and "client-refused" not in r.log(), "the client lost its connection")
        front.end()


def set_up():
    points = POINTS
    with restart_rig(points) as r:
        def act(n):
            front = rig.Front(r, "--pairs", "2", "--need-reply")
            works(r)
            front.do("stop")
            front.end()
        every_point(r, points, "set-up", act)


def moves():
    points = POINTS
    with restart_rig(points) as r:
        front = rig.Front(r, "--pairs", "2")
        works(r)

        def switch(n):
            to = "vios2" if works(r) == "vios1" else "vios1"
            r.wait_phase(to, "ready")
            points.set(n)
            try:
                r.switch(to=to)
            except (OSError, AssertionError, ValueError, RuntimeError):
                pass  # the mux was killed before it could answer
            works(r)
        every_point(r, points, "switch", switch)

        def loss(n):
            old = works(r)
            r.wait_phase("vios2" if old == "vios1" else "vios1", "ready")
            points.set(n)
            r.kill_vios(old)
            within(5, "another live path", lambda: r.live() not in (None, old))
            works(r)
            r.start_vios(old)
            r.wait_phase(old, "ready")
        every_point(r, points, "loss", loss)
        sound(front)
        check("client-gone" not in r.log(), "the client lost its connection")
        front.end()


def under_load():
    """SIGKILL at any time under traffic: nothing is lost, the live path is the same."""
    with running(hang_ms=1000) as r:
        front = rig.Front(r)
        r.wait_live("vios1")
        worst = 0
        front.count()
        for _ in range(200 if rig.LONG else 20):
            pid = r.mux_pid()
            began = time.monotonic()
            os.kill(pid, 9)
            within(5, "another mux", lambda: r.mux_pid() not in (None, pid) and r.status() is not None)
            worst = max(worst, time.monotonic() - began)
            time.sleep(0.02)
        check(r.live() == "vios1", r.status())
        count = front.count()
        # a fake VIOS that the machine starved finds the client's ring full
        starved = r.vios_status("vios1")["no_buffer"]
        check(count["lost"] <= starved and count["violations"] == 0, count, starved)
        print("     worst restart until it answers: %.1f ms" % (worst * 1e3))
        front.end()


POINTS = Points()
atexit.register(POINTS.end)
rig.run([client_commands, set_up, moves, under_load])
