#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 120
"""vios-framed with real processes: deaths at once, hangs killed, the last one spared, stalls forgiven, evictions."""
import os
import signal
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "framed_lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from frame import HANG_MS, HOPELESS_S, Frame, Plane, Refused, check, run_all  # noqa: E402
from starved import Starved  # noqa: E402

LONG = os.environ.get("VIOS_LONG") == "1"


def dead_note(mux, plane, within=HOPELESS_S):
    return mux.wait_note("dead", plane.is_me, within)


def death_is_told_at_once(args=()):
    with Frame(args=args) as frame:
        mux = frame.mux()
        times, proofs, others_ms = [], [], []
        for _ in range(100 if LONG else 10):
            plane = Plane(frame, "vios1")
            starved, began = Starved(frame.daemon.pid, plane.pid), time.monotonic()
            plane.signal(signal.SIGKILL)
            proofs.append(dead_note(mux, plane)["proof"])
            times.append((time.monotonic() - began) * 1e3)
            others_ms.append(starved.ms())
            plane.process.wait()
        print("    SIGKILL to note: median %.2f ms, worst %.2f ms, by futex %d of %d" % (
            statistics.median(times), max(times), proofs.count("futex"), len(proofs)))
        # Who was kept from the processor meanwhile sees both at once.
        check("the futexes were not the first to tell", proofs.count("futex") > (len(proofs) / 2 if max(others_ms) < 5 else 0))
        check("median over 20 ms", statistics.median(t - other for t, other in zip(times, others_ms)) < 20)
        check("deaths of late are not told to a new mux",
              {p.incarnation for p in frame.planes[-5:]} <= {d["incarnation"] for d in frame.mux().hello["dead"]})


def death_without_futex_waitv():
    death_is_told_at_once(["--futex-threads"])


def death_does_not_wait_for_memory():
    """The futex tells before the memory has been torn down; one look is enough that is not kept from the processor."""
    check("not by futex", any(told_by_futex() for _ in range(5)))


def told_by_futex():
    with Frame() as frame:
        mux, plane = frame.mux(), Plane(frame, "vios1")
        plane.rpc("touch", mb=512)
        began = time.monotonic()
        plane.signal(signal.SIGKILL)
        note = dead_note(mux, plane)
        told = (time.monotonic() - began) * 1e3
        plane.process.wait()
        gone = (time.monotonic() - began) * 1e3
        print("    with 512 MiB in 4 KiB pages: told after %.2f ms, gone after %.2f ms" % (told, gone))
        return note["proof"] == "futex" and told < gone


def a_hang_is_killed(mode):
    with Frame() as frame:
        mux, one, two = frame.mux(), Plane(frame, "vios1", mode), Plane(frame, "vios2", mode)
        frame.live(mux, one)
        time.sleep(1)
        starved, began = Starved(frame.daemon.pid), time.monotonic()
        one.signal(signal.SIGSTOP)
        dead_note(mux, one)
        took = (time.monotonic() - began) * 1e3
        print("    %s: SIGSTOP to note %.0f ms (hang time %d)" % (mode, took, HANG_MS))
        check("killed too soon", took > HANG_MS * 0.7)
        check("killed too late", took - starved.ms() < HANG_MS * 2 + 400)
        check("the wrong one died", two.alive())


def a_hung_poller_is_killed():
    a_hang_is_killed("poll")


def a_hung_sleeper_is_killed():
    a_hang_is_killed("sleep")


def one_spinning_worker_is_a_hang():
    with Frame() as frame:
        mux, one, two = frame.mux(), Plane(frame, "vios1", workers=3), Plane(frame, "vios2")
        one.rpc("fault", what="spin", worker=1)
        dead_note(mux, one)
        check("the wrong one died", two.alive())


def the_last_one_is_spared_until_the_last_resort():
    with Frame(last_resort_ms=1500) as frame:
        mux, one = frame.mux(), Plane(frame, "vios1")
        frame.live(mux, one)
        began = time.monotonic()
        one.signal(signal.SIGSTOP)
        mux.wait_note("suspect", lambda p: p["report"] == "last-hung" and one.is_me(p))
        print("    reported after %.2f s" % (time.monotonic() - began))
        check("not in the status", frame.status()["planes"][0]["report"] == "last-hung")
        dead_note(mux, one)
        took = time.monotonic() - began
        check("killed after %.2f s, before the last resort" % took, took >= 1.5)
        print("    killed after %.2f s" % took)


