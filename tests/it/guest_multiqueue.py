#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
"""A real guest with two pairs of queues takes the second into use and out of it, again and again, under TCP traffic that
is compared byte by byte: beside a switch, the death of the live data plane and a kill of the mux. The traffic goes on
every time; the second pair carries frames both ways when it is in use, and none when it is not."""

import os
import signal
import subprocess
import sys
import time

os.environ["VIOS_LAB_QUEUE_PAIRS"] = "2"
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import pair  # noqa: E402
import scene  # noqa: E402
from scene import LONG, check  # noqa: E402

FLOWS = 4
ROUNDS = 20 if LONG else 2
PROGRESS_S = 60  # under emulation on a busy machine; what a fault costs is far less
ENOUGH = 400  # frames: the instants beside a measurement have up to 50
ECHO = r"""
import socket, threading
server = socket.create_server(("10.99.0.1", 5002), backlog=64)
print("listening", flush=True)
def serve(c):
    try:
        while data := c.recv(65536):
            c.sendall(data)
    except OSError:
        pass
    c.close()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""
# Each connection has a port of its own, so its frames may take any queue. What comes back must be what was sent.
FLOW = ("(n=0; while [ ! -e /tmp/stop ]; do "
        "if [ \"$(nc 10.99.0.1 5002 < /tmp/blob | md5sum)\" = \"$(cat /tmp/sum)\" ]; then n=$((n+1)); echo $n > /tmp/flow.%d; "
        "elif [ ! -e /tmp/stop ]; then echo broken >> /tmp/bad; fi; done) > /dev/null 2>&1 &")


class Flows:
    def __init__(self, guest):
        self.guest = guest
        self.server = subprocess.Popen([pair.LAB, "exec", "outside", "/usr/bin/python3", "-c", ECHO], stdout=subprocess.PIPE,
                                       text=True)
        check(self.server.stdout.readline().strip() == "listening", "the echo server does not start")
        guest.run("head -c 8192 /dev/urandom > /tmp/blob; md5sum < /tmp/blob > /tmp/sum")
        for k in range(FLOWS):
            guest.run("echo 0 > /tmp/flow.%d" % k)
            guest.run(FLOW % k)

    def counts(self):
        return [int(n or 0) for n in self.guest.run("cat " + " ".join("/tmp/flow.%d" % k for k in range(FLOWS)))[1].split()]

    def go_on(self, what):
        """Every flow completes two connections from now on: one of them began after now."""
        before = self.counts()
        try:
            pair.within(PROGRESS_S, "all flows' going on after " + what,
                        lambda: all(now >= then + 2 for now, then in zip(self.counts(), before)))
        except AssertionError:
            print("flows: %s, %d s ago %s\n%s" % (self.counts(), PROGRESS_S, before, self.guest.run(
                "netstat -tn; channels eth0; grep -A 1 ^Tcp: /proc/net/snmp")[1]))
            raise
        code, text = self.guest.run("cat /tmp/bad 2> /dev/null", check=False)
        check(code != 0, "connections broke at", what, text)

    def close(self):
        self.server.kill()
        self.server.wait()


def counters(text):
    return {name: int(value) for name, value in (line.rsplit(None, 1) for line in text.strip().splitlines())}


def channels(guest, n=None):
    """Takes n pairs into use; the driver's counters, before (of the pairs that were in use) and after."""
    text = guest.run("channels eth0; echo =; channels eth0" + (" %d" % n if n else ""))[1]
    before, after = (counters(half) for half in text.split("="))
    if n:
        check(after["combined"] == n, "%d pairs are in use instead of %d" % (after["combined"], n))
    return before, after


def frames(found, queue):
    return found["rx_queue_%d_packets" % queue], found["tx_queue_%d_packets" % queue]


def in_use(guest, flows, what):
    rx, tx = frames(channels(guest)[1], 1)

    def grown():
        now = frames(channels(guest)[1], 1)
        return now[0] > rx and now[1] > tx
    pair.within(PROGRESS_S, "frames both ways on the second pair, " + what, grown)
    flows.go_on(what)


class OnePair:
    """With the second pair out of use. The driver counts what came through it, but tells only when it is in use: so it
    is compared before and after, when a few frames pass in the instants beside; a share of the traffic does not."""

    def __init__(self, guest, what):
        self.guest, self.what = guest, what

    def __enter__(self):
        self.before = channels(self.guest, 1)[0]

    def __exit__(self, kind, *_):
        if kind:
            return
        pair.within(PROGRESS_S, "enough frames to judge, " + self.what, lambda: all(
            now - then > ENOUGH for now, then in zip(frames(channels(self.guest)[1], 0), frames(self.before, 0))))
        after = channels(self.guest, 2)[1]
        for way in (0, 1):
            first, second = (frames(after, q)[way] - frames(self.before, q)[way] for q in (0, 1))
            check(4 * second < first, "the second pair out of use had %d frames, the first %d (%s, %s)" % (
                second, first, self.what, ("received", "sent")[way]))


def toggle(guest, flows, what):
    with OnePair(guest, what):
        flows.go_on("with one pair, " + what)
    in_use(guest, flows, "with two pairs, " + what)


def both_ways(guest, flows, name, fault):
    """The fault while two pairs are in use, and while one is; the other comes back afterwards."""
    began = time.monotonic()
    fault()
    in_use(guest, flows, "with two pairs after " + name)
    pair.within(30, "a redundant pair", pair.redundant)
    with OnePair(guest, name):
        fault()
        flows.go_on("with one pair after " + name)
        pair.within(30, "a redundant pair", pair.redundant)
    in_use(guest, flows, "with two pairs again after " + name)
    print("%-8s ok %5.1f s" % (name, time.monotonic() - began), flush=True)


def kill_netd():
    before = scene.live()
    os.kill(pair.netd_of(before), signal.SIGKILL)
    pair.within(5, "takeover", lambda: scene.live() == pair.other(before))


def kill_mux():
    before = scene.muxes()
    check(before, "no mux runs")
    for pid in before:
        os.kill(pid, signal.SIGKILL)


def test():
    guest = scene.start(queue_pairs=2)
    flows = None
    try:
        guest.wait_boot()
        scene.address(guest)
        scene.ping(guest, "boot")
        pair.within(30, "a redundant pair", pair.redundant)
        found = channels(guest)[1]
        check(found["max_combined"] == 2, found)
        flows = Flows(guest)
        channels(guest, 2)
        in_use(guest, flows, "at first")
        began = time.monotonic()
        for _ in range(ROUNDS):
            toggle(guest, flows, "in peace")
        print("toggled  ok %5.1f s" % (time.monotonic() - began), flush=True)
        for name, fault in (("switch", scene.switch), ("kill", kill_netd), ("mux", kill_mux)) * (5 if LONG else 1):
            both_ways(guest, flows, name, fault)
        print("%d connections, all unchanged" % sum(flows.counts()))
        guest.run("touch /tmp/stop")
        check("client-refused" not in scene.mux_log(), "the mux refused QEMU")
        scene.guest_sound(guest)
    finally:
        if flows:
            flows.close()
        guest.close()


pair.run_with_pair(test)
