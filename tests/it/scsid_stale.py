#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# scsid_stale.py - no stale write and no late read: a disk that takes three seconds for what the first target asks of it
# (the block layer holds its requests back) and none for its successor; killed with I/O in flight, while another process
# reads its smaps_rollup, so that all but the disk believes it gone. Its write never comes after one of its successor's,
# its read never into memory that the client uses again. Each is seen to come when the lock of the disk is not waited for.
# Also where each VIOS has a node of its own of the disk.
import os
import struct
import subprocess
import sys
import time

from scsid_lib.front import Front
from scsid_lib.rig import Refused, Rig, lun, main
from scsid_lib.sharing import ABORTED, CONFLICT, EXCLUSIVE, IGNORE, PREEMPT_AND_ABORT, RESERVE, clients

BLKIO = '/sys/fs/cgroup/blkio'
BYTES, DELAY_S = 4096, 3.0
LONG = os.environ.get('VIOS_LONG') == '1'
MEMORY = 64 << 20  # of the client; the more of it a process has, the longer a look at its smaps takes
# The first two look at smaps_rollup; the third makes sure by reading the memory itself, which takes longer.
READER = '''
import os, sys
pid, begin, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
buffer = bytearray(n) if n else None
print("", flush=True)
while os.getppid() != 1:
    try:
        fd = os.open(f'/proc/{pid}/mem' if n else f'/proc/{pid}/smaps_rollup', os.O_RDONLY)
        while n and os.preadv(fd, [buffer], begin) > 0:
            pass
        os.read(fd, 4096)
        os.close(fd)
    except OSError:
        pass
'''


class Throttle:
    """A group of processes whose requests to a device are held back."""

    def __init__(self, device):
        self.dir = f'{BLKIO}/vios-stale-{os.getpid()}'
        os.mkdir(self.dir)
        number = os.stat(device).st_rdev
        for what in ('read', 'write'):
            with open(f'{self.dir}/blkio.throttle.{what}_bps_device', 'w') as f:
                f.write(f'{os.major(number)}:{os.minor(number)} {int(BYTES / DELAY_S)}')

    def take(self, pid):
        with open(f'{self.dir}/cgroup.procs', 'w') as f:
            f.write(str(pid))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        until = time.monotonic() + 20
        while True:
            try:
                os.rmdir(self.dir)
                return
            except OSError:
                assert time.monotonic() < until, 'the group is still used'
                time.sleep(0.05)


class InFlight:
    """A target with a request in flight that is held back, and its death."""

    def __init__(self, target, front):
        self.target, self.front, self.readers = target, front, []
        self.touch_memory()

    def touch_memory(self):
        pid, buffer = self.target.process.pid, bytearray(1 << 20)
        with open(f'/proc/{pid}/maps') as f:
            where = next(line.split()[0].split('-') for line in f if 'memfd:front' in line)
        self.memory_at, end = (int(x, 16) for x in where)
        with open(f'/proc/{pid}/mem', 'rb', buffering=0) as f:
            for at in range(self.memory_at, end, len(buffer)):
                os.preadv(f.fileno(), [buffer], at)

    def waited(self):
        return time.monotonic() - self.asked

    def begin(self, throttle, cdb, data=b'', in_bytes=0):
        self.start_readers()
        throttle.take(self.target.process.pid)
        self.asked = time.monotonic()
        self.front.put(cdb, data, in_bytes)
        time.sleep(0.3)
        assert self.in_flight(), 'the disk is not slow'

    def in_flight(self):
        return self.front.used_index(2) == self.front.seen[2]

    def start_readers(self):
        """First of all: on a busy machine they may take longer to start than the disk takes for a request."""
        pid = str(self.target.process.pid)
        self.readers = [subprocess.Popen([sys.executable, '-c', READER, pid, str(self.memory_at), str(n)],
                                         stdout=subprocess.PIPE) for n in (0, 0, MEMORY)]
        for r in self.readers:
            r.stdout.readline()

    def kill(self):
        self.target.process.kill()
        assert self.in_flight(), f'answered before the kill, {self.waited():.1f} s after it was asked'

    def let_go(self):
        for r in self.readers:
            r.kill()

    def until_all_has_landed(self):
        self.let_go()
        time.sleep(max(0, DELAY_S + 0.7 - self.waited()))
        for r in self.readers:  # one of them may have to see the end of what is in flight
            r.wait(20)
            r.stdout.close()
        self.target.process.wait(20)


class Scene(InFlight):
    """The first target, slow, with a request in flight; killed; the second one takes over."""

    def __init__(self, rig, first_lun, second_lun, unguarded):
        self.second = rig.target('vios2').start([second_lun])
        if unguarded:
            self.second.rpc.call('fault', place='unguarded', after=1)
        first = rig.target('vios1').start([first_lun]).go(1)
        front = Front(first.sock, more_bytes=MEMORY).start()
        front.ready()
        super().__init__(first, front)

    def lose(self, throttle, cdb, data=b'', in_bytes=0):
        front = self.front
        try:
            self.begin(throttle, cdb, data, in_bytes)
            self.kill()
            self.second.go(2)
            front.close()
            front.connect(self.second.sock)
            front.start()
            answer = front.get(in_bytes)
            assert answer.status == 0, answer
        finally:
            self.let_go()
        self.began = self.waited()


