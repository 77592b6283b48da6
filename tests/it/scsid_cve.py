#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""
A case for each class of what clients have broken other targets with, beside those of scsid_hostile.py. A target stops the ring,
answers with an error, or ends by itself (exit code 1, never a signal); another client's does verified I/O throughout.

class                                          as in             cases
buffers over a hole or a seam of the memory    2018-1059         test_over_a_hole, test_over_a_seam
loops of descriptors, direct and indirect      2026-86847        scsid_hostile: chain_*, indirect_circle
zero-length descriptors                        2016-6490         scsid_hostile: zero_length, chain_of_nothing; test_headers_in_pieces
headers cut, or over several descriptors       2022-2132         scsid_hostile: *_cut; test_headers_in_pieces
descriptors that change while they are read    2020-14375        scsid_hostile: test_changing_descriptors; test_changing_tables
indexes of rings and queues                    2020-10723        scsid_hostile: head_*, index_*; test_numbers_of_rings
the dirty log, sums that overflow              2020-10722        test_log_and_sums
inflight region and ring at odds               2026-86565        scsid_hostile: damage_*; test_region_and_ring_at_odds
descriptors of files that pile up              2020-10726        test_nothing_piles_up
more requests than the ring holds              2016-5403         scsid_hostile: index_runs_ahead, same_head_twice
a producer that outruns its consumer           2019-3900         test_a_flood
lengths inside parameter lists, long CDBs      2026-48914        test_lengths_that_lie
registrants of a reservation                   2025-57275        reservations_test, reservation_bytes_test, scsid_share
memory of others in an answer                  2021-3545         leak_test; test_nothing_left_in_a_buffer
"""
import mmap
import os
import random
import signal
import struct
import sys
import threading
import time

from scsid_hostile import STARTS, Scene
from scsid_lib.front import (AVAIL, DATA, GET_FEATURES, GET_INFLIGHT_FD, GET_VRING_BASE, GUEST, INDIRECT, NEXT, REQUEST,
                             RESPONSE, RING, SET_FEATURES, SET_INFLIGHT_FD, SET_MEM_TABLE, SET_VRING_ADDR, SET_VRING_BASE,
                             SET_VRING_CALL, SET_VRING_ENABLE, SET_VRING_KICK, SET_VRING_NUM, USER, WRITE, Front)
from scsid_lib.rig import HB_TICKS, HB_WORKER, HB_WORKER_BYTES, Rig, lun, main, wait_for

SET_LOG_BASE, SET_LOG_FD, SET_VRING_ERR = 6, 7, 14
PART = (16 + 16 * RING + 63) // 64 * 64
READ_8 = [0x88] + [0] * 12 + [8, 0, 0]


def survived(scene):
    """It lives, or has ended by itself."""
    code = scene.target.process.poll()
    assert code in (None, 1), f'the target ended with {code}\n{scene.target.log()[-3000:]}'
    return code is None


def staged(test):
    def run():
        with Rig() as rig:
            scene = Scene(rig)
            test(scene)
            survived(scene)
            scene.bystander.stop()
    run.__name__ = test.__name__
    return run


def split(front, hole=0):
    """The memory in two regions; the second begins in the middle of slot 3's data, so many bytes later in the guest's view."""
    at = front.area(3) + DATA + 0x1000
    front.mem_table([(GUEST, at, USER, 0), (GUEST + at + hole, front.bytes - at, USER + at + hole, at)])
    return at


@staged
def test_over_a_seam(scene):
    front = scene.fresh()
    split(front)
    data = os.urandom(8192)
    assert front.write(0, data, slot=3).status == 0
    assert front.read(0, 16, slot=3).data == data and front.read(0, 16, slot=5).data == data
    scene.leave(front)


@staged
def test_over_a_hole(scene):
    for lba, n in ((0, 16), (0, 9)):
        front = scene.fresh()
        at = split(front, 0x10000)
        front.put(struct.pack('>BBQIBB', 0x88, 0, lba, n, 0, 0), in_bytes=512 * n, slot=3)
        time.sleep(0.05)
        assert survived(scene) and front.used_index(REQUEST) == front.seen[REQUEST], 'it was answered'
        assert front.scsi([0] * 6, ring=3, slot=0).status == 0, 'the other ring'
        assert front.memory[at:at + 64] == bytes(64)
        scene.leave(front)
    front = scene.fresh()  # an indirect table over it
    at = split(front, 0x10000)
    front.desc(REQUEST, 0, GUEST + at - 16, 48, INDIRECT)
    front.offer(REQUEST, 0)
    time.sleep(0.05)
    assert survived(scene) and front.used_index(REQUEST) == front.seen[REQUEST]
    scene.leave(front)


def in_pieces(front, cdb, sizes, in_bytes, slot=1):
    """A request whose headers are cut into pieces of those sizes (0: nothing), through an indirect table."""
    area, table, chain = front.area(slot), front.area(10), []
    header = front.address(0) + struct.pack('<QBBB', 7, 0, 0, 0) + bytes(cdb).ljust(32, b'\0')
    front.memory[area:area + len(header)] = header
    front.memory[area + RESPONSE:area + RESPONSE + 108] = b'\xee' * 108
    for at, length, flags in ((area, len(header), 0), (area + RESPONSE, 108, WRITE), (area + DATA, in_bytes, WRITE)):
        end = at + length
        while at < end:
            size = min(random.choice(sizes), end - at) if flags == 0 or at < area + DATA else end - at
            chain.append((at, size, flags))
            at += size
    for k, (at, length, flags) in enumerate(chain):
        front.desc_at(table + 16 * k, GUEST + at, length, flags | (0 if k == len(chain) - 1 else NEXT), k + 1)
    assert len(chain) <= RING
    front.desc(REQUEST, 4 * slot, GUEST + table, 16 * len(chain), INDIRECT)
    front.offer(REQUEST, 4 * slot)
    return front.get(in_bytes, slot=slot)


@staged
def test_headers_in_pieces(scene):
    random.seed(3)
    front = scene.fresh()
    data = os.urandom(4096)
    assert front.write(0, data).status == 0
    for sizes in ((1, 2), (0, 3, 7), (50, 107), (1, 60), (0, 51)):
        sizes = sizes if max(sizes) > 2 else (2, 3)  # no more descriptors than the ring has entries
        answer = in_pieces(front, READ_8, sizes, 4096)
        assert answer.response == 0 and answer.status == 0 and answer.data == data and not any(answer.sense), sizes
    scene.leave(front)


@staged
def test_changing_tables(scene):
    """Indirect tables, their lengths and the headers that they point at are rewritten while they are read."""
    for seed in range(3):
        front, stop, rng = scene.fresh(), threading.Event(), random.Random(seed)

        def meddle(front=front, rng=rng, stop=stop):
            table, area, ring = front.area(10), front.area(0), front.ring(REQUEST)
            while not stop.is_set():
                struct.pack_into('<QIHH', front.memory, table + 16 * rng.randrange(4), rng.choice(
                    (GUEST + area, GUEST + area + RESPONSE, GUEST + front.bytes - 8, 2**64 - 4)), rng.choice(
                        (0, 51, 108, 4096, 0xffffffff)), rng.choice((0, NEXT, WRITE, NEXT | WRITE, INDIRECT)), rng.randrange(RING))
                struct.pack_into('<I', front.memory, ring + 8, rng.choice((0, 16, 32, 48, 17, 16 * RING, 16 * RING + 16, 2**32 - 16)))
                front.memory[area + rng.randrange(51)] = rng.choice((0, 1, 0x28, 0x42, 0x5f, 0x7f, 0x89, 0x93, 255))
        thread = threading.Thread(target=meddle)
        thread.start()
        until = time.monotonic() + 0.7
        try:
            while time.monotonic() < until and survived(scene):
                front.desc(REQUEST, 0, GUEST + front.area(10), 48, INDIRECT)
                front.offer(REQUEST, 0)
                time.sleep(0.0005)
        finally:
            stop.set()
            thread.join()
        survived(scene)
        scene.leave(front)


@staged
def test_numbers_of_rings(scene):
    """Each message that names a ring, with rings that the adapter does not have."""
    for number in (4, 255, 0x10002):
        by_number = (
            (SET_VRING_NUM, struct.pack('<II', number, 128)), (SET_VRING_BASE, struct.pack('<II', number, 0)),
            (GET_VRING_BASE, struct.pack('<II', number, 0)), (SET_VRING_ENABLE, struct.pack('<II', number, 1)),
            (SET_VRING_ADDR, struct.pack('<IIQQQQ', number, 0, USER, USER + 0x1800, USER + 0x1000, 0)))
        with_file = ((r, struct.pack('<Q', number & 0xff)) for r in (SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR))
        for request, payload in (*by_number, *(with_file if number < 256 else ())):
            front = scene.fresh()
            front.message(request, payload, [front.kick[2]] if len(payload) == 8 and request in (
                SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR) else ())
            assert scene.target.process.wait(30) == 1, (request, number)
            front.close()


@staged
def test_log_and_sums(scene):
    big = 1 << 63
    for n, message in enumerate((
            lambda f: f.message(SET_LOG_BASE, struct.pack('<QQ', 2**64 - 4096, 8192), [f.memfd]),
            lambda f: f.message(SET_LOG_BASE, struct.pack('<QQ', 4096, 0), [f.memfd]),
            lambda f: f.message(SET_LOG_FD, b'', [f.memfd]),
            lambda f: f.message(SET_FEATURES, struct.pack('<Q', f.features | 1 << 26)),
            lambda f: f.message(SET_MEM_TABLE, struct.pack('<IIQQQQ', 1, 0, GUEST, 2**64 - 4096, USER, 8192), [f.memfd]),
            lambda f: f.message(SET_MEM_TABLE, struct.pack('<IIQQQQ', 1, 0, GUEST, 8192, USER, 2**64 - 4096), [f.memfd]),
            lambda f: f.message(SET_MEM_TABLE, struct.pack('<IIQQQQ', 1, 0, 2**64 - 4096, 8192, USER, 0), [f.memfd]),
            lambda f: f.message(SET_MEM_TABLE, struct.pack('<IIQQQQ', 1, 0, GUEST, 8192, 2**64 - 4096, 0), [f.memfd]),
            lambda f: f.message(SET_MEM_TABLE, struct.pack('<II', 9, 0) + bytes(9 * 32), [f.memfd] * 8),
            lambda f: f.message(SET_MEM_TABLE, struct.pack('<II', 0xffffffff, 0) + bytes(32), [f.memfd]),
            lambda f: f.message(SET_INFLIGHT_FD, struct.pack('<QQHHI', 1 << 20, 2**64 - 4096, 4, 128, 0), [f.inflight_fd]),
            lambda f: f.message(SET_INFLIGHT_FD, struct.pack('<QQHHI', big, 0, 4, 128, 0), [f.inflight_fd]),
            lambda f: f.message(SET_INFLIGHT_FD, struct.pack('<QQHHI', 1 << 20, 0, 65535, 32768, 0), [f.inflight_fd]),
            lambda f: f.message(GET_INFLIGHT_FD, struct.pack('<QQHHI', 0, 0, 65535, 65535, 0)),
            lambda f: f.message(GET_INFLIGHT_FD, struct.pack('<QQHHI', 0, 0, 0, 0, 0)))):
        front = scene.fresh()
        message(front)
        assert scene.target.process.wait(30) == 1, f'case {n}'
        front.close()
    front = scene.fresh()  # a ring that is told to be where nothing is
    front.tell(SET_VRING_ADDR, struct.pack('<IIQQQQ', REQUEST, 0, 2**64 - 2048, USER + 0x1800, USER + 0x1000, 0))
    front.put(READ_8, in_bytes=4096)
    time.sleep(0.05)
    assert survived(scene) and front.used_index(REQUEST) == front.seen[REQUEST]
    assert front.read(0, 8, ring=3, slot=6).status == 0
    scene.leave(front)


def region_of(queues, size):
    part = (16 + 16 * size + 63) // 64 * 64
    fd = os.memfd_create('region', os.MFD_CLOEXEC)
    os.ftruncate(fd, queues * (part + 32 * size))
    return fd, queues * (part + 32 * size)


def stopped(scene):
    return scene.target.log().count('ring-stopped ring=3')


@staged
def test_region_and_ring_at_odds(scene):
    """A region for smaller rings, for fewer of them, and one that was kept for others."""
    for queues, size, dirty in ((4, 64, False), (2, 128, False), (4, 256, True), (3, 128, True)):
        front = scene.fresh()
        for ring in range(front.n):
            front.stop_ring(ring)
        fd, size_bytes = region_of(queues, size)
        if dirty:  # as a ring of 128 has left it, with a request in flight
            with mmap.mmap(fd, size_bytes) as region:
                region[:len(region)] = b'\x01' * len(region)
        front.message(SET_INFLIGHT_FD, struct.pack('<QQHHI', size_bytes, 0, queues, size, 0), [fd])
        os.close(fd)
        before = stopped(scene)
        try:
            for ring in range(front.n):
                front.start_ring(ring)
            front.put(READ_8, in_bytes=4096, ring=3)
            wait_for('it was refused', lambda n=before: not survived(scene) or stopped(scene) > n)
            assert front.used_index(3) == 0, 'a ring without its part of the region ran'
        except (EOFError, ConnectionError):
            scene.target.process.wait(30)
        survived(scene)
        scene.leave(front)


def held(target):
    """Descriptors and mappings."""
    pid = target.process.pid
    with open(f'/proc/{pid}/maps') as f:
        return len(os.listdir(f'/proc/{pid}/fd')), len(f.readlines())


@staged
def test_nothing_piles_up(scene):
    front = scene.fresh()
    messages = (
        lambda: front.u64(SET_VRING_CALL, 2, [front.call[2]]),
        lambda: front.u64(SET_VRING_KICK, 2, [front.kick[2]]),
        front.mem_table,
        lambda: (front.ask(GET_INFLIGHT_FD, struct.pack('<QQHHI', 0, 0, front.n, RING, 0)), [os.close(fd) for fd in front.fds]),
        front.share_inflight,
        lambda: front.start_ring(3))
    for message in messages:
        message()
    before = held(scene.target)
    for message in messages:
        for _ in range(200):
            message()
    front.ready()
    fds, maps = held(scene.target)
    assert fds <= before[0] + 2 and maps <= before[1] + 4, (before, fds, maps)
    scene.leave(front)
    for _ in range(20):
        scene.leave(scene.fresh())
    front = scene.fresh()
    fds, maps = held(scene.target)
    assert fds <= before[0] + 2 and maps <= before[1] + 4, (before, fds, maps)
    for request, payload in ((GET_FEATURES, b''), (SET_VRING_NUM, struct.pack('<II', 2, 128)),
                             (SET_VRING_CALL, struct.pack('<Q', 2)), (SET_INFLIGHT_FD, struct.pack('<QQHHI', 1 << 20, 0, 4, 128, 0))):
        front.message(request, payload, [front.memfd] * 8)
        assert scene.target.process.wait(30) == 1, f'{request} with eight descriptors'
        front.close()
        front = scene.fresh()
    scene.leave(front)


@staged
def test_a_flood(scene):
    """A CPU of the client that offers a whole ring of requests each time it looks: others are served all the same."""
    front = scene.fresh()
    table, area, at = front.area(10), front.area(1), front.ring(REQUEST) + AVAIL
    header = front.address(0) + bytes(11 + 32)  # TEST UNIT READY
    front.memory[area:area + len(header)] = header
    front.desc_at(table, GUEST + area, 51, NEXT, 1)
    front.desc_at(table + 16, GUEST + area + RESPONSE, 108, WRITE)
    for head in range(RING):
        front.desc(REQUEST, head, GUEST + table, 32, INDIRECT)
        front.words[at // 2 + 2 + (front.avail[REQUEST] + head) % RING] = head
    began = scene.target.status()['requests']
    parent, flood = os.getpid(), os.fork()
    while not flood:
        for _ in range(10000):
            front.words[at // 2 + 1] = (front.used_index(REQUEST) + RING) & 0xffff
            os.eventfd_write(front.kick[REQUEST], 1)
        if os.getppid() != parent:
            os._exit(1)
    try:
        memory = mmap.mmap(scene.target.rpc.fds[1], 4096, mmap.MAP_SHARED, mmap.PROT_READ)

        def ticks():
            return struct.unpack_from('<Q', memory, HB_WORKER + HB_WORKER_BYTES + HB_TICKS)[0]
        rounds, until = 0, time.monotonic() + 60
        # besides the two of each round; its index in the ring comes round to where it was
        while rounds < 20 or scene.target.status()['requests'] - began - 2 * rounds <= 1000:
            assert time.monotonic() < until, 'no flood'
            rounds += 1
            before = ticks()
            assert front.read(0, 8, ring=3, slot=6).status == 0 and front.task(1) == 0
            assert scene.target.status()['connected']
            wait_for('a tick', lambda b=before: ticks() > b)
    finally:
        os.kill(flood, signal.SIGKILL)
        os.waitpid(flood, 0)
    scene.leave(front)


@staged
def test_lengths_that_lie(scene):
    """Parameter lists that are shorter than they or their CDB say; CDBs that are longer than any."""
    front = scene.fresh()
    unmap = struct.pack('>B6xHx', 0x42, 24)
    for cdb, out in (
            (struct.pack('>B6xHx', 0x42, 0xffff), struct.pack('>HH4xQI4x', 22, 16, 0, 8)),
            (unmap, struct.pack('>HH4xQI4x', 0xffff, 0xfff0, 0, 8)), (unmap, struct.pack('>HH4xQI4x', 22, 17, 0, 8)),
            (unmap, struct.pack('>HH4xQI4x', 22, 16, 2**64 - 1, 2)), (unmap, struct.pack('>HH4xQI4x', 22, 16, 0, 2**32 - 1)),
            (unmap, b'\0'), ([0x5f, 0, 0, 0, 0, 255, 255, 255, 255, 0], bytes(24)), ([0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0], bytes(8)),
            ([0x5f, 7, 0, 0, 0, 0, 0, 0, 60, 0], bytes(20) + struct.pack('>I', 2**32 - 1) + bytes(36)),
            ([0x15, 0x10, 0, 0, 255, 0], bytes(4)), ([0x15, 0x10, 0, 0, 24, 0], bytes(3) + b'\xff' + bytes(20)),
            ([0x55, 0x10, 0, 0, 0, 0, 0, 255, 255, 0], bytes(6) + b'\xff\xff' + bytes(20)),
            ([0x15, 0x10, 0, 0, 24, 0], bytes(4) + bytes([8, 255]) + bytes(18)),
            ([0xa4, 0x0a, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0], bytes(8)),
            ([0x7f, 0, 0, 0, 0, 0, 0, 255] + [0xff] * 24, bytes(512)), ([0x7f, 0, 0, 0, 0, 0, 0, 24, 0, 9] + [0xff] * 22, b''),
            ([0x89] + [0] * 12 + [255, 0, 0], bytes(512)), ([0x93] + [0] * 12 + [8, 0, 0], b'\0')):
        answer = front.scsi(cdb, out)
        assert answer.response or answer.status == 2, (bytes(cdb).hex(), answer)
    for cdb in ([0xa0] + [0] * 5 + [255] * 4 + [0, 0], [0x12, 0, 0, 255, 255, 0], [0x5e, 3, 0, 0, 0, 0, 0, 255, 255, 0],
                [0xa3, 0x0c, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0], [0x1a, 0, 0x3f, 0, 255, 0]):
        front.memory[front.area(0) + DATA:front.area(0) + DATA + 64] = b'\xee' * 64
        answer = front.scsi(cdb, in_bytes=16)  # more is allowed than there is room for
        assert front.memory[front.area(0) + DATA + 16:front.area(0) + DATA + 64] == b'\xee' * 48, 'written behind the buffer'
        assert answer.response == 0, answer
    answer = front.scsi([0] * 6, bytes(60000))  # a header that goes on for ever
    assert answer.response == 0 and answer.status == 0 and answer.residual == 60000, answer
    front.ready()
    scene.leave(front)


@staged
def test_nothing_left_in_a_buffer(scene):
    """Misaligned data goes through the target's own buffers: what others' requests left there is not handed out."""
    front = scene.fresh()
    secret, mark = b'SECRET!!' * 512, b'\xee' * 8192
    size = os.path.getsize(scene.disk)
    os.truncate(scene.disk, size // 2)  # the end of the disk has gone: a read over it is cut, one behind it fails
    for lba, n in ((size // 1024 - 8, 16), (size // 1024 + 64, 16), (size // 512 - 16, 16)):
        for slot in range(8):  # fills buffers of the pool, the one that is next, too
            assert front.write(16 * slot, secret, slot=slot, skew=8).status == 0
        at = front.area(2) + DATA + 8
        front.memory[at:at + len(mark)] = mark
        answer = front.read(lba, n, slot=2, skew=8)
        assert answer.status == 2, answer
        assert b'SECRET' not in bytes(front.memory[at:at + len(mark)])
    os.truncate(scene.disk, size)
    scene.leave(front)


if __name__ == '__main__':
    os.environ.setdefault('VIOS_ALARM', '170')
    main(*[t for name, t in list(globals().items()) if name.startswith('test_') and (len(sys.argv) < 2 or name in sys.argv[1:])])
