#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 600
"""A pair whose VIOS lose each other, start alone, start with an old or a damaged state, and a large state."""
import json
import os
import subprocess
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import BUILD, until  # noqa: E402
from rpc import Refused  # noqa: E402
import twins  # noqa: E402
from twins import NAMES, ask, change, has_role, held, in_step, kept, lab, ms_since, op, other, path_states  # noqa: E402

OPTIMIZED, UNAVAILABLE = "active/optimized", "unavailable"
LONG = os.environ.get("VIOS_LONG") == "1"
CLIENTS = 256 if LONG else 64
HBAS = CLIENTS // 16  # each with 64 LUNs


def try_change(vios, *ops):
    """The answer, or the Refused."""
    try:
        return change(vios, *ops)
    except Refused as refused:
        return refused


def try_both(adapter, pvid):
    """Both VIOS are asked at the same time for a change of their own."""
    answers = {}

    def ask_one(vios, one):
        answers[vios] = try_change(vios, op("set", "veth", adapter, pvid=one))
    threads = [threading.Thread(target=ask_one, args=[vios, pvid + i]) for i, vios in enumerate(NAMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def new_client(name):
    change("vios1", op("add", "client", name), op("add", "veth", client=name), op("add", "veth", client=name))
    # what a stale VIOS has got last may be what nobody has acknowledged: that is to be another one
    change("vios1", op("add", "client", name + "-last"), op("add", "veth", client=name + "-last"))
    adapters = [name + "/eth0", name + "/eth1"]
    for vios in NAMES:
        until(lambda v=vios: path_states(v, adapters) == [OPTIMIZED] * 2, vios + " serves " + name)
    return adapters


def large_client(client, hbas):
    """Four adapters, so many of them server adapters."""
    yield op("add", "client", client)
    for i in range(hbas):
        yield op("add", "vhost", "%s-%d" % (client, i), client_adapter="%s/scsi%d" % (client, i))
    for i in range(4 - hbas):
        yield op("add", "veth", "%s/eth%d" % (client, i))


def large_disks(vhost):
    for disk in ("%s-%d" % (vhost, n) for n in range(64)):
        yield op("add", "backing", disk, path={v: "/dev/disk/by-id/" + disk.ljust(200, "x") for v in NAMES})
        yield op("add", "vtd", vhost=vhost, backing=disk, force=True)  # nobody has them


def ctl_ms(line):
    """A verb of viosctl, until it has printed everything: the best of 3."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run([os.path.join(BUILD, "vios-core/cli/viosctl"), "--run", twins.DIR + "/run", *line.split()],
                       stdout=subprocess.DEVNULL, timeout=30, check=True)
        took.append(ms_since(began))
    return min(took)


def pvid_of(state, adapter):
    return next(v["pvid"] for v in state["state"]["veth"] if "%s/%s" % (v["client"], v["name"]) == adapter)


class Cut(unittest.TestCase):
    def setUp(self):
        in_step()
        self.addCleanup(self.mend)

    @staticmethod
    def mend():
        """What a test that failed has left: mended already after one that did not."""
        lab("heal", check=False)
        for vios in NAMES:
            if not held(vios):
                lab("boot", vios, check=False)

    def test_partition(self):
        """At most one side commits; the other says what it waits for. Nothing acknowledged is lost."""
        touched, untouched = new_client("cut")
        lab("stop", "frame", "framed")
        lab("cut")
        for vios in NAMES:
            has_role(vios, "waiting")
        for vios, answer in try_both(touched, 5).items():
            self.assertIsInstance(answer, Refused, "nobody vouches for " + vios)
            self.assertIn("witness does not answer", str(answer))
            self.assertIn(other(vios), str(answer))
        lab("start", "frame", "framed")
        for vios in NAMES:
            has_role(vios, "alone")
        aside = {vios: len(kept(vios, "aside")) for vios in NAMES}
        answers = try_both(touched, 7)
        winners = [vios for vios in NAMES if not isinstance(answers[vios], Refused)]
        self.assertEqual(len(winners), 1, answers)
        winner, loser = winners[0], other(winners[0])
        self.assertEqual(answers[winner]["committed"], "alone")
        for changes in (True, False):
            done = change(winner, op("set", "veth", touched, pvid=9))
            self.assertEqual((done["committed"], done["changed"]), ("alone", changes))
            refused = try_change(loser, op("set", "veth", untouched, pvid=8))
            self.assertIsInstance(refused, Refused)
            self.assertRegex(str(refused), "raised by %s.*when it has synchronised with %s" % (winner, winner))
        has_role(loser, "waiting")
        until(lambda: path_states(loser, (touched, untouched)) == [UNAVAILABLE, OPTIMIZED], "it serves the other alone")
        until(lambda: path_states(winner, (touched, untouched)) == [OPTIMIZED, OPTIMIZED], "the winner serves both")
        lab("heal")
        state = in_step()
        self.assertEqual((pvid_of(state, touched), pvid_of(state, untouched)), (9, 1))
        until(lambda: path_states(loser, (touched, untouched)) == [OPTIMIZED] * 2, "it serves all again")
        # its own change of that moment was on its disk already: it is kept, and named in the log
        until(lambda: len(kept(loser, "aside")) > aside[loser], "kept aside")
        until(lambda: os.path.basename(kept(loser, "aside")[0]) in twins.log_of(loser), "the log names it")
        self.assertEqual(len(kept(winner, "aside")), aside[winner])

    def test_alone_with_the_newest_state(self):
        adapters = new_client("newest")
        before = in_step()
        for vios in NAMES:
            lab("kill", vios)
        lab("boot", "vios1")
        state = has_role("vios1", "alone")
        self.assertEqual((state["version"], state["digest"]), (before["version"], before["digest"]))
        until(lambda: path_states("vios1", adapters) == [OPTIMIZED] * 2, "it serves")
        self.assertEqual(change("vios1", op("set", "veth", adapters[0], pvid=5))["committed"], "alone")
        lab("boot", "vios2")
        self.assertEqual(pvid_of(in_step(), adapters[0]), 5)

    def test_alone_with_an_old_state(self):
        touched, untouched = new_client("old")
        lab("kill", "vios2")
        has_role("vios1", "alone")
        done = change("vios1", op("set", "veth", touched, pvid=5))
        lab("kill", "vios1")
        lab("boot", "vios2")
        mux = twins.connect("vios2")
        self.addCleanup(mux.close)
        hello = mux.call("mux_hello", {"client": "old", "pid": os.getpid()}, twins.PATIENCE_S)
        told = [[p["state"] for p in hello["paths"]]]
        while told[-1][1] != OPTIMIZED:
            told.append([p["state"] for p in mux.wait_note("paths")["paths"]])
        self.assertEqual({state for state, _ in told}, {UNAVAILABLE}, "from the first word on")
        state = has_role("vios2", "waiting")
        until(lambda: "synchronised with vios1" in held("vios2")["reason"], "it names whom it waits for")
        self.assertLess(state["version"], done["version"])
        told = ask("vios2", "status")["config"]
        self.assertEqual((told["role"], told["version"]), ("waiting", state["version"]))
        self.assertIn("synchronised with vios1", told["reason"])
        until(lambda: path_states("vios2", (touched, untouched)) == [UNAVAILABLE, OPTIMIZED], "it serves the others")
        self.assertRegex(str(try_change("vios2", op("set", "veth", untouched, pvid=8))), "synchronised with vios1")
        # with a data plane that runs already, too
        twins.kill_viosd("vios2")
        mux = twins.connect("vios2")
        self.addCleanup(mux.close)
        hello = mux.call("mux_hello", {"client": "old", "pid": os.getpid()}, twins.PATIENCE_S)
        self.assertEqual([p["state"] for p in hello["paths"]], [UNAVAILABLE, OPTIMIZED])
        lab("boot", "vios1")
        state = in_step()
        self.assertEqual((pvid_of(state, touched), pvid_of(state, untouched)), (5, 1))
        until(lambda: path_states("vios2", (touched, untouched)) == [OPTIMIZED] * 2, "it serves all again")

    def test_damaged_state(self):
        """The previous one is used, with a warning, until the peer's is there."""
        touched, untouched = new_client("damaged")
        change("vios2", op("set", "veth", touched, pvid=5))
        before = in_step()
        for vios in NAMES:
            lab("kill", vios)
        newest = kept("vios1")[0]
        os.truncate(newest, os.path.getsize(newest) // 2)
        lab("boot", "vios1")
        until(lambda: held("vios1"), "it answers")
        until(lambda: "damaged" in held("vios1")["reason"], "it says why")
        self.assertRegex(twins.log_of("vios1"), "error state-damaged .*" + os.path.basename(newest))
        self.assertRegex(str(try_change("vios1", op("set", "veth", untouched, pvid=8))), "damaged.*waits for vios2")
        lab("boot", "vios2")
        state = in_step()
        self.assertEqual((state["digest"], pvid_of(state, touched)), (before["digest"], 5))
        until(lambda: path_states("vios1", (touched, untouched)) == [OPTIMIZED] * 2, "it serves")

    def judge(self, what, took_ms, most_ms):
        """Times mean something on a machine that does nothing else."""
        if LONG:
            self.assertLess(took_ms, most_ms, what)

    def test_large(self):
        """256 clients with 1,024 adapters and 1,024 LUNs whose paths are long, by default a quarter of each. Times are printed, and
        judged in the long run.

        The LUNs are those of a few server adapters: each has a process in each VIOS, and a small machine has not the time
        for 1,000 of them."""
        began = time.monotonic()
        for first in range(0, CLIENTS, 16):
            change("vios1", *(one for i in range(first, first + 16) for one in large_client("big%03d" % i, 2 * (i < HBAS // 2))))
        for i in range(HBAS):
            change("vios1", *large_disks("big%03d-%d" % (i // 2, i % 2)))
        print("made in %.0f ms" % ms_since(began))
        state = in_step()["state"]
        big = [v for kind in ("veth", "vhost") for v in state[kind] if v["client"].startswith("big")]
        self.assertEqual((len(big), len(state["vtd"])), (4 * CLIENTS, 4 * CLIENTS))
        self.assertGreater(len(json.dumps(state)), CLIENTS << 12)
        for method in ("config_get", "status"):
            began = time.monotonic()
            size = len(repr(ask("vios1", method)))
            print("%s: %.0f ms, about %d KB" % (method, ms_since(began), size // 1000))
        for line in ("status", "lsmap -all"):
            took_ms = ctl_ms(line)
            print("viosctl %s: %.0f ms" % (line, took_ms))
            self.judge(line, took_ms, 100)
        began = time.monotonic()
        change("vios2", op("set", "veth", "big000/eth0", pvid=2))
        print("a change: %.0f ms" % ms_since(began))
        lab("kill", "vios2")
        has_role("vios1", "alone")
        change("vios1", op("set", "veth", "big000/eth0", pvid=5))
        lab("boot", "vios2")
        self.assertEqual(pvid_of(in_step(), "big000/eth0"), 5)
        took_ms = 1000 * (twins.logged_at("vios1", "replica-in-step:") - twins.logged_at("vios1", "replica-copy-sent:"))
        print("state transfer: %.0f ms" % took_ms)
        self.judge("state transfer", took_ms, 1000)
        for vios in NAMES:
            self.assertEqual(path_states(vios, ("big%03d/eth1" % (CLIENTS - 1),)), [OPTIMIZED])


if __name__ == "__main__":
    twins.run(clients=0)
