#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
# scsid_kills.py - kill -9 of the live target, again and again, under verified I/O of depth 32 in two queues through a mux:
# no request fails, nothing is read that was not written last, no acknowledged write is lost. What the client felt of each
# kill, beside what the disk itself needs for as many requests in flight. Times are judged with VIOS_LONG=1 alone.
import json
import os
import statistics
import subprocess
import time

from scsid_lib.muxed import Muxed, other
from scsid_lib.rig import BUILD, main

LONG = os.environ.get('VIOS_LONG') == '1'
CYCLES = 200 if LONG else 20
MEDIAN_MS, WORST_MS = 10, 100


def drain_ms(rig, n):
    """What the raw disk needs to finish this load's requests when no more come: median and worst."""
    disk = rig.disk('drain')
    with open(disk, 'r+b') as f:
        f.write(os.urandom(os.path.getsize(disk)))
        os.fsync(f.fileno())
    out = subprocess.run([f'{BUILD}/tests/bench/test-sfbench', '--raw', disk, '--queues', '2', '--depth', '32', '--writes', '50',
                          '--bytes', '32768', '--varied', '--durable', '6', '--size', str(os.path.getsize(disk)), '--drain',
                          str(n)], check=True, timeout=60, capture_output=True, text=True).stdout
    os.unlink(disk)
    return json.loads(out)['drain_ms']


def stall(guest, act, n=100):
    """The longest time without an answer from before act() until n more have come, ms."""
    guest.command('mark')
    act()
    guest.progress(n)
    return guest.status()['stall_ms']


def words(what, values):
    return f'{what} p50 {statistics.median(values):.1f} ms, worst {max(values):.1f}'


def test_the_live_target_is_killed():
    with Muxed() as rig:
        drain = drain_ms(rig, 50)
        guest = rig.guest(depth=32, skewed=10)
        stalls, quiet, ends = [], [], []
        for _ in range(CYCLES):
            guest.progress(300)
            quiet.append(stall(guest, lambda: time.sleep(0.02)))
            dead = rig.wait_live()

            def kill(dead=dead):
                began = time.monotonic()
                rig.at[dead].kill()
                ends.append((time.monotonic() - began) * 1e3)
            stalls.append(stall(guest, kill))
            assert rig.wait_live() == other(dead)
            rig.replace(dead)
        report = guest.stop()
        assert report['reordered'], report
        print(f"  {CYCLES} kills, {report['ios']} requests: 0 errors, 0 bad reads, 0 lost writes")
        print(f"  {words('stall', stalls)}; {words('without a kill', quiet)}; {words('from kill to the end of the process', ends)}")
        print(f"  the disk's own drain p50 {drain['p50']:.1f} ms, worst {drain['worst']:.1f}")
        if LONG:
            assert statistics.median(stalls) < MEDIAN_MS + drain['p50'], 'the median'
            assert max(stalls) < WORST_MS + drain['worst'], 'the worst'


if __name__ == '__main__':
    os.environ.setdefault('VIOS_ALARM', '390')
    main(test_the_live_target_is_killed)
