# SPDX-License-Identifier: BSD-3-Clause
# trace.py - what targets carry out and what a driver sees come back, in the order in which it happened: test builds and
# initiators append to one file (storage/fault.h, tests/lib/sfront/sf_ring.c).
import os
import struct
from collections import Counter

COMPARE_AND_WRITE = 0x89


class Trace:
    """Of everything that is started while it is open."""

    def __init__(self, rig):
        self.path = f'{rig.dir}/trace'

    def __enter__(self):
        os.environ['VIOS_TRACE'] = self.path
        return self

    def __exit__(self, *_):
        del os.environ['VIOS_TRACE']

    def judge(self):
        """How many were carried out, how many of them more than once. What must never be fails."""
        done, seen, codes = Counter(), {}, {}
        with open(self.path, 'rb') as f:
            whole = f.read()
        assert len(whole) % 16 == 0
        for tag, what, code, response, status in struct.iter_unpack('<QcBBB4x', whole):
            if what == b'S':
                assert tag not in seen, f'{tag:#x} came back twice'
                seen[tag] = response, status
                continue
            assert tag not in seen, f'{tag:#x}, command {code:#x}, was carried out after it had been seen complete'
            assert codes.setdefault(tag, code) == code, f'{tag:#x} was another command the first time'
            done[tag] += 1
        twice = [tag for tag, n in done.items() if n > 1]
        for tag in twice:
            assert codes[tag] != COMPARE_AND_WRITE, f'{tag:#x}, a COMPARE AND WRITE, was carried out {done[tag]} times'
        for tag, answer in seen.items():
            assert answer != (0, 0) or done[tag], f'{tag:#x} was answered, and nobody had carried it out'
        lost = [tag for tag in done if tag not in seen]
        assert not lost, f'{len(lost)} were carried out and never answered'
        return len(done), len(twice)
