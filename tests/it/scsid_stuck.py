#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_stuck.py - a disk that takes requests and does not finish them (a loop device whose file lies on a frozen file
# system): the target answers its watcher and its control socket all the while; killed, it leaves requests behind that the
# kernel still has, and its successor does nothing before they have landed - also while somebody reads smaps_rollup, which
# lets the dead process's socket close early.
import os
import subprocess
import struct
import threading
import time

from scsid_lib.front import GET_VRING_BASE, Front
from scsid_lib.rig import Rig, lun, main, wait_for


def run(*argv):
    subprocess.run(argv, check=True, timeout=30, stdout=subprocess.DEVNULL)


class StuckDisk:
    def __init__(self, rig):
        self.rig, self.at, self.frozen = rig, f'{rig.dir}/fs', False
        image = rig.disk('image', 64)
        os.mkdir(self.at)
        run('mkfs.ext4', '-q', '-O', '^has_journal', image)
        self.below = subprocess.run(['losetup', '-f', '--show', image], check=True, timeout=20, capture_output=True,
                                    text=True).stdout.strip()
        run('mount', self.below, self.at)
        path = f'{self.at}/disk'
        with open(path, 'wb') as f:
            f.write(bytes(8 << 20))
            os.fsync(f.fileno())
        self.device = subprocess.run(['losetup', '-f', '--show', '--direct-io=on', path], check=True, timeout=20,
                                     capture_output=True, text=True).stdout.strip()

    def __enter__(self):
        return self

    def freeze(self):
        run('fsfreeze', '-f', self.at)
        self.frozen = True

    def thaw(self):
        if self.frozen:
            run('fsfreeze', '-u', self.at)
        self.frozen = False

    def __exit__(self, *_):
        self.thaw()
        for t in self.rig.targets:
            if t.process and t.process.poll() is None:
                t.process.kill()
                t.process.wait(20)
        run('losetup', '-d', self.device)
        until = time.monotonic() + 60
        while subprocess.run(['umount', self.at], timeout=20, capture_output=True).returncode:
            assert time.monotonic() < until, 'cannot unmount'
            time.sleep(0.05)
        run('losetup', '-d', self.below)


def write16(lba, blocks):
    return struct.pack('>BBQIBB', 0x8a, 0, lba, blocks, 0, 0)


def read_smaps(pid, stop):
    while not stop.is_set():
        try:
            with open(f'/proc/{pid}/smaps_rollup') as f:
                f.read()
        except OSError:
            pass


def test_successor_waits_for_what_is_in_flight():
    with Rig() as rig, StuckDisk(rig) as disk:
        luns = [lun(disk.device), lun(rig.disk('other'), 1)]
        first, second = rig.target('vios1').start(luns).go(1), rig.target('vios2').start(luns)
        front = Front(first.sock).start()
        front.ready()
        front.ready(1)
        old, new = os.urandom(4096), os.urandom(4096)
        disk.freeze()
        front.put(write16(64, 8), old)
        front.put(write16(128, 8), old, slot=1)
        time.sleep(0.3)
        assert front.used_index(2) == front.seen[2], 'the disk is not stuck'
        stop = threading.Event()
        reader = threading.Thread(target=read_smaps, args=(first.process.pid, stop))
        reader.start()
        first.process.kill()
        second.go(2)
        front.close()
        front.connect(second.sock)
        front.start()
        front.put(write16(64, 8), new, slot=2)
        # The other disk is free at once if a reader has the dead process's memory; else the kernel closes nothing of it
        # before its last request has ended.
        front.put([0] * 6, lun=1, slot=5)
        heads = []
        for _ in range(100):
            time.sleep(0.01)
            assert not second.lun(0)['locked'], 'locked while the dead target has a write in flight'
            while front.used_index(2) != front.seen[2]:
                heads.append(front.wait(2)[0])
        assert heads in ([], [20]), heads
        print(f"  the other disk {'went on' if heads else 'waited, too'}")
        disk.thaw()
        while len(heads) < 4:
            heads.append(front.wait(2)[0])
        assert sorted(heads) == [0, 4, 8, 20]
        stop.set()
        reader.join()
        first.process.wait(30)
        wait_for('the lock', lambda: second.lun(0)['locked'])
        got = front.read(64, 8, slot=6)
        assert got.data in (old, new) and front.read(128, 8, slot=6).data == old


def test_the_stuck_target_answers():
    with Rig() as rig, StuckDisk(rig) as disk:
        target = rig.target().start([lun(disk.device)]).go(1)
        ping = target.rpc.fds[2:]
        front = Front(target.sock).start()
        front.ready()
        disk.freeze()
        front.put(write16(0, 8), bytes(4096))
        target.takes(1)
        before = [w['ticks'] for w in target.status()['workers']]
        for fd in ping:
            os.eventfd_write(fd, 1)
        wait_for('both tick', lambda: all(w['ticks'] > b for w, b in zip(target.status()['workers'], before)))
        assert target.status()['in_flight'] == 1
        front.message(GET_VRING_BASE, struct.pack('<II', 2, 0))
        released = threading.Event()

        def release():
            target.release(1, timeout_s=30)
            released.set()
        thread = threading.Thread(target=release)
        thread.start()
        time.sleep(0.5)
        assert not released.is_set()
        disk.thaw()
        thread.join(30)
        assert released.is_set() and front.wait(2)[0] == 0
        assert struct.unpack('<III', front._read(12))[0] == GET_VRING_BASE


if __name__ == '__main__':
    if os.geteuid() or 'ext4' not in open('/proc/filesystems').read():
        print('needs root and ext4')
        raise SystemExit(77)
    main(test_successor_waits_for_what_is_in_flight, test_the_stuck_target_answers)
