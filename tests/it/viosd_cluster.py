#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""Two viosds on a real two-node Corosync cluster (the lab, without data planes): what each says of the other."""
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import BUILD, FAKE_NETD, TOP, VIOSD, alive, until  # noqa: E402
from rpc import Peer  # noqa: E402

os.environ.setdefault("VIOS_LAB", "viosd-it")
os.environ.update(VIOS_LAB_BARE="1", VIOS_BUILD=BUILD)
LAB = os.path.join(TOP, "tests/lab/lab")
DIR = "/tmp/vios-" + os.environ["VIOS_LAB"]
NAMES = ("vios1", "vios2")
TELL = r'''
import ctypes, sys, time
class Name(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("value", ctypes.c_char * 128)]
class Iov(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]
cpg = ctypes.CDLL("libcpg.so.4")
handle, name = ctypes.c_uint64(), Name(11, b"vios:frame1")
assert cpg.cpg_initialize(ctypes.byref(handle), None) == 1
assert cpg.cpg_join(handle, ctypes.byref(name)) == 1
time.sleep(0.2)
for text in (b"", b"VIOS", b"rubbish" * 1000, b"VIOS\0\0\0\2\0\0\0\1\0\0\0\2[]", b"VIOS\0\0\0\2\0\0\0\1\0\0\0\3{}", b"\0" * 900000,
             b"VIOS\0\0\0\2\0\0\0\1\0\0\xea\x60" + b"[" * 60000):
    iov = Iov(text, len(text))
    while (said := cpg.cpg_mcast_joined(handle, 2, ctypes.byref(iov), 1)) == 6:  # CS_ERR_TRY_AGAIN
        time.sleep(0.05)
    assert said == 1, said
time.sleep(0.3)
'''


def lab(*args, check=True):
    return subprocess.run([LAB, *args], capture_output=True, text=True, timeout=300, check=check).stdout


class Cluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lab("down")
        lab("up")
        cls.daemons = {}
        for vios in NAMES:
            cls.start(vios)

    @classmethod
    def tearDownClass(cls):
        for vios in NAMES:
            cls.end(vios)
        logs = ""
        for vios in NAMES:
            with open("%s/log/%s.viosd.log" % (DIR, vios), encoding="ascii") as f:
                logs += f.read()
        lab("down")
        assert "Sanitizer" not in logs and "runtime error" not in logs, logs

    @classmethod
    def start(cls, vios):
        with open(os.path.join(DIR, "log", vios + ".viosd.log"), "a", encoding="ascii") as log:
            cls.daemons[vios] = subprocess.Popen(  # pylint: disable=consider-using-with
                [LAB, "exec", vios, VIOSD, "--vios", vios, "--run", DIR + "/run", "--netd", FAKE_NETD], stderr=log,
                stdin=subprocess.DEVNULL)

    @classmethod
    def end(cls, vios):
        subprocess.run([os.path.join(BUILD, "vios-core/cli/viosctl"), "--run", DIR + "/run", "--vios", vios, "shutdown"],
                       capture_output=True, check=False, timeout=60)
        try:
            cls.daemons[vios].wait(60)
        except subprocess.TimeoutExpired:
            cls.daemons[vios].kill()

    @staticmethod
    def status(vios):
        peer = Peer.connect("%s/run/%s/viosd.sock" % (DIR, vios))
        try:
            return peer.call("status")
        finally:
            peer.close()

    def seen(self, by, of, state, within=60.0):
        """`by` reports `of` in that state; returns its entry."""
        def entry():
            status = self.status(by)
            found = next(v for v in status["vios"] if v["name"] == of)
            return found if found["state"] == state else None
        return until(entry, "%s sees %s %s" % (by, of, state), within)

    def both_online(self):
        for by, of in (NAMES, NAMES[::-1]):
            self.seen(by, of, "online")
            until(lambda b=by, o=of: self.seen(b, o, "online")["netd"]["state"] == "up", "its data plane is known")

    def setUp(self):
        self.both_online()

    def test_each_knows_the_other(self):
        own = self.seen("vios2", "vios2", "online")
        told = self.seen("vios1", "vios2", "online")
        for key in ("viosd_pid", "netd", "uplink"):
            self.assertEqual(own[key], told[key])
        status = self.status("vios1")
        self.assertEqual((status["cluster"]["state"], sorted(status["cluster"]["members"])), ("joined", [1, 2]))

    def test_changes_are_told(self):
        """The uplink's carrier and the data plane's process, as the other viosd sees them."""
        lab("link", "vios1", "down")
        until(lambda: self.seen("vios2", "vios1", "online")["uplink"]["link"] == "down", "the carrier is gone", 60)
        lab("link", "vios1", "up")
        until(lambda: self.seen("vios2", "vios1", "online")["uplink"]["link"] == "up", "the carrier is back", 60)
        before = self.seen("vios2", "vios1", "online")["netd"]["incarnation"]
        lab("exec", "vios1", "kill", "-9", str(self.seen("vios1", "vios1", "online")["netd"]["pid"]))
        until(lambda: self.seen("vios2", "vios1", "online")["netd"]["incarnation"] not in (None, before), "a new one", 60)

    def roles(self, vios1, vios2, primary):
        """Both viosds say so of both sides of sea0."""
        def agreed():
            for by in NAMES:
                sides = [v.get("sea") for v in self.status(by)["vios"]]
                if None in sides or [s["state"] for s in sides] != [vios1, vios2]:
                    return False
                if [NAMES[i] for i, s in enumerate(sides) if s["primary"]] != [primary]:
                    return False
            return True
        until(agreed, "%s, %s" % (vios1, vios2), 20)

    def paths(self, vios1, vios2):
        def agreed():
            found = [a["paths"][v]["state"] for v in NAMES for a in self.status(v)["adapters"]]
            return found == [vios1, vios2]
        until(agreed, "%s, %s" % (vios1, vios2), 20)

    def test_roles_of_the_sea(self):
        """The lower priority serves; standby is a switch, and auto brings it back; a dead uplink moves it, too."""
        def change(*ops):
            peer = Peer.connect("%s/run/vios2/viosd.sock" % DIR)
            peer.call("config_change", {"ops": list(ops)})
            peer.close()

        def configure(**attrs):
            change({"op": "set", "kind": "sea", "name": "sea0", "attrs": attrs})
        configure(health_time=0)
        self.roles("PRIMARY", "BACKUP", "vios1")
        lab("link", "vios1", "down")
        self.roles("LIMBO", "PRIMARY", "vios2")
        configure(noauto_failback=True)
        lab("link", "vios1", "up")
        self.roles("BACKUP", "PRIMARY", "vios2")
        configure(noauto_failback=False)
        self.roles("PRIMARY", "BACKUP", "vios1")
        change({"op": "add", "kind": "client", "name": "lpar7", "attrs": {}},
               {"op": "add", "kind": "veth", "name": "lpar7/eth0", "attrs": {"mac": "02:76:69:00:00:77"}})
        self.paths("active/optimized", "active/optimized")
        configure(sides={"vios1": {"ha_mode": "standby"}})
        self.roles("BACKUP", "PRIMARY", "vios2")
        self.paths("active/non-optimized", "active/optimized")
        configure(sides={"vios1": {"ha_mode": "auto"}})
        self.roles("PRIMARY", "BACKUP", "vios1")
        self.paths("active/optimized", "active/optimized")
        # Whose addresses are silent is as one without an uplink; where both are, nothing moves.
        configure(sides={"vios1": {"netaddr": "192.0.2.1", "netaddr_interval": 50}, "vios2": {"netaddr": "192.0.2.1,10.0.0.1"}})
        self.roles("LIMBO", "PRIMARY", "vios2")
        self.paths("active/non-optimized", "active/optimized")
        self.assertEqual([self.seen("vios2", v, "online")["uplink"].get("netaddr") for v in NAMES], ["silent", "answers"])
        configure(sides={"vios2": {"netaddr": "192.0.2.1"}})
        self.roles("LIMBO", "LIMBO", "vios2")
        self.paths("active/non-optimized", "active/non-optimized")
        configure(sides={"vios1": {"netaddr": "10.0.0.1"}})
        self.roles("PRIMARY", "LIMBO", "vios1")
        self.paths("active/optimized", "active/non-optimized")
        configure(sides={v: {"netaddr": ""} for v in NAMES})
        self.paths("active/optimized", "active/optimized")
        change({"op": "remove", "kind": "veth", "name": "lpar7/eth0"}, {"op": "remove", "kind": "client", "name": "lpar7"})
        configure(health_time=60)

    def better_paths(self):
        """By each VIOS, the PVIDs of lpar8's adapters whose path by it is optimized."""
        found = []
        for vios in NAMES:
            told = {a["adapter"]: a["paths"][vios]["state"] for a in self.status(vios)["adapters"]}
            found.append([vlan for vlan in self.VLANS if told.get("lpar8/eth%d" % (vlan % 10)) == "active/optimized"])
        return found

    VLANS = (1, 12, 13, 14, 15, 16, 17, 18)

    def test_load_sharing(self):
        """8 VLANs, 4 and 4: a client's adapter goes with the primary of its PVID; all go where there is an uplink."""
        def change(*ops):
            peer = Peer.connect("%s/run/vios1/viosd.sock" % DIR)
            peer.call("config_change", {"ops": list(ops)})
            peer.close()

        def configure(mode, **attrs):
            change({"op": "set", "kind": "sea", "name": "sea0", "attrs": dict(attrs, sides={v: {"ha_mode": mode} for v in NAMES})})

        def split(vios1, vios2):
            until(lambda: self.better_paths() == [list(vios1), list(vios2)], "paths are %s and %s" % (vios1, vios2), 20)
        configure("auto", health_time=0, vlans=list(self.VLANS[1:]))
        change({"op": "add", "kind": "client", "name": "lpar8", "attrs": {}},
               *({"op": "add", "kind": "veth", "name": "lpar8/eth%d" % (vlan % 10),
                  "attrs": {"mac": "02:76:69:00:08:%02x" % vlan, "pvid": vlan}} for vlan in self.VLANS))
        split(self.VLANS, self.VLANS)
        configure("sharing")
        split(self.VLANS[:4], self.VLANS[4:])
        self.assertEqual([self.seen(v, v, "online")["sea"]["primary"] for v in NAMES], ["1,12-14", "15-18"])
        lab("link", "vios2", "down")
        split(self.VLANS, ())
        lab("link", "vios2", "up")
        split(self.VLANS[:4], self.VLANS[4:])
        configure("auto", health_time=60, vlans=[])
        split(self.VLANS, self.VLANS)
        change({"op": "remove", "kind": "client", "name": "lpar8", "attrs": {"cascade": True}})

    def test_two_seas(self):
        """From the operator's command on: each has its own uplink, its own roles, and its own clients."""
        def ctl(line, rc=0):
            done = subprocess.run([os.path.join(BUILD, "vios-core/cli/viosctl"), "--run", DIR + "/run", *line.split()],
                                  capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(done.returncode, rc, done.stdout + done.stderr)
            return done.stdout + done.stderr

        def second(vios1, vios2):
            def agreed():
                return all([[m["sea"]["state"] for m in v.get("more", [])] for v in self.status(by)["vios"]] == [[vios1], [vios2]]
                           for by in NAMES)
            until(agreed, "the second SEA: %s, %s" % (vios1, vios2), 20)

        def paths(*wanted):
            def found():
                return tuple(a["paths"]["vios1"]["state"] == "active/optimized" for a in self.status("vios1")["adapters"]
                             if a["adapter"].startswith("lpar9/"))
            until(lambda: found() == wanted, "the paths by vios1: %s" % (wanted,), 20)
        for vios in NAMES:
            for line in ("add up1 type veth peer name far1", "set up1 up", "set far1 up"):
                lab("exec", vios, "ip", "link", *line.split())
        until(lambda: all("up1" in ctl("--vios %s lsdev -type ethernet" % v) for v in NAMES), "both have found it", 30)
        ctl("chdev -dev sea0 -attr health_time=0")
        taken = ctl("mkvdev -sea up1 -vadapter ent8 -default ent8 -defaultid 1", 1)
        self.assertIn("VLAN 1 is bridged by sea sea0 on vios1, too", taken)
        ctl("mkvdev -sea up1 -vadapter ent8 -default ent8 -defaultid 30 -dev sea1 -attr health_time=0")
        second("PRIMARY", "BACKUP")
        ctl("mkclient -name lpar9")
        for name, vlan in (("eth0", 1), ("eth1", 30)):
            ctl("mkvadapter -client lpar9 -type ethernet -name %s -pvid %d" % (name, vlan))
        paths(True, True)
        lab("exec", "vios1", "ip", "link", "set", "far1", "down")
        second("LIMBO", "PRIMARY")
        self.roles("PRIMARY", "BACKUP", "vios1")
        paths(True, False)
        shown = ctl("--vios vios1 entstat -all sea1")
        self.assertIn("LIMBO", shown)
        self.assertRegex(ctl("status"), r"(?m)^vios1 +[- ]+ent\d+ +down +- +LIMBO +net_af_packet1,iface=up1")
        self.assertEqual(ctl("diff"), "")
        lab("link", "vios1", "down")
        self.roles("LIMBO", "PRIMARY", "vios2")
        paths(False, False)
        lab("exec", "vios1", "ip", "link", "set", "far1", "up")
        second("PRIMARY", "BACKUP")
        paths(False, True)
        lab("link", "vios1", "up")
        self.roles("PRIMARY", "BACKUP", "vios1")
        paths(True, True)
        ctl("rmvdev -dev sea1")
        until(lambda: all("more" not in v for by in NAMES for v in self.status(by)["vios"]), "it is gone", 20)
        ctl("rmclient -name lpar9 -recursive")
        ctl("chdev -dev sea0 -attr health_time=60")
        for vios in NAMES:
            lab("exec", vios, "ip", "link", "del", "up1")

    def test_viosd_leaves_and_dies(self):
        self.end("vios1")
        self.seen("vios2", "vios1", "offline")
        with open(DIR + "/log/vios2.viosd.log", encoding="ascii") as f:
            self.assertIn("reason=left", f.read())
        self.start("vios1")
        self.both_online()
        lab("exec", "vios1", "kill", "-9", str(self.seen("vios1", "vios1", "online")["viosd_pid"]))
        self.assertIsNone(self.seen("vios2", "vios1", "offline")["netd"]["pid"])
        with open(DIR + "/log/vios2.viosd.log", encoding="ascii") as f:
            self.assertIn("reason=died", f.read())
        self.daemons["vios1"].wait(60)
        self.start("vios1")
        self.both_online()

    def test_corosync_killed(self):
        """The one without Corosync says unknown, within a moment; it goes on and comes back by itself."""
        os.kill(int(lab("pid", "vios1", "corosync")), signal.SIGKILL)
        self.seen("vios1", "vios2", "unknown")
        self.assertEqual(self.seen("vios1", "vios1", "online")["netd"]["state"], "up")
        self.both_online()

    def test_corosync_stopped(self):
        """Neither a viosd that runs nor one that is started waits for a Corosync that does not answer."""
        pid = int(lab("pid", "vios1", "corosync"))
        os.kill(pid, signal.SIGSTOP)
        try:
            self.assertEqual(self.seen("vios1", "vios1", "online")["netd"]["state"], "up")
            netd = self.seen("vios1", "vios1", "online")["netd"]["pid"]
            self.end("vios1")
            self.start("vios1")
            until(lambda: self.seen("vios1", "vios1", "online")["netd"]["pid"] == netd, "adopted", 60)
            self.assertEqual(self.status("vios1")["cluster"]["state"], "disconnected")
        finally:
            os.kill(pid, signal.SIGCONT)
        self.both_online()

    def test_partition(self):
        lab("cut")
        for by, of in (NAMES, NAMES[::-1]):
            self.seen(by, of, "offline")
        lab("heal")
        self.both_online()

    def test_rubbish(self):
        """Anything from a process on a node of the cluster is counted and logged once, and changes nothing."""
        before = self.status("vios2")["cluster"]["rubbish"]
        told = dict(self.seen("vios2", "vios1", "online"), sea=None)  # which counts what it hears
        lab("exec", "vios1", sys.executable, "-c", TELL)
        until(lambda: self.status("vios2")["cluster"]["rubbish"] == before + 7, "seven messages are thrown away", 60)
        self.assertEqual(dict(self.seen("vios2", "vios1", "online"), sea=None), told)
        with open(DIR + "/log/vios2.viosd.log", encoding="ascii") as f:
            self.assertEqual(f.read().count("cluster-rubbish node=1"), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
