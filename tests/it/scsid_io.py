#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_io.py - what one target does for one client: verified I/O on a file and on a loop device, with aligned and
# misaligned memory, direct and indirect descriptors; configuration space, LUNs that come, grow and go under the client,
# task management, sleep when idle.
import os
import struct
import time

from scsid_lib.front import EVENT, F_PROTOCOL, GET_CONFIG, SET_CONFIG, SET_VRING_CALL, Front
from scsid_lib.rig import Refused, Rig, lun, main, quietest, wait_for


def verified(rig, path, megabytes=16, seconds=1.0, block=512, **options):
    target = rig.target().start([lun(path, 3, block_bytes=block)]).go(1)
    initiator = rig.initiator(target, lun=3, size=megabytes << 20, block=block, **options)
    initiator.live(0)
    time.sleep(seconds)
    initiator.progress(100)
    report = initiator.stop()
    assert report['writes'] > 20, report
    print(f"  {options}: {report['iops']} IOPS, p50 {report['latency_us']['p50']} us, {report['writes']} writes")
    status = target.lun(3)
    assert status['writes'] and status['reads'] and not status['errors'], status
    assert target.kill() == -9


def test_file():
    with Rig() as rig:
        verified(rig, rig.disk('disk0'), depth=32, queues=2)


def test_file_misaligned_and_direct():
    with Rig() as rig:
        verified(rig, rig.disk('disk0'), depth=16, queues=2, skewed=50, direct=True, no_event_idx=True)


def test_large_blocks():
    with Rig() as rig:
        verified(rig, rig.disk('disk0'), depth=8, queues=1, block=4096)


def test_loop_device():
    with Rig() as rig:
        verified(rig, rig.loop(rig.disk('disk0')), depth=128, queues=2, skewed=10)


def test_without_inflight():
    with Rig() as rig:
        verified(rig, rig.disk('disk0'), seconds=0.3, depth=32, queues=2, no_inflight=True)


def test_config_space():
    with Rig() as rig:
        target = rig.target().start([lun(rig.disk('disk0'))], queues=2)
        front = Front(target.sock, queues=2)
        front.negotiate()
        assert front.queue_num == 4
        answer = front.ask(GET_CONFIG, struct.pack('<III', 0, 36, 0) + bytes(36))
        fields = struct.unpack('<7IHHI', answer[12:])
        assert fields == (2, 126, 8192, 128, 16, 96, 32, 0, 0, 255), fields
        assert front.tell(SET_CONFIG, struct.pack('<IIII', 20, 4, 0, 96))
        assert not front.tell(SET_CONFIG, struct.pack('<IIII', 20, 4, 0, 252))
        assert not front.tell(SET_CONFIG, struct.pack('<IIII', 0, 4, 0, 9))


def test_luns_come_grow_and_go():
    with Rig() as rig:
        first, second = rig.disk('disk0'), rig.disk('disk1', 8)
        target = rig.target().start([lun(first)]).go(1)
        front = Front(target.sock).start()
        front.ready()
        front.offer_events(4)
        target.configure([lun(first), lun(second, 7)])
        assert front.event() == (1, 7, 1)  # transport reset, rescan
        front.ready(7)
        front.ready()
        data = os.urandom(4096)
        assert front.write(0, data, lun=7).status == 0
        os.truncate(second, 12 << 20)
        target.configure([lun(first), lun(second, 7)])
        assert front.event() == (3, 7, 0x092a)  # capacity data has changed
        answer = front.scsi([0x25] + [0] * 9, in_bytes=8, lun=7)
        if answer.status:  # told of it as a unit attention first
            assert answer.key() == (6, 0x2a, 9), answer
            answer = front.scsi([0x25] + [0] * 9, in_bytes=8, lun=7)
        assert struct.unpack('>II', answer.data) == ((12 << 11) - 1, 512)
        assert front.write((12 << 11) - 8, data, lun=7).status == 0
        target.configure([lun(first)])
        assert front.event() == (1, 7, 2)  # removed
        gone = front.read(0, 8, lun=7)
        assert gone.response or gone.status == 2, gone
        front.ready()
        with open(second, 'rb') as f:
            assert f.read(4096) == data
        for wrong, why in (([lun(first), lun(first, 1, naa='61' + '0' * 30)], 'twice'),
                           ([lun('/nowhere/disk')], 'No such file'), ([lun(first, block_bytes=520)], 'block_bytes')):
            try:
                target.configure(wrong)
                raise AssertionError(f'taken: {wrong}')
            except Refused as e:
                assert why in str(e), e
        front.ready()  # nothing has changed


def test_task_management():
    with Rig() as rig:
        target = rig.target().start([lun(rig.disk('disk0'))]).go(1)
        front = Front(target.sock).start()
        front.ready()
        assert front.task(5) == 0  # logical unit reset
        answer = front.scsi([0] * 6)
        assert answer.key() and answer.key()[:2] == (6, 0x29), answer
        assert front.task(6, tag=9) == 0 and front.task(0, tag=9) == 0  # query, abort: no such task
        assert front.task(2) == 11 and front.task(99) == 11  # clear ACA, unknown: rejected
        assert front.task(5, lun=9) == 12  # incorrect LUN
        assert front.task(4) == 0  # I_T nexus reset


