#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""What viosd finds: interfaces that come, change and go in a network namespace of its own; a disk that comes and goes. The
namespace is viosd's alone and ends with it."""
import os
import re
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import Case, until  # noqa: E402


class Devices(Case):
    devargs = "net_af_packet0,iface=up0"

    def setUp(self):
        super().setUp()
        self.daemon = self.frame.start("--log-level", "debug", before=["unshare", "--net"])
        self.frame.netd()
        self.peer = self.frame.peer()

    def ip(self, *args):
        subprocess.run(["nsenter", "--net", "-t", str(self.daemon.pid), "ip", *args], check=True, timeout=60)

    def devices(self):
        answer = self.peer.call("devices")
        self.assertEqual(list(answer["vios"]), ["vios1"])
        return {device["name"]: device for device in answer["vios"]["vios1"]}

    def test_ports(self):
        """A port shows with what it is within the time that events are gathered, and goes when it goes."""
        before = self.devices()
        self.assertNotIn("lo", before)
        self.assertEqual((before["up0"]["status"], before["up0"]["attrs"]["uplink"]), ("Defined", "ent0"))
        self.ip("link", "add", "up0", "address", "02:76:69:00:01:01", "mtu", "9000", "type", "veth", "peer", "wire0")
        found = until(lambda: "wire0" in self.devices() and self.devices(), "the pair of ports shows")
        port = found["up0"]
        self.assertEqual((port["class"], port["type"], port["status"]), ("adapter", "ethernet", "Available"))
        self.assertEqual({key: port["attrs"][key] for key in ("mac", "mtu", "link", "kind", "driver", "physical", "uplink")},
                         {"mac": "02:76:69:00:01:01", "mtu": 9000, "link": "down", "kind": "veth", "driver": "veth",
                          "physical": False, "uplink": "ent0"})
        self.assertIsNone(found["wire0"]["attrs"]["uplink"])
        for name in ("up0", "wire0"):
            self.ip("link", "set", name, "up")
        until(lambda: self.devices()["up0"]["attrs"]["link"] == "up", "the carrier shows")
        self.assertEqual(self.devices()["up0"]["attrs"]["speed_mbit"], 10000)
        self.ip("link", "set", "wire0", "down", "name", "wire1")
        until(lambda: "wire1" in self.devices() and "wire0" not in self.devices(), "the new name shows")
        self.assertIsNone(self.devices()["up0"]["attrs"]["speed_mbit"])
        self.ip("link", "del", "up0")
        until(lambda: "wire1" not in self.devices(), "they have gone")
        self.assertEqual(self.devices()["up0"]["status"], "Defined")

    def test_told(self):
        """A burst is told once, soon, and each device that came or went is in the log."""
        self.devices()
        began = time.monotonic()
        for i in range(6):
            self.ip("link", "add", "burst%d" % i, "type", "veth", "peer", "far%d" % i)
        until(lambda: "what=added class=adapter name=burst5" in self.frame.log(), "it is told")
        log = self.frame.log()
        self.assertIn("device what=added class=adapter name=burst0 type=ethernet", log)
        told, took = len(re.findall("devices-changed", log)), time.monotonic() - began
        self.assertGreater(told, 0)
        self.assertLess(told, 2 + took / 0.1)

    def test_many(self):
        """More events than the socket's buffer holds: what was lost is asked for again."""
        batch = "".join("link add m%d type veth peer n%d\n" % (i, i) for i in range(100))
        batch += "link del m7\n"
        self.daemon.send_signal(signal.SIGSTOP)
        subprocess.run(["nsenter", "--net", "-t", str(self.daemon.pid), "ip", "-batch", "-"], input=batch, text=True,
                       check=True, timeout=30)
        self.daemon.send_signal(signal.SIGCONT)
        until(lambda: sum(name[0] in "mn" for name in self.devices()) == 198, "all show", 60)
        self.assertIn("ports-netlink", self.frame.log(), "some were lost")
        self.assertNotIn("m7", self.devices())

    def test_disk(self):
        """A loop device is told when it gets its file and when it loses it, with the file's identity."""
        path = os.path.join(self.frame.dir, "disk")
        with open(path, "wb") as f:
            f.truncate(8 << 20)
        self.devices()
        made = subprocess.run(["losetup", "--find", "--show", "--read-only", path], capture_output=True, text=True,
                              timeout=60, check=False)
        if made.returncode != 0:
            self.skipTest("no loop device: " + made.stderr.strip())
        node = made.stdout.strip()
        loop = os.path.basename(node)
        detach = ["losetup", "--detach", node]
        attached = [True]
        self.addCleanup(lambda: attached and subprocess.run(detach, check=True, timeout=60))
        until(lambda: "what=added class=disk name=%s type=loop" % loop in self.frame.log(), "it is told unasked", 60)
        disk = self.devices()[loop]
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as f:
            boot = f.read().strip()
        st = os.stat(path)
        self.assertEqual(disk["attrs"]["identity"], "file.%s.%d:%d.%d" % (
            boot, os.major(st.st_dev), os.minor(st.st_dev), st.st_ino))
        self.assertEqual((disk["status"], disk["attrs"]["size_bytes"], disk["attrs"]["read_only"]),
                         ("Available", 8 << 20, True))
        subprocess.run(detach, check=True, timeout=60)
        attached.clear()
        until(lambda: "what=removed class=disk name=%s" % loop in self.frame.log(), "it is told unasked", 60)
        self.assertNotIn(loop, self.devices())


if __name__ == "__main__":
    unittest.main(verbosity=2)
