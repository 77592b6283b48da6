# SPDX-License-Identifier: BSD-3-Clause
"""
A drill of the cluster: fault after fault on a lab with Pacemaker, under traffic and verified I/O. After each the pair must be redundant
and Pacemaker at rest, by themselves; nothing is lost on the disk; only the right VIOS was fenced; the promoted role moved once at most;
no ring ever had two owners. Times are shown; the one that is judged is that of the recovery.
"""
import json
import os
import random
import time

import faults
import frame
import pair
import told


def plan(seed, steps):
    """The random walk: [(name of a fault, whether its victim is the VIOS that serves)]. The same for the same seed."""
    dice = random.Random(seed)
    names = [f.name for f in faults.TABLE.values() if f.walk]
    return [(dice.choice(names), dice.random() < 0.6) for _ in range(steps)]


def judge(fault, victim, felt, heard, recover_ms, limit_ms):
    """Sentences: what was wrong with a step. Pure."""
    wrong = []
    if felt["io_errors"] or felt["bad_reads"]:
        wrong.append("%d I/O errors, %d bad reads: %s" % (felt["io_errors"], felt["bad_reads"], felt["first"]))
    if not felt["requests"] or not felt["read_back"] or felt["packets"] <= felt["lost"]:
        wrong.append("no traffic: %d requests, %d blocks read back, %d of %d packets lost" %
                     (felt["requests"], felt["read_back"], felt["lost"], felt["packets"]))
    fencing = faults.fenced_wrong(fault, victim, heard["fenced"])
    if fencing:
        wrong.append(fencing)
    if len(heard["promoted"]) > fault.promotions:
        wrong.append("the promoted role was given %d times: %s" % (len(heard["promoted"]), ", ".join(heard["promoted"])))
    wrong += heard["ring_faults"]
    if recover_ms > limit_ms:
        wrong.append("redundant %d ms after the fault, limit %d" % (recover_ms, limit_ms))
    return wrong


class Drill:
    def __init__(self, recover_s, packets=500, requests=300):
        self.recover_ms, self.hopeless_s = recover_s * 1000, max(180, 2 * recover_s)
        self.told = told.Told(pair.DIR, frame.NODES, ["lpar1"])
        self.load = frame.Load(packets, requests)
        self.steps = []

    def rest(self, what):
        """Until the pair is redundant; the time it took in ms. Then until Pacemaker is at rest: it comes second."""
        begin = time.monotonic()
        self.until(what, "redundant", frame.pair_fault)
        took = time.monotonic() - begin
        self.until(what, "Pacemaker at rest", frame.cluster_fault)
        return int(took * 1000)

    def until(self, after, what, fault):
        deadline = time.monotonic() + self.hopeless_s
        while True:
            why = fault()
            if not why:
                return
            if time.monotonic() > deadline:
                raise AssertionError("%s: not %s within %d s: %s" % (after, what, self.hopeless_s, why))
            time.sleep(0.1)

    def together(self):
        """The disk is served where the network is, so that a fault of a VIOS hits both."""
        live = frame.within(60, "somebody serves", frame.live)
        if frame.live("lpar1/scsi0") != live:
            pair.lab("ctl", "switch", "lpar1/scsi0", "--to", live)
        frame.within(60, "both adapters at " + live, lambda: frame.live() == frame.live("lpar1/scsi0"))
        self.until("the beginning", "Pacemaker at rest", frame.cluster_fault)

    def run(self, name, hits_live=True):
        """One step. Its record, which is kept; AssertionError when something that must happen does not."""
        fault = faults.TABLE[name]
        self.rest("before " + name)
        self.together()
        live = frame.live()
        victim = live if hits_live else pair.other(live)
        self.told.take()
        self.load.begin()
        begin = time.monotonic()
        fault.make(victim, pair.other(victim), self.told)
        made_ms = int((time.monotonic() - begin) * 1000)
        recover_ms = self.rest(name)
        frame.within(60, "traffic after " + name, self.load.flows)
        felt, heard = self.load.finish(), self.told.take()
        step = {"fault": name, "victim": victim, "was_live": hits_live, "made_ms": made_ms, "recover_ms": recover_ms,
                "live": frame.live(), "load": round(os.getloadavg()[0], 1), **felt, **heard}
        step["wrong"] = judge(fault, victim, felt, heard, recover_ms, self.recover_ms)
        self.steps.append(step)
        print(line_of(step), flush=True)
        return step

    def end(self):
        frame.STOPPED.clear()
        self.load.end()


HEAD = "%-16s %-6s %9s %9s %9s %9s %-13s %s" % ("fault", "victim", "gap ms", "stall ms", "lost", "back s", "fenced", "promoted")


def line_of(step):
    text = "%-16s %-6s %9.1f %9.1f %9d %9.1f %-13s %s" % (
        step["fault"], step["victim"] + ("*" if step["was_live"] else ""), step["gap_ms"], step["stall_ms"], step["lost"],
        step["recover_ms"] / 1000, ",".join(step["fenced"]) or "-", ",".join(step["promoted"]) or "-")
    return text + "".join("\n  WRONG: " + why for why in step["wrong"])


def summary(steps):
    """What a reader wants of all steps. Pure."""
    worst = max(steps, key=lambda s: s["gap_ms"], default=None)
    if not worst:
        return {"steps": 0}
    inside = [s for s in steps if not faults.TABLE[s["fault"]].outage]
    return {"steps": len(steps), "wrong": sum(len(s["wrong"]) for s in steps), "io_errors": sum(s["io_errors"] for s in steps),
            "bad_reads": sum(s["bad_reads"] for s in steps), "requests": sum(s["requests"] for s in steps),
            "worst_gap_ms": max((s["gap_ms"] for s in inside), default=None),
            "worst_stall_ms": max((s["stall_ms"] for s in inside), default=None),
            "worst_recover_ms": max(s["recover_ms"] for s in steps),
            "worst_whole_ms": max(s["made_ms"] + s["recover_ms"] for s in steps), "ring_turns": sum(s["ring_turns"] for s in steps),
            "fenced": sum(len(s["fenced"]) for s in steps), "promoted": sum(len(s["promoted"]) for s in steps)}


def write_file(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def write(path, record):
    write_file(path, json.dumps(record, indent=1) + "\n")
