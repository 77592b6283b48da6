#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 600
# scsid_steps.py - a target that ends at a planted step of a batch of completions, behind a mux, with two queues and answers
# out of order. Targets and driver write down, in one order, what is carried out and what is seen to come back: nothing is
# carried out after its driver saw it complete, nothing is answered that nobody carried out, and what must not be done twice
# (COMPARE AND WRITE) never is, not even unseen.
import os
import random
import struct
import time

from scsid_lib.muxed import BOTH, Muxed, other
from scsid_lib.rig import Initiator, main
from scsid_lib.trace import Trace

ROUNDS = 10 if os.environ.get('VIOS_LONG') == '1' else 1
BATCH = ('put', 'before-show', 'shown', 'half-cleared', 'cleared')
OUTCOME = ('begun', 'done', 'kept')
COUNTER_AT = 64 * 512


def seeded():
    seed = int(os.environ.get('VIOS_SEED') or time.time_ns() % 1000000)
    random.seed(seed)
    print(f'  VIOS_SEED={seed}', flush=True)


def die_at(rig, place):
    """The live target ends there, and has a successor."""
    live = rig.wait_live()
    try:
        rig.at[live].rpc.call('fault', place=place, after=random.randint(1, 40))
    except (EOFError, ConnectionResetError):
        pass  # before it could answer
    assert rig.at[live].process.wait(20) == 3, f'the fault at {place} did not happen'
    assert rig.wait_live() == other(live)
    return live


def at_each_step(rig, guest, places):
    deaths = 0
    for _ in range(ROUNDS):
        for place in places:
            guest.progress(random.randint(50, 200))
            dead = die_at(rig, place)
            guest.progress(50)
            rig.replace(dead)
            deaths += 1
    return deaths


def told(trace, deaths):
    done, twice = trace.judge()
    print(f'  {deaths} deaths: {done} requests carried out, {twice} of them again, before their driver saw them complete')
    return done, twice


def test_reads_and_writes():
    seeded()
    with Muxed() as rig, Trace(rig) as trace:
        for vios in BOTH:  # anew: these write down what they do
            rig.at[vios].kill()
            rig.replace(vios)
        guest = rig.guest(depth=32, skewed=10)
        deaths = at_each_step(rig, guest, BATCH)
        report = guest.stop()
        assert report['reordered'] > 100, 'nothing came back out of order'
        done, twice = told(trace, deaths)
        assert done >= report['ios'] and twice


def test_compare_and_write():
    """Under a lock that COMPARE AND WRITE makes, a counter: what was added is what is there."""
    seeded()
    with Muxed() as rig, Trace(rig) as trace:
        for vios in BOTH:
            rig.at[vios].kill()
            rig.replace(vios)
        guest = Initiator([rig], program='test-sflock', no_inflight=True, queues=2, depth=4, writer=1)
        rig.initiators.append(guest)
        guest.live(0)
        deaths = at_each_step(rig, guest, OUTCOME + BATCH)
        report = guest.stop()
        told(trace, deaths)
        with open(rig.luns[0]['path'], 'rb') as f:
            f.seek(COUNTER_AT)
            counter, = struct.unpack('<Q', f.read(8))
        print(f"  added {report['added']}, outcome unknown {report['unknown']}, missed {report['misses']}")
        assert counter == report['added'] > deaths, (counter, report)


if __name__ == '__main__':
    os.environ.setdefault('VIOS_ALARM', '590')
    main(test_reads_and_writes, test_compare_and_write)
