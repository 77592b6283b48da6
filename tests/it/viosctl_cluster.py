#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""viosctl cluster -create: what it writes, prints and refuses; Corosync takes its file. Needs no root and no viosd."""
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/it/viosctl_lib"))
from case import Case  # noqa: E402


class Cluster(Case):
    LINKS = "-link0 vios1=10.77.0.1 vios2=10.77.0.2 -link1 vios1=10.77.1.1 vios2=10.77.1.2"
    SHIPPED = os.path.join(TOP, "packaging/pacemaker")

    def setUp(self):
        super().setUp()
        sides = [{"name": "vios%d" % n, "node_id": n, "memory_mb": 64, "uplink": {"name": "ent0", "devargs": "net_af_packet0,iface=up0"}}
                 for n in (1, 2)]
        with open(self.run_dir + "/frame.json", "w", encoding="utf-8") as file:
            json.dump({"frame": "frame1", "vios": sides}, file)
        self.made = os.path.join(self.dir, "made")

    def read(self, where, name):
        with open(os.path.join(where, name), "rb") as file:
            return file.read()

    def test_created(self):
        """Without any viosd; as shipped but for the run directory; a key that only its owner can read; never twice."""
        line = "cluster -create %s -dir %s" % (self.LINKS, self.made)
        said = self.ctl(line).stdout
        modes = {name: os.stat(os.path.join(self.made, name)).st_mode & 0o777 for name in os.listdir(self.made)}
        self.assertEqual(modes, {"authkey": 0o400, "corosync.conf": 0o644, "pair.crmsh": 0o644, "pair.pcs": 0o755})
        for name in ("corosync.conf", "pair.crmsh", "pair.pcs"):
            text = self.read(self.made, name).decode()
            as_shipped = re.sub(r"(?<=[\"=])/[^\"\s]*/vios-alert", "/usr/share/dual-vios/vios-alert", text.replace(self.run_dir, "/run/vios"))
            self.assertEqual(as_shipped, self.read(self.SHIPPED, name).decode())
            self.assertIn(text, said)
        key = self.read(self.made, "authkey")
        self.assertEqual((len(key), len(set(key)) > 100), (256, True))
        self.refused(line, "nothing is overwritten", 1)
        self.assertEqual(self.read(self.made, "authkey"), key)
        os.unlink(self.made + "/authkey")
        self.refused(line, "corosync.conf: File exists", 1)
        self.assertNotIn("authkey", os.listdir(self.made), "a refused one leaves nothing")
        self.assertIn("host: q1", json.loads(self.ctl("cluster -create %s -qdevice q1 --json" % self.LINKS).stdout)["files"]["corosync.conf"])

    def test_refused(self):
        links = self.LINKS
        for line, says in (("", "needs -link0"), ("-link0 vios1=10.0.0.1", "address of vios2 is missing"), ("-link0 vios1=1 vios2=2", "no address"),
                           ("-link0 a=10.0.0.1", "a is no VIOS"), (links + " -token 100", "give 500 to 30000"), ("-link0 vios1", "NAME=VALUE"),
                           (links + " -consensus 1", "give 100"), (links + " -qdevice a_b", "-qdevice"), (links + " -qdevise a", "-qdevice?")):
            self.refused("cluster -create " + line, says, 2)
        self.refused("cluster -create %s -dir /proc/none" % links, "/proc/none", 1)
        os.unlink(self.run_dir + "/frame.json")
        self.refused("cluster -create " + links, "frame.json", 1)

    @unittest.skipUnless(shutil.which("corosync"), "corosync is not installed")
    def test_corosync_takes_it(self):
        here = "-link0 vios1=127.0.0.1 vios2=10.77.0.2"  # it looks for its own address
        for number, more in enumerate(("", " -qdevice q1", " -token 500 -consensus 100")):
            made = self.made + str(number)
            self.ctl("cluster -create %s%s -dir %s" % (here, more, made))
            conf = made + "/elsewhere.conf"
            with open(conf, "w", encoding="utf-8") as file:
                file.write(self.read(made, "corosync.conf").decode().replace("totem {", "totem {\n\tkeyfile: %s/authkey" % made))
            done = subprocess.run(["corosync", "-t", "-c", conf], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Alert(Case):
    """vios-alert, as Pacemaker runs it; the incident is read from the file that both viosds write."""

    def alert(self, kind, **about):
        told = self.dir + "/told"
        env = dict(PATH=os.environ["PATH"], run=self.run_dir, wait_ms="0", CRM_alert_recipient=told, CRM_alert_kind=kind,
                   CRM_alert_timestamp="noon", CRM_alert_timestamp_epoch="86399", TZ="UTC", **{"CRM_alert_" + name: value for name, value in about.items()})
        subprocess.run([os.path.join(TOP, "packaging/pacemaker/vios-alert")], env=env, timeout=60, check=True)
        if not os.path.exists(told):
            return None
        with open(told, encoding="utf-8") as file:
            said = file.read()
        os.unlink(told)
        return said

    def incident(self, text):
        with open(self.run_dir + "/incident", "w", encoding="ascii") as file:
            file.write(text)

    def noted(self, number, age_s=0):
        """So old when it is written; how old when it is read, a busy machine decides: it counts for half a minute."""
        self.incident("%019d of %019d ms\n" % (number, int((time.time() - age_s) * 1000)))

    def test_alerts(self):
        fencing = {"node": "vios2", "rc": "0", "desc": "Operation reboot of vios2: OK"}
        wanted = "1970-01-01T23:59:59 vios-alert: incident=%s from=pacemaker kind=fencing fenced=vios2 rc=0 is=\"Operation reboot of vios2: OK\"\n"
        self.assertEqual(self.alert("fencing", **fencing), wanted % "", "nobody knows it")
        for number, age_s, said in ((59859930, 0, "59859930"), (8, 5, "8"), (8, 60, "")):
            self.noted(number, age_s)
            self.assertEqual(self.alert("fencing", **fencing), wanted % said, (number, age_s))
        for text in ("", "8 $(id) of 7 ms\n", "0 of 0 ms\n"):
            self.incident(text)
            self.assertEqual(self.alert("fencing", **fencing), wanted % "", text)
        self.noted(8)
        self.assertIn("incident=8 from=pacemaker kind=node node=vios2 is=\"lost\"", self.alert("node", node="vios2", desc="lost"))
        failed = {"node": "vios1", "rsc": "vios", "task": "monitor", "rc": "1", "target_rc": "0", "desc": "error"}
        self.assertIn("resource=vios task=monitor node=vios1 rc=1", self.alert("resource", **failed))
        self.assertIsNone(self.alert("resource", **dict(failed, rc="0")))
        self.assertIsNone(self.alert("attribute", node="vios1"))


unittest.main()
