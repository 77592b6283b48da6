#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 900
"""
A client that breaks the rules: its mux refuses it, serves it again, and neither grows nor disturbs anybody: another
adapter of the same client and another client lose nothing while it happens.
"""
from collections import Counter
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from muxbench import ASAN_MUX, Bench, Client, LIB, LONG, Failed, check, main, wait_for  # noqa: E402

ROUNDS = 10000 if LONG else 400
WARM_UP = 1000 if LONG else 150
GROWTH_KIB = 256  # anonymous memory of both processes; a leak of one message a round would be 3 MiB
GROWTH_ASAN_KIB = 6144  # there freed memory is kept aside for a while: 2 MiB a process (muxbench.py), and its shadow


def torture(bench, rounds, seed):
    path = bench.path("clients/lpar1/eth0.sock")
    p = subprocess.run([os.path.join(LIB, "test-torture"), "--socket", path, "--rounds", str(rounds), "--seed",
                        str(seed)], stdout=subprocess.PIPE, text=True, timeout=30 + rounds)
    check(p.stdout, "test-torture died: exit %d" % p.returncode)
    result = json.loads(p.stdout)
    wrong = {k: v for k, v in result["cases"].items() if v["wrong"] or v["unserved"]}
    check(not wrong and p.returncode == 0, "seed %d: %s" % (result["seed"], json.dumps(wrong)))
    return result


def beside(bench, clients):
    """What the others' traffic went through while it happened."""
    for name, c in clients.items():
        n = c.count()
        print("  beside it, %s: sent %d, lost %d, doubled %d, longest gap %.1f ms" % (
            name, n["sent"], n["lost"], n["duplicated"], n["gap_ms"]))
        check(n["sent"] > 100 and n["lost"] <= bench.no_buffer() and n["duplicated"] == 0, "%s: %s" % (name, n))
        check(n["violations"] == 0, "%s got buffers back twice" % name)


def same_descriptors(bench, before, kinds, after):
    if after[0] != before[0]:
        more, less = Counter(bench.descriptors("lpar1")), Counter(kinds)
        raise Failed("open descriptors: %d before, %d after; more: %s, fewer: %s" % (
            before[0], after[0], dict(more - less), dict(less - more)))


def play(viomuxd, rounds, warm_up, growth_kib):
    seed = int(os.environ.get("VIOS_SEED", os.getpid()))
    with Bench(["lpar1/eth0", "lpar1/eth1", "lpar2/eth0"], viomuxd=viomuxd) as b:
        others = {a: Client(b, a) for a in ("lpar1/eth1", "lpar2/eth0")}
        pids = b.processes("lpar1")
        torture(b, warm_up, seed)
        wait_for("eth0 settles", lambda: b.settled("lpar1/eth0"))
        before, kinds = b.footprint("lpar1"), b.descriptors("lpar1")
        for c in others.values():
            c.count()
        result = torture(b, rounds, seed + 1)
        wait_for("eth0 settles", lambda: b.settled("lpar1/eth0"))
        after = b.footprint("lpar1")
        print("  %d rounds, seed %d: descriptors %d -> %d, KiB %d -> %d, slowest answer %.1f ms" % (
            rounds, seed, before[0], after[0], before[1], after[1], result["worst_answer_ms"]))
        check(b.processes("lpar1") == pids, "the mux died and was started again")
        same_descriptors(b, before, kinds, after)
        check(after[1] - before[1] <= growth_kib, "KiB: %d before, %d after" % (before[1], after[1]))
        beside(b, others)
        c = Client(b, "lpar1/eth0", "--event-idx")  # and the tortured adapter itself still works
        wait_for("frames on eth0", lambda: c.count()["received"] > 0)
        c.quit()
        b.stop_mux("lpar1")


def front_torture():
    play(None, ROUNDS, WARM_UP, GROWTH_KIB)


def front_torture_sanitized():
    if not os.path.exists(ASAN_MUX):
        print("  left out: no %s" % ASAN_MUX)
        return
    play(ASAN_MUX, ROUNDS if LONG else ROUNDS // 2, WARM_UP if LONG else 50, GROWTH_ASAN_KIB)


main(front_torture, front_torture_sanitized)
