#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""
A client's adapters come, change and go while its mux runs, as the viosds tell it: another adapter under traffic loses nothing; a
removed one's rings are released first, and nothing of it is left; a mux that is killed at any point of this goes on; what a mux
has heard survives its end, stale and hostile notes do not move it.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "mux_lib"))
import rig  # noqa: E402
from points import HANG_MS, Points, every_point, sound, works  # noqa: E402
from rig import call, check, running, within  # noqa: E402

STRIDE = 1 if rig.LONG else 5  # of the points
BOTH = ("vios1", "vios2")


def adapter(name, number, **profile):
    return {"name": name, "type": "ethernet", "id": number, "mac": "02:00:00:00:01:%02x" % number,
            "preferred": "vios1", "profile": profile}


class Pair:
    """What both fake VIOS know of the client."""

    def __init__(self, r):
        self.rig, self.version, self.next_id = r, 0, 100
        self.adapters = [adapter("eth0", 1)]

    def note(self, **more):
        self.version += 1
        return {"epoch": 1, "version": self.version, "client": {"name": "lpar1", "adapters": self.adapters}, **more}

    def say(self, note, quiet=False, to=BOTH):
        for vios in to:
            call("%s/%s/viosd.sock" % (self.rig.dir, vios), "set_client", note=note, quiet=quiet)

    def netd(self, method, name):
        for vios in BOTH:
            call("%s/%s/netd.sock" % (self.rig.dir, vios), method, adapter="lpar1/" + name)

    def add(self, name):
        self.next_id += 1
        self.adapters = self.adapters + [adapter(name, self.next_id)]
        self.netd("add", name)
        self.say(self.note())
        return self.next_id

    def remove(self, name):
        self.adapters = [a for a in self.adapters if a["name"] != name]
        self.say(self.note())


def listed(r):
    """The adapters by name, or None while the mux is restarted."""
    try:
        return {a["adapter"].split("/")[1]: a for a in call(r.dir + "/clients/lpar1/mux.sock", "status")["adapters"]}
    except (OSError, AssertionError, ValueError):
        return None


def listens(r, name):
    return os.path.exists("%s/clients/lpar1/%s.sock" % (r.dir, name))


def descriptors(r):
    return sorted(os.readlink("/proc/%d/fd/%s" % (r.mux.pid, fd)).split(":[")[0]
                  for fd in os.listdir("/proc/%d/fd" % r.mux.pid))


def gone(r, name):
    def is_gone():
        there = listed(r)
        return there is not None and name not in there and not listens(r, name)
    within(5, name + " gone", is_gone)


