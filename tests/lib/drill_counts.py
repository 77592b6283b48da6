# SPDX-License-Identifier: BSD-3-Clause
"""drill_counts.py REPORT EXIT_CODE: prints how many scenarios passed, failed and were skipped."""
import json
import sys

try:
    with open(sys.argv[1], encoding="utf-8") as report:
        verdicts = [scenario["verdict"] for scenario in json.load(report)["scenarios"]]
except (OSError, ValueError, KeyError):
    verdicts = []
failed = sum(verdict == "fail" for verdict in verdicts)
skipped = sum(verdict == "skip" for verdict in verdicts)
passed = len(verdicts) - failed - skipped
# A drill that fails as a whole, or reports nothing, is a failure of its own.
if not passed or (int(sys.argv[2]) != 0 and not failed):
    failed += 1
print(passed, failed, skipped)
