# SPDX-License-Identifier: BSD-3-Clause
"""
meson_counts.py testlog.json: prints how many tests passed, failed and were skipped; on further lines the failed ones, each with its result
and the last lines it printed.
"""
import json
import sys

passed = skipped = 0
failed = []
with open(sys.argv[1], encoding="utf-8") as log:
    for line in log:
        test = json.loads(line)
        result = test["result"]
        if result in ("OK", "EXPECTEDFAIL"):
            passed += 1
        elif result == "SKIP":
            skipped += 1
        else:
            said = ((test.get("stdout") or "") + "\n" + (test.get("stderr") or "")).split("\n")
            said = " | ".join(part.strip() for part in said if part.strip())
            failed.append("%s: %s: ...%s" % (test["name"], result, said[-300:]))
print(passed, len(failed), skipped)
for name in failed:
    print(name)
