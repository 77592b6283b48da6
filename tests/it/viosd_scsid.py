#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""viosd and the SCSI targets of one VIOS: real vios-scsid and vios-framed, a fake vios-netd, no Corosync. The peer is
away, so changes are committed with the witness."""
import os
import re
import signal
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import BUILD, Frame, alive, until  # noqa: E402
from rpc import Peer  # noqa: E402

SCSID = os.path.join(BUILD, "storage/vios-scsid")
FRAMED = os.path.join(BUILD, "ha/frame/vios-framed")
ADAPTER, PLANE = "lpar1/scsi0", "scsid:lpar1/scsi0"


def seconds(line):
    """Of the day, when a line was logged."""
    hours, minutes, rest = re.match(r"\S+T(\d+):(\d+):([\d.]+)Z", line).groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


class Storage(unittest.TestCase):
    def setUp(self):
        self.frame = Frame(clients=1)
        self.addCleanup(self.frame.end)
        self.addCleanup(self.end_targets)
        self.daemon_of_the_frame()
        self.viosd()

    def daemon_of_the_frame(self):
        with open(os.path.join(self.frame.dir, "framed.log"), "a", encoding="ascii") as log:
            self.framed = subprocess.Popen(  # pylint: disable=consider-using-with
                [FRAMED, "--run", self.frame.run], stderr=log, stdin=subprocess.DEVNULL)
        self.frame.daemons.append(self.framed)

    def viosd(self):
        """One that finds no Corosync, whatever runs on this machine."""
        before = ("unshare", "--net") if os.geteuid() == 0 else ()
        self.daemon = self.frame.start("--scsid", SCSID, before=before, alone=())

        def ready():
            try:
                peer = Peer.connect(self.frame.path("vios1", "viosd.sock"))
            except OSError:
                return False
            try:
                return peer.call("config_get")["role"] == "alone"
            finally:
                peer.close()
        until(ready, "it may commit alone", 60)
        self.frame.netd()

    def end_targets(self):
        """When nobody is left who would start others."""
        for daemon in self.frame.daemons:
            if daemon.poll() is None:
                daemon.send_signal(signal.SIGCONT)
                daemon.terminate()
                daemon.wait(60)
        for pid in self.started():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

    def started(self):
        return [int(pid) for pid in re.findall(r"scsid-started plane=\S+ pid=(\d+)", self.frame.log())]

    def ask(self, method, params=None, at=("vios1", "viosd.sock")):
        peer = Peer.connect(self.frame.path(*at))
        try:
            return peer.call(method, params)
        finally:
            peer.close()

    def change(self, *ops):
        return self.ask("config_change", {"ops": list(ops)})

    def ctl(self, line):
        done = self.frame.ctl(*line.split())
        self.assertEqual(done.returncode, 0, line + ": " + done.stdout + done.stderr)
        return done.stdout

    def disk(self, name="disk1"):
        path = os.path.join(self.frame.dir, name)
        with open(path, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, 8 << 20)
        return path

    def target(self):
        """What `status` says of the target: None, there is none."""
        found = [t for t in self.frame.status()["vios"][0]["scsids"] if t["adapter"] == ADAPTER]
        return found[0] if found else None

    def up(self, but=None):
        """The target that is up, and is not that process."""
        def good():
            target = self.target()
            return target if target and target["state"] == "up" and target["pid"] != but else None
        return until(good, "a target is up", 60)

    def runs(self):
        """What the target itself says; None: nobody answers."""
        return self.ask("running")["vios"]["vios1"]["scsids"].get(ADAPTER)

    def luns(self):
        return [(u["lun"], u["name"], u["path"]) for u in (self.runs() or {"luns": []})["luns"]]

    def path(self):
        return next(a for a in self.frame.status()["adapters"] if a["adapter"] == ADAPTER)["paths"]["vios1"]["state"]

    def mapped(self):
        """vhost0 with one disk, served; the process and the disk."""
        path = self.disk()
        self.assertEqual(self.ctl("mkvadapter -client lpar1 -type scsi"), "vhost0 Available\n")
        self.assertEqual(self.ctl("mkvdev -f -vdev %s -vadapter vhost0" % path), "vtscsi0 Available\n")
        until(lambda: self.luns() == [(1, "vtscsi0", path)], "the LUN is there", 60)
        return self.up()["pid"], path

    def watched(self):
        """What vios-framed watches: {plane: state}."""
        return {p["plane"]: p["state"] for p in self.ask("status", at=("frame", "framed.sock"))["planes"]}


class Life(Storage):
    def test_a_disk_is_mapped(self):
        """A target runs with it; muxes, vios-framed and operators are told."""
        mux, hello = self.frame.mux()
        self.assertEqual([p["adapter"] for p in hello["paths"]], ["lpar1/eth0"])
        pid, path = self.mapped()
        with open("/proc/%d/cmdline" % pid, encoding="ascii") as f:
            self.assertEqual(f.read().split("\0")[0], "vios-scsid")
        self.assertEqual(os.getsid(pid), pid, "a session of its own")
        note = mux.wait_note("client", lambda n: len(n["client"]["adapters"]) == 2)
        self.assertEqual([a["type"] for a in note["client"]["adapters"]], ["ethernet", "scsi"])
        mux.wait_note("paths", lambda n: {"lpar1/scsi0": "active/optimized"}.items() <=
                      {p["adapter"]: p["state"] for p in n["paths"]}.items())
        until(lambda: self.watched().get(PLANE) == "watched", "it is watched")
        table = self.ctl("status")
        self.assertRegex(table, r"(?m)^SCSI TARGET +vios1 +PID +vios2 +PID\nlpar1/scsi0 +up +%d +-" % pid)
        self.assertIn("\nTarget                vios1 up, vios2 none\n", self.ctl("lsmap -vadapter vhost0"))
        self.assertNotIn("Target", self.ctl("lsmap -all"))
        mux.close()
        until(lambda: "lpar1" not in self.ask("running")["muxes"], "it has gone")
        self.assertEqual(self.ctl("--vios vios1 diff"), "")
        self.assertEqual((self.runs()["id"], self.runs()["ring_size"], self.runs()["request_queues"]), (2, 256, 1))
        self.assertEqual(path, self.luns()[0][2])

    def test_a_target_dies(self):
        """Another one is started at once, with the disk; a mux hears that the path was away."""
        pid, path = self.mapped()
        mux, _ = self.frame.mux()
        os.kill(pid, signal.SIGKILL)
        for state in ("unavailable", "active/optimized"):
            mux.wait_note("paths", lambda n, s=state: s in [p["state"] for p in n["paths"] if p["adapter"] == ADAPTER], 60)
        target = self.up(but=pid)
        self.assertEqual((target["deaths"], self.luns()), (1, [(1, "vtscsi0", path)]))
        lines = self.frame.log().splitlines()
        died = next(seconds(line) for line in lines if " scsid-died " in line)
        print("started again after %.3f s" % (max(seconds(line) for line in lines if " scsid-started " in line) - died))
        self.assertEqual(sum(" scsid-started " in line for line in lines), 2)
        dead = self.ask("mux_hello", {"client": "lpar1", "pid": 1}, ("frame", "framed.sock"))["dead"]
        self.assertIn(("vios1", PLANE), [(d["vios"], d["plane"]) for d in dead])

    def test_viosd_dies(self):
        """The target goes on, and is adopted as it is."""
        pid, path = self.mapped()
        incarnation = self.up()["incarnation"]
        self.daemon.kill()
        self.daemon.wait()
        self.assertTrue(alive(pid))
        self.viosd()
        target = self.up()
        self.assertEqual((target["pid"], target["incarnation"]), (pid, incarnation))
        self.assertEqual((self.luns(), len(self.started())), ([(1, "vtscsi0", path)], 1))
        _, hello = self.frame.mux()
        self.assertEqual([p["state"] for p in hello["paths"] if p["adapter"] == ADAPTER], ["active/optimized"])
        # supervised like a child
        os.kill(pid, signal.SIGKILL)
        self.up(but=pid)

    def test_what_is_removed(self):
        """The disk leaves a target that goes on; then the server adapter, and its process."""
        pid, _ = self.mapped()
        self.assertEqual(self.ctl("rmvdev -vtd vtscsi0"), "vtscsi0 deleted\n")
        until(lambda: self.runs() and self.luns() == [], "the LUN is gone", 60)
        self.assertEqual(self.up()["pid"], pid)
        self.assertEqual(self.ctl("rmvadapter -vadapter vhost0"), "vhost0 deleted\n")
        until(lambda: not alive(pid), "its process has ended", 60)
        until(lambda: self.target() is None, "it is forgotten")
        until(lambda: PLANE not in self.watched(), "and not watched")
        self.assertNotIn("scsid-died", self.frame.log())
        # the same name again is another adapter
        self.ctl("mkvadapter -client lpar1 -type scsi")
        self.assertNotEqual(self.up()["pid"], pid)
        until(lambda: (self.runs() or {}).get("id") == 3, "with another id")

    def test_all_are_shut_down(self):
        pid, _ = self.mapped()
        self.ask("shutdown", {"data_planes": True})
        self.assertEqual(self.daemon.wait(60), 0)
        self.assertFalse(alive(pid))


class Configuration(Storage):
    def test_a_disk_that_is_not_there(self):
        """What is served goes on, the path is the worse one, and the reason is told; until the disk comes."""
        pid, path = self.mapped()
        late = os.path.join(self.frame.dir, "late")
        self.change({"op": "add", "kind": "backing", "name": "late", "attrs": {"type": "file", "path": {"vios1": late}}},
                    {"op": "add", "kind": "vtd", "attrs": {"vhost": "vhost0", "backing": "late", "lun": 9, "force": True}})
        until(lambda: self.path() == "active/non-optimized", "the path is worse", 60)
        self.assertRegex(self.target()["reason"], r"^configure: LUN 9 \(vtscsi1\): %s: " % re.escape(late))
        self.assertIn("vios1: configure: LUN 9", self.ctl("status"))
        self.assertEqual(self.luns(), [(1, "vtscsi0", path)])
        diff = self.frame.ctl("diff", "--vios", "vios1")
        self.assertEqual((diff.returncode, diff.stdout),
                         (1, "vios1 scsid lpar1/scsi0 LUN 9: configured vtscsi1, runs nothing\n"))
        self.daemon.kill()  # the next viosd does not take away what is served either
        self.daemon.wait()
        self.viosd()
        until(lambda: self.path() == "active/non-optimized", "the path is still there", 60)
        self.disk("late")
        until(lambda: self.path() == "active/optimized", "the path is as good as the other", 60)
        self.assertEqual((len(self.luns()), self.up()["pid"]), (2, pid))

    def test_a_disk_of_the_other_side(self):
        """Without a path of this VIOS there is nothing to start with: no part of the disks is shown."""
        self.ctl("mkvadapter -client lpar1 -type scsi")
        self.up()
        self.change({"op": "add", "kind": "backing", "name": "there", "attrs": {"type": "file", "path": {"vios2": "/x"}}},
                    {"op": "add", "kind": "vtd", "attrs": {"vhost": "vhost0", "backing": "there", "force": True}})
        until(lambda: "has no path in vios1" in (self.target()["reason"] or ""), "the reason is told", 60)
        os.kill(self.target()["pid"], signal.SIGKILL)
        until(lambda: self.path() == "unavailable" and self.target()["pid"], "another one is there, unserved", 60)
        self.change({"op": "remove", "kind": "vtd", "name": "vtscsi0"})
        until(lambda: self.path() == "active/optimized", "at once when it is unmapped", 60)

    def test_another_shape(self):
        """Rings of another size: at once while nobody has the adapter, else when its client has gone."""
        pid, path = self.mapped()
        mux, _ = self.frame.mux()
        report = {"adapter": ADAPTER, "id": 2, "live": "vios1", "start": 1, "client_connected": True, "paths": {}}
        mux.note("adapter_status", report)
        until(lambda: any(a["client_connected"] for a in self.frame.status()["adapters"]), "the report is heard")
        self.change({"op": "set", "kind": "vhost", "name": "vhost0", "attrs": {"profile": {"ring_size": 512}}},
                    {"op": "remove", "kind": "vtd", "name": "vtscsi0"})
        until(lambda: self.runs() and self.luns() == [], "disks change all the same", 60)
        self.assertEqual((self.up()["pid"], self.runs()["ring_size"]), (pid, 256))
        mux.note("adapter_status", dict(report, client_connected=False))
        target = self.up(but=pid)
        until(lambda: (self.runs() or {}).get("ring_size") == 512, "the new shape", 60)
        self.assertFalse(alive(pid))
        self.assertTrue(os.path.exists(path))
        self.change({"op": "set", "kind": "vhost", "name": "vhost0", "attrs": {"profile": {"ring_size": 128}}})
        self.up(but=target["pid"])

    def test_one_that_was_left_behind(self):
        """A target whose server adapter has gone while no viosd ran."""
        self.daemon.kill()
        self.daemon.wait()
        left = subprocess.Popen(  # pylint: disable=consider-using-with
            [SCSID, "--vios", "vios1", "--run", self.frame.run, "--client", "lpar9", "--adapter", "scsi7"],
            stderr=subprocess.DEVNULL)
        self.addCleanup(left.wait)
        self.addCleanup(left.kill)
        Peer.connect(self.frame.path("vios1", "lpar9.scsi7.ctl")).close()
        self.viosd()
        self.assertEqual(left.wait(60), 0)
        until(lambda: not self.frame.status()["vios"][0]["scsids"], "it is forgotten")
        self.assertEqual(self.started(), [])


class Frames(Storage):
    def test_vios_framed_comes_back_alone(self):
        """It finds the target again by itself: its page is asked from the target, whose viosd is away."""
        pid, _ = self.mapped()
        until(lambda: self.watched().get(PLANE) == "watched", "it is watched")
        self.daemon.kill()
        self.daemon.wait()
        self.framed.kill()
        self.framed.wait()
        self.daemon_of_the_frame()
        until(lambda: self.watched().get(PLANE) == "watched", "it is watched again", 60)
        os.kill(pid, signal.SIGKILL)
        until(lambda: PLANE not in self.watched(), "its death is seen")


if __name__ == "__main__":
    unittest.main(verbosity=2)
