#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 7200
"""The mux is killed under load, 10,000 packets/s each way, again and again, between the real data planes; each time its successor must
move the path: in turns as an operator asks, because the live vios-netd is killed after its return, and because it was killed before.

The drill makes the faults, proves that they hit, and judges: each run may lose what its gaps hold and what the baseline's windows, spread
between the runs, lose by themselves. Here the runs are counted, and the restarts' times told. 12 kills; 1,000 with VIOS_LONG=1.
Faults take turns; nothing is random.
"""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
import pair  # noqa: E402

DRILL = os.environ["VIOS_BUILD"] + "/ha/drill/vios-drill"
LONG = os.environ.get("VIOS_LONG") == "1"
KILLS = int(os.environ.get("VIOS_KILLS", 1000 if LONG else 12))
BATCH = 20  # runs between two baseline windows and more
DIRECTIONS = ("to_client", "from_client")
RESTART_MS = 2000  # far above what a busy machine makes of a few milliseconds; a restart that hangs is over it


class Sum:
    """Of one kind of window, both directions."""

    def __init__(self):
        self.n, self.gaps, self.count = 0, [], {k: 0 for k in ("sent", "lost", "duplicated", "reordered", "held")}

    def add(self, run):
        self.n += 1
        for one in (run[d] for d in DIRECTIONS):
            self.gaps.append(one["gap_ms"])
            self.count["held"] += int(max(one["gap_ms"], one["gaps_ms"]) * 10) + 1  # 10,000 packets/s
            for k in ("sent", "lost", "duplicated", "reordered"):
                self.count[k] += one[k]

    def tell(self, name):
        c, gaps = self.count, sorted(self.gaps)
        print("%-28s %4d windows, gap p50 %.2f worst %.2f ms, lost %d (the gaps hold %d), doubled %d, out of order %d, of %d" % (
            name, self.n, gaps[len(gaps) // 2], gaps[-1], c["lost"], c["held"], c["duplicated"], c["reordered"], c["sent"]), flush=True)


def kind(run):
    fault = run["fault"]
    return "switch" if "switched_to" in fault else "kill" if "killed_netd" in fault else "nothing"


def batch(runs, path):
    argv = [DRILL, "--env", pair.lab("env"), "--scenario", "mux", "--runs", str(runs), "--baseline", str(max(2, runs // 5)),
            "--window-ms", "1200", "--no-times", "--json", path]
    done = subprocess.run(argv, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, timeout=60 + 45 * runs)
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    if done.returncode != 0:
        print(done.stderr, done.stdout, sep="\n", flush=True)
    return report, done.returncode


def test():
    began, sums, restarts, failures, left = time.monotonic(), {}, [], [], KILLS
    while left:
        asked = min(left, BATCH)
        report, code = batch(asked, pair.DIR + "/kills.json")
        scenario = report["scenarios"][0]
        for run in scenario["details"]:
            if not run["reason"]:
                restarts.append(run["fault"]["mux_back_ms"])
                sums.setdefault(kind(run), Sum()).add(run)
        for run in report["baseline"]["details"]:
            sums.setdefault("baseline", Sum()).add(run)
        left -= asked
        if code != 0:
            failures += scenario["reasons"] + report["baseline"]["reasons"] or ["exit code %d" % code]
        if scenario["runs"] < asked:
            break  # the pair is not redundant any more
    for name in sorted(sums):
        sums[name].tell({"switch": "mux killed, then a switch", "kill": "mux killed, then netd"}.get(name, name))
    restarts.sort()
    print("%d kills in %.0f s; a restart until it answers: p50 %.1f, worst %.1f ms" % (
        len(restarts), time.monotonic() - began, restarts[len(restarts) // 2], restarts[-1]), flush=True)
    assert not failures, failures
    assert len(restarts) == KILLS and "nothing" not in sums, (len(restarts), sorted(sums))
    assert abs(sums["switch"].n - sums["kill"].n) <= 1, "faults do not take turns"
    assert restarts[-1] < RESTART_MS, "a restart of %.0f ms" % restarts[-1]


pair.run_with_pair(test)
