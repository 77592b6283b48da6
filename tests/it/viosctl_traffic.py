#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""viosctl watch -rates and viosctl snap against a fake viosd. Needs no root."""
import json
import os
import sys
import unittest

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/it/viosctl_lib"))
from case import Case, answers  # noqa: E402
from fake_viosd import Fault  # noqa: E402


class Rates(Case):
    def test_rates(self):
        """Counters that grow between two answers, as numbers a second."""
        look = {"n": 0}

        def running(_):
            look["n"] += 1
            return {"vios": {v: {"netd": {"uplink": None, "adapters": [
                {"adapter": "lpar1/eth0", "tx_packets": 10 ** 6 * look["n"], "drops": {"runt": 5}}]}} for v in ("vios1", "vios2")}}
        self.viosd(running=running)
        views = [json.loads(line) for line in self.ctl("watch -rates -count 2 --json").stdout.splitlines()]
        self.assertEqual([(r["vios"], r["adapter"], r["drops_s"]) for r in views[1]],
                         [("vios1", "lpar1/eth0", 0), ("vios2", "lpar1/eth0", 0)])
        for view in views:
            self.assertTrue(0 < view[0]["tx_packets_s"] <= 10 ** 6, view)
        self.assertIn("lpar1/eth0", self.ctl("watch -rates -count 1").stdout)


class Snap(Case):
    STATE = {"adapter": "lpar1/eth0", "path": "/run/vios/vios1/lpar1.eth0.pcap", "ended": None, "frames": 7, "bytes": 900, "lost": 1}

    def test_where_it_is_served(self):
        one, two = (self.viosd(v, trace=self.STATE) for v in ("vios1", "vios2"))
        live = next(a for a in answers()["status"]["adapters"] if a["adapter"] == "lpar1/eth0")["live"]
        self.assertEqual(self.ctl("snap -trace lpar1/eth0 -seconds 5 -size 2").stdout,
                         "lpar1/eth0: is being traced, 7 frames, 1 lost, /run/vios/vios1/lpar1.eth0.pcap\n")
        self.assertEqual({v: d.params_of("trace") for v, d in (("vios1", one), ("vios2", two)) if d.params_of("trace")},
                         {live: [{"adapter": "lpar1/eth0", "seconds": 5, "size_mib": 2}]})
        self.ctl("snap --vios vios2 -stop")
        self.assertIn({"stop": True}, two.params_of("trace"))
        two.answers["trace"] = None
        self.assertEqual(self.ctl("snap --vios vios2").stdout, "nothing has been traced\n")
        two.answers["trace"] = self.STATE | {"ended": "size"}
        self.assertIn("lpar1/eth0: ended: size, 7", self.ctl("snap --vios vios2").stdout)
        self.refused("snap -trace lpar7/eth0", "no such adapter", 1)
        one.answers["trace"] = two.answers["trace"] = Fault(-32003, "it is for root alone")
        self.refused("snap -trace lpar1/eth0", "root alone", 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