def a_stall_of_all_kills_nobody():
    with Frame() as frame:
        planes = [Plane(frame, vios, mode) for vios, mode in (("vios1", "poll"), ("vios2", "sleep"))]
        mux = frame.mux()
        frame.live(mux, planes[0])
        for plane in planes:
            plane.signal(signal.SIGSTOP)
        time.sleep(2.5 * HANG_MS / 1e3)
        for plane in planes:
            plane.signal(signal.SIGCONT)
        time.sleep(2 * HANG_MS / 1e3)
        check("somebody was killed", all(p.alive() for p in planes))
        check("still suspected", all(p["state"] == "watched" for p in frame.status()["planes"]))


def a_stall_of_the_host_kills_nobody():
    with Frame() as frame:
        planes = [Plane(frame, vios) for vios in ("vios1", "vios2")]
        frame.daemon.send_signal(signal.SIGSTOP)
        planes[0].signal(signal.SIGSTOP)  # this one is continued last
        time.sleep(2.5 * HANG_MS / 1e3)
        frame.daemon.send_signal(signal.SIGCONT)
        time.sleep(HANG_MS / 1e3 * 0.4)
        planes[0].signal(signal.SIGCONT)
        time.sleep(2 * HANG_MS / 1e3)
        check("somebody was killed", all(p.alive() for p in planes))
        check("the oversleep was not noticed", frame.status()["overslept"] > 0)


def evictions_go_by_the_rules():
    with Frame() as frame:
        mux, one = frame.mux(), Plane(frame, "vios1")
        ask = {"vios": "vios1", "plane": "netd", "incarnation": one.incarnation, "reason": "hung up, holds a ring"}
        refused(mux, ask, "the last that serves")
        two = Plane(frame, "vios2")
        check("not killed", mux.call("evict", ask) == {"killed": True})
        dead_note(mux, one)
        one.process.wait()
        check("asked twice", mux.call("evict", ask) == {"killed": True})
        refused(mux, dict(ask, incarnation="00000000000000aa"), "is not watched")
        try:
            mux.call("fence", {"vios": "vios2", "action": "off"})
            raise AssertionError("the last VIOS was fenced")
        except Refused as refusal:
            check(str(refusal), "the last that serves" in str(refusal))
        check("killed", two.alive())
        three = Plane(frame, "vios1")
        check("not fenced", mux.call("fence", {"vios": "vios2", "action": "off"}) == {"killed": True})
        check("the wrong one", three.alive())
        check("still on", mux.call("fence", {"vios": "vios2", "action": "status"}) == {"on": False})


def refused(mux, ask, words):
    try:
        mux.call("evict", ask)
    except Refused as refusal:
        check("%r says not %r" % (str(refusal), words), words in str(refusal))
        return
    raise AssertionError("the eviction was not refused")


def the_holdoff_separates_kills():
    with Frame(holdoff_ms=60000) as frame:
        mux, one, two = frame.mux(), Plane(frame, "vios1"), Plane(frame, "vios2")
        one.signal(signal.SIGSTOP)
        dead_note(mux, one)
        three, fds = Plane(frame, "vios1"), two.descriptors()
        two.signal(signal.SIGSTOP)
        mux.wait_note("suspect", lambda p: p["report"] == "held-off" and two.is_me(p))
        frame.restart()  # a new life remembers the kill
        mux = frame.mux()
        two.register(fds)  # a stopped process does not answer for itself; its viosd does
        mux.wait_note("suspect", lambda p: p["report"] == "held-off" and two.is_me(p))
        check("killed", two.alive() and three.alive())


def idle_it_sleeps():
    with Frame() as frame:
        for vios in ("vios1", "vios2"):
            Plane(frame, vios, "sleep")
        time.sleep(2)
        rates = []
        while not rates or (rates[-1] >= 20 and len(rates) < 6):  # who answers late is looked at more often
            before, began = switches(frame.daemon.pid), time.monotonic()
            time.sleep(4)
            rates.append((switches(frame.daemon.pid) - before) / (time.monotonic() - began))
        print("    %s wake-ups a second for two sleeping VIOS" % ", ".join("%.1f" % r for r in rates))
        check("too many", rates[-1] < 20)


def switches(pid):
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, task), encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("voluntary"))
    return total


run_all([death_is_told_at_once, death_without_futex_waitv, death_does_not_wait_for_memory, a_hung_poller_is_killed,
         a_hung_sleeper_is_killed, one_spinning_worker_is_a_hang, the_last_one_is_spared_until_the_last_resort,
         a_stall_of_all_kills_nobody, a_stall_of_the_host_kills_nobody, evictions_go_by_the_rules,
         the_holdoff_separates_kills, idle_it_sleeps])
