#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_share.py - one disk, two clients, a target of each VIOS for each: COMPARE AND WRITE holds as a lock between them
# while targets are killed and their requests are done again elsewhere; who changes what another one changes waits, and
# who reads does not; what must not be done twice is not, whenever its target dies.
import fcntl
import os
import random
import shutil
import struct
import time

from scsid_lib.front import Front
from scsid_lib.rig import Refused, Rig, lun, main, wait_for

LONG_S = 60 if os.environ.get('VIOS_LONG') == '1' else 0  # of contention with deaths; else so many deaths:
DEATHS = 20
COUNTER_AT = 64 * 512
PLACE = 1 << 61


class Client:
    """A client with a target on each VIOS, and contenders for the lock on the disk."""

    def __init__(self, rig, name, number, luns):
        self.rig, self.name, self.luns, self.start, self.at = rig, name, luns, 0, 0
        self.targets = [rig.target(f'vios{n + 1}', name).start(luns[n]) for n in (0, 1)]
        self.initiator = rig.initiator(*self.targets, program='test-sflock', queues=2, depth=2, writer=number)
        self.go()

    def go(self):
        self.start += 1
        self.targets[self.at].go(self.start)
        self.initiator.live(self.at)

    def live(self):
        return self.targets[self.at]

    def lose(self, place=None):
        """Its target dies, at once or where it is told to; the other one takes over, and one is started in its place."""
        dead, self.at = self.at, self.at ^ 1
        if place:
            try:
                self.targets[dead].rpc.call('fault', place=place, after=random.randint(1, 9))
            except (EOFError, ConnectionResetError):
                pass  # before it could answer
            assert self.targets[dead].process.wait(20) == 3, 'the fault did not happen'
        else:
            self.targets[dead].kill()
        self.go()
        self.targets[dead] = self.rig.target(f'vios{dead + 1}', self.name).start(self.luns[dead])


def seeded():
    seed = int(os.environ.get('VIOS_SEED') or time.time_ns() % 1000000)
    random.seed(seed)
    print(f'  VIOS_SEED={seed}', flush=True)


def counter(path):
    with open(path, 'rb') as f:
        f.seek(COUNTER_AT)
        return struct.unpack('<Q', f.read(8))[0]


def counter_under_a_lock(nodes, wanted_deaths, long_s):
    with Rig() as rig:
        seeded()
        path = rig.disk('shared')
        luns = [[lun(path, shared=True)]] * 2
        if nodes == 2:  # each VIOS has one of its own, and they are of one disk
            node = [rig.loop(path), rig.loop(path)]
            luns = [[lun(node[n], shared=True, other_path=node[n ^ 1], naa='6' + 31 * '1')] for n in (0, 1)]
        clients = [Client(rig, f'lpar{n}', n, luns) for n in (1, 2)]
        if nodes == 2:
            clients[1].lose()
        deaths, began = 0, time.monotonic()
        while deaths < wanted_deaths or time.monotonic() < began + long_s:
            deaths += 1
            for c in clients:
                c.initiator.progress(random.randint(1, 100))
            random.choice(clients).lose(random.choice((None, None, 'begun', 'done', 'kept', 'before-show', 'shown')))
        reports = [c.initiator.stop() for c in clients]
        added = [r['added'] for r in reports]
        print(f"  {deaths} deaths: added {added}, outcome unknown {[r['unknown'] for r in reports]}, "
              f"missed {[r['misses'] for r in reports]}")
        assert min(added) > deaths
        assert counter(path) == sum(added), f'the counter is {counter(path)}, not {sum(added)}'


def test_counter_under_a_lock():
    counter_under_a_lock(1, DEATHS, LONG_S)


def test_counter_under_a_lock_of_two_nodes():
    if os.geteuid() == 0:
        counter_under_a_lock(2, 5, LONG_S / 4)


def test_which_notices_that_nothing_is_locked():
    """What the test above looks for is there when the targets lock no ranges."""
    with Rig() as rig:
        path = rig.disk('shared')
        clients = [Client(rig, f'lpar{n}', n, [[lun(path, shared=True)]] * 2) for n in (1, 2)]
        for c in clients:
            c.live().rpc.call('fault', place='unlocked', after=1)
        wait_for('a broken lock', lambda: any(c.initiator.status()['violations'] for c in clients), 60)


