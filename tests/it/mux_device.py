#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 300
"""
What a guest does to its NIC while it runs, with traffic: memory hotplug, queue pairs enabled and disabled, resets; each
followed by a switch, so that the standby must have learned it as well. Buffers lie in the plugged memory and in each pair.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from muxbench import Bench, Client, LONG, check, main, wait_for  # noqa: E402

ADAPTER = "lpar1/eth0"
ROUNDS = 50 if LONG else 3


def other(vios):
    return "vios2" if vios == "vios1" else "vios1"


def flows(bench, client, what, vios, lost=0):
    """Frames come back, from this VIOS only, and at most so many got lost since the last count."""
    n = client.count()
    check(n["lost"] <= lost + bench.no_buffer() and not n["duplicated"] and not n["violations"], "%s: %s" % (what, n))
    n = bench.frames(client, 150)
    mark = {"1": "vios1", "2": "vios2"}
    wrong = [v for m, v in mark.items() if n["marks"][m] and v != vios]
    check(n["lost"] <= bench.no_buffer() and not wrong, "%s, then: %s" % (what, n))


def switched(bench, client, what):
    live = wait_for("two paths", lambda: bench.settled(ADAPTER))
    client.count()
    bench.switch(ADAPTER, other(live))
    wait_for("%s: %s is live" % (what, other(live)), lambda: bench.live(ADAPTER) == other(live))
    flows(bench, client, "%s, a switch" % what, other(live))


def hotplug():
    with Bench([ADAPTER]) as b:
        client = Client(b, ADAPTER, "--event-idx", "--ring-size", "64")
        live = wait_for("two paths", lambda: b.settled(ADAPTER))
        for i in range(ROUNDS):
            client.do("hotplug %d" % (8 << i % 3))
            flows(b, client, "hotplug", live)
            switched(b, client, "hotplug")
            live = wait_for("two paths", lambda: b.settled(ADAPTER))
            client.do("hotplug 0")
            live = wait_for("two paths", lambda: b.settled(ADAPTER))
            flows(b, client, "unplug", live, lost=64)


def queue_pairs():
    with Bench([ADAPTER], queue_pairs=4) as b:
        client = Client(b, ADAPTER, "--event-idx", "--pairs", "4", rate=4000)
        wait_for("two paths", lambda: b.settled(ADAPTER))
        for i in range(ROUNDS):
            for pair in (1, 2, 3):
                client.do("enable %d 1" % pair)
            live = b.live(ADAPTER)
            flows(b, client, "four pairs", live)
            if i % 2:
                switched(b, client, "four pairs")
            for pair in (3, 2, 1):
                client.do("enable %d 0" % pair)
            flows(b, client, "one pair", b.live(ADAPTER), lost=40)  # they wait in the other pairs' rings
            if not i % 2:
                switched(b, client, "one pair")


def resets():
    with Bench([ADAPTER]) as b:
        client = Client(b, ADAPTER)
        wait_for("two paths", lambda: b.settled(ADAPTER))
        for i in range(ROUNDS):
            client.do("reset")
            live = wait_for("two paths", lambda: b.settled(ADAPTER))
            flows(b, client, "reset", live, lost=256)
            switched(b, client, "reset")
            client.do("stop")
            wait_for("no ring is live", lambda: b.live(ADAPTER) is None)
            client.do("start")
            live = wait_for("two paths", lambda: b.settled(ADAPTER))
            flows(b, client, "stop and start", live, lost=256)


main(hotplug, queue_pairs, resets)