def good(answer):
    assert answer.response == 0 and answer.status == 0, answer


def rw16(opcode, lba, blocks, flags=0):
    return struct.pack('>BBQIBB', opcode, flags, lba, blocks, 0, 0)


def test_compound_commands():
    """Each command that is not one read or write, and what it leaves on the disk."""
    with Rig() as rig:
        path = rig.disk('disk0')
        target = rig.target().start([lun(path)]).go(1)
        front = Front(target.sock).start()
        front.ready()

        def on_disk(lba, blocks):
            with open(path, 'rb') as f:
                f.seek(lba * 512)
                return f.read(blocks * 512)

        a, b = os.urandom(1024), os.urandom(1024)
        good(front.write(100, a, fua=True))
        # COMPARE AND WRITE: equal, then not
        good(front.scsi(struct.pack('>BBQ3xBBB', 0x89, 0, 100, 2, 0, 0), a + b))
        assert on_disk(100, 2) == b
        differs = front.scsi(struct.pack('>BBQ3xBBB', 0x89, 0, 100, 2, 0, 0), b[:700] + bytes([b[700] ^ 1]) + b[701:] + a)
        assert differs.status == 2 and differs.key() == (0xe, 0x1d, 0), differs
        assert struct.unpack('>I', differs.sense[3:7])[0] == 700 and on_disk(100, 2) == b
        # VERIFY: medium alone; against data; against one block
        good(front.scsi(rw16(0x8f, 100, 2)))
        good(front.scsi(rw16(0x8f, 100, 2, 2), b))
        assert front.scsi(rw16(0x8f, 100, 2, 2), a).key()[0] == 0xe
        # WRITE AND VERIFY, ORWRITE
        good(front.scsi(rw16(0x8e, 200, 2), a))
        good(front.scsi(rw16(0x8b, 200, 2), b))
        assert on_disk(200, 2) == bytes(x | y for x, y in zip(a, b))
        # WRITE SAME: a block again and again; zeroes; with UNMAP; more than a buffer holds
        good(front.scsi(rw16(0x93, 300, 1500), a[:512]))
        assert on_disk(300, 1500) == a[:512] * 1500 and on_disk(1800, 1) == bytes(512)
        good(front.scsi(rw16(0x93, 301, 8, 1)))  # NDOB
        assert on_disk(300, 10) == a[:512] + bytes(8 * 512) + a[:512]
        good(front.scsi(rw16(0x93, 304, 64, 8), bytes(512)))
        assert on_disk(304, 64) == bytes(64 * 512)
        # UNMAP gives blocks back
        good(front.write(8192, os.urandom(65536)))
        before = os.stat(path).st_blocks
        good(front.scsi(struct.pack('>BB4xBHB', 0x42, 0, 0, 24, 0),
                        struct.pack('>HH4x', 22, 16) + struct.pack('>QI4x', 8192, 128)))
        assert on_disk(8192, 128) == bytes(65536) and os.stat(path).st_blocks < before
        # a range of no blocks is no error, alone or beside another one
        for ranges in ((0, 0), (8, 0, 16, 1), (32768, 0)):
            listed = b''.join(struct.pack('>QI4x', *ranges[i:i + 2]) for i in range(0, len(ranges), 2))
            good(front.scsi(struct.pack('>BB4xBHB', 0x42, 0, 0, 8 + len(listed), 0),
                            struct.pack('>HH4x', 6 + len(listed), len(listed)) + listed))


def test_state_commands():
    """Flush, mode pages, reservations: what the client changes in the target."""
    with Rig() as rig:
        target = rig.target().start([lun(rig.disk('disk0'))]).go(1)
        front = Front(target.sock).start()
        front.ready()
        a, b = os.urandom(1024), os.urandom(1024)
        # SYNCHRONIZE CACHE, PRE-FETCH
        good(front.scsi([0x35] + [0] * 9))
        assert front.scsi(rw16(0x90, 0, 8)).status in (0, 4)
        # write cache off: MODE SELECT, read back by MODE SENSE, and a write still works
        page = front.scsi([0x1a, 8, 8, 0, 64, 0], in_bytes=64).data
        assert page[4] & 0x3f == 8 and page[6] & 4, 'WCE is not set'
        off = bytes(4) + bytes([8, page[5], page[6] & ~4]) + page[7:6 + page[5]]
        good(front.scsi([0x15, 0x10, 0, 0, len(off), 0], off))
        assert not front.scsi([0x1a, 8, 8, 0, 64, 0], in_bytes=64).data[6] & 4
        good(front.write(400, a))
        # persistent reservation: register, reserve, read keys
        key = struct.pack('>Q', 0x1234)
        good(front.scsi([0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0], bytes(8) + key + bytes(8)))
        good(front.scsi([0x5f, 1, 1, 0, 0, 0, 0, 0, 24, 0], key + bytes(16)))
        keys = front.scsi([0x5e, 0, 0, 0, 0, 0, 0, 0, 32, 0], in_bytes=32)
        assert keys.data[8:16] == key, keys.data
        good(front.write(400, b))
        assert target.lun(0)['errors'] == 0