def beside_traffic():
    """eth1 comes, works, goes, ten times, while eth0 carries traffic; nothing of eth0 is lost, nothing of eth1 is left."""
    with running(hang_ms=5000) as r:
        pair = Pair(r)
        first = rig.Front(r)
        r.wait_begun("vios1")
        pair.say(pair.note())
        before = None
        waits = []
        first.count()
        for _ in range(10):
            starved, began = r.starved(first), time.monotonic()
            number = pair.add("eth1")
            within(5, "eth1 listens", lambda: listens(r, "eth1"))
            waits.append(max(0.0, (time.monotonic() - began) * 1e3 - starved.ms()))
            r.wait_phase("vios2", "ready", adapter="lpar1/eth1")
            check(listed(r)["eth1"]["id"] == number, listed(r))
            second = rig.Front(r, adapter="eth1")
            r.wait_begun("vios1", adapter="lpar1/eth1")
            within(5, "eth1 carries frames", lambda: r.vios_status("vios1", "lpar1/eth1")["frames"] > 20)
            pair.remove("eth1")
            gone(r, "eth1")
            released = r.vios_status("vios1", "lpar1/eth1")
            check(released["released"] and not released["started"], "rings were not released", released)
            pair.netd("remove", "eth1")
            second.process.kill()
            second.process.wait()
            now = within(5, "descriptors at rest", lambda: descriptors(r))
            if before is None:
                before = now
            within(5, "no descriptor is left", lambda: descriptors(r) == before)
        count = first.count()
        starved = r.vios_status("vios1")["no_buffer"]
        waits.sort()
        print("     from command to socket, with four calls to two fake VIOS in it, without the time that others took: median %.1f ms, worst %.1f of %d"
              % (waits[len(waits) // 2], waits[-1], len(waits)))
        check(waits[len(waits) // 2] < 50, "adapters took", waits, "ms")
        check(count["lost"] <= starved and count["violations"] == 0 and count["received"] > 1000, count, starved)
        check(r.live() == "vios1", r.status())
        first.end()


def same_name_again():
    """Under its name another adapter: it waits until the first one is gone, and has an id of its own. Both in one change."""
    with running(hang_ms=5000) as r:
        pair = Pair(r)
        pair.add("eth1")
        r.wait_phase("vios1", "ready", adapter="lpar1/eth1")
        front = rig.Front(r, adapter="eth1")
        r.wait_begun("vios1", adapter="lpar1/eth1")
        pair.adapters = [pair.adapters[0], adapter("eth1", 177)]
        pair.say(pair.note())
        within(5, "another eth1", lambda: (listed(r) or {}).get("eth1", {}).get("id") == 177)
        front.process.kill()
        front.process.wait()
        r.wait_phase("vios1", "ready", adapter="lpar1/eth1")
        front = rig.Front(r, adapter="eth1")
        r.wait_begun("vios1", adapter="lpar1/eth1")
        front.end()


def one_at_a_time():
    """A removed adapter whose owner does not release goes when that owner is dead, not before."""
    with running(hang_ms=60000) as r:
        pair = Pair(r)
        front = rig.Front(r)
        r.wait_begun("vios1")
        call(r.dir + "/vios1/netd.sock", "fault", kind="release_mute", n=1)
        pair.adapters = []
        pair.say(pair.note())
        r.wait_phase("vios1", "releasing")
        time.sleep(0.5)
        check(r.phase("vios1") == "releasing" and listens(r, "eth0"), "gone without a proof", r.status())
        r.kill_vios("vios1")
        gone(r, "eth0")
        check(r.mux.poll() is None, "the mux of a client without adapters has ended")
        front.process.kill()
        front.process.wait()


def profile():
    """A profile that changes under a client waits for its next connection, and says so."""
    with running(hang_ms=5000) as r:
        pair = Pair(r)
        front = rig.Front(r)
        r.wait_begun("vios1")
        check(not r.status()["profile_pending"], r.status())
        front.count()
        pair.adapters = [adapter("eth0", 1, version=2, queue_pairs=2, ring_size=512,
                                 features=["VIRTIO_NET_F_MQ", "VIRTIO_NET_F_CTRL_VQ"],
                                 protocol_features=["VHOST_USER_PROTOCOL_F_MQ"])]
        pair.say(pair.note())
        within(5, "pending", lambda: r.status()["profile_pending"])
        works(r)
        count = front.count()
        check(count["violations"] == 0 and count["lost"] <= r.vios_status("vios1")["no_buffer"], count)
        front.end()
        within(5, "no longer pending", lambda: not r.status()["profile_pending"])
        r.wait_phase("vios1", "ready")
        front = rig.Front(r, "--pairs", "2")
        works(r)
        front.end()


def what_was_heard():
    """The newest word counts, survives the mux, and rubbish does not move it."""
    with running(hang_ms=5000) as r:
        pair = Pair(r)
        stale = pair.note()
        pair.add("eth1")
        within(5, "eth1", lambda: listens(r, "eth1"))
        pair.say(stale)
        for bad in (7, [], {}, {"epoch": 9, "version": 9}, {"epoch": 9, "version": 9, "client": {"name": "lpar2", "adapters": []}},
                    {"epoch": -9, "version": 9, "client": None},
                    {"epoch": 9, "version": 9, "client": {"name": "lpar1", "adapters": [adapter("eth0", 1)] * 17}},
                    {"epoch": 9, "version": 9, "client": {"name": "lpar1", "adapters": [{"name": "../x", "id": 1}]}}):
            pair.say(bad)
        os.kill(r.mux_pid(), 9)
        within(5, "the next mux", lambda: listed(r) is not None)
        check(set(listed(r)) == {"eth0", "eth1"}, listed(r))
        check("client-note-refused" in r.log(), "rubbish was not named in the log")
        pair.say(pair.note(client=None))
        gone(r, "eth0")
        gone(r, "eth1")
        check(r.mux.poll() is None, "the mux has ended by itself")


def cold():
    """frame.json does not know the client: a viosd that does is waited for; one that knows no such client ends the mux."""
    with running(up=False, hang_ms=5000, adapters=()) as r:
        with open(r.dir + "/frame.json", encoding="utf-8") as file:
            text = file.read().replace('"lpar1"', '"lpar9"')
        with open(r.dir + "/frame.json", "w", encoding="utf-8") as file:
            file.write(text)
        r.start_mux()
        within(5, "it says that it waits", lambda: "waiting" in r.log())
        time.sleep(2.5)
        check(r.mux.poll() is None and r.log().count("waiting") == 1, r.log())
        r.start_vios("vios1")
        pair = Pair(r)
        within(5, "vios1's viosd", lambda: os.path.exists(r.dir + "/vios1/viosd.sock"))
        call(r.dir + "/vios1/netd.sock", "add", adapter="lpar1/eth0")
        pair.say(pair.note(), to=("vios1",))
        within(5, "its adapter", lambda: "eth0" in (listed(r) or {}))
        r.wait_phase("vios1", "ready")
        front = rig.Front(r)
        r.wait_live("vios1")
        front.end()
        r.mux.terminate()
        check(r.mux.wait(rig.HOPELESS_S) == 0, "exit", r.mux.returncode)
        pair.say(pair.note(client=None), to=("vios1",))
        before = len(r.log().splitlines())
        began = time.monotonic()
        r.start_mux()
        check(r.mux.wait(rig.HOPELESS_S) == 1, "exit", r.mux.returncode)
        said = r.log().splitlines()[before:]
        check(len(said) == 1 and said[0].startswith("viomuxd: client lpar1 is in neither"), said)
        print("     refused after %.1f s" % (time.monotonic() - began))


def killed_at_every_point():
    """... of an adapter's coming and going."""
    points = POINTS
    with running(program="viomuxd-faults", env={"VIOS_MUX_FAULT": points.path}, hang_ms=HANG_MS) as r:
        pair = Pair(r)
        first = rig.Front(r)
        works(r)
        first.count()

        def come(n):
            points.set(n)
            pair.add("eth1")
            within(5, "eth1", lambda: listens(r, "eth1") and "eth1" in (listed(r) or {}))
            r.wait_phase("vios1", "ready", adapter="lpar1/eth1")
            r.wait_phase("vios2", "ready", adapter="lpar1/eth1")
            left = points.left()
            points.set(0)
            pair.remove("eth1")
            gone(r, "eth1")
            pair.netd("remove", "eth1")
            points.set(left)

        def go(n):
            points.set(0)
            pair.add("eth1")
            r.wait_phase("vios2", "ready", adapter="lpar1/eth1")
            second = rig.Front(r, adapter="eth1")
            r.wait_begun("vios1", adapter="lpar1/eth1")
            points.set(n)
            pair.remove("eth1")
            gone(r, "eth1")
            check(not r.vios_status("vios1", "lpar1/eth1")["started"], "its rings are not released")
            left = points.left()
            points.set(0)
            pair.netd("remove", "eth1")
            second.process.kill()
            second.process.wait()
            points.set(left)

        every_point(points, "coming", come, STRIDE)
        every_point(points, "going", go, STRIDE)
        check(r.log().count(" restarted ") >= 10, "the mux was not killed", r.log().count(" restarted "))
        works(r)
        sound(first)
        check("client-gone adapter=lpar1/eth0" not in r.log(), "eth0's client lost its connection")
        first.end()


POINTS = Points()
rig.run([beside_traffic, same_name_again, one_at_a_time, profile, what_was_heard, cold, killed_at_every_point])
