# SPDX-License-Identifier: BSD-3-Clause
"""libiscsi's test suite (iscsi-test-cu) in a guest, and what is known of it: what is not passed must be in iscsi_known.txt, and the other way round."""
import fnmatch
import os
import re

KNOWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "iscsi_known.txt")
# What CUnit says: a suite, or a test with what it said before its verdict, and the assertions that failed.
SAID = re.compile(r"^Suite: (\S+)$|^  Test: (\S+) \.\.\.(.*?)(passed|FAILED)$((?:\n    \d+\. [^\n]*)*)", re.M | re.S)


def known():
    """[(pattern, reason)]"""
    with open(KNOWN, encoding="utf-8") as f:
        lines = [line.split(None, 1) for line in f if line.strip() and not line.startswith("#")]
    return [(line[0], line[1].strip()) for line in lines]


def run(guest, tests, devices, timeout):
    """{"Suite.Test": None, or why it is not passed} of `-t SCSI.tests`."""
    what = "SCSI" + ("." + tests if tests else "")
    guest.run("iscsi-test-cu -d -t %s %s > /tmp/suite 2>&1; true" % (what, " ".join("/dev/" + d for d in devices)), timeout=timeout)
    said = guest.run("cat /tmp/suite", timeout=120)[1]
    results, suite = {}, None
    for found in SAID.finditer(said):
        if found.group(1):
            suite = found.group(1)
            continue
        name, before, verdict, after = found.group(2), found.group(3), found.group(4), found.group(5)
        passed = verdict == "passed" and "[SKIPPED]" not in before
        results[suite + "." + name] = None if passed else " ".join((before[-300:] + verdict + after[:600]).split())
    ran = re.search(r"^ +tests +\d+ +(\d+) ", said, re.M)
    if not ran or int(ran.group(1)) != len(results) or not results:
        raise AssertionError("%s: %d results; it says: %s" % (what, len(results), said[-800:]))
    return results


def judge(results):
    """What is wrong with them, as lines."""
    rows, wrong = known(), []
    for name, why in sorted(results.items()):
        is_known = any(fnmatch.fnmatchcase(name, pattern) for pattern, _ in rows)
        if why and not is_known:
            wrong.append("%s: not passed, and not in iscsi_known.txt: %s" % (name, why))
        elif is_known and not why:
            wrong.append("%s: passed, though iscsi_known.txt says that it does not" % name)
    return wrong


def stale(results):
    """Of a whole run: patterns that fit no test."""
    return ["%s: there is no such test" % pattern for pattern, _ in known() if not fnmatch.filter(results, pattern)]
