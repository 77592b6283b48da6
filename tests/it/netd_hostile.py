#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# A guest that writes anything into its rings, and a mux that says anything about them: vios-netd lives, and its other
# client's frames pass. VIOS_TEST_SEED replays a run, VIOS_LONG=1 makes it long.
import os
import random
import struct
import time

from netd_front import (GUEST_BASE, MEMORY_BYTES, RING, RING_BYTES, RX, SET_VRING_ADDR, SET_VRING_BASE,
                        SET_VRING_ENABLE, SET_VRING_NUM, TX, USER_BASE)
from netd_rig import BROADCAST, OUTSIDE, Page, Rig, cpu_seconds, frame, live, mac, main, wait_for

LONG = os.environ.get('VIOS_LONG') == '1'
NEXT, WRITE, INDIRECT = 1, 2, 4


def good_pass(rig, good, n):
    """A frame of the good client's passes each way. Returns the time that it took."""
    began = time.monotonic()

    def goes_out():
        return good.send(frame(OUTSIDE, mac(2), b'good out %d.' % n)) and rig.outside_until(b'good out %d.' % n, 0.2)

    def comes_in():
        rig.outside.send(frame(mac(2), OUTSIDE, b'good in %d.' % n))
        return good.receive_until(b'good in %d.' % n, 0.2)
    wait_for('the good client sends', goes_out)
    wait_for('the good client receives', comes_in)
    return time.monotonic() - began


def descriptor(front, ring, i, address, length, flags=0, following=0):
    struct.pack_into('<QIHH', front.memory, ring * RING_BYTES + 16 * i, address, length, flags, following)


def offer(front, ring, head, n=1):
    """Makes n entries available that all begin at head."""
    base = ring * RING_BYTES + 0x1000
    idx = struct.unpack_from('<H', front.memory, base + 2)[0]
    for i in range(n):
        struct.pack_into('<H', front.memory, base + 4 + 2 * ((idx + i) % RING), head)
    struct.pack_into('<H', front.memory, base + 2, (idx + n) & 0xFFFF)
    os.eventfd_write(front.kick[ring], 1)


def whole_memory_chains(front, ring, rng):
    for i in range(RING):
        descriptor(front, ring, i, GUEST_BASE, MEMORY_BYTES, NEXT, (i + 1) % RING)
    descriptor(front, ring, 99, GUEST_BASE, MEMORY_BYTES, 0)
    offer(front, ring, rng.randrange(90, 100), 64)


def empty_chains(front, ring, rng):
    for i in range(RING):
        descriptor(front, ring, i, GUEST_BASE, 0, NEXT | (WRITE if ring == RX else 0), i + 1)
    descriptor(front, ring, RING - 1, GUEST_BASE, rng.choice((0, 13, 60)), WRITE if ring == RX else 0)
    offer(front, ring, 0, 200)


def loops(front, ring, rng):
    for i in range(RING):
        descriptor(front, ring, i, GUEST_BASE, rng.choice((0, 1, 64)), NEXT, rng.choice((i, 0, 65535, RING)))
    offer(front, ring, rng.randrange(RING), 32)


def bad_addresses(front, ring, rng):
    for i in range(RING):
        address = rng.choice((0, GUEST_BASE - 1, GUEST_BASE + MEMORY_BYTES - 1, GUEST_BASE + MEMORY_BYTES, 2**64 - 1,
                              2**64 - 64))
        descriptor(front, ring, i, address, rng.choice((1, 64, 2**31, 2**32 - 1)), rng.choice((0, NEXT)), i)
    offer(front, ring, rng.randrange(RING), 32)


def indirects(front, ring, rng):
    for i in range(RING):
        descriptor(front, ring, i, GUEST_BASE + rng.randrange(MEMORY_BYTES), rng.choice((0, 15, 16, 4096, 2**32 - 1)),
                   INDIRECT | rng.choice((0, NEXT)), 0)
    offer(front, ring, rng.randrange(RING), 32)


def heads(front, ring, rng):
    base = ring * RING_BYTES + 0x1000
    for i in range(RING):
        struct.pack_into('<H', front.memory, base + 4 + 2 * i, rng.choice((RING, 65535, rng.randrange(65536))))
    struct.pack_into('<H', front.memory, base + 2, rng.randrange(65536))
    os.eventfd_write(front.kick[ring], 1)


