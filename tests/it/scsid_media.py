#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_media.py - a drive whose media come and go under its client: what a medium holds, NOT READY without one, a unit
# attention and a media event for each change, and no LUN that goes or comes; with a read in flight, the client's own
# eject and lock, and another target that takes over.
import os
import struct
import time

from scsid_lib.front import Front
from scsid_lib.rig import Refused, Rig, lun, main, wait_for

TUR = [0] * 6
BLOCK = 2048
NO_MEDIUM, CHANGED, LOCKED, PROTECTED = (2, 0x3a), (6, 0x28), (5, 0x53), (7, 0x27)
EVENT_NEW, EVENT_REMOVED = 2, 3


def drive(path='', **more):
    one = lun(path, 1, 'vtopt0', type='optical', naa='6' + 31 * '5', **more)
    if not path:
        del one['path']
    return one


def iso(rig, name, blocks=500):
    path, data = f'{rig.dir}/{name}.iso', os.urandom(blocks * BLOCK)
    with open(path, 'wb') as f:
        f.write(data)
    return path, data


def media_event(front):
    """(event, is there a medium) of GET EVENT STATUS NOTIFICATION, polled."""
    answer = front.scsi([0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0], in_bytes=8, lun=1)
    assert answer.status == 0, answer
    return answer.data[4] & 15, bool(answer.data[5] & 2)


def read(front, lba, blocks, **more):
    return front.scsi(struct.pack('>BBIBHB', 0x28, 0, lba, 0, blocks, 0), in_bytes=blocks * BLOCK, lun=1, **more)


def sense(front, cdb, **more):
    answer = front.scsi(cdb, lun=1, **more)
    assert answer.status == 2, answer
    return answer.key()[:2]


def settled(front, wanted):
    """Past the unit attentions of the start."""
    wait_for(f'sense {wanted}', lambda: front.scsi(TUR, lun=1).key()[:2] == wanted)


def begin(rig, one):
    target = rig.target().start([lun(rig.disk('disk0')), one]).go(1)
    front = Front(target.sock).start()
    front.ready()
    front.offer_events(4)
    return target, front


