#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 900
"""
A VIOS that answers wrong, late, never, in halves or with descriptors is dropped as a path, at whatever message it does so, and
comes back when it behaves again. As standby nobody notices; as the live one the other takes over. No buffer is
ever given back twice, the mux neither dies nor grows.
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from muxbench import ASAN_MUX, Bench, Client, LONG, Failed, check, main, wait_for  # noqa: E402

ADAPTER = "lpar1/eth0"
HANG_MS = 500  # what some of the faults cost, and what a busy machine seldom takes from a process
# What is done to the answer; n as in tests/lib/nback/nback.h.
SPOILT = [("half", 1), ("half", 11), ("half", 12), ("half", 17), ("wrong_request", 0), ("wrong_flags", 1),
          ("wrong_flags", 0xd), ("wrong_flags", 6), ("wrong_size", 0), ("wrong_size", 7), ("wrong_size", 272),
          ("wrong_size", 900), ("fds", 1), ("fds", 8), ("fds", 9), ("fds", 250), ("mute", 0)]
# Too few features or queues; an acknowledgement that says no.
REFUSED = [("wrong_value", 0, 1), ("wrong_value", 0, 2), ("wrong_value", 0, 4), ("wrong_value", 1, 5)]
OTHER = [("close", 0), ("deaf", 0), ("slow", 300), ("unasked", 1), ("unasked", 2000)]
# Of the set-up, those that are answered: features, protocol features, queues, owner, then the end of priming.
ANSWERED = [1, 2, 4, 5]
SET_UP = list(range(1, 14))


def plan():
    cases = [(k, n, at) for k, n in SPOILT for at in ANSWERED] + REFUSED
    cases += [(k, n, at) for k, n in OTHER for at in SET_UP]
    if LONG:
        return cases
    seed = int(os.environ.get("VIOS_SEED", os.getpid()))
    print("  VIOS_SEED=%d" % seed)
    kinds, draw = {(k, n) for k, n, _ in cases}, random.Random(seed)
    return [draw.choice([c for c in cases if c[:2] == kind]) for kind in sorted(kinds)]


def other(vios):
    return "vios2" if vios == "vios1" else "vios1"


def once(bench, vios, kind, n, at, request=0):
    bench.fault(vios, ADAPTER, kind, n=n, ms=n, at=at, request=request, times=1)


def hit(bench, vios):
    return bench.netd(vios, "status")["adapters"][0]


def standby(viomuxd=None):
    """At each message of the set-up; the client on the live path loses nothing."""
    with Bench([ADAPTER], viomuxd=viomuxd, queue_pairs=2, hang_ms=HANG_MS) as b:
        client = Client(b, ADAPTER)
        live = wait_for("two paths", lambda: b.settled(ADAPTER))
        bad, pids = other(live), b.processes("lpar1")
        before = b.footprint("lpar1")
        client.count()
        for kind, n, at in plan():
            connections, began = hit(b, bad)["connections"], time.monotonic()
            once(b, bad, kind, n, at)
            b.netd(bad, "hang_up", adapter=ADAPTER)
            what = "%s n=%d at message %d" % (kind, n, at)
            more = 1 if kind == "slow" else 2  # a slow one is only late
            wait_for("%s: dropped and tried again" % what, lambda: hit(b, bad)["connections"] >= connections + more)
            wait_for("%s: standby again" % what, lambda: b.settled(ADAPTER))
            if os.environ.get("VERBOSE"):
                print("  %s: %.2f s" % (what, time.monotonic() - began))
            check(b.live(ADAPTER) == live, "%s on the standby moved the live path" % what)
        b.fault(bad, ADAPTER, "none")
        result = client.count()
        print("  sent %d, lost %d, doubled %d, longest gap %.1f ms" % (
            result["sent"], result["lost"], result["duplicated"], result["gap_ms"]))
        check(result["lost"] <= b.no_buffer() and result["duplicated"] == 0 and not result["violations"], str(result))
        check(b.processes("lpar1") == pids, "the mux died and was started again")
        after = b.footprint("lpar1")
        check(after[0] == before[0], "descriptors: %d, then %d" % (before[0], after[0]))
        client.quit()
        b.stop_mux("lpar1")


LIVE = [("mute", 0), ("half", 5), ("half", 14), ("wrong_request", 0), ("wrong_flags", 1), ("wrong_size", 9),
        ("wrong_value", 1), ("fds", 1), ("fds", 250), ("close", 0), ("deaf", 0), ("unasked", 1), ("unasked", 2000)]
ENABLE, MEM_TABLE = 18, 5


def live_path(viomuxd=None):
    """While it is live: it is dropped, a path takes over, and what the client wanted is done there."""
    with Bench([ADAPTER], viomuxd=viomuxd, queue_pairs=2, hang_ms=HANG_MS) as b:
        client = Client(b, ADAPTER, "--need-reply")
        wait_for("two paths", lambda: b.settled(ADAPTER))
        pids = b.processes("lpar1")
        for i, (kind, n) in enumerate(LIVE):
            for request in (ENABLE, MEM_TABLE) if LONG else (ENABLE, MEM_TABLE)[i % 2:][:1]:
                live = wait_for("two paths", lambda: b.settled(ADAPTER))
                what = "%s n=%d, request %d, live" % (kind, n, request)
                client.do("hotplug 0")
                live = wait_for("two paths", lambda: b.settled(ADAPTER))
                connections = hit(b, live)["connections"]
                once(b, live, kind, n, 0, request)
                client.do("enable 0 1" if request == ENABLE else "hotplug 4")
                if request == ENABLE:
                    client.do("enable 0 0")
                    client.do("enable 0 1")
                wait_for("%s: dropped and tried again" % what, lambda: hit(b, live)["connections"] > connections)
                b.fault(live, ADAPTER, "none")
                # Mostly the other one; if that is just being told new memory, whichever is ready first.
                mark = "1" if wait_for("%s: two paths" % what, lambda: b.settled(ADAPTER)) == "vios1" else "2"
                result = b.frames(client, 0)
                check(result["marks"][mark] == result["received"] > 0 and result["lost"] <= b.no_buffer(),
                      "%s: then %s" % (what, result))
                check(result["violations"] == 0, "%s: buffers came back twice" % what)
        check(b.processes("lpar1") == pids, "the mux died and was started again")
        client.quit()
        b.stop_mux("lpar1")


def sanitized(test):
    return test(ASAN_MUX if os.path.exists(ASAN_MUX) else None)


def standby_sanitized():
    sanitized(standby)


def live_path_sanitized():
    sanitized(live_path)


main(*([standby, live_path] if LONG else []), standby_sanitized, live_path_sanitized)