def test_read_only():
    with Rig() as rig:
        path = rig.disk('disk0')
        target = rig.target().start([lun(path, read_only=True)]).go(1)
        front = Front(target.sock).start()
        front.ready()
        refused = front.write(0, bytes(512))
        assert refused.status == 2 and refused.key()[0] == 7, refused
        assert front.read(0, 8).status == 0


def test_disk_that_shrinks():
    """A file that is cut under the target: an error for what is gone, nothing else."""
    with Rig() as rig:
        path = rig.disk('disk0')
        target = rig.target().start([lun(path)]).go(1)
        front = Front(target.sock).start()
        front.ready()
        os.truncate(path, 8 << 20)
        gone = front.read(16384 + 64, 8)
        assert gone.status == 2 and gone.key()[0] == 3, gone
        assert front.read(0, 8).status == 0 and target.lun(0)['errors'] == 1


def test_disk_faults():
    """The fault layer of test builds: one disk fails, goes, is slow or stuck; the other does not notice."""
    with Rig() as rig:
        target = rig.target().start([lun(rig.disk('disk0')), lun(rig.disk('disk1'), 1)]).go(1)
        front = Front(target.sock).start()
        front.ready()
        target.rpc.call('path_errors', answer=True)
        for what, key in (('error', (3, 0x11, 0)), ('gone', (4, 8, 0)), ('medium', (3, 0x11, 0))):
            target.rpc.call('fault', disk=what, lun=0)
            answer = front.read(0, 8)
            assert answer.status == 2 and answer.key() == key, answer
            good(front.read(0, 8, lun=1))
        target.rpc.call('fault', disk='delay', lun=0, ms=300)
        began = time.monotonic()
        good(front.read(0, 8))
        assert time.monotonic() - began >= 0.3
        target.rpc.call('fault', disk='stuck', lun=0)
        front.put(rw16(0x88, 0, 8), in_bytes=4096, slot=1)
        good(front.read(0, 8, lun=1, ring=3, slot=2))
        time.sleep(0.2)
        assert front.used_index(2) == front.seen[2]
        front.task(0, tag=0, wait=False)  # an abort waits for what it aborts
        time.sleep(0.1)
        assert front.used_index(0) == front.seen[0]
        target.rpc.call('fault', disk='none', lun=0)
        assert front.get(4096, slot=1).response == 2  # ABORTED
        front.wait(0)
        good(front.read(0, 8))


def test_sleeps_when_idle():
    with Rig() as rig:
        target = rig.target().start([lun(rig.disk('disk0'))]).go(1)
        front = Front(target.sock).start()
        front.ready()
        time.sleep(0.1)

        def cpu():
            with open(f'/proc/{target.process.pid}/stat') as f:
                fields = f.read().rsplit(')', 1)[1].split()
            return int(fields[11]) + int(fields[12])

        def used():
            before = cpu()
            time.sleep(1)
            return cpu() - before

        assert quietest(used, 1) <= 1, 'it does not sleep'
        assert front.read(0, 8).status == 0


def test_calls_again_by_a_new_eventfd():
    """A request may have been answered just before, by a call that its guest does not hear any more."""
    with Rig() as rig:
        target = rig.target().start([lun(rig.disk('disk0'))]).go(1)
        front = Front(target.sock).start()
        front.ready()
        new = os.eventfd(0, os.EFD_NONBLOCK)
        front.u64(SET_VRING_CALL, 2, [new])
        assert os.eventfd_read(new) == 1
        assert front.read(0, 8).status == 0


def test_offers_only_the_profile():
    with Rig() as rig:
        target = rig.target().start([], virtio_features=1 << 32 | 1 << 28)
        front = Front(target.sock)
        front.negotiate()
        assert front.offered == 1 << 32 | 1 << 28 | F_PROTOCOL, hex(front.offered)
        other = rig.target(client='lpar2')
        try:
            other.start([], virtio_features=1 << 34)  # packed rings
            raise AssertionError('taken')
        except Refused as e:
            assert '0x400000000' in str(e), e


if __name__ == '__main__':
    main(test_file, test_file_misaligned_and_direct, test_large_blocks, test_loop_device, test_without_inflight,
         test_config_space, test_luns_come_grow_and_go, test_compound_commands, test_state_commands,
         test_read_only, test_disk_faults, test_disk_that_shrinks, test_task_management, test_sleeps_when_idle,
         test_calls_again_by_a_new_eventfd, test_offers_only_the_profile)
