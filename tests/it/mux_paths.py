#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""
The mux between a native driver and two fake VIOS, under traffic: loss, orderly switches, return, and VIOS that answer wrong, late, never
or with descriptors. The client must not notice more than a gap.
"""
import json
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "mux_lib"))
import rig  # noqa: E402
from rig import check, running, within  # noqa: E402

LATE_MS = rig.HANG_MS + 50
GAP_MS = 100
TWO_PAIRS = {"queue_pairs": 2, "protocol_features": ["VHOST_USER_PROTOCOL_F_MQ", "VHOST_USER_PROTOCOL_F_REPLY_ACK"],
             "features": ["VIRTIO_F_VERSION_1", "VIRTIO_RING_F_EVENT_IDX", "VIRTIO_NET_F_MRG_RXBUF", "VIRTIO_NET_F_CTRL_VQ",
                          "VIRTIO_NET_F_MQ"]}


def flows(front, seconds=0.3):
    """Frames pass now; a count of just this time, which is longer where nobody gets to run."""
    front.count()
    received, end = 0, time.monotonic() + rig.HOPELESS_S
    while not received:
        check(time.monotonic() < end, "no traffic")
        time.sleep(seconds)
        count = front.count()
        received = count["received"]
        check(count["violations"] == 0, "ring rules broken", count)
    return count


def kill_live():
    with running() as r:
        front = rig.Front(r)
        r.wait_begun("vios1")
        for turn in range(6):
            old = "vios1" if turn % 2 == 0 else "vios2"
            new = "vios2" if turn % 2 == 0 else "vios1"
            front.count()
            starved = r.starved(front)
            time.sleep(0.1)
            r.kill_vios(old)
            r.wait_live(new)
            within(5, "frames through " + new, lambda frames=r.vios_status(new)["frames"]: r.vios_status(new)["frames"] > frames + 100)
            count, starved_ms = front.count(), starved.ms()
            check(count["duplicated"] == 0 and count["violations"] == 0, count)
            check(count["marks"][new[-1]] > 0, "nothing through", new, count)
            check(count["gap_ms"] < GAP_MS + starved_ms, "a gap of", count["gap_ms"], "ms,", starved_ms, "of others")
            r.start_vios(old)
            r.wait_phase(old, "ready")
            check(r.live() == new, "it came back and took over")
        front.end()


def hints(r):
    """What the data planes that are there were told ahead of switches."""
    found = [r.vios_status(vios) for vios in ("vios1", "vios2") if r.vios_process[vios].poll() is None]
    return {k: sum(s[k] for s in found) for k in ("yields", "expects")}


def switches():
    with running() as r:
        front = rig.Front(r)
        r.wait_begun("vios1")
        for turn in range(100 if rig.LONG else 20):
            answer = r.switch()
            check(answer["to"] == ("vios2" if turn % 2 == 0 else "vios1"), answer)
            count = flows(front, 0.05)
            check(set(k for k, v in count["marks"].items() if v) == {answer["to"][-1]}, "two owners", count)
        began = hints(r)
        check(began["yields"] >= 20 and began["expects"] == began["yields"], began)
        check(r.switch(to="vios1")["to"] == "vios1", "a switch to where it is")
        check(hints(r) == began, "the client is held up for a switch that is none", hints(r), began)
        r.kill_vios("vios2")
        r.wait_phase("vios2", "absent")
        began = hints(r)
        try:
            r.switch(to="vios2")
            check(False, "switched to a VIOS that is not there")
        except RuntimeError as error:
            check("vios2" in str(error), error)
        check(hints(r) == began, "the client is held up for a switch that is refused", hints(r), began)
        check(r.live() == "vios1", "a refused switch moved something")
        flows(front)
        front.end()


def hung_and_released_late():
    """A live path that stops answering: rings move only when it is proven dead."""
    with running(hang_ms=1000) as r:
        front = rig.Front(r)
        r.wait_begun("vios1")
        r.wait_phase("vios2", "ready")
        r.kill_vios("vios1", signal.SIGSTOP)
        try:
            r.switch()
        except RuntimeError:
            pass
        r.wait_phase("vios1", "releasing")
        time.sleep(3 * LATE_MS / 1000)
        check(r.phase("vios1") == "releasing", "moved without proof:", r.status())
        check(r.live() is None, r.status())
        r.kill_vios("vios1")
        r.wait_live("vios2")
        flows(front)
        front.end()


def standby_faults():
    """Whatever the standby does, the client and the live path go on and every message is answered in time."""
    faults = [dict(kind="mute"), dict(kind="deaf"), dict(kind="slow", ms=500), dict(kind="half", n=5),
              dict(kind="wrong_request"), dict(kind="wrong_flags"), dict(kind="wrong_size", n=3),
              dict(kind="wrong_size", n=200), dict(kind="wrong_value", n=1), dict(kind="fds", n=1), dict(kind="fds", n=8),
              dict(kind="close"), dict(kind="unasked", n=3)]
    with running() as r:  # the hang time is the live path's: who waits for the standby waits for long
        front = rig.Front(r, "--need-reply")
        r.wait_begun("vios1")
        for fault in faults:
            r.wait_phase("vios2", "ready")
            front.count()
            starved = r.starved(front)
            r.fault("vios2", **fault)
            waited = front.do("hotplug 2")
            check(waited < 50 + LATE_MS + starved.ms(), fault, "made the client wait", waited, "ms")
            r.wait_begun("vios1")  # what was plugged before is unplugged first: rings stop and start
            count, starved_ms = front.count(), starved.ms()
            check(max(count["waited_ms"].values(), default=0) < 50 + starved_ms, fault, count["waited_ms"], starved_ms)
            check(count["gap_ms"] < GAP_MS + starved_ms and count["received"], fault, count, starved_ms)
            r.kill_vios("vios2")
            r.start_vios("vios2")
        front.end()


def live_faults():
    """A live path that answers wrong or not at all is lost; the client is answered in the hang time."""
    for fault in (dict(kind="mute"), dict(kind="wrong_request"), dict(kind="half", n=5), dict(kind="fds", n=2),
                  dict(kind="close"), dict(kind="wrong_size", n=3)):
        with running(hang_ms=rig.HANG_MS) as r:
            front = rig.Front(r, "--need-reply")
            live = within(5, "a live path", r.live)  # mostly vios1; not if the machine has kept it from running for the hang time
            r.fault(live, **fault)
            starved = r.starved(front)
            waited = front.do("hotplug 2")
            check(waited < 50 + LATE_MS + starved.ms(), fault, "made the client wait", waited, "ms")
            r.wait_live("vios2" if live == "vios1" else "vios1")
            flows(front)
            front.end()


def no_path():
    """With no VIOS at all everything is answered; traffic begins when one comes."""
    with running(up=False) as r:
        r.start_mux()
        front = rig.Front(r, "--need-reply")
        for command in ("stop", "start", "reset", "hotplug 2"):
            starved = r.starved(front)
            waited = front.do(command)
            check(waited < 50 + starved.ms(), command, "waited", waited, "ms")
        count = front.count()
        check(count["received"] == 0, count)
        r.start_vios("vios2")
        r.wait_live("vios2")
        flows(front)
        r.kill_vios("vios2")
        within(3, "no live path", lambda: r.live() is None)
        for command in ("stop", "start", "reset"):
            starved = r.starved(front)
            waited = front.do(command)
            check(waited < 50 + starved.ms(), command, "waited", waited, "ms")
        front.end()
        front = rig.Front(r)
        r.start_vios("vios1")
        r.wait_live("vios1")
        flows(front)
        front.end()


def lacks_features():
    with running(up=False) as r:
        r.start_vios("vios1")
        r.start_vios("vios2")
        within(3, "netd.sock", lambda: os.path.exists(r.dir + "/vios2/netd.sock"))
        rig.call(r.dir + "/vios2/netd.sock", "lacks", adapter=rig.ADAPTER, virtio=1 << 15, protocol=0)
        r.start_mux()
        r.wait_phase("vios1", "ready")
        r.wait_phase("vios2", "refused")
        reason = r.status()["paths"]["vios2"]["reason"]
        check("VIRTIO_NET_F_MRG_RXBUF" in reason, reason)
        front = rig.Front(r)
        r.wait_live("vios1")
        flows(front)
        # one that had all and comes back with less
        r.kill_vios("vios2")
        r.start_vios("vios2")
        r.wait_phase("vios2", "ready")
        rig.call(r.dir + "/vios2/netd.sock", "lacks", adapter=rig.ADAPTER, virtio=0, protocol=1 << 3)
        r.wait_phase("vios2", "refused")
        reason = r.status()["paths"]["vios2"]["reason"]
        check("VHOST_USER_PROTOCOL_F_REPLY_ACK" in reason, reason)
        check(r.live() == "vios1", r.status())
        flows(front)
        front.end()


def path_states():
    """The better state wins, an equal one stays, and a viosd that goes away moves nothing."""
    with running() as r:
        front = rig.Front(r)
        r.wait_begun("vios1")
        set_path = lambda vios, state: rig.call(  # noqa: E731
            "%s/%s/viosd.sock" % (r.dir, vios), "set_path", adapter=rig.ADAPTER, state=state)
        set_path("vios1", "active/non-optimized")
        r.wait_live("vios2")
        set_path("vios1", "active/optimized")
        time.sleep(0.3)
        check(r.live() == "vios2", "an equal path took over")
        set_path("vios2", "unavailable")
        r.wait_live("vios1")
        set_path("vios1", "transitioning")
        time.sleep(0.2)
        check(r.live() == "vios1", "moved to an unavailable path")
        flows(front)
        front.end()


def second_client():
    with running() as r:
        front = rig.Front(r)
        r.wait_begun("vios1")
        try:
            rig.Front(r)
            check(False, "a second client was let in")
        except AssertionError as error:
            check("does not come up" in str(error), error)
        flows(front)
        front.end()
        again = rig.Front(r)
        r.wait_begun("vios1")
        flows(again)
        again.end()


def guest_commands():
    """Reset, stop, hotplug and queue pairs on and off while rings run."""
    with running(profile=TWO_PAIRS) as r:
        front = rig.Front(r, "--pairs", "2")
        r.wait_begun("vios1")
        for command in ("reset", "stop", "start", "hotplug 2", "enable 1 0", "enable 1 1", "hotplug 2", "reset"):
            starved = r.starved(front)
            waited = front.do(command)
            check(waited < LATE_MS + starved.ms(), command, "waited", waited, "ms")
            if command != "stop":
                r.wait_begun("vios1")
                flows(front, 0.1)
        front.end()


def fake_framed(path):
    """Says hello to whoever connects, and nothing else."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(4)
    keep = []

    def serve():
        while True:
            conn, _ = listener.accept()
            keep.append(conn)
            line = json.loads(conn.makefile("r").readline())
            conn.sendall(json.dumps({"jsonrpc": "2.0", "id": line["id"], "result": {"dead": []}}).encode() + b"\n")

    threading.Thread(target=serve, daemon=True).start()


