#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""
The mux is killed at every single point of what it does, one after the other: while a client sets up, resets, stops, starts, plugs
memory, switches queue pairs, leaves; while rings are moved by request and by the death of a VIOS. The client keeps its connection
and works afterwards, every time, and no ring is ever served by two.

Points are counted by the test build of the mux (tests/lib/mux_fault.c): the n-th one from a command on kills it; n grows until a command has
fewer.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "mux_lib"))
import rig  # noqa: E402
from points import HANG_MS, Points, every_point, sound, works  # noqa: E402
from rig import check, running, within  # noqa: E402

STRIDE = 1 if rig.LONG else 3  # of the points
TWO_PAIRS = {"queue_pairs": 2, "protocol_features": ["VHOST_USER_PROTOCOL_F_MQ", "VHOST_USER_PROTOCOL_F_REPLY_ACK"],
             "features": ["VIRTIO_F_VERSION_1", "VIRTIO_RING_F_EVENT_IDX", "VIRTIO_NET_F_MRG_RXBUF", "VIRTIO_NET_F_CTRL_VQ",
                          "VIRTIO_NET_F_MQ"]}


def restart_rig(points):
    return running(program="viomuxd-faults", profile=TWO_PAIRS, env={"VIOS_MUX_FAULT": points.path}, hang_ms=HANG_MS)


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
            every_point(points, command, act, STRIDE)
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
        every_point(points, "set-up", act, STRIDE)


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
        every_point(points, "switch", switch, STRIDE)

        def loss(n):
            old = works(r)
            r.wait_phase("vios2" if old == "vios1" else "vios1", "ready")
            points.set(n)
            r.kill_vios(old)
            within(5, "another live path", lambda: r.live() not in (None, old))
            works(r)
            r.start_vios(old)
            r.wait_phase(old, "ready")
        every_point(points, "loss", loss, STRIDE)
        sound(front)
        check("client-gone" not in r.log(), "the client lost its connection")
        front.end()


def under_load():
    """SIGKILL at any time under traffic: nothing is lost, the live path is the same."""
    with running() as r:
        front = rig.Front(r)
        r.wait_begun("vios1")
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
rig.run([client_commands, set_up, moves, under_load])
