#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the drill of the cluster concludes from logs, packets and figures: without a lab."""
import os
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.setdefault("VIOS_TOP", os.path.dirname(os.path.dirname(os.path.dirname(HERE))))
os.environ.setdefault("VIOS_LAB", "none")
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import drill  # noqa: E402
import faults  # noqa: E402
import frame  # noqa: E402
import kept  # noqa: E402
import numbered  # noqa: E402
import told  # noqa: E402


def path(vios, phase, start, adapter="lpar1/eth0"):
    return "2026-01-01T00:00:00.000000Z viomuxd[7] info path adapter=%s vios=%s phase=%s start=%d reason=\"\"" % (adapter, vios, phase, start)


class Owners(unittest.TestCase):
    def found(self, *lines):
        owners = told.Owners()
        owners.feed(lines)
        return owners.settle()

    def test_a_switch(self):
        lines = [path("vios1", "live", 1), path("vios1", "releasing", 1)]
        self.assertEqual(self.found(*lines, path("vios1", "ready", 1), path("vios2", "live", 2)), [])
        # both in one step, the new owner logged first
        self.assertEqual(self.found(path("vios2", "live", 1), path("vios1", "live", 2), path("vios2", "absent", 1)), [])

    def test_two_owners(self):
        self.assertIn("two owners", self.found(path("vios1", "live", 1), path("vios2", "live", 2))[0])
        self.assertIn("vios1 and vios2", self.found(path("vios1", "live", 1), path("vios2", "live", 2), path("vios1", "releasing", 1))[0])
        self.assertIn("two owners", self.found(path("vios1", "releasing", 1), path("vios2", "live", 2))[0])

    def test_adapters_are_apart(self):
        self.assertEqual(self.found(path("vios1", "live", 1), path("vios2", "live", 1, "lpar1/scsi0")), [])
        other = path("vios1", "ready", 1, "lpar1/scsi0")
        self.assertTrue(self.found(path("vios1", "live", 1), path("vios2", "live", 2), other), "another adapter's line is no answer")

    def test_starts_grow(self):
        again = [path("vios1", "live", 5), path("vios1", "absent", 5), path("vios1", "live", 5)]
        self.assertIn("start 5 is not above 5", self.found(*again)[0])


class Logs(unittest.TestCase):
    def test_told(self):
        with tempfile.TemporaryDirectory() as top:
            for name in ("log", "a/log/pacemaker", "b/log/pacemaker"):
                os.makedirs(os.path.join(top, name))
            heard = told.Told(top, ("a", "b"), ("lpar1",))
            self.assertEqual(heard.take()["fenced"], [])
            with open(top + "/log/framed.log", "a", encoding="utf-8") as log:
                log.write("x powered vios=vios2 step=off\nx powered vios=vios2 step=on\nx power-failed vios=vios2\nx powered vios=vi")
                log.flush()
                heard.look()
                log.write("os1 step=off\n")
            with open(top + "/b/log/pacemaker/pacemaker.log", "a", encoding="utf-8") as log:
                log.write("notice: Result of promote operation for vios on b: ok | x\nnotice: Result of promote operation for vios on b: error\n")
                log.write("info: Group crmd event 3: a (node 1 pid 77) left via cluster exit\ninfo: Group attrd event 3: c (node 1 pid 7) left\n"
                          "info: Group crmd event 4: a (node 1) duplicate pid 77 left via cluster exit (78 remains)\n"
                          "notice: Requesting fencing (reboot) of node x | action=1\n"
                          "b pacemakerd [1] notice: Starting Pacemaker 2 | build\nnotice: Requesting fencing (reboot) of node a | action=1\n")
            heard.look()
            self.assertEqual((heard.left, heard.asked), ([("b", "a")] * 2, {"b": ["a"]}))
            with open(top + "/log/mux-lpar1.log", "a", encoding="utf-8") as log:
                log.write("%s\n%s\n" % (path("vios1", "live", 1), path("vios2", "live", 2)))
            found = heard.take()
            self.assertEqual((found["ring_turns"], len(found["ring_faults"])), (2, 1))
            self.assertEqual((found["fenced"], found["fencing_failed"], found["promoted"]), (["vios2", "vios1"], 1, ["b"]))
            self.assertEqual((heard.take()["fenced"], heard.take()["promoted"], heard.left), ([], [], []), "said once")


class Packets(unittest.TestCase):
    def test_gap_and_loss(self):
        window = numbered.Window(100.0, 50)
        for number in range(40, 50):
            window.arrived(100.0, number)  # of before
        for number in range(50, 60):
            window.arrived(100.0 + (number - 50) / 100, number)
        window.arrived(100.39, 70)
        report = window.report(100.4, 121, 100)
        self.assertEqual((report["gap_ms"], report["sent"], report["lost"]), (300.0, 21, 10))
        self.assertEqual(window.report(102.39, 121, 100)["gap_ms"], 2000.0, "one that is still open")


