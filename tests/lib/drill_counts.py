# SPDX-License-Identifier: BSD-3-Clause
"""
drill_counts.py REPORT EXIT_CODE: prints how many scenarios passed, failed and were skipped; on further lines those that failed.
"""
import json
import sys

try:
    with open(sys.argv[1], encoding="utf-8") as report:
        scenarios = json.load(report)["scenarios"]
        verdicts = [scenario["verdict"] for scenario in scenarios]
except (OSError, ValueError, KeyError):
    scenarios, verdicts = [], []
why = ["%s: %s" % (s["name"], "; ".join(r for r in s.get("reasons", []) if "not judged" not in r))
       for s in scenarios if s["verdict"] == "fail"]
failed = len(why)
skipped = sum(verdict == "skip" for verdict in verdicts)
passed = len(verdicts) - failed - skipped
# A drill that fails as a whole, or reports nothing, is a failure of its own.
if not passed or (int(sys.argv[2]) != 0 and not failed):
    failed += 1
    why.append("the drill ended with %s; %d of %d scenarios passed" % (sys.argv[2], passed, len(verdicts)))
print(passed, failed, skipped)
for line in why:
    print(line)