def ofd_lock(file, begin, end, kind=fcntl.F_WRLCK):
    fcntl.fcntl(file.fileno(), 37, struct.pack('hhqqi4x', kind, 0, begin, end - begin, 0))  # F_OFD_SETLK


def compare_and_write(lba):
    return struct.pack('>BBQ3xBBB', 0x89, 0, lba, 1, 0, 0)


def write16(lba, blocks):
    return struct.pack('>BBQIBB', 0x8a, 0, lba, blocks, 0, 0)


def stays(front, seconds=0.2):
    time.sleep(seconds)
    return front.used_index(2) == front.seen[2]


def test_who_waits():
    with Rig() as rig:
        path = rig.disk('shared')
        target = rig.target().start([lun(path)]).go(1)
        front = Front(target.sock).start()
        front.ready()
        data = os.urandom(4096)
        with open(path, 'r+b') as other:
            ofd_lock(other, 64 * 512, 72 * 512)
            assert front.write(64, data).status == 0, 'a disk that nobody shares'
            target.configure([lun(path, shared=True)])
            assert target.lun(0)['shared']
            assert front.read(64, 8).data == data, 'reads wait for nobody'
            assert front.write(0, data).status == 0 and front.write(72, data).status == 0
            for cdb, out in ((write16(68, 8), data), (compare_and_write(71), bytes(1024)),
                             (struct.pack('>BBQIBB', 0x8b, 0, 66, 1, 0, 0), bytes(512)),  # ORWRITE
                             (struct.pack('>BBQIBB', 0x93, 0, 60, 16, 0, 0), bytes(512)),  # WRITE SAME
                             (struct.pack('>B6xHx', 0x42, 24), struct.pack('>HH4xQI4x', 22, 16, 0, 128))):  # UNMAP
                front.put(cdb, out)
                assert stays(front, 0.05), f'{cdb[0]:#x} did not wait'
                assert front.task(1) == 0, 'ABORT TASK SET'
                assert front.get().response == 2
                assert front.read(64, 8).data == data, f'{cdb[0]:#x} was not aborted'
            front.put(write16(64, 8), bytes(4096))
            assert stays(front)
            try:
                ofd_lock(other, PLACE + 64 * 512, PLACE + 72 * 512)
                raise AssertionError('who waits is not the next')
            except BlockingIOError:
                pass
            ofd_lock(other, 64 * 512, 72 * 512, fcntl.F_UNLCK)
            assert front.get().status == 0 and front.read(64, 8).data == bytes(4096)
            ofd_lock(other, 0, 2 * PLACE)  # nothing is left locked
            # another one waits while its rings go: the next owner does it
            front.put(write16(64, 8), data, slot=2)
            assert stays(front)
            for ring in range(front.n):
                front.stop_ring(ring)
            assert target.status()['in_flight'] == 0
            target.release(1)
            ofd_lock(other, 0, 2 * PLACE, fcntl.F_UNLCK)
        target.go(2)
        front.close()
        front.connect(target.sock)
        front.start()
        assert front.wait(2)[0] == 8 and front.read(64, 8).data == data


def dies_at(place, outcomes=True):
    """COMPARE AND WRITE of zeroes to ones; its target dies at that place. Meanwhile others write twos there, if it was
    done. What its successor answers, and what is on the disk."""
    with Rig() as rig:
        path = rig.disk('disk')
        first, second = rig.target('vios1').start([lun(path)]).go(1), rig.target('vios2').start([lun(path)])
        front = Front(first.sock, outcomes=outcomes).start()
        front.ready()
        first.rpc.call('fault', place=place, after=1)
        front.put(compare_and_write(64), bytes(512) + b'\1' * 512)
        assert first.process.wait(30) == 3
        with open(path, 'r+b') as f:
            f.seek(64 * 512)
            if f.read(1) == b'\1':
                f.seek(64 * 512)
                f.write(b'\2' * 512)
        second.go(2)
        front.close()
        front.connect(second.sock)
        front.start()
        answer = front.get()
        with open(path, 'rb') as f:
            f.seek(64 * 512)
            disk = f.read(512)
        assert disk in (b'\0' * 512, b'\1' * 512, b'\2' * 512)
        # and it is no longer remembered: the next one, in its place, is done
        again = front.scsi(compare_and_write(64), disk + b'\3' * 512)
        assert again.status == 0 and front.read(64, 1).data == b'\3' * 512
        return answer.status, answer.key() and answer.key()[0], disk[0]


