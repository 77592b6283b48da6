#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
"""A real pair whose configuration changes: each change is on both VIOS, and the data planes and the mux follow it."""
import os
import statistics
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import BUILD, until  # noqa: E402
from rpc import Refused  # noqa: E402
import twins  # noqa: E402
from twins import NAMES, ask, change, lab, ms_since, op  # noqa: E402

CHANGES = 50


def running(vios):
    """The adapters that its data plane has."""
    netd = ask(vios, "running")["vios"][vios]["netd"]
    return {a["adapter"] for a in netd["adapters"]} if netd else set()


def netd_of(vios):
    return next(v for v in ask(vios, "status")["vios"] if v["name"] == vios)["netd"]


class Pair(unittest.TestCase):
    def follow(self, by, name, there):
        """Both data planes have the adapter, or have it no more; how long it took after now."""
        began = time.monotonic()
        took = {}
        while len(took) < 2:
            for vios in NAMES:
                if vios not in took and (name in running(vios)) == there:
                    took[vios] = ms_since(began)
            self.assertLess(ms_since(began), 60000, "%s: %s by %s, seen: %s" % (name, there, by, took))
        return max(took.values())

    def setUp(self):
        self.before = self.client()

    @staticmethod
    def client():
        """Of the client that is driven: since when it is where, and its paths."""
        one = next(a for a in ask("vios1", "status")["adapters"] if a["adapter"] == "lpar1/eth0")
        return one["live"], one["start"], {v: p["phase"] for v, p in one["paths"].items()}

    def undisturbed(self):
        self.assertEqual(self.client(), self.before)

    def test_a_change_from_each_side(self):
        """On both, with equal digests; both data planes have the new adapter, and a new mux is told of it."""
        for by, client in zip(NAMES, ("one", "two")):
            done = change(by, op("add", "client", client), op("add", "veth", client=client))
            there_ms = self.follow(by, client + "/eth0", True)
            print("commit by %s to running on both: %.0f ms" % (by, there_ms))
            self.assertEqual((done["committed"], done["changed"]), ("pair", True))
            self.assertEqual([one["name"] for one in done["created"]], [client, client + "/eth0"])
            state = twins.in_step()
            self.assertEqual((state["version"], state["digest"]), (done["version"], done["digest"]))
            for vios in NAMES:
                mux = twins.connect(vios)
                hello = mux.call("mux_hello", {"client": client, "pid": os.getpid()})
                self.assertEqual(hello["client"]["version"], done["version"])
                self.assertEqual([a["name"] for a in hello["client"]["client"]["adapters"]], ["eth0"])
                self.assertEqual([p["adapter"] for p in hello["paths"]], [client + "/eth0"])
                mux.close()

    def test_a_mux_is_told(self):
        """Of what is added and removed, by a note; and the client that is there is not disturbed."""
        change("vios1", op("add", "client", "told"), op("add", "veth", client="told"))
        mux = twins.connect("vios2")
        self.addCleanup(mux.close)
        mux.call("mux_hello", {"client": "told", "pid": os.getpid()})
        change("vios1", op("add", "veth", "told/eth5"))
        mux.wait_note("client", lambda note: [a["name"] for a in note["client"]["adapters"]] == ["eth0", "eth5"])
        change("vios2", op("remove", "client", "told", cascade=True))
        self.assertIsNone(mux.wait_note("client")["client"])
        self.follow("vios2", "told/eth0", False)
        self.undisturbed()

    def test_rules_of_an_adapter(self):
        """An operator's chdev on one VIOS: both data planes go by it, and the client that is served is not disturbed."""
        def rules(vios):
            netd = ask(vios, "running")["vios"][vios]["netd"]
            adapters = [a for a in netd["adapters"] if a["adapter"] == "lpar1/eth0"] if netd else []
            return {k: adapters[0].get(k) for k in wanted} if adapters else None
        usual = {"pvid": 1, "vlans": [], "own_mac_only": False, "storm_per_s": 10000, "send_kbit_s": 0, "send_burst_kib": 0,
                 "recv_kbit_s": 0, "recv_burst_kib": 0, "uplink_weight": 10}
        other = {"vlans": [20, 30], "own_mac_only": True, "storm_per_s": 500, "send_kbit_s": 800000, "send_burst_kib": 2048,
                 "recv_kbit_s": 900000, "recv_burst_kib": 4096, "uplink_weight": 40}
        for vios, wanted in (("vios1", usual | other), ("vios2", usual)):
            words = ["%s=%s" % (k, ",".join(map(str, v)) or "none" if isinstance(v, list) else
                                {True: "yes", False: "no"}.get(v, v) if isinstance(v, bool) else v) for k, v in wanted.items()]
            subprocess.run([os.path.join(BUILD, "vios-core/cli/viosctl"), "--run", twins.DIR + "/run", "chdev", "--vios", vios,
                            "-dev", "lpar1/eth0", "-attr", *words], check=True, timeout=30, stdout=subprocess.DEVNULL)
            for name in NAMES:
                until(lambda n=name: rules(n) == wanted, "%s goes by what was set by %s" % (name, vios))
        self.undisturbed()

    def test_commit_latency(self):
        """Printed, with the group's own round trip of the same run beside it: the machine is shared."""
        change("vios1", op("add", "client", "quick"), op("add", "veth", client="quick"))
        peer = twins.connect("vios1")
        took, asked = [], []
        for i in range(CHANGES):
            began = time.monotonic()
            peer.call("config_change", {"ops": [op("set", "veth", "quick/eth0", pvid=i + 2)]})
            took.append(ms_since(began))
            began = time.monotonic()
            peer.call("config_get")
            asked.append(ms_since(began))
        trip = peer.call("status")["cluster"]["round_trip"]
        peer.close()
        # of the last 64 messages: all of them are of these changes
        self.assertEqual(trip["of"], 64)
        # and those are the last of them: a machine may have been slower then than in most of all
        self.assertLess(trip["median_us"], 1000 * max(took), "a commit is at least one round trip")
        print("CPG round trip of vios1: median %.1f ms, worst %.1f ms of %d"
              % (trip["median_us"] / 1000, trip["worst_us"] / 1000, trip["of"]))
        print("commit on both: median %.1f ms, worst %.1f ms of %d; a question to viosd alone: median %.2f ms"
              % (statistics.median(took), max(took), CHANGES, statistics.median(asked)))
        twins.in_step()

    def test_an_adapter_gets_another_profile(self):
        """What a data plane cannot change in place is taken away and made anew, and nothing else with it."""
        change("vios1", op("add", "client", "wide"), op("add", "veth", client="wide"))
        self.follow("vios1", "wide/eth0", True)
        change("vios2", op("set", "veth", "wide/eth0", profile={"ring_size": 512}))
        change("vios2", op("add", "veth", "wide/eth1"))
        self.follow("vios2", "wide/eth1", True)
        for vios in NAMES:
            until(lambda v=vios: netd_of(v)["reason"] is None, vios + ": the data plane is content")
        self.follow("vios2", "wide/eth0", True)
        self.undisturbed()

    def test_more_adapters_than_a_data_plane_serves(self):
        """status names it; what is served goes on, and all is well when they are fewer again."""
        many = ["many%d" % i for i in range(16)]
        for name in many:
            change("vios1", op("add", "client", name), *(op("add", "veth", client=name) for _ in range(16)))
        for vios in NAMES:
            said = until(lambda v=vios: netd_of(v)["reason"], vios + " says why")
            self.assertIn("256", said)
            self.assertEqual(netd_of(vios)["state"], "up")
            self.assertIn("lpar1/eth0", running(vios))
        self.undisturbed()
        for name in many:
            change("vios2", op("remove", "client", name, cascade=True))
        self.assertEqual(change("vios2", op("add", "client", "few"), op("add", "veth", client="few"))["changed"], True)
        self.follow("vios2", "few/eth0", True)
        for vios in NAMES:
            until(lambda v=vios: netd_of(v)["reason"] is None, vios + " is content")

    def test_refusals(self):
        """A sentence, and each fault with its path; nothing is changed."""
        before = twins.in_step()
        peer = twins.connect("vios2")
        self.addCleanup(peer.close)
        for ops, base, code, words in (
                ([op("add", "veth", "nobody/eth0")], None, -32602, "nothing was changed"),
                ([op("add", "client", "fine"), op("add", "moon", "x")], None, -32602, "nothing was changed"),
                ([op("add", "client", "fine")], before["version"] - 1, -32000, "look at it again"),
                ("all of them", None, -32602, "ops"),
                ([op("add", "client", "fine" * 20000)], None, -32602, "bytes")):
            params = {"ops": ops} if base is None else {"ops": ops, "base": base}
            with self.assertRaisesRegex(Refused, words) as caught:
                peer.call("config_change", params)
            self.assertEqual(caught.exception.code, code)
            if words == "nothing was changed":
                fault = caught.exception.data["faults"][0]
                self.assertRegex(fault["path"], r"^(ops\[1\]|veth\[nobody/eth0\])")
                self.assertTrue(fault["text"])
        self.assertEqual(twins.in_step(), before)


if __name__ == "__main__":
    twins.run(clients=1)