def holds(front, data):
    capacity = front.scsi([0x25] + [0] * 9, in_bytes=8, lun=1)
    assert struct.unpack('>II', capacity.data) == (len(data) // BLOCK - 1, BLOCK), capacity
    for lba in range(0, len(data) // BLOCK, 20):
        answer = read(front, lba, 20)
        assert answer.status == 0 and answer.data == data[lba * BLOCK:(lba + 20) * BLOCK], (lba, answer)


def no_lun_moved(target, front, luns):
    """The first event that the client hears is of the disk that comes now."""
    target.configure(luns)
    event = front.event()
    assert event[1] == 5, f'{event}: the drive went or came'


def test_load_and_unload():
    with Rig() as rig:
        path, data = iso(rig, 'a')
        other, more = iso(rig, 'b', 1200)
        disk = lun(f'{rig.dir}/disk0')
        target, front = begin(rig, drive())
        inquiry = front.scsi([0x12, 0, 0, 0, 96, 0], in_bytes=96, lun=1)
        assert inquiry.data[0] == 5 and inquiry.data[1] & 0x80 and inquiry.data[16:21] == b'VOPTA', inquiry
        settled(front, NO_MEDIUM)
        assert target.lun(1)['type'] == 'optical' and target.lun(1)['path'] == ''
        target.configure([disk, drive(path)])
        assert sense(front, TUR) == CHANGED
        assert front.scsi(TUR, lun=1).status == 0
        assert media_event(front) == (EVENT_NEW, True)
        assert media_event(front) == (0, True)
        holds(front, data)
        write = struct.pack('>BBIBHB', 0x2a, 0, 0, 0, 1, 0)
        assert front.scsi(write, data[:BLOCK], lun=1).status == 2
        target.configure([disk, drive()])
        assert sense(front, TUR) == NO_MEDIUM and read(front, 0, 1).key()[:2] == NO_MEDIUM
        assert media_event(front) == (EVENT_REMOVED, False)
        target.configure([disk, drive(other)])
        assert sense(front, TUR) == CHANGED
        holds(front, more)
        target.configure([disk, drive(path)])  # one in place of the other
        assert sense(front, TUR) == CHANGED
        holds(front, data)
        with open(path, 'rb') as f:
            assert f.read() == data
        no_lun_moved(target, front, [disk, drive(path), lun(rig.disk('disk5', 8), 5)])


def test_refused_medium():
    """One that cannot be opened leaves the one that is there."""
    with Rig() as rig:
        path, data = iso(rig, 'a')
        disk = lun(f'{rig.dir}/disk0')
        target, front = begin(rig, drive(path))
        front.ready(1)
        for bad in (drive(rig.dir + '/none.iso'), drive(path, block_bytes=512), lun('', 1)):
            try:
                target.configure([disk, bad])
                raise AssertionError('taken')
            except Refused:
                pass
        holds(front, data)


def test_in_flight():
    """What was read when the medium went is answered; what comes after it is not ready; others go on."""
    with Rig() as rig:
        path, data = iso(rig, 'a')
        disk = lun(f'{rig.dir}/disk0')
        target, front = begin(rig, drive(path))
        front.ready(1)
        target.rpc.call('fault', disk='delay', lun=1, ms=400)
        before = target.taken()
        front.put(struct.pack('>BBIBHB', 0x28, 0, 7, 0, 2, 0), in_bytes=2 * BLOCK, lun=1, slot=1)
        wait_for('it is taken', lambda: target.taken() > before)
        target.configure([disk, drive()])
        answer = front.get(2 * BLOCK, slot=1)
        assert answer.status == 0 and answer.data == data[7 * BLOCK:9 * BLOCK], answer
        assert sense(front, TUR) == NO_MEDIUM
        assert front.read(0, 8).status == 0


def test_eject_and_lock():
    with Rig() as rig:
        path, data = iso(rig, 'a')
        disk = lun(f'{rig.dir}/disk0')
        target, front = begin(rig, drive(path))
        front.ready(1)
        prevent, eject, load = [0x1e, 0, 0, 0, 1, 0], [0x1b, 0, 0, 0, 2, 0], [0x1b, 0, 0, 0, 3, 0]
        assert front.scsi(prevent, lun=1).status == 0
        assert sense(front, eject) == LOCKED
        assert front.scsi([0x1e] + [0] * 5, lun=1).status == 0
        assert front.scsi(eject, lun=1).status == 0
        assert sense(front, TUR) == NO_MEDIUM and media_event(front) == (EVENT_REMOVED, False)
        assert front.scsi(load, lun=1).status == 0
        assert sense(front, TUR) == CHANGED
        holds(front, data)
        assert front.scsi(prevent, lun=1).status == 0  # an operator is not held by it
        target.configure([disk, drive()])
        assert sense(front, TUR) == NO_MEDIUM
        assert front.scsi(load, lun=1).status == 0
        assert sense(front, TUR) == NO_MEDIUM


def test_takeover():
    """The successor has the same drive with the same medium."""
    with Rig() as rig:
        path, data = iso(rig, 'a')
        target, front = begin(rig, drive(path))
        front.ready(1)
        page = [0x12, 1, 0x83, 0, 255, 0]
        before = front.scsi(page, in_bytes=255, lun=1).data
        target.kill()
        other = rig.target('vios2').start([lun(f'{rig.dir}/disk0'), drive(path)]).go(2)
        again = Front(other.sock).start()
        again.ready(1)
        assert again.scsi(page, in_bytes=255, lun=1).data == before
        holds(again, data)


main(test_load_and_unload, test_refused_medium, test_in_flight, test_eject_and_lock, test_takeover)