class Judge(unittest.TestCase):
    FELT = {"io_errors": 0, "bad_reads": 0, "first": "", "requests": 9, "read_back": 3, "packets": 99, "lost": 5}
    HEARD = {"fenced": ["vios1"], "promoted": ["vios2"], "ring_faults": []}

    def wrong(self, felt=(), heard=(), name="power-off", recover_ms=1000):
        return drill.judge(faults.TABLE[name], "vios1", {**self.FELT, **dict(felt)}, {**self.HEARD, **dict(heard)}, recover_ms, 30000)

    def test_right(self):
        self.assertEqual(self.wrong(), [])
        self.assertEqual(self.wrong(name="cut", heard={"fenced": ["vios2"]}), [])
        self.assertEqual(self.wrong(name="kill-corosync", heard={"fenced": []}), [])
        self.assertEqual(self.wrong(name="both-off", heard={"fenced": []}), [])

    def test_wrong(self):
        for felt in ({"io_errors": 1}, {"bad_reads": 1}, {"requests": 0}, {"read_back": 0}, {"lost": 99}):
            self.assertEqual(len(self.wrong(felt)), 1, felt)
        for heard in ({"fenced": []}, {"fenced": ["vios2"]}, {"fenced": ["vios1", "vios1"]}, {"fenced": ["vios1", "vios2"]},
                      {"promoted": ["vios2", "vios1"]}, {"ring_faults": ["two"]}):
            self.assertEqual(len(self.wrong(heard=heard)), 1, heard)
        self.assertEqual(len(self.wrong(recover_ms=30001)), 1)
        self.assertEqual(len(self.wrong(name="kill-viosd")), 2, "nobody is fenced for it, and no role moves")
        self.assertEqual(len(self.wrong(name="cut", heard={"fenced": ["vios1", "vios2"]})), 1)


class Redundant(unittest.TestCase):
    def fault(self, **states):
        """Of what each VIOS says of the other; None: it does not answer."""
        def status(by):
            if states[by] is None:
                raise ConnectionError("gone")
            vios = [{"name": n, "state": "online" if n == by else states[by], "netd": {"state": "up"}} for n in frame.NODES]
            paths = {"vios1": {"phase": "live"}, "vios2": {"phase": "ready" if states[by] == "online" else "absent"}}
            return {"vios": vios, "adapters": [{"adapter": a, "paths": paths} for a in "ab"]}
        with mock.patch("frame.pair.status", status):
            return frame.pair_fault()

    def test_both_say_so(self):
        self.assertIsNone(self.fault(vios1="online", vios2="online"))
        self.assertIn("vios1 is offline, its netd up, says vios2", self.fault(vios1="online", vios2="offline"))
        self.assertIn("vios2 is offline", self.fault(vios1="offline", vios2="online"))
        self.assertIn("viosd of vios2 does not answer", self.fault(vios1="online", vios2=None))


class Kept(unittest.TestCase):
    STEP = {"fault": "power-off", "victim": "vios1", "was_live": True, "gap_ms": 12.5, "stall_ms": 30.25, "lost": 3, "made_ms": 4000,
            "recover_ms": 5000, "fenced": ["vios1"], "promoted": [], "wrong": [], "io_errors": 0, "bad_reads": 0, "requests": 5,
            "ring_turns": 2, "load": 1.5}

    def page(self, **changed):
        steps = [self.STEP, {**self.STEP, "was_live": False, **changed}]
        record = {"what": "walk", "seed": 7, "failed": None, "recover_limit_s": 30, **drill.summary(steps), "records": steps}
        return kept.text(record, "tests/lab/cluster walk", "2026-01-01 00:00 UTC", "a machine")

    def test_all_is_said(self):
        page = self.page(gap_ms=99, wrong=["1 I/O errors"], io_errors=1)
        for line in ("# The last result of:  tests/lab/cluster walk", "# 2026-01-01 00:00 UTC; a machine", "seed               7",
                     "failed             none", "steps              2", "io_errors          1", "worst_gap_ms       99", "worst_whole_ms     9000",
                     "      WRONG: 1 I/O errors"):
            self.assertIn(line + "\n", page)
        self.assertRegex(page, r"\n +1  power-off +vios1\* +12\.5 +30\.2 +3 +5\.0 +9\.0 +1\.5  vios1 +-\n")
        self.assertRegex(page, r"\n +2  power-off +vios1 +99\.0 ")
        self.assertEqual(len(kept.text({"failed": "at once", "recover_limit_s": 1}, "c", "d", "m").splitlines()), 8)

    def test_of_which_machine(self):
        self.assertRegex(kept.machine(), r"^.+, [1-9]\d* processors, [1-9]\d* GiB, Linux \S+$")


class Plan(unittest.TestCase):
    def test_repeatable(self):
        self.assertEqual(drill.plan(7, 60), drill.plan(7, 60))
        self.assertNotEqual(drill.plan(7, 60), drill.plan(8, 60))
        self.assertEqual(drill.plan(7, 60)[:5], drill.plan(7, 5), "a shorter one is the beginning of a longer one")
        names = {name for name, _ in drill.plan(7, 500)}
        self.assertEqual(names, {f.name for f in faults.TABLE.values() if f.walk})
        self.assertFalse(names & {"both-off", "stop-start"}, "one node at most is impaired")


unittest.main()
