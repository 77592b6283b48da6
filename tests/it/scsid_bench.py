#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# scsid_bench.py - what vios-scsid costs beside the raw disk is measured as CONTRIBUTING.md says: both ways are taken, with the same engine
# at the same depth, and the report has the figures of each and their ratio. How large it is is not judged.
import json
import os
import subprocess
import tempfile

from scsid_lib.rig import HOPELESS_S, main

BENCH = os.environ['VIOS_TOP'] + '/tests/bench/scsid.py'
FIGURES = {'iops', 'p50', 'p99', 'p999'}


def test_the_report():
    with tempfile.TemporaryDirectory(prefix='vs', dir='/tmp') as work:
        disk, report = work + '/disk', work + '/report.json'
        with open(disk, 'wb') as f:
            f.write(os.urandom(4 << 20))
        said = subprocess.run([BENCH, '--disk', disk, '--depths', '1,8', '--seconds', '0.1', '--pairs', '1', '--json', report],
                              check=True, timeout=2 * HOPELESS_S, capture_output=True, text=True).stdout
        print(said, end='')
        with open(report, encoding='utf-8') as f:
            lines = json.load(f)['lines']
    assert [(one['load'], one['depth']) for one in lines] == [(load, depth) for load in ('read', 'write') for depth in (1, 8)], lines
    for one in lines:
        assert all(set(one[way]) == FIGURES and min(one[way].values()) > 0 for way in ('raw', 'scsid', 'ratio')), one
        assert abs(one['ratio']['iops'] - one['scsid']['iops'] / one['raw']['iops']) < 1e-6, one
        words = [line.split() for line in said.splitlines()]
        assert any(line[:2] == [one['load'], str(one['depth'])] and len(line) == 14 for line in words), said


if __name__ == '__main__':
    main(test_the_report)
