#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""
As mux_restart.py, with DPDK's virtio-user as the client: the mux is killed at every point while the client sets up, while its rings are
moved, and while it leaves. Its frames pass afterwards, every time.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "mux_lib"))
import rig  # noqa: E402
from points import HANG_MS, Points, every_point, works  # noqa: E402
from rig import check, running, within  # noqa: E402

STRIDE = 1 if rig.LONG else 11
NETNS = "vios-mux-%d" % os.getpid()


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL)


class Tap:
    """A TAP device in a namespace of its own, which sends 200 frames a second."""

    def __enter__(self):
        ip("netns", "add", NETNS)
        ip("-n", NETNS, "tuntap", "add", "tap0", "mode", "tap")
        ip("-n", NETNS, "link", "set", "tap0", "up")
        ip("-n", NETNS, "addr", "add", "10.98.0.1/24", "dev", "tap0")
        ip("-n", NETNS, "neigh", "add", "10.98.0.2", "lladdr", "02:00:00:00:00:77", "dev", "tap0")
        self.ping = subprocess.Popen(["ip", "netns", "exec", NETNS, "ping", "-q", "-i", "0.005", "10.98.0.2"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.ping.kill()
        self.ping.wait()
        subprocess.run(["ip", "netns", "del", NETNS], check=False)
        # `ip netns add` mounts this once and for all; without any namespace nobody needs it.
        if not os.listdir("/run/netns"):
            subprocess.run(["umount", "/run/netns"], check=False)


class Client:
    def __init__(self, r):
        self.log = open(r.dir + "/client.log", "ab")
        self.process = subprocess.Popen(
            [rig.BUILD + "/tests/lab/lab-tapclient", "--socket", r.dir + "/clients/lpar1/eth0.sock",
             "--mac", "02:00:00:00:00:01", "--tap", "tap0", "--netns", "/run/netns/" + NETNS,
             "--file-prefix", NETNS, "--no-huge"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def end(self):
        self.process.terminate()
        check(self.process.wait(rig.HOPELESS_S) is not None, "the client does not end")
        self.log.close()

    def alive(self):
        check(self.process.poll() is None, "the client has ended")


def dpdk_client():
    points = Points()
    with Tap(), running(program="viomuxd-faults", env={"VIOS_MUX_FAULT": points.path}, hang_ms=HANG_MS, unsealed=True) as r:
        def comes_and_goes(n):
            client = Client(r)
            within(10, "a live path", r.live)
            works(r)
            client.alive()
            client.end()
            within(5, "the client has gone", lambda: (r.status() or {}).get("client_connected") is False)
        every_point(points, "comes, goes", comes_and_goes, STRIDE)
        check(r.log().count("client-connected") >= 3, "the client was never there")

        client = Client(r)
        within(10, "a live path", r.live)

        def switch(n):
            to = "vios2" if works(r) == "vios1" else "vios1"
            r.wait_phase(to, "ready")
            points.set(n)
            try:
                r.switch(to=to)
            except (OSError, AssertionError, ValueError, RuntimeError):
                pass  # the mux was killed before it could answer
            works(r)
            client.alive()
        every_point(points, "switch", switch, max(1, STRIDE // 4))
        client.end()


rig.run([dpdk_client])
