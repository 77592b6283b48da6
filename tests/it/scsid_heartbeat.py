#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# scsid_heartbeat.py - what vios-framed sees of a target: ticks when pinged, requests in flight, whom a crash was due to;
# a worker that hangs does not tick while main does, one that waits for a disk is none that hangs. And memory that is
# given anew under load.
import mmap
import os
import signal
import struct
import time

from scsid_lib.front import GUEST, USER, Front
from scsid_lib.rig import (HB_CRASH_ADAPTER, HB_CRASH_SIGNO, HB_IN_FLIGHT, HB_TICKS, HB_WORKER, HB_WORKER_BYTES, Rig, lun,
                           main, wait_for)

MAIN, WORKER = 0, 1


class Page:
    def __init__(self, target):
        # hello: pidfd, heartbeat memfd, a ping descriptor a slot
        self.pidfd, memfd, *self.ping_fds = target.rpc.fds
        assert len(self.ping_fds) == 2 == target.hello['workers']
        self.memory = mmap.mmap(memfd, 4096, mmap.MAP_SHARED, mmap.PROT_READ)

    def u32(self, at):
        return struct.unpack_from('<I', self.memory, at)[0]

    def ticks(self, slot):
        return struct.unpack_from('<Q', self.memory, HB_WORKER + slot * HB_WORKER_BYTES + HB_TICKS)[0]

    def ping(self, slot, timeout_s=30):
        """Does it tick?"""
        before, until = self.ticks(slot), time.monotonic() + timeout_s
        os.eventfd_write(self.ping_fds[slot], 1)
        while self.ticks(slot) == before:
            if time.monotonic() > until:
                return False
            time.sleep(0.001)
        return True


def scene(rig):
    target = rig.target().start([lun(rig.disk('disk0'))]).go(1)
    front = Front(target.sock).start()
    front.ready()
    return target, front, Page(target)


def test_ticks():
    with Rig() as rig:
        _, front, page = scene(rig)
        assert page.u32(0) == 0x5649484B and page.u32(12) == 1  # magic, requests_matter
        for _ in range(3):
            assert page.ping(MAIN) and page.ping(WORKER)
        assert page.u32(HB_IN_FLIGHT) == 0
        front.read(0, 8)
        assert page.u32(HB_IN_FLIGHT) == 0


def test_hung_worker():
    with Rig() as rig:
        target, front, page = scene(rig)
        target.rpc.call('fault', place='spin', after=1)
        front.put([0x88] + [0] * 12 + [8, 0, 0], in_bytes=4096)
        wait_for('a request in flight', lambda: page.u32(HB_IN_FLIGHT) == 1)
        wait_for('the worker hangs', lambda: not page.ping(WORKER, 0.3))
        assert page.ping(MAIN) and not page.ping(WORKER, 0.3)
        assert target.status()['in_flight'] == 1  # its control socket answers


def test_stopped_process():
    with Rig() as rig:
        target, _, page = scene(rig)
        target.stop()
        assert not page.ping(MAIN, 0.2)
        target.process.send_signal(signal.SIGCONT)
        assert page.ping(MAIN) and page.ping(WORKER)


def test_crash_names_the_adapter():
    with Rig() as rig:
        target, front, page = scene(rig)
        target.rpc.call('fault', place='crash', after=1)
        front.put([0x88] + [0] * 12 + [8, 0, 0], in_bytes=4096)
        assert target.process.wait(30) == -signal.SIGABRT
        assert page.u32(HB_CRASH_SIGNO) == signal.SIGABRT and page.u32(HB_CRASH_ADAPTER) == target.id


def test_memory_given_anew_under_load():
    with Rig() as rig:
        target, front, _ = scene(rig)
        data = os.urandom(8192)
        half = front.bytes // 2 // 4096 * 4096
        for n in range(20):
            front.put(struct.pack('>BBQIBB', 0x8a, 0, 16 * n, 16, 0, 0), data, slot=n % 8)
            if n % 2:
                front.mem_table([(GUEST, half, USER, 0), (GUEST + half, front.bytes - half, USER + half, half)])
            else:
                front.mem_table()
            assert front.get(slot=n % 8).status == 0
            assert front.read(16 * n, 16, slot=7).data == data
        assert target.lun(0)['errors'] == 0


if __name__ == '__main__':
    main(test_ticks, test_hung_worker, test_stopped_process, test_crash_names_the_adapter,
         test_memory_given_anew_under_load)
