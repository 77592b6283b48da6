#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 240
# scsid_hang.py - targets behind a mux, watched by a real vios-framed: one that hangs (SIGSTOP) under verified I/O is killed
# when its time is up, and the client's stall is that time and what a takeover costs; one that waits for its disk for five
# seconds, or is stuck in the kernel with it, is not. Times are judged with VIOS_LONG=1 alone.
import json
import os
import signal
import statistics
import subprocess
import sys
import time

from scsid_lib.muxed import ADAPTER, BOTH, Muxed, other
from scsid_lib.rig import BUILD, lun, main, wait_for
from scsid_stuck import StuckDisk

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'viosd_lib'))
from rpc import Peer  # noqa: E402

LONG = os.environ.get('VIOS_LONG') == '1'
CYCLES = 30 if LONG else 4
HANG_MS = 150 if LONG else 1000  # a busy machine keeps a process from its processor for longer than the former
OVER_MS = 20
SLOW_S = 5
STUCK_S = 5 if LONG else 3


class Watched(Muxed):
    """With vios-framed, which is told of each target as its viosd tells it."""

    def __init__(self):
        super().__init__(hang_ms=HANG_MS)
        path = f'{self.dir}/frame.json'
        with open(path) as f:
            frame = json.load(f)
        with open(path, 'w') as f:
            json.dump(frame | {'kill_holdoff_ms': 0, 'last_resort_ms': 60000}, f)
        with open(f'{self.dir}/framed.log', 'ab') as log:
            self.watcher = subprocess.Popen([f'{BUILD}/ha/frame/vios-framed', '--run', self.dir], stderr=log, stdout=log)
        self.peers = []
        for vios in BOTH:
            self.watch(vios)

    def framed_sock(self):
        return Peer.connect(f'{self.dir}/frame/framed.sock')

    def watch(self, vios):
        target, peer = self.at[vios], self.framed_sock()
        peer.call('register', {'vios': vios, 'plane': f'scsid:{ADAPTER}', 'incarnation': target.hello['incarnation']},
                  fds=target.rpc.fds[:4])
        self.peers.append(peer)

    def replace(self, vios):
        super().replace(vios)
        self.watch(vios)

    def planes(self):
        peer = self.framed_sock()
        try:
            return peer.call('status')['planes']
        finally:
            peer.close()

    def __exit__(self, *why):
        if why[0]:
            with open(f'{self.dir}/framed.log') as f:
                print(f'--- vios-framed\n{f.read()}')
        self.watcher.kill()
        self.watcher.wait(10)
        super().__exit__(*why)


def test_a_hung_target_is_killed_in_time():
    with Watched() as rig:
        guest, stalls = rig.guest(depth=32), []
        for _ in range(CYCLES):
            guest.progress(300)
            hung = rig.wait_live()
            guest.command('mark')
            rig.at[hung].stop()
            guest.progress(100)
            stalls.append(guest.status()['stall_ms'])
            assert rig.at[hung].process.wait(30) == -signal.SIGKILL and rig.wait_live() == other(hung)
            rig.replace(hung)
        guest.stop()
        print(f'  {CYCLES} hangs, hang time {HANG_MS} ms: stall p50 {statistics.median(stalls):.1f} ms, worst {max(stalls):.1f}')
        assert min(stalls) > HANG_MS / 2, 'killed before it hung'
        if LONG:
            assert statistics.median(stalls) < HANG_MS + OVER_MS, 'too slow'


def nobody_was_killed(rig):
    assert all(rig.at[v].process.poll() is None for v in BOTH)
    planes = rig.planes()
    assert len(planes) == 2 and all(p['state'] == 'watched' and not p['report'] for p in planes), planes


def test_a_disk_that_takes_five_seconds_for_each():
    with Watched() as rig:
        guest = rig.guest(depth=8)
        guest.progress(100)
        live = rig.wait_live()
        began = time.monotonic()
        for vios in BOTH:
            rig.at[vios].rpc.call('fault', disk='delay', lun=0, ms=SLOW_S * 1000)
        rig.at[live].takes(16)
        ios = guest.status()['ios']
        time.sleep(max(0.0, began + SLOW_S - 0.5 - time.monotonic()))
        now = guest.status()['ios']
        # Each of the 16 may have been with the kernel before, and come back once.
        assert now <= ios + 16 or time.monotonic() > began + SLOW_S, 'the disk is not slow'
        nobody_was_killed(rig)
        for vios in BOTH:
            rig.at[vios].rpc.call('fault', disk='none', lun=0)
        guest.progress(100)
        assert rig.live() == live
        assert guest.stop()['stall_ms'] > SLOW_S * 900


def stalls(guest):
    before = guest.status()['ios']
    time.sleep(0.3)
    return guest.status()['ios'] == before


def stuck_in_the_kernel(path_of, wanted=''):
    """All writes to it wait in the kernel for so long: what a D in /proc is, or requests that do not come back."""
    with Watched() as rig, StuckDisk(rig) as disk:
        rig.luns = [lun(path_of(disk))]
        for vios in BOTH:
            rig.at[vios].kill()
            rig.replace(vios)
        guest = rig.guest(depth=8, size=8 << 20)
        guest.progress(100)
        live = rig.wait_live()
        disk.freeze()
        wait_for('a stall', lambda: stalls(guest))
        began = time.monotonic()
        state = states_of(rig.at[live].process.pid)
        if 'D' in wanted:
            state = wait_for('a thread is stuck', lambda: 'D' in (s := states_of(rig.at[live].process.pid)) and s)
        time.sleep(max(0.0, STUCK_S - (time.monotonic() - began)))
        nobody_was_killed(rig)
        disk.thaw()
        guest.progress(100)
        assert rig.live() == live
        assert guest.stop()['stall_ms'] > STUCK_S * 900
        for vios in BOTH:
            rig.at[vios].kill()
        return state


def states_of(pid):
    """Of its threads: R, S, D ..."""
    states = set()
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/stat') as f:
            states.add(f.read().rsplit(')', 1)[1].split()[0])
    return states


def test_a_disk_that_answers_nothing():
    stuck_in_the_kernel(lambda disk: disk.device)


def test_a_target_that_is_stuck_in_the_kernel():
    def direct(disk):
        path = f'{disk.at}/direct'
        with open(path, 'wb') as f:
            f.write(bytes(8 << 20))
            os.fsync(f.fileno())
        return path
    assert 'D' in stuck_in_the_kernel(direct, 'D')


if __name__ == '__main__':
    if os.geteuid() or 'ext4' not in open('/proc/filesystems').read():
        print('needs root and ext4')
        raise SystemExit(77)
    os.environ.setdefault('VIOS_ALARM', '230')
    main(test_a_hung_target_is_killed_in_time, test_a_disk_that_takes_five_seconds_for_each, test_a_disk_that_answers_nothing,
         test_a_target_that_is_stuck_in_the_kernel)
