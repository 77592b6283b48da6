#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 900
"""Random changes from both VIOS at once while one after the other dies: what was acknowledged is there at the end, on
both, and nothing is there by half. VIOS_SEED repeats a run's choices; VIOS_LONG=1: 1,000 changes, a death a second."""
import os
import random
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
import twins  # noqa: E402
from storm import Side  # noqa: E402
from twins import NAMES, lab  # noqa: E402

LONG = os.environ.get("VIOS_LONG") == "1"
SEED = int(os.environ.get("VIOS_SEED") or random.SystemRandom().randrange(1 << 32))
CHANGES = 1000 if LONG else 120
PAUSE_S = 0.2 if LONG else 0.3
PERIOD_S = (1.0, 1.0) if LONG else (2.0, 3.0)


class Deaths(threading.Thread):
    """Kills viosd, or a whole node, by turns; the lab starts a viosd again, we a node."""

    def __init__(self, seed):
        super().__init__()
        self.random, self.over, self.deaths, self.fault = random.Random(seed), threading.Event(), [], None

    def enough(self):
        """With one that never comes, too: then that is what the test is to say."""
        return len(self.deaths) > 3 or self.fault is not None

    def power_cycle(self, vios):
        lab("kill", vios)
        self.over.wait(self.random.uniform(0.1, 1.5))
        lab("boot", vios)

    def run(self):
        try:
            while not self.over.wait(self.random.uniform(*PERIOD_S)):
                vios = self.random.choice(NAMES)
                power = len(self.deaths) % 2 == 1
                self.deaths.append(("power of " if power else "viosd of ") + vios)
                if power:
                    self.power_cycle(vios)
                else:
                    twins.kill_viosd(vios)
        except BaseException as e:  # pylint: disable=broad-exception-caught
            self.fault = e


class Kills(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        print("VIOS_SEED=%d" % SEED, flush=True)
        twins.in_step()
        deaths = Deaths("%d deaths" % SEED)
        sides = [Side(vios, "%d %s" % (SEED, vios), CHANGES // 2, PAUSE_S, 700 if LONG else 400, deaths.enough) for vios in NAMES]
        faults = []

        def run(side):
            try:
                side.run()
            except BaseException as e:  # pylint: disable=broad-exception-caught
                faults.append("%s: %s: %s" % (side.vios, type(e).__name__, e))
        threads = [threading.Thread(target=run, args=[side]) for side in sides]
        began = time.monotonic()
        for thread in (deaths, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        deaths.over.set()
        deaths.join()
        print("%.0f s, %d deaths; %s" % (time.monotonic() - began, len(deaths.deaths),
                                         "; ".join("%s: %s" % (s.vios, s.count) for s in sides)), flush=True)
        for sentence in sorted(set().union(*(s.said for s in sides)))[:12]:
            print("  said: " + sentence)
        self.assertEqual((faults, deaths.fault), ([], None), "\n".join(faults))
        state = twins.in_step()
        for side in sides:
            self.assertFalse("\n".join(side.judge(state["state"])))
            self.assertGreaterEqual((state["epoch"], state["version"]), side.newest)
            self.assertFalse(side.wants_more(), "not so many changes and deaths in time")


if __name__ == "__main__":
    twins.run(clients=0)
