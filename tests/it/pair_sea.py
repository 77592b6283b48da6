#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
"""
The roles of a SEA on a real pair under traffic in 8 VLANs, set by viosctl: two sides that share have 4 VLANs each; an operator's
ha_mode moves all to one side and back without loss. With VIOS_LONG=1 also: one that dies leaves all to the other one and gets its
own back without loss, more rounds, and a side whose netaddr does not answer is left. In each VLAN two clients talk with each other, and one with the
outside. Times are printed; that nothing is lost, and nothing comes twice, is judged.
"""
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
os.environ["VIOS_LAB_CLIENTS"] = "0"  # those of the lab are too heavy to have 16 of
sys.path.insert(0, os.path.join(os.environ["VIOS_TOP"], "tests/lib"))
from pair import DIR, PATIENCE_S, RUN, Rpc, eventually, lab, lab_processes, other, redundant, run_with_pair, status  # noqa: E402
from starved import waited_ns  # noqa: E402

BUILD = os.environ["VIOS_BUILD"]
LONG = os.environ.get("VIOS_LONG") == "1"
VLANS = [1, 11, 12, 13, 14, 15, 16, 17]
NAMES = ("vios1", "vios2")
TARGET, INTERVAL_MS, MISSES = "10.99.0.1", 100, 3
SWITCH_NETNS = "vios-%s-sw" % os.environ["VIOS_LAB"]
ENDS = ("near", "far")
ATTEMPTS = 3