class Rest:
    """How often processes wake up, and how long they run, while nobody asks anything of them. Who is only kept from the processor by others
    has not been woken."""

    def __init__(self, pids):
        self.before = {pid: self.now(pid) for pid in pids}

    @staticmethod
    def now(pid):
        with open("/proc/%d/schedstat" % pid, encoding="ascii") as file:
            return status_sum(pid, "voluntary_ctxt"), int(file.read().split()[0]) / 1e6

    def since(self):
        """{pid: (wake-ups, ms)}"""
        return {pid: tuple(b - a for a, b in zip(before, self.now(pid))) for pid, before in self.before.items()}


def status_sum(pid, *names):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(names))


def idle_costs_nothing():
    with running() as r:
        fake_framed(r.dir + "/frame/framed.sock")
        front = rig.Front(r, rate=10)
        r.wait_begun("vios1")
        time.sleep(1)
        pids = {"the mux": r.mux_pid(), "its holder": r.mux.pid}
        for _ in range(3):  # a page that comes back from the disk is a wake-up, too: the quietest of some windows
            rest = Rest(pids.values())
            time.sleep(10)
            cost = rest.since()
            if all(woken < 10 and ms < 50 for woken, ms in cost.values()):
                break
        memory_kib = 0
        for who, pid in pids.items():
            woken, ms = cost[pid]
            anon, shared = status_sum(pid, "RssAnon"), status_sum(pid, "RssShmem")
            print("     %s: woken %d times in 10 s of rest, %.1f ms, %d KiB anonymous, %d KiB of journal" % (who, woken, ms, anon, shared))
            check(woken < 10, who, woken, "wake-ups in 10 s of rest")
            check(ms < 50, who, ms, "ms of work in 10 s of rest")
            memory_kib += anon + shared
        check(memory_kib < 2048, memory_kib, "KiB of both")
        front.end()


rig.run([kill_live, switches, hung_and_released_late, standby_faults, live_faults, no_path, lacks_features, path_states,
         second_client, guest_commands, idle_costs_nothing])
