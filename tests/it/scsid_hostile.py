#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_hostile.py - a client that breaks the rules: in its rings, its descriptors (also while they are looked at), its
# messages, its inflight region. Its target stops the ring or ends, or answers with an error; the disk is as it was, and
# another client's target does verified I/O throughout, undisturbed.
import os
import random
import struct
import threading
import time

from scsid_lib.front import (AREA, AVAIL, CONTROL, DATA, EVENT, GET_VRING_BASE, GUEST, INDIRECT, NEXT, REQUEST, RESPONSE,
                             RING, SET_INFLIGHT_FD, SET_MEM_TABLE, SET_VRING_ADDR, SET_VRING_BASE, SET_VRING_KICK,
                             SET_VRING_NUM, USER, WRITE, Front)
from scsid_lib.rig import Rig, lun, main, wait_for

STARTS = [0]


class Scene:
    """Targets of two clients; the second one's works all the time."""

    def __init__(self, rig):
        self.rig, self.disk = rig, rig.disk('mine')
        other = rig.target(client='lpar2').start([lun(rig.disk('theirs'))]).go(1)
        self.bystander = rig.initiator(other, depth=8, queues=1, size=8 << 20)
        self.bystander.live(0)
        self.target = None

    def fresh(self):
        """A target of ours that works, and a front end that has just proven it."""
        if not self.target or self.target.process.poll() is not None:
            self.target = self.rig.target().start([lun(self.disk)])
        STARTS[0] += 1
        self.target.go(STARTS[0])
        front = Front(self.target.sock).start()
        front.ready()
        return front

    def alive(self):
        return self.target.process.poll() is None

    def leave(self, front):
        front.close()
        if self.alive():
            self.target.release(STARTS[0])
            wait_for('the end of the connection', lambda: not self.target.status()['connected'])


def chain_itself(f):
    f.desc(REQUEST, 0, GUEST + f.area(0), 51, NEXT, 0)
    f.offer(REQUEST, 0)


def chain_circle(f):
    for n in range(4):
        f.desc(REQUEST, n, GUEST + f.area(0), 51, NEXT, (n + 1) % 4)
    f.offer(REQUEST, 0)


def chain_of_nothing(f):
    for n in range(RING):
        f.desc(REQUEST, n, GUEST + f.area(0), 0, NEXT, (n + 1) % RING)
    f.offer(REQUEST, 5)


def zero_length(f):
    f.desc(REQUEST, 0, GUEST + f.area(0), 0, 0)
    f.offer(REQUEST, 0)


def next_outside(f):
    f.desc(REQUEST, 0, GUEST + f.area(0), 51, NEXT, RING)
    f.offer(REQUEST, 0)


def head_outside(f):
    f.offer(REQUEST, RING)


def head_far_outside(f):
    f.offer(REQUEST, 0xffff)


