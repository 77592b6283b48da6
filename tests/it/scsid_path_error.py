#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_path_error.py - what a target does with a request whose disk fails on this side: it holds it, tells viosd, and either
# the other target does it, or this one answers, when it is told so or nobody says anything. Probes find that a path heals.
import os
import struct
import time

from scsid_lib.front import REQUEST, Front
from scsid_lib.rig import Rig, Rpc, lun, main, wait_for

BLOCK = 512
QUICK = {'hold_ms': 200, 'path_error_ms': 30000}


def rw16(opcode, lba, blocks):
    return struct.pack('>BBQIBB', opcode, 0, lba, blocks, 0, 0)


def good(answer):
    assert answer.response == 0 and answer.status == 0, answer
    return answer


def state(of, number=0):
    def wanted(method, note):
        return method == 'path' and note['state'] == of and note['lun'] == number
    return wanted


def failing(rig, fault='error', **more):
    """A target with two disks, LUN 0's failing; its front end."""
    target = rig.target().start([lun(rig.disk('disk0')), lun(rig.disk('disk1'), 1)], **dict(QUICK, **more)).go(1)
    front = Front(target.sock).start()
    front.ready()
    front.ready(1)
    target.rpc.call('fault', disk=fault, lun=0)
    return target, front


def nothing(front, ring=REQUEST, seconds=0.3):
    time.sleep(seconds)
    assert front.used_index(ring) == front.seen[ring], 'it was answered'


def test_the_other_target_does_it():
    """One-sided errors under verified I/O: every request is held, and done by the other target; none fails."""
    with Rig() as rig:
        luns = [lun(rig.disk('disk0')), lun(rig.disk('disk1'), 1)]
        targets = [rig.target(vios).start(luns, **QUICK) for vios in ('vios1', 'vios2')]
        targets[0].go(1)
        guest = rig.initiator(*targets, depth=32, queues=2, size=8 << 20, skewed=10)
        guest.live(0)
        for start, fault in enumerate(('error', 'gone', 'error', 'gone'), 2):
            live, other = targets[start % 2], targets[(start + 1) % 2]
            guest.progress(300)
            live.rpc.call('fault', disk=fault, lun=0)
            note = live.rpc.note(state('failed'))
            assert note['error'] == ('EIO' if fault == 'error' else 'ENODEV'), note
            wait_for('all are held', lambda: live.status()['held'] and live.status()['held'] == live.status()['in_flight'])
            guest.halt()
            live.release(start - 1)
            status = live.status()
            assert status['in_flight'] == 0 and status['held'] == 0, status
            other.go(start)
            guest.live((start + 1) % 2)
            guest.progress(50)
            live.rpc.call('fault', disk='none', lun=0)
            live.rpc.note(state('enabled'))
        report = guest.stop()
        print(f"  4 moves: {report['ios']} requests, worst stall {report['stall_ms']} ms, 0 errors, 0 bad reads")


def test_it_answers_when_it_is_told():
    with Rig() as rig:
        target, front = failing(rig)
        front.put(rw16(0x88, 0, 8), in_bytes=4096, slot=1)
        front.put(rw16(0x8a, 8, 8), os.urandom(4096), slot=2)
        note = target.rpc.note(state('failed'))
        assert (note['name'], note['error'], note['opcode'], note['lba']) == ('vtscsi0', 'EIO', 0x88, 0), note
        nothing(front)
        assert target.status()['held'] == 2
        good(front.read(0, 8, lun=1, ring=3, slot=3))  # another disk's are not
        target.rpc.call('path_errors', answer=True)
        assert front.get(4096, slot=1).key() == (3, 0x11, 0)  # UNRECOVERED READ ERROR
        assert front.get(slot=2).key() == (3, 0x0c, 0)        # WRITE ERROR
        assert front.read(0, 8).key() == (3, 0x11, 0)         # and so are those that come
        assert target.status()['held'] == 0 and target.lun(0)['errors'] == 3
        target.rpc.call('path_errors', answer=False)
        front.put(rw16(0x88, 0, 8), in_bytes=4096, slot=1)
        nothing(front)
        target.rpc.call('fault', disk='none', lun=0)  # too late for that one: nobody does it again here
        target.rpc.call('path_errors', answer=True)
        assert front.get(4096, slot=1).status == 2


def test_it_answers_when_nobody_says_anything():
    with Rig() as rig:
        target, front = failing(rig, path_error_ms=700)
        began = time.monotonic()
        assert front.read(0, 8).key() == (3, 0x11, 0)
        assert time.monotonic() - began >= 0.7
        quick = 0
        for _ in range(10):  # nobody is there: they need not wait
            began = time.monotonic()
            assert front.read(0, 8).key() == (3, 0x11, 0)
            quick += time.monotonic() - began < 0.7
        assert quick >= 5, f'{quick} of 10 have not waited'
        target.rpc.call('path_errors', answer=False)  # somebody is, after all
        front.put(rw16(0x88, 0, 8), in_bytes=4096)
        nothing(front)
        assert target.status()['held'] == 1


def test_a_medium_error_is_the_clients():
    """What the disk itself says is the same through every path."""
    with Rig() as rig:
        target, front = failing(rig, 'medium')
        assert front.read(0, 8).key() == (3, 0x11, 0)
        assert target.status()['held'] == 0 and target.lun(0)['path_state'] == 'enabled'


