#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 300
"""
QEMU never waits for a VIOS that is not live: with a standby that is stopped, mute, deaf, slow or silent after half a message,
each of the client's messages is answered within 50 ms; SET_MEM_TABLE and GET_VRING_BASE, which a live path must process,
within 150 ms; without the time for which the processes that take part had no processor. With no path alive nothing waits, and a client that resets, leaves or comes then works when a VIOS
does again.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from muxbench import Bench, Client, Failed, check, main, wait_for  # noqa: E402

ADAPTER = "lpar1/eth0"
HANG_MS = 1000  # so that a busy machine does not look like a hang; who waits for the standby waits for longer
LIMIT_MS, LIVE_MS = 50, 150
BY_THE_LIVE = {"SET_MEM_TABLE", "GET_VRING_BASE"}


def judge(client, what, starved, live=True):
    starved_ms = starved.ms()
    n = client.count()
    waits = n["waited_ms"]
    check(len(waits) >= 9, "%s: only these were answered: %s" % (what, waits))
    for request, ms in waits.items():
        limit = LIVE_MS if live and request in BY_THE_LIVE else LIMIT_MS
        check(ms <= limit + starved_ms, "%s: %s was answered after %.1f ms, %.1f of others" % (what, request, ms, starved_ms))
    print("  %s: slowest %s, others took %.1f ms" % (what, max((ms, r) for r, ms in waits.items()), starved_ms))
    return n


def everything(client):
    """Each message that a front end sends while it runs."""
    for command in ("enable 0 0", "enable 0 1", "hotplug 16", "hotplug 0", "reset", "stop", "start"):
        client.do(command)


def start_over(bench, vios):
    """The VIOS is new to the mux: its session begins in the state that the test made."""
    bench.netd(vios, "hang_up", adapter=ADAPTER)


def standby(make, undo, what):
    """Twice more if it was late: other processes' time is not the mux's."""
    for attempt in range(3):
        with Bench([ADAPTER], hang_ms=HANG_MS) as b:
            client = Client(b, ADAPTER, "--need-reply")
            live = wait_for("two paths", lambda: b.settled(ADAPTER))
            other = "vios2" if live == "vios1" else "vios1"
            starved = b.starved(client)
            client.count()
            make(b, other)
            try:
                for _ in range(3):
                    everything(client)
                n = judge(client, what, starved)
            except Failed as e:
                print("  attempt %d: %s" % (attempt + 1, e))
                continue
            finally:
                undo(b, other)
            check(n["violations"] == 0 and n["duplicated"] == 0, str(n))
            check(b.live(ADAPTER) == live, "%s moved the live path" % what)
            wait_for("%s: standby again" % what, lambda: b.settled(ADAPTER))
            return
    raise Failed("%s: late three times" % what)


def clear(bench, vios):
    bench.fault(vios, ADAPTER, "none")


def stopped():
    standby(lambda b, v: b.stop_vios(v), lambda b, v: b.nback[v].send_signal(signal.SIGCONT),
            "stopped standby")


def stopped_in_greeting():
    def make(b, v):
        start_over(b, v)
        b.stop_vios(v)
    standby(make, lambda b, v: b.nback[v].send_signal(signal.SIGCONT), "standby stopped while it is greeted")


def faulty(kind, what, **more):
    def make(b, v):
        b.fault(v, ADAPTER, kind, **more)
        start_over(b, v)
    standby(make, clear, what)


def mute():
    faulty("mute", "mute standby")


def deaf():
    faulty("deaf", "deaf standby")


def deaf_later():
    standby(lambda b, v: b.fault(v, ADAPTER, "deaf"), clear, "standby that reads nothing any more")


def slow():
    faulty("slow", "standby slow by 700 ms a message", ms=700)


def half():
    faulty("half", "half an answer from the standby", n=13)


def nobody():
    """With no path alive; and a client that resets, or is new, while none is, works when one comes back."""
    with Bench([ADAPTER], hang_ms=HANG_MS) as b:
        client = Client(b, ADAPTER, "--need-reply")
        wait_for("two paths", lambda: b.settled(ADAPTER))
        for v in b.vios:
            b.nback[v].kill()
            b.nback[v].wait()
        wait_for("no live path", lambda: b.live(ADAPTER) is None)
        starved = b.starved(client)
        client.count()
        for _ in range(3):
            everything(client)
        judge(client, "no path", starved, live=False)
        b.start_vios("vios1")
        wait_for("a live path", lambda: b.live(ADAPTER) == "vios1")
        frames(b, client, "after a reset without a path")
        b.nback["vios1"].kill()
        b.nback["vios1"].wait()
        wait_for("no live path", lambda: b.live(ADAPTER) is None)
        client.process.kill()
        client.process.wait()
        starved = b.starved(client)
        client = Client(b, ADAPTER, "--need-reply")  # its set-up is answered by nobody but the mux
        judge_set_up(client, starved.ms())
        b.start_vios("vios2")
        wait_for("a live path", lambda: b.live(ADAPTER) == "vios2")
        frames(b, client, "new while no path was there")


def judge_set_up(client, starved_ms):
    waits = client.count()["waited_ms"]
    check(len(waits) >= 9, "only these were answered: %s" % waits)
    for request, ms in waits.items():
        check(ms <= LIMIT_MS + starved_ms, "set-up with no path: %s was answered after %.1f ms" % (request, ms))


def frames(bench, client, what):
    n = bench.frames(client, 300)
    check(n["lost"] <= bench.no_buffer() and n["violations"] == 0, "%s: %s" % (what, n))


main(stopped, stopped_in_greeting, mute, deaf, deaf_later, slow, half, nobody)