def noise(front, ring, rng):
    at = ring * RING_BYTES + rng.randrange(RING_BYTES - 64)
    front.memory[at:at + 64] = rng.randbytes(64)
    os.eventfd_write(front.kick[ring], 1)


def messages(front, ring, rng):
    index = rng.choice((ring, ring, 2, 255))
    address = USER_BASE + rng.choice((0, 1, RING_BYTES, MEMORY_BYTES - 1, MEMORY_BYTES, 2**40))
    kind = rng.randrange(4)
    if kind == 0:
        front.message(SET_VRING_NUM, struct.pack('<II', index, rng.choice((0, 1, 7, 256, 32768, 65535))))
    elif kind == 1:
        front.message(SET_VRING_ADDR, struct.pack('<IIQQQQ', index, 0, address, address + 0x2000, address + 0x1000, 0))
    elif kind == 2:
        front.message(SET_VRING_BASE, struct.pack('<II', index, rng.randrange(65536)))
    else:
        front.message(SET_VRING_ENABLE, struct.pack('<II', index, rng.randrange(2)))


ATTACKS = (whole_memory_chains, empty_chains, loops, bad_addresses, indirects, heads, noise, messages)


def attack(rig, viosd, rng, seconds):
    good = live(rig, viosd, 2)
    start, bad = 1, live(rig, viosd, 1)
    until, n, worst = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        n += 1
        choice = ATTACKS[n % len(ATTACKS)]
        try:
            for _ in range(4):
                choice(bad, rng.choice((RX, TX)), rng)
                for _ in range(20):
                    rig.outside.send(frame(BROADCAST, OUTSIDE, b'noise'))
            worst = max(worst, good_pass(rig, good, n))
            if bad.wait_hangup(0) or rng.randrange(4) == 0:
                raise BrokenPipeError
        except (BrokenPipeError, ConnectionResetError, EOFError):
            bad.close()
            rig.rpc('mux', 'lpar1').call('release', adapter='lpar1/eth0', start=start)
            start += 1
            bad = live(rig, viosd, 1, start=start)
        assert rig.process.poll() is None, f'vios-netd died of {choice.__name__}'
    print(f'  {n} attacks, {start} connections, slowest round of the good client {1000 * worst:.0f} ms')
    return good, bad


def test_everything():
    seed = int(os.environ.get('VIOS_TEST_SEED', time.time_ns() % 1000000))
    print(f'  VIOS_TEST_SEED={seed}', flush=True)
    with Rig(faults=False) as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        attack(rig, viosd, random.Random(seed), 60 if LONG else 12)
        # Not a line of log for what a guest wrote.
        assert len(rig.log()) < 1_000_000 and 'desc' not in rig.log()


def test_long_chains_do_not_stop_the_worker():
    """Chains over all of a guest's memory, as many as fit: the worker goes on ticking."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        page = Page(viosd.fds[1])
        good, bad = live(rig, viosd, 2), live(rig, viosd, 1)
        rng = random.Random(1)
        ticks, cpu = page.ticks(), cpu_seconds(rig.process.pid)
        for n in range(50):
            whole_memory_chains(bad, TX, rng)
            good_pass(rig, good, n)
        # Of its own time: what others take of the processor is not its fault. It sleeps when it is not kept busy.
        took = cpu_seconds(rig.process.pid) - cpu
        print(f'  {page.ticks() - ticks} ticks in {1000 * took:.0f} ms of work')
        assert page.ticks() - ticks > 1000 * took, 'a worker ticks less than once in a millisecond'


def test_broken_ring_costs_little():
    """A ring that claims for ever that frames wait in it does not keep the worker awake."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        bad = live(rig, viosd, 1)
        heads(bad, TX, random.Random(3))
        struct.pack_into('<H', bad.memory, TX * RING_BYTES + 0x1004, 65535)
        time.sleep(0.3)
        cpu = cpu_seconds(rig.process.pid)
        time.sleep(1.5)
        used = (cpu_seconds(rig.process.pid) - cpu) / 1.5
        assert used < 0.4, f'{100 * used:.0f} % of a processor'


main(test_everything, test_long_chains_do_not_stop_the_worker, test_broken_ring_costs_little)