def index_runs_ahead(f):
    at = f.ring(REQUEST) + AVAIL
    f.words[at // 2 + 1] = (f.avail[REQUEST] + RING + 1) & 0xffff
    os.eventfd_write(f.kick[REQUEST], 1)


def address_outside(f):
    f.desc(REQUEST, 0, GUEST + f.bytes, 51, NEXT, 1)
    f.desc(REQUEST, 1, GUEST + f.area(0), 108, WRITE)
    f.offer(REQUEST, 0)


def address_wraps(f):
    f.desc(REQUEST, 0, 0xffffffffffffff00, 0x200, NEXT, 1)
    f.desc(REQUEST, 1, GUEST + f.area(0), 108, WRITE)
    f.offer(REQUEST, 0)


def length_outside(f):
    f.desc(REQUEST, 0, GUEST + f.area(0), 51, NEXT, 1)
    f.desc(REQUEST, 1, GUEST + f.area(0), 0xffffffff, WRITE)
    f.offer(REQUEST, 0)


def writable_first(f):
    f.desc(REQUEST, 0, GUEST + f.area(0) + RESPONSE, 108, WRITE | NEXT, 1)
    f.desc(REQUEST, 1, GUEST + f.area(0), 51, 0)
    f.offer(REQUEST, 0)


def header_cut(f):
    f.desc(REQUEST, 0, GUEST + f.area(0), 50, NEXT, 1)
    f.desc(REQUEST, 1, GUEST + f.area(0) + RESPONSE, 108, WRITE)
    f.offer(REQUEST, 0)


def response_cut(f):
    f.desc(REQUEST, 0, GUEST + f.area(0), 51, NEXT, 1)
    f.desc(REQUEST, 1, GUEST + f.area(0) + RESPONSE, 107, WRITE)
    f.offer(REQUEST, 0)


def _indirect(f, length, table=(), flags=INDIRECT, at=None):
    place = f.area(1)
    for n, (address, size, d_flags, following) in enumerate(table):
        f.desc_at(place + 16 * n, address, size, d_flags, following)
    f.desc(REQUEST, 0, GUEST + place if at is None else at, length, flags)
    f.offer(REQUEST, 0)


def indirect_in_indirect(f):
    _indirect(f, 32, [(GUEST + f.area(1), 32, INDIRECT, 0)] * 2)


def indirect_circle(f):
    _indirect(f, 32, [(GUEST + f.area(0), 51, NEXT, 1), (GUEST + f.area(0), 51, NEXT, 0)])


def indirect_odd(f):
    _indirect(f, 17)


def indirect_empty(f):
    _indirect(f, 0)


def indirect_too_long(f):
    _indirect(f, 16 * (RING + 1))


def indirect_outside(f):
    _indirect(f, 32, at=GUEST + f.bytes - 16)


def indirect_and_next(f):
    _indirect(f, 32, flags=INDIRECT | NEXT)


def same_head_twice(f):
    for _ in range(3):  # the disk cannot have answered the first one yet
        f.put([0x88] + [0] * 12 + [8, 0, 0], in_bytes=4096)
        f.offer(REQUEST, 0, kick=False)
        f.offer(REQUEST, 0)


def control_cut(f):
    f.desc(CONTROL, 0, GUEST + f.area(0), 23, NEXT, 1)
    f.desc(CONTROL, 1, GUEST + f.area(0) + RESPONSE, 1, WRITE)
    f.offer(CONTROL, 0)


def control_without_answer(f):
    f.desc(CONTROL, 0, GUEST + f.area(0), 24, 0)
    f.offer(CONTROL, 0)


RING_CASES = [v for k, v in list(globals().items()) if callable(v) and getattr(v, '__code__', None) and
              v.__code__.co_varnames[:1] == ('f',) and v.__code__.co_argcount == 1]


def test_rings():
    assert len(RING_CASES) > 20
    with Rig() as rig:
        scene = Scene(rig)
        for case in RING_CASES:
            front = scene.fresh()
            data = os.urandom(4096)
            assert front.write(2048, data).status == 0
            case(front)
            time.sleep(0.02)
            if scene.alive():  # its other rings still answer
                assert front.read(2048, 8, ring=3, slot=6).data == data, case.__name__
            scene.leave(front)
        scene.bystander.stop()


def test_requests_out_of_reach():
    """Well-formed buffers, wrong commands: proper answers, and nothing outside the LUN is touched."""
    with Rig() as rig:
        scene = Scene(rig)
        front = scene.fresh()
        blocks = os.path.getsize(scene.disk) // 512
        for lba, n in ((blocks, 1), (blocks - 1, 2), (2**63, 8), (2**64 - 1, 2), (0, 2**32 - 1)):
            answer = front.scsi(struct.pack('>BBQIBB', 0x8a, 0, lba, n, 0, 0), bytes(1024))
            assert answer.response or answer.status == 2, (lba, n, answer)
            answer = front.scsi(struct.pack('>BBQIBB', 0x88, 0, lba, n, 0, 0), in_bytes=1024)
            assert answer.response or answer.status == 2, (lba, n, answer)
        rng = random.Random(7)
        for _ in range(2000):
            cdb = bytes(rng.randrange(256) for _ in range(32))
            while cdb[0] in (0x42, 0x41, 0x93, 0x0a, 0x2a, 0xaa, 0x8a, 0x2e, 0xae, 0x8e, 0x89, 0x8b, 0x04, 0x1b, 0x5f, 0x15, 0x55):
                cdb = bytes([rng.randrange(256)]) + cdb[1:]
            front.scsi(cdb, in_bytes=512 * rng.randrange(3), slot=rng.randrange(8))
        front.scsi([0xff] * 32, address=b'\xff' * 8)
        for address in (b'\xc1\x01' + bytes(6), b'\x01\x00\xc0\x01' + bytes(4), b'\x02' + bytes(7)):
            front.scsi([0] * 6, address=address)
        front.ready()
        assert scene.alive()
        scene.leave(front)
        assert os.path.getsize(scene.disk) == blocks * 512
        scene.bystander.stop()


def test_changing_descriptors():
    """Another CPU of the client rewrites descriptors, headers and indexes while they are used."""
    with Rig() as rig:
        scene = Scene(rig)
        for seed in range(3):
            front = scene.fresh()
            stop, rng = threading.Event(), random.Random(seed)

            def meddle(ring=front.ring(REQUEST), base=front.area(0)):
                while not stop.is_set():
                    n = rng.randrange(8)
                    struct.pack_into('<QIHH', front.memory, ring + 16 * n, rng.choice(
                        (GUEST, GUEST + base, GUEST + front.bytes - 64, 0, 2**64 - 1)), rng.choice(
                            (0, 51, 108, 512, 1 << 20, 0xffffffff)), rng.randrange(8), rng.randrange(RING + 2))
                    front.memory[base + rng.randrange(64)] = rng.randrange(256)
            thread = threading.Thread(target=meddle)
            thread.start()
            until = time.monotonic() + 1
            try:
                while time.monotonic() < until and scene.alive():
                    front.offer(REQUEST, 4 * rng.randrange(2))
                    time.sleep(0.0005)
            finally:
                stop.set()
                thread.join()
            scene.leave(front)
        front = scene.fresh()
        scene.leave(front)
        scene.bystander.stop()


def damage_version(r, part):
    struct.pack_into('<H', r, part + 8, 9)


def damage_desc_num(r, part):
    struct.pack_into('<H', r, part + 10, 4096)


def damage_used_idx(r, part):
    r[part + 16] = 1
    struct.pack_into('<H', r, part + 14, 40000)


def damage_batch_head(r, part):
    r[part + 16] = 1
    struct.pack_into('<HH', r, part + 12, 0xfff0, (struct.unpack_from('<H', r, part + 14)[0] - 3) & 0xffff)


def damage_batch_circle(r, part):
    r[part + 16] = 1
    struct.pack_into('<H', r, part + 16 + 6, 0)  # entry 0 follows itself
    struct.pack_into('<HH', r, part + 12, 0, (struct.unpack_from('<H', r, part + 14)[0] - 3) & 0xffff)


def damage_counter(r, part):
    r[part + 16] = 1
    struct.pack_into('<Q', r, part + 16 + 8, 2**64 - 1)


def damage_flag(r, part):
    r[part + 16] = 0x77


def test_damaged_inflight_region():
    """The ring stays off, and the reason is in the log; the others run."""
    with Rig() as rig:
        scene = Scene(rig)
        for damage in (damage_version, damage_desc_num, damage_used_idx, damage_batch_head, damage_batch_circle,
                       damage_counter, damage_flag):
            front = scene.fresh()
            part = 2 * ((16 + 16 * RING + 63) // 64 * 64)
            for ring in range(front.n):
                front.stop_ring(ring)
            damage(front.inflight, part)
            before = scene.target.log().count('damaged inflight')
            for ring in range(front.n):
                front.start_ring(ring)
            wait_for(f'{damage.__name__}: refused', lambda n=before: scene.target.log().count('damaged inflight') > n)
            assert front.scsi([0] * 6, ring=3, slot=6).response == 0
            scene.leave(front)
        scene.bystander.stop()


def test_messages():
    """A protocol error is the end of the process, not of its neighbour."""
    with Rig() as rig:
        scene = Scene(rig)
        cases = [
            lambda f: f.message(200),
            lambda f: f.message(SET_VRING_NUM, struct.pack('<II', 2, 100)),
            lambda f: f.message(SET_VRING_NUM, struct.pack('<II', 99, 128)),
            lambda f: f.message(SET_VRING_NUM, struct.pack('<II', 2, 1 << 16)),
            lambda f: f.message(SET_VRING_BASE, struct.pack('<II', 2, 1 << 20)),
            lambda f: f.message(SET_VRING_ADDR, struct.pack('<IIQQQQ', 2, 0, USER + 1, USER, USER, 0)),
            lambda f: f.message(SET_VRING_KICK, struct.pack('<Q', 2)),
            lambda f: f.message(SET_MEM_TABLE, struct.pack('<II', 1, 0) + struct.pack('<QQQQ', 0, 1 << 40, 0, 0), [f.memfd]),
            lambda f: f.message(SET_INFLIGHT_FD, struct.pack('<QQHHI', 64, 0, 4, 128, 0), [f.memfd]),
            lambda f: f.message(SET_INFLIGHT_FD, struct.pack('<QQHHI', 1 << 20, 0, 4, 127, 0), [f.memfd]),
            lambda f: f.message(GET_VRING_BASE, struct.pack('<II', 77, 0)),
            lambda f: f.socket.send(b'\xff' * 64),
        ]
        for n, case in enumerate(cases):
            front = scene.fresh()
            front.write(0, bytes(512))
            case(front)
            assert scene.target.process.wait(30) == 1, f'case {n}'
            front.close()
        front = Front(None, unsealed=True)
        front.connect(scene.rig.target().start([lun(scene.disk)]).sock)
        front.negotiate()
        try:
            front.mem_table()
            raise AssertionError('memory that can be cut was taken')
        except EOFError:
            pass
        scene.bystander.stop()


if __name__ == '__main__':
    main(test_rings, test_requests_out_of_reach, test_changing_descriptors, test_damaged_inflight_region, test_messages)
