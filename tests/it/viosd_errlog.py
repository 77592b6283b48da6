#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""The error log of a viosd with a fake data plane: what is in it, who hears of it, and what a restart leaves of it."""
import os
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import Case, until  # noqa: E402
from rpc import Refused  # noqa: E402


class Log(Case):
    def entries(self, **params):
        return self.frame.peer().call("errlog", params)["entries"]

    def labels(self):
        return [e["label"] for e in self.entries()]

    def test_death(self):
        """Told to those who have subscribed, and there for those who ask."""
        self.frame.start()
        pid = self.frame.netd()
        listener = self.frame.peer()
        listener.call("subscribe", {"topics": ["log"]})
        os.kill(pid, signal.SIGKILL)
        told = listener.wait_note("event", lambda p: p["topic"] == "log")["entry"]
        self.assertEqual({k: told[k] for k in ("vios", "label", "class", "type", "resource", "text")},
                         {"vios": "vios1", "label": "VIOS_NETD_DIED", "class": "S", "type": "TEMP", "resource": "netd",
                          "text": "the data plane has died: pid=%d signal=9" % pid})
        self.assertLess(abs(told["time_ms"] / 1000 - time.time()), 30)
        self.assertIn(told, self.entries())
        self.assertEqual(self.frame.log().count("netd-died pid=%d signal=9" % pid), 1)
        listener.wait_note("event", lambda p: p["entry"]["label"] == "VIOS_NETD_UP")
        self.assertEqual(self.labels(), ["VIOS_NETD_UP", "VIOS_NETD_DIED", "VIOS_NETD_UP"])

    def test_restart(self):
        """Entries stay, also beside lines that are damaged; numbers go on."""
        daemon = self.frame.start()
        self.frame.netd()
        before = self.entries()
        daemon.kill()
        daemon.wait()
        with open(self.frame.path("vios1", "state", "errlog"), "a", encoding="ascii") as f:
            f.write("rubbish\n{\"seq\":")
        self.frame.start()
        self.frame.netd()
        after = self.entries()
        self.assertEqual(after[:len(before)], before)
        self.assertEqual([e["seq"] for e in after], list(range(1, len(after) + 1)))
        self.assertGreater(len(after), len(before))
        self.assertIn("errlog-damaged", self.frame.log())
        answer = self.frame.peer().call("errlog", {"since": 2, "limit": 1})
        self.assertEqual((answer["entries"], answer["next"]), (after[1:2], 3))

    def test_incident(self):
        """Both VIOS give what they note within a pause one number, also after the shared file and one viosd were lost."""
        def entries(*names):
            return sorted((e for vios in names or ("vios1", "vios2") for e in self.frame.peer(vios=vios).call("errlog")["entries"]),
                          key=lambda e: e["time_ms"])

        for vios in ("vios1", "vios2"):
            daemon = self.frame.start(vios=vios)
            os.kill(self.frame.netd(vios), signal.SIGKILL)
            until(lambda: len(entries(vios)) == 3, "it is back")  # pylint: disable=cell-var-from-loop
        os.unlink(self.frame.path("incident"))
        daemon.kill()
        daemon.wait()
        self.frame.start(vios="vios2")
        os.kill(self.frame.netd("vios2"), signal.SIGKILL)
        until(lambda: len(entries()) >= 9, "it has noted more")
        for before, after in zip(entries(), entries()[1:]):
            same = after["time_ms"] - before["time_ms"] <= 30000
            self.assertEqual(before["incident"] == after["incident"], same, (before, after))

    def test_questions(self):
        self.frame.start()
        for params in ({"since": -1}, {"since": "x"}, {"limit": 0}, {"limit": 10 ** 6}):
            with self.assertRaises(Refused):
                self.entries(**params)

    def test_refused_configuration(self):
        self.frame.fault(configure="no such device")
        self.frame.start()
        until(lambda: "VIOS_NETD_UNFIT" in self.labels(), "it is noted")
        self.assertIn("no such device", self.entries()[-1]["text"])

    def test_no_disk(self):
        """It costs the memory of the next start, and nothing else."""
        self.frame.start("--state", "/proc/nowhere")
        self.frame.netd()
        self.assertEqual(self.labels(), ["VIOS_NETD_UP"])
        self.assertIn("errlog-not-kept", self.frame.log())


@unittest.skipUnless(os.geteuid() == 0, "needs root for a network namespace")
class Carrier(Case):
    devargs = "net_af_packet0,iface=up0"

    def test_carrier(self):
        daemon = self.frame.start(before=[
            "unshare", "--net", "sh", "-c",
            "ip link add up0 type veth peer name wire0; ip link set up0 up; ip link set wire0 up; exec \"$@\"", "sh"])
        self.frame.netd()
        peer = self.frame.peer()

        def links():
            return [(e["label"], e["class"], e["resource"]) for e in peer.call("errlog")["entries"] if e["class"] == "H"]

        until(lambda: self.frame.status()["vios"][0]["uplink"]["link"] == "up", "the link is up")
        self.assertEqual(links(), [], "that it is up at the start is no news")
        for state, seen in (("down", "VIOS_SEA_ADAP_FAIL"), ("up", "VIOS_SEA_ADAP_UP")):
            subprocess.run(["nsenter", "-t", str(daemon.pid), "-n", "ip", "link", "set", "wire0", state], check=True)
            until(lambda: links() and links()[-1] == (seen, "H", "ent0"), "the link is " + state)  # pylint: disable=cell-var-from-loop
        self.assertEqual(len(links()), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