def test_what_is_held_can_be_aborted():
    with Rig() as rig:
        target, front = failing(rig)
        front.put(rw16(0x88, 0, 8), in_bytes=4096, slot=1, tag=7)
        wait_for('it is held', lambda: target.status()['held'] == 1)
        assert front.task(0, tag=7) == 0
        assert front.get(4096, slot=1).response == 2  # ABORTED
        front.put(rw16(0x88, 0, 8), in_bytes=4096, slot=1)
        wait_for('it is held', lambda: target.status()['held'] == 1)
        target.configure([lun(rig.dir + '/disk1', 1)], **QUICK)  # its LUN goes
        assert front.get(4096, slot=1).response == 3  # BAD TARGET
        target.rpc.note(state('enabled'))  # and its path with it
        assert target.status()['held'] == 0 and target.status()['in_flight'] == 0


def test_a_path_heals():
    with Rig() as rig:
        target, front = failing(rig)
        front.put(rw16(0x88, 0, 8), in_bytes=4096)
        target.rpc.note(state('failed'))
        time.sleep(0.5)
        assert target.lun(0)['path_state'] == 'failed' and target.lun(1)['path_state'] == 'enabled'
        again = type(target.rpc)(target.ctl)  # another viosd is told
        again.call('hello', role='viosd')
        again.note(state('failed'))
        began = time.monotonic()
        target.rpc.call('fault', disk='none', lun=0)
        target.rpc.note(state('recovering'))
        target.rpc.note(state('enabled'))
        assert time.monotonic() - began >= 0.2, 'without a hold time'
        again.note(state('enabled'))
        target.rpc.call('path_errors', answer=True)
        front.get(4096)
        good(front.read(0, 8))


def test_a_bad_block_is_no_bad_path():
    """While the other path reads the block, this one is bad; when it does not either, the medium is."""
    with Rig() as rig:
        target, front = failing(rig, 'block')
        front.put(rw16(0x88, 0, 8), in_bytes=4096, slot=1)
        good(front.read(1024, 8, ring=3, slot=2))
        target.rpc.note(state('failed'))
        time.sleep(0.6)
        assert target.lun(0)['path_state'] == 'failed'
        target.rpc.call('path_errors', answer=True)
        assert front.get(4096, slot=1).key() == (3, 0x11, 0)
        target.rpc.note(state('enabled'))


def test_compound_commands():
    """COMPARE AND WRITE that has not begun, WRITE SAME, SYNCHRONIZE CACHE."""
    with Rig() as rig:
        target, front = failing(rig)
        for slot, cdb, data in ((1, [0x89] + [0] * 8 + [64] + [0] * 3 + [1, 0, 0], bytes(2 * BLOCK)),
                                (2, [0x93] + [0] * 8 + [64] + [0] * 3 + [1, 0, 0], bytes(BLOCK)),
                                (3, [0x35] + [0] * 9, b'')):
            front.put(cdb, data, slot=slot)
        wait_for('all are held', lambda: target.status()['held'] == 3)
        other = rig.target('vios2').start([lun(rig.dir + '/disk0'), lun(rig.dir + '/disk1', 1)], **QUICK).go(2)
        for ring in range(front.n):
            front.stop_ring(ring)
        target.release(1)
        assert target.status()['in_flight'] == 0
        front.close()
        front.connect(other.sock)
        front.start()
        assert sorted(front.wait(2)[0] for _ in range(3)) == [4, 8, 12]
        assert [front.memory[front.area(slot) + 0x200 + 10] for slot in (1, 2, 3)] == [0, 0, 0]


def test_it_remembers_that_a_path_has_healed():
    """A viosd that was away is told, until the client is back."""
    def told(target):
        rpc = Rpc(target.ctl)
        rpc.call('hello', role='viosd')
        rpc.call('status')
        return [(note['lun'], note['state'], note['healed']) for method, note in rpc.notes if method == 'path']

    with Rig() as rig:
        target, front = failing(rig, hold_ms=0)
        front.put(rw16(0x88, 0, 8), in_bytes=4096, slot=1)
        assert target.rpc.note(state('failed'))['healed'] is False
        assert told(target) == [(0, 'failed', False)]
        target.release(1)
        target.rpc.call('fault', disk='none', lun=0)
        assert target.rpc.note(state('enabled'))['healed'] is True
        assert told(target) == [(0, 'enabled', True), (1, 'enabled', True)]
        target.go(2)
        assert told(target) == []


def test_a_disk_that_really_fails():
    """The kernel's own error: a loop device whose file has been cut. With the file as it was the path heals."""
    with Rig() as rig:
        path = rig.disk('disk0')
        target = rig.target().start([lun(rig.loop(path))], **QUICK).go(1)
        front = Front(target.sock).start()
        front.ready()
        good(front.read(16384, 8))
        os.truncate(path, 4 << 20)
        front.put(rw16(0x88, 16384, 8), in_bytes=4096, slot=1)
        front.put(rw16(0x8f, 16384, 8), slot=2)  # VERIFY: on the other thread
        note = target.rpc.note(state('failed'))
        assert (note['error'], note['lba']) == ('EIO', 16384), note
        wait_for('both are held', lambda: target.status()['held'] == 2)
        time.sleep(0.5)
        assert target.lun(0)['path_state'] == 'failed'
        os.truncate(path, 16 << 20)
        target.rpc.note(state('enabled'))
        target.rpc.call('path_errors', answer=True)
        assert front.get(4096, slot=1).key() == (3, 0x11, 0) and front.get(slot=2).key() == (3, 0x11, 0)


main(test_the_other_target_does_it, test_it_answers_when_it_is_told, test_it_answers_when_nobody_says_anything,
     test_a_medium_error_is_the_clients, test_what_is_held_can_be_aborted, test_a_path_heals, test_a_bad_block_is_no_bad_path,
     test_compound_commands, test_it_remembers_that_a_path_has_healed, test_a_disk_that_really_fails)
