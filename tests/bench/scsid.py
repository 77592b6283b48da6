#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
scsid.py - what vios-scsid costs: 4 KiB random I/O through it, beside the same disk by the same engine (libaio, O_DIRECT)
at the same depth, measured in turn in one run, as ratios. Needs no root, unless the disk does.

A ratio is the median over pairs that were measured one right after the other: the machine's own swings are in both. Not so
what else runs: vios-scsid takes the priority of a data plane, the raw disk's program has the caller's. On a quiet machine only.
--disk is overwritten, unless --loads read.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.environ.setdefault('VIOS_BUILD', os.path.join(TOP, 'build', 'release'))
sys.path.insert(0, os.path.join(TOP, 'tests', 'it'))
from scsid_lib.rig import BUILD, Rig, lun  # noqa: E402

LOADS = {'read': 0, 'write': 100, 'mixed': 50}
FIGURES = ('iops', 'p50', 'p99', 'p999')


def options():
    p = argparse.ArgumentParser(description='What vios-scsid costs beside the raw disk.')
    p.add_argument('--disk', help='a block device or a file; else a file of 256 MiB under /tmp')
    p.add_argument('--depths', default='1,8,32,128', help='in all, of two queues from 2 on (default 1,8,32,128)')
    p.add_argument('--loads', default='read,write', help='of read, write, mixed (default read,write)')
    p.add_argument('--seconds', type=float, default=1, help='of each sample')
    p.add_argument('--pairs', type=int, default=3, help='of samples, for each line')
    p.add_argument('--json', help='file for the report')
    return p.parse_args()


def sample(way, depth, writes, seconds, size):
    queues = 1 if depth == 1 else 2
    argv = [f'{BUILD}/tests/bench/test-sfbench', *way, '--queues', str(queues), '--depth', str(depth // queues),
            '--writes', str(writes), '--seconds', str(seconds), '--size', str(size)]
    report = json.loads(subprocess.run(argv, check=True, timeout=60 + seconds, capture_output=True, text=True).stdout)
    assert not report['errors'], report
    return {'iops': report['iops'], **report['latency_us']}


def summary(samples):
    return {k: statistics.median(s[k] for s in samples) for k in FIGURES}


def written(path):
    """A file without holes, so that reads come from the disk."""
    with open(path, 'r+b') as f:
        for _ in range(os.path.getsize(path) >> 20):
            f.write(os.urandom(1 << 20))
        os.fsync(f.fileno())


class Scsid:
    """Serves one LUN to whoever comes."""

    def __init__(self, rig, disk):
        self.target, self.start = rig.target().start([lun(disk)]), 0

    def way(self):
        self.start += 1
        self.target.go(self.start)
        return ['--socket', self.target.sock]

    def done(self):
        self.target.release(self.start)


def measure(args, scsid, disk, size):
    lines = []
    print(f"{'':12}{'raw':^36}{'through vios-scsid':^36}{'ratio':^24}")
    print(f"{'load depth':12}" + f"{'IOPS':>9}{'p50 us':>9}{'p99':>9}{'p99.9':>9}" * 2 + ''.join(f'{k:>6}' for k in FIGURES))
    for load in args.loads.split(','):
        for depth in (int(d) for d in args.depths.split(',')):
            pairs = []
            for _ in range(args.pairs):
                raw = sample(['--raw', disk], depth, LOADS[load], args.seconds, size)
                through = sample(scsid.way(), depth, LOADS[load], args.seconds, size)
                scsid.done()
                pairs.append((raw, through))
            line = {'load': load, 'depth': depth, 'raw': summary([p[0] for p in pairs]),
                    'scsid': summary([p[1] for p in pairs]),
                    'ratio': {k: statistics.median(t[k] / r[k] for r, t in pairs) for k in FIGURES}}
            lines.append(line)
            print(f'{load:6}{depth:6}' + ''.join(f'{line[w][k]:9.0f}' for w in ('raw', 'scsid') for k in FIGURES) +
                  ''.join(f"{line['ratio'][k]:6.2f}" for k in FIGURES), flush=True)
    return lines


def main():
    args = options()
    with Rig(faults=False) as rig:
        disk = args.disk or rig.disk('disk', 256)
        if not args.disk:
            written(disk)
        with open(disk, 'rb') as f:
            size = f.seek(0, os.SEEK_END)
        lines = measure(args, Scsid(rig, disk), disk, size)
    if args.json:
        with open(args.json, 'w') as f:
            json.dump({'disk': args.disk or 'file', 'seconds': args.seconds, 'pairs': args.pairs, 'lines': lines}, f, indent=1)


if __name__ == '__main__':
    main()