def test_outcomes():
    good, unknown = (0, None), (2, 0xb)
    for place, told, disk in (('begun', unknown, 0), ('done', unknown, 2), ('kept', good, 2), ('before-show', good, 2)):
        assert dies_at(place) == told + (disk,), place
    # a mux that keeps no more than what vhost-user asks for
    assert dies_at('before-show', outcomes=False) == unknown + (2,)


def test_outcome_of_a_reservation():
    with Rig() as rig:
        path = rig.disk('disk')
        first, second = rig.target('vios1').start([lun(path)]).go(1), rig.target('vios2').start([lun(path)])
        front = Front(first.sock).start()
        front.ready()
        register = [0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0]
        first.rpc.call('fault', place='kept', after=1)
        front.put(register, struct.pack('>QQ8x', 7, 8))  # another key than it has: a conflict
        assert first.process.wait(30) == 3
        second.go(2)
        front.close()
        front.connect(second.sock)
        front.start()
        assert front.get().status == 0x18


def register(key, aptpl=False):
    return struct.pack('>QQ4xB3x', 0, key, aptpl)


REGISTER_AND_IGNORE = [0x5f, 6, 0, 0, 0, 0, 0, 0, 24, 0]


def keys(front):
    answer = front.scsi([0x5e, 0, 0, 0, 0, 0, 0, 0, 128, 0], in_bytes=128)
    assert answer.status == 0, answer
    return list(struct.unpack_from(f'>{answer.data[7] // 8}Q', answer.data, 8))


def test_reservations_outlive_their_target():
    with Rig() as rig:
        path, kept = rig.disk('disk'), f'{rig.dir}/reservations'
        luns = [lun(path, reservations=kept)]
        targets = [rig.target('vios1').start(luns), rig.target('vios2').start(luns)]
        start, front = 0, None

        def go(i):
            nonlocal start, front
            start += 1
            targets[i].go(start)
            if front:
                front.close()
                front.connect(targets[i].sock)
                front.start()
            else:
                front = Front(targets[i].sock).start()

        go(0)
        front.ready()
        assert front.scsi(REGISTER_AND_IGNORE, register(7)).status == 0 and keys(front) == [7]
        targets[0].kill()
        go(1)
        front.ready()
        assert keys(front) == [7], 'the other one'
        # kept, and not told: nobody knows, and the client finds it
        targets[0].start(luns)
        targets[1].rpc.call('fault', place='done', after=1)
        front.put(REGISTER_AND_IGNORE, register(8))
        assert targets[1].process.wait(30) == 3
        go(0)
        assert front.get().key()[0] == 0xb and keys(front) == [8]
        # both have gone; then the machine has, too
        for aptpl, left in ((False, []), (True, [9])):
            assert front.scsi(REGISTER_AND_IGNORE, register(9, aptpl)).status == 0
            targets[0].kill()
            targets[0].start(luns)
            go(0)
            front.ready()
            assert keys(front) == [9]
            targets[0].kill()
            with open(kept, 'r+b') as f:
                f.seek(20)
                f.write(b'another boot')
            shutil.rmtree(f'{rig.dir}/luns')  # what targets share does not outlive the host
            targets[0].start(luns)
            go(0)
            front.ready()
            assert keys(front) == left, (aptpl, keys(front))
        targets[0].kill()
        shutil.rmtree(f'{rig.dir}/luns')
        with open(kept, 'ab') as f:
            f.write(b'x')
        try:
            targets[0].start(luns)
            raise AssertionError('took damaged reservations')
        except Refused as e:
            assert kept in str(e) and 'remove it' in str(e), e


if __name__ == '__main__':
    os.environ.setdefault('VIOS_ALARM', '170')
    main(test_outcomes, test_outcome_of_a_reservation, test_reservations_outlive_their_target, test_who_waits, test_counter_under_a_lock,
         test_counter_under_a_lock_of_two_nodes,         test_which_notices_that_nothing_is_locked)