def ctl(*words):
    done = subprocess.run([os.path.join(BUILD, "vios-core/cli/viosctl"), "--run", RUN, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, "%s: %s" % (words, done.stdout)
    return done.stdout


def sea(*attrs, vios=None):
    ctl("chdev", *(["--vios", vios] if vios else []), "-dev", "sea0", "-attr", *attrs)


def make_clients():
    """Two partitions with an adapter in each VLAN, and their muxes, which the frame's supervisor starts."""
    for end, name in enumerate(ENDS):
        ctl("mkclient", "-name", name)
        for i, vlan in enumerate(VLANS):
            ctl("mkvadapter", "-client", name, "-type", "ethernet", "-name", "eth%d" % i, "-preferred", NAMES[i % 2],
                "-mac", "02:76:69:%02x:00:%02x" % (end + 1, i), "-attr", "pvid=%d" % vlan)
        argv = [os.path.join(BUILD, "ha/mux/viomuxd"), "--client", name, "--run", RUN]
        with open("%s/frame/.mux-%s" % (DIR, name), "w", encoding="ascii") as f:
            f.write("%s/log/mux-%s.log\n" % (DIR, name) + "".join(word + "\n" for word in argv))
        os.rename("%s/frame/.mux-%s" % (DIR, name), "%s/frame/children/mux-%s" % (DIR, name))
    for name in ENDS:
        for i in range(len(VLANS)):
            eventually("a mux listens", lambda n=name, k=i: os.path.exists("%s/clients/%s/eth%d.sock" % (RUN, n, k)))


RATE = 250  # frames a second of each flow


def drops():
    """(VIOS, adapter, reason): how many frames its data plane has dropped."""
    found = {}
    for vios in NAMES:
        try:
            rpc = Rpc(vios + "/netd.sock")
            seen = rpc.call("status")
            rpc.close()
        except OSError:
            continue  # it is not there
        named = {"uplink": seen["uplink"], "trunk": seen["trunk"], **{a["adapter"]: a for a in seen["adapters"]}}
        for name, counters in named.items():
            found.update({(vios, name, reason): n for reason, n in (counters or {}).get("drops", {}).items() if n})
    return found


def waited():
    """Of the data planes that there are."""
    return {pid: waited_ns(pid) for pid in lab_processes("vios-netd")}


class Traffic:
    """test-vlans; like the other instruments it comes first, for it must not be what is measured."""

    def __init__(self):
        first = ["chrt", "-r", "1"]
        if subprocess.run([*first, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
            first = []
        self.process = subprocess.Popen(
            [*first, os.path.join(BUILD, "tests/lib/test-vlans"), "--near", RUN + "/clients/near", "--far", RUN + "/clients/far",
             "--netns", "/run/netns/vios-%s-out" % os.environ["VIOS_LAB"], "--interface", "out0", "--untagged", "1",
             "--vlans", ",".join(map(str, VLANS)), "--rate", str(RATE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "VIOS_LAB_DIR": DIR})
        assert "ready" in self.process.stdout.readline(), "the traffic does not begin"
        self.waited = waited()
        self.drops = drops()

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the traffic has ended"
        return json.loads(line)

    def received(self):
        return {(vlan, way): f["received"] for vlan, ways in self.say("look")["vlans"].items() for way, f in ways.items()}

    def flows_again(self, what):
        """Each flow has frames that arrive from now on."""
        before = self.received()
        eventually(what + ": all flows", lambda: all(n > before[flow] + 10 for flow, n in self.received().items()))

    def count(self, what):
        """What became of all frames since the last count."""
        answer = self.say("count")
        assert answer["violations"] == 0, (what, answer)
        flows = {(int(vlan), way): f for vlan, ways in answer["vlans"].items() for way, f in ways.items()}
        astray = {flow: f for flow, f in flows.items() if f["astray"]}
        assert not astray, "%s: in another VLAN: %s" % (what, astray)
        dropped, self.drops = self.drops, drops()
        self.dropped = {key: n - dropped.get(key, 0) for key, n in self.drops.items() if n != dropped.get(key, 0)}
        before, self.waited = self.waited, waited()
        self.starved_ms = sum(max(0, ns - before.get(pid, 0)) for pid, ns in self.waited.items()) / 1e6
        return flows

    def lost(self, what):
        """Since the last count, by flow; nothing comes twice."""
        flows = self.count(what)
        bad = {flow: f for flow, f in flows.items() if f["lost"]}
        print("%s: %d frames, lost %d of %d flows (data planes waited %.0f ms for a CPU), longest gap %.1f ms" % (
            what, sum(f["received"] for f in flows.values()), sum(f["lost"] for f in bad.values()), len(bad),
            self.starved_ms, max(f["gap_ms"] for f in flows.values())), flush=True)
        twice = {flow: f for flow, f in flows.items() if f["duplicated"]}
        if bad or twice:
            print("  lost: %s\n  dropped: %s" % (
                {"%d %s" % flow: f["lost"] for flow, f in bad.items()},
                {" ".join(key): n for key, n in self.dropped.items()}), flush=True)
        assert not twice, "%s: twice: %s" % (what, twice)
        return bad

    def nothing_lost(self, what, move):
        """In a move and what follows it. What waits for somebody waits for 200 ms: on a machine that is busy with other
        things an attempt may need longer, not all of them."""
        for _ in range(ATTEMPTS):
            move()
            self.flows_again(what)
            bad = self.lost(what)
            if not bad:
                return
        raise AssertionError("%s: each time something was lost: %s" % (what, bad))


def vlans_of(text):
    """ "1,11-13" """
    ranges = [tuple(map(int, part.split("-"))) for part in text.split(",") if part]
    return {vlan for r in ranges for vlan in range(r[0], r[-1] + 1)}


def primaries(seen):
    """VIOS: the VLANs that are its own, of those that are on."""
    return {v["name"]: vlans_of(v["sea"]["primary"]) for v in seen["vios"] if v["state"] == "online" and v.get("sea")}


def lives(seen):
    """VLAN: where its two clients live."""
    found = {vlan: set() for vlan in VLANS}
    for a in seen["adapters"]:
        found[VLANS[int(a["adapter"].rsplit("eth", 1)[1])]].add(a["live"])
    return found


def settled(wanted, vios):
    """Each VLAN is where it should be, and so are its clients, but for a priority alone nobody moves: "auto" has all VLANs on vios1,
    and clients anywhere. wanted: VIOS: how many VLANs; vios: who is asked."""
    seen = status(vios)
    has = primaries(seen)
    return {v: len(has.get(v, ())) for v in NAMES} == wanted and (wanted["vios1"] == len(VLANS) or all(
        homes == {v} for v in NAMES for vlan, homes in lives(seen).items() if vlan in has.get(v, ())))


def split(one, two, vios="vios1", whole=True):
    def right():
        return settled({"vios1": one, "vios2": two}, vios) and {v["name"]: v["state"] for v in status(vios)["vios"]} == {
            "vios1": "online", "vios2": "online"} and (not whole or redundant())
    try:
        eventually("VLANs of vios1 and vios2: %d and %d, and their clients there" % (one, two), right)
    except AssertionError:
        seen = status(vios)
        print(json.dumps([v.get("sea") for v in seen["vios"]]), lives(seen))
        raise


def sharing(traffic):
    split(4, 4)
    traffic.flows_again("shared")
    traffic.count("before")
    traffic.nothing_lost("4 and 4 VLANs", lambda: None)


def death(traffic, dies):
    """Of one of two that share."""
    survivor = other(dies)
    orphans = primaries(status(survivor))[dies]
    lab("kill", dies)
    eventually("all clients live on " + survivor,
               lambda: all(homes == {survivor} for homes in lives(status(survivor)).values()))
    traffic.flows_again(dies + " is dead")
    gaps = {flow: f["gap_ms"] for flow, f in traffic.count("death").items()}
    print("%s dies: all 8 VLANs served by %s; longest gap of a flow of its 4: %.1f ms, of the others: %.1f ms" % (
        dies, survivor, max(ms for (vlan, _), ms in gaps.items() if vlan in orphans),
        max(ms for (vlan, _), ms in gaps.items() if vlan not in orphans)), flush=True)
    eventually("all VLANs are those of " + survivor, lambda: primaries(status(survivor)) == {survivor: set(VLANS)})
    traffic.count("between")
    lab("boot", dies)
    split(4, 4, survivor)


def set_mode(mode, vlans, **side):
    """An operator's word moves all at once. vlans: that vios1 has then."""
    began = time.monotonic()
    sea("ha_mode=" + mode, **side)
    split(vlans, 8 - vlans)
    print("ha_mode=%s: after %.1f s" % (mode, time.monotonic() - began), flush=True)


def together(traffic):
    """All to one side, and shared again."""
    def to_and_fro():
        set_mode("auto", 8)
        traffic.flows_again("auto")
        set_mode("sharing", 4)
    traffic.nothing_lost("all to vios1, and back to 4 and 4", to_and_fro)


def modes(traffic):
    def to_and_fro():
        set_mode("standby", 0, vios="vios1")
        traffic.flows_again("standby")
        set_mode("auto", 8, vios="vios1")
    set_mode("auto", 8)
    traffic.flows_again("auto")
    traffic.count("auto")
    for _ in range(10 if LONG else 1):
        traffic.nothing_lost("all to vios2 and back", to_and_fro)


def cable(vios, on):
    """Of its uplink, somewhere behind the first switch: the link stays up, nothing gets through."""
    subprocess.run(["ip", "-n", SWITCH_NETNS, "link", "set", vios + "up", *(["master", "phys"] if on else ["nomaster"])],
                   check=True, timeout=60)


def netaddr_of(vios):
    return next(v for v in status(vios)["vios"] if v["name"] == vios)["uplink"].get("netaddr")


def netaddr(traffic):
    """All are on vios1, whose network outside goes away."""
    sea("netaddr=" + TARGET, "netaddr_interval=%d" % INTERVAL_MS, "netaddr_misses=%d" % MISSES)
    for vios in NAMES:
        eventually(vios + ": netaddr answers", lambda v=vios: netaddr_of(v) == "answers")
    split(8, 0)
    traffic.flows_again("netaddr")
    traffic.nothing_lost("netaddr is asked", lambda: None)
    began = time.monotonic()
    cable("vios1", False)
    split(0, 8, whole=False)  # one that reaches nobody is no second side
    took = time.monotonic() - began
    traffic.flows_again("netaddr is lost")
    flows = traffic.count("netaddr is lost")
    inside = {flow: f["lost"] for flow, f in flows.items() if flow[1] in ("near_far", "far_near") and f["lost"]}
    print("netaddr is lost: all are on vios2 after %.1f s; nothing from outside for %.1f ms, to outside %.1f ms, between clients "
          "%.1f ms (lost: %s; data planes waited %.0f ms for a CPU); configured %d ms" % (
              took, *(max(f["gap_ms"] for (_, way), f in flows.items() if way in ways) for ways in (
                  ("out_near",), ("near_out",), ("near_far", "far_near"))), inside or "none", traffic.starved_ms,
              INTERVAL_MS * MISSES), flush=True)
    cable("vios1", True)
    split(8, 0)
    traffic.flows_again("netaddr is back")
    lost = traffic.lost("netaddr is back, all are on vios1")
    return inside, lost


def judge_netaddr(traffic):
    for _ in range(ATTEMPTS):
        inside, lost = netaddr(traffic)
        if not inside and not lost:
            return
    raise AssertionError("netaddr: each time something was lost: between clients %s, afterwards %s" % (inside, lost))


def test():
    sea("vlans=" + ",".join(map(str, VLANS[1:])), "health_time=1", "ha_mode=sharing", "trunk=yes")
    make_clients()
    traffic = Traffic()
    eventually("two paths of each adapter", redundant)
    sharing(traffic)
    if LONG:
        together(traffic)
        for vios in NAMES:
            traffic.nothing_lost(vios + " is back, 4 and 4 VLANs", lambda v=vios: death(traffic, v))
    modes(traffic)
    if LONG:
        judge_netaddr(traffic)
    traffic.process.stdin.close()
    assert traffic.process.wait(PATIENCE_S) == 0


run_with_pair(test)