def write16(lba, blocks):
    return struct.pack('>BBQIBB', 0x8a, 0, lba, blocks, 0, 0)


def write_in_flight(rig, first_lun, second_lun, unguarded=False):
    """Is a write of the dead target stale?"""
    with Throttle(first_lun['path']) as throttle:
        scene = Scene(rig, first_lun, second_lun, unguarded)
        old, new = b'o' * BYTES, b'n' * BYTES
        scene.lose(throttle, write16(64, 8), old)
        assert scene.front.write(64, new, slot=1).status == 0  # not where the old one still comes from
        wrote = scene.waited()
        scene.until_all_has_landed()
        found = scene.front.read(64, 8, slot=2).data
        assert found in (old, new)
        print(f'  the successor began after {scene.began:.1f} s, wrote after {wrote:.1f} s')
        scene.second.kill()
        return found == old


def read_in_flight(rig, luns, unguarded=False):
    """Does a read of the dead target come into memory that is used again?"""
    with Throttle(luns['path']) as throttle:
        scene = Scene(rig, luns, luns, unguarded)
        scene.lose(throttle, struct.pack('>BBQIBB', 0x88, 0, 64, 8, 0, 0), in_bytes=BYTES)
        at = scene.front.area(0) + 0x1000
        scene.front.memory[at:at + BYTES] = b'u' * BYTES
        scene.until_all_has_landed()
        late = scene.front.memory[at:at + BYTES] != b'u' * BYTES
        scene.second.kill()
        return late


def preempted_write_in_flight(rig, nodes):
    """A client is preempted while a write of its dead target is under way: does it come after the answer?"""
    a, b = clients(rig, nodes)
    if nodes == 2:
        a.lose()
    assert a.pr(IGNORE, 0, 1) == 0 and b.pr(IGNORE, 0, 2) == 0 and b.pr(RESERVE, 2, 0, EXCLUSIVE) == 0
    scene = InFlight(b.live(), b.front)
    with Throttle(b.luns[0][0]['path']) as throttle:
        scene.begin(throttle, write16(64, 8), b'b' * BYTES)
        scene.kill()
        assert a.pr(PREEMPT_AND_ABORT, 1, 2, EXCLUSIVE) == 0
        answered = scene.waited()
        assert a.write(64, b'a' * BYTES).status == 0
        b.move()  # its successor is not to do it again
        answer = b.front.get()
        assert answer.status in (CONFLICT, ABORTED), answer
        scene.until_all_has_landed()
        found = a.front.read(64, 8).data
        print(f'  preempted after {answered:.1f} s')
        rig.end_targets()
        return found != b'a' * BYTES


def seen(what, fn):
    """Without the lock. Whether a reader has the dead process's memory at the right moment is chance."""
    for _ in range(4):
        with Rig() as rig:
            if fn(rig):
                return
    raise AssertionError(f'{what} is not to be seen without the lock')


def one_node(rig):
    return lun(rig.loop(rig.disk('disk')))


def two_nodes(rig, told=True):
    """A LUN with a node for each VIOS; told: each target knows of the other one's."""
    path = rig.disk('disk')
    nodes = [rig.loop(path), rig.loop(path)]
    return [lun(nodes[n], naa='6' + 31 * '1', **({'other_path': nodes[n ^ 1]} if told else {})) for n in (0, 1)]


def test_no_stale_write():
    with Rig() as rig:
        one = one_node(rig)
        assert not write_in_flight(rig, one, one), 'a stale write'


def test_no_late_read():
    with Rig() as rig:
        assert not read_in_flight(rig, one_node(rig)), 'a late read'


def test_no_stale_write_by_two_nodes():
    with Rig() as rig:
        assert not write_in_flight(rig, *two_nodes(rig)), 'a stale write'


def test_which_are_seen_without_the_lock():
    def one(rig):
        node = one_node(rig)
        return write_in_flight(rig, node, node, unguarded=True)
    seen('a stale write', one)
    if not LONG:
        return
    seen('a late read', lambda rig: read_in_flight(rig, one_node(rig), unguarded=True))
    seen('a stale write by two nodes', lambda rig: write_in_flight(rig, *two_nodes(rig, told=False)))


def test_preempted_with_a_write_in_flight():
    for nodes in ('loop', 2) if LONG else (2,):
        with Rig() as rig:
            assert not preempted_write_in_flight(rig, nodes), 'a write of the preempted client'


def test_a_node_that_is_missing():
    with Rig() as rig:
        try:
            rig.target().start([lun(rig.disk('disk'), other_path='/nowhere')])
            raise AssertionError('taken')
        except Refused as e:
            assert '/nowhere' in str(e) and 'both nodes' in str(e), e


if __name__ == '__main__':
    if os.geteuid() or not os.path.exists(f'{BLKIO}/blkio.throttle.write_bps_device'):
        print('needs root and the blkio controller of cgroup v1')
        raise SystemExit(77)
    main(test_no_stale_write, test_no_late_read, test_no_stale_write_by_two_nodes,
         test_preempted_with_a_write_in_flight, test_a_node_that_is_missing,
         test_which_are_seen_without_the_lock)
