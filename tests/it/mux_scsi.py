#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""
A client's HBA behind a mux, with a real target in each VIOS: verified I/O through planned switches and kill -9 of the mux at any
point (of the live target: scsid_kills.py, scsid_steps.py). No request is lost, none fails, nothing is read that was not written last; what a target had in
flight is done by its successor, and never done for another driver.
"""
import fcntl
import os
import struct
import sys
import time

from scsid_lib.front import (CONTROL, EVENT, F_PROTOCOL, GET_CONFIG, GET_INFLIGHT_FD, REQUEST, SET_CONFIG,
                             Front)
from scsid_lib.muxed import ADAPTER, BOTH, Muxed, other
from scsid_lib.rig import Refused, main, quietest, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'mux_lib'))
from points import Points  # noqa: E402

LONG = os.environ.get('VIOS_LONG') == '1'
CYCLES = 50 if LONG else 8
STRIDE = 1 if LONG else 7


def test_what_qemu_is_told():
    with Muxed() as rig:
        front = Front(rig.sock, queues=rig.queues, inflight=False)
        front.negotiate()
        assert front.protocol == 1 << 0 | 1 << 3 | 1 << 9, f'{front.protocol:#x}: MQ, REPLY_ACK and CONFIG alone'
        assert front.queue_num == 2 + rig.queues
        assert front.offered == 1 << 32 | F_PROTOCOL | 3 << 28 | 3 << 1, f'{front.offered:#x}'
        whole = front.ask(GET_CONFIG, struct.pack('<III', 0, 36, 0) + bytes(36))
        assert struct.unpack_from('<7I2HI', whole, 12) == (rig.queues, 126, 8192, 128, 16, 96, 32, 0, 0, 255)
        piece = front.ask(GET_CONFIG, struct.pack('<III', 32, 8, 0) + bytes(8))
        assert piece[12:] == struct.pack('<II', 255, 0), 'behind its end are zeroes'
        assert front.tell(SET_CONFIG, struct.pack('<IIII', 20, 4, 0, 96)), 'the size of sense data as it is'
        assert not front.tell(SET_CONFIG, struct.pack('<IIII', 20, 4, 0, 252)), 'another size'
        try:
            front.ask(GET_INFLIGHT_FD, struct.pack('<QQHHI', 0, 0, front.n, 128, 0))
            raise AssertionError('the region of requests in flight is the mux\'s own')
        except (EOFError, ConnectionError):
            pass


def test_the_target_says_the_same():
    with Muxed() as rig:
        rig.kill_mux()
        rig.mux.kill()
        rig.mux.wait(10)
        front = Front(rig.at['vios1'].sock)
        front.negotiate()
        mine = front.ask(GET_CONFIG, struct.pack('<III', 0, 36, 0) + bytes(36))
        front.close()
        rig.start_mux()
        wait_for('the mux', lambda: os.path.exists(rig.sock) and rig.status())
        front = Front(rig.sock, inflight=False)
        front.negotiate()
        assert front.ask(GET_CONFIG, struct.pack('<III', 0, 36, 0) + bytes(36)) == mine


def test_planned_switches():
    with Muxed() as rig:
        guest = rig.guest()
        for _ in range(CYCLES):
            guest.progress(200)
            old = rig.wait_live()
            answer = rig.switch(other(old))
            assert answer['from'] == old and answer['to'] == other(old), answer
            status = rig.at[old].status()
            assert status['in_flight'] == 0 and not any(u['locked'] for u in status['luns']), status
            guest.progress(100)
            assert rig.live() == other(old)
            rig.wait_phase(old, 'ready')
        guest.stop()


def test_the_mux_is_killed():
    with Muxed() as rig:
        guest = rig.guest()
        for n in range(CYCLES):
            guest.progress(150)
            live = rig.wait_live()
            rig.kill_mux()
            if n % 3 == 1:  # with the target that it would have to move away from
                rig.at[live].kill()
            guest.progress(150)
            if n % 3 == 1:
                assert rig.wait_live() == other(live)
                rig.replace(live)
        assert 'Sanitizer' not in rig.mux_log()
        guest.stop()


def every_point(what, act):
    """act(rig, guest) with the mux killed at its n-th point, until it has fewer; one rig, one guest."""
    points = Points()
    with Muxed(program='viomuxd-faults', env={'VIOS_MUX_FAULT': points.path}) as rig:
        guest = rig.guest()
        n = 1
        while True:
            guest.progress(50)
            for vios in BOTH:
                rig.wait_phase(vios, 'ready', 'live')
            points.set(n)
            act(rig)
            guest.progress(50)
            if points.left():
                break
            n += STRIDE
        points.set(0)
        assert n > 4, f'{what}: no points: is this the test build?'
        guest.stop()
        print(f'  {what}: {n - 1} points')


def test_the_mux_is_killed_at_each_point_of_a_switch():
    def act(rig):
        to = other(rig.wait_live())
        for _ in range(100):
            try:
                rig.switch(to)
                break
            except (Refused, EOFError, OSError):
                time.sleep(0.01)  # it died; the next one goes on with what was begun, or is asked again
        rig.wait_live(to)
    every_point('a switch', act)


def test_the_mux_is_killed_at_each_point_of_a_takeover():
    def act(rig):
        dead = rig.wait_live()
        rig.at[dead].kill()
        rig.wait_live(other(dead))
        rig.replace(dead)
    every_point('a takeover', act)


class Held:
    """The lock of a disk for this adapter, so that its requests wait in the target."""

    def __init__(self, path, adapter_id=1):
        self.file = open(path, 'r+b')
        fcntl.fcntl(self.file.fileno(), 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, (1 << 62) + adapter_id, 1, 0))

    def free(self):
        self.file.close()


def waiting_write(rig, front):
    """A write to LUN 1 that waits, and after it one to LUN 0 that has come back. The first one's data."""
    data = os.urandom(4096)
    front.ready(0)
    front.put([0x8a] + [0] * 12 + [8, 0, 0], data, lun=1, slot=3)
    assert front.write(0, os.urandom(4096)).status == 0
    wait_for('one is in flight', lambda: rig.at[rig.wait_live()].status()['in_flight'] == 1)
    return data


def content(path, n=4096):
    with open(path, 'rb') as f:
        return f.read(n)


def test_a_client_that_stops_and_goes_on():
    """As QEMU's stop and cont: GET_VRING_BASE, and what it said as SET_VRING_BASE. What waits is done, once."""
    with Muxed() as rig:
        held = Held(rig.luns[1]['path'])
        front = Front(rig.sock, inflight=False).start()
        data = waiting_write(rig, front)
        bases = [front.stop_ring(i) for i in range(front.n)]
        assert bases[REQUEST] == front.used_index(REQUEST) != 0
        for i in range(front.n):
            front.start_ring(i, bases[i])
        assert front.read(0, 8, slot=5).status == 0
        held.free()
        assert front.wait(REQUEST)[0] == 12 and content(rig.luns[1]['path']) == data
        assert rig.at[rig.wait_live()].status()['in_flight'] == 0


def test_a_driver_that_begins_anew():
    """Another client, then another driver of the same client: what their predecessor had in flight is not theirs."""
    with Muxed() as rig:
        held = Held(rig.luns[1]['path'])
        before = content(rig.luns[1]['path'])
        front = Front(rig.sock, inflight=False).start()
        waiting_write(rig, front)
        front.close()
        front = Front(rig.sock, inflight=False).start()
        waiting_write(rig, front)
        for i in range(front.n):
            front.stop_ring(i)
        for i in (CONTROL, EVENT, REQUEST, REQUEST + 1):  # a reset: rings of zeroes, at the same place
            at = front.ring(i)
            front.memory[at:at + 0x2000] = bytes(0x2000)
            front.avail[i] = front.seen[i] = 0
        for i in range(front.n):
            front.start_ring(i, 0)
        front.ready(0)
        held.free()
        front.ready(1)
        status = rig.at[rig.wait_live()].status()
        assert status['in_flight'] == 0 and content(rig.luns[1]['path']) == before, status
        assert front.used_index(REQUEST) == front.seen[REQUEST], 'something came back that nobody asked for'


def test_a_hung_target_is_reported_and_its_death_believed():
    with Muxed(framed=True, hang_ms=1000) as rig:
        guest = rig.guest()
        live = rig.wait_live()
        told = wait_for('whom it must not kill', lambda: [t for t in rig.framed.live if t['vios'] == live])
        assert told[-1]['adapter'] == ADAPTER and told[-1]['incarnation'] == rig.at[live].hello['incarnation'], told
        guest.progress(100)
        rig.at[live].stop()
        try:
            rig.switch(other(live))
        except Refused:
            pass
        asked = wait_for('the eviction', lambda: rig.framed.evicted)[0]
        assert asked['plane'] == 'scsid:' + ADAPTER and asked['vios'] == live, asked
        assert asked['incarnation'] == rig.at[live].hello['incarnation']
        guest.progress(100)
        assert rig.wait_live() == other(live)
        guest.stop()


def test_it_costs_nothing_when_idle():
    with Muxed() as rig:
        guest = rig.guest()
        rig.wait_live()
        guest.progress(100)
        guest.stop()
        pids = [rig.mux.pid, rig.mux_pid()]

        def woken():
            before = sum(switches(p) for p in pids)
            time.sleep(2)
            return sum(switches(p) for p in pids) - before
        time.sleep(2)
        wakes = quietest(woken, 4)  # 2 s after its start a mux brings in its text, once
        anonymous_kib = sum(anonymous(p) for p in pids)
        print(f'  {wakes} wake-ups in 2 s, {anonymous_kib} KiB')
        assert wakes <= 4 and anonymous_kib < 2048


def switches(pid):
    """How often it went to sleep: who is only kept from the processor by others has not been woken."""
    with open(f'/proc/{pid}/status') as f:
        return sum(int(line.split()[1]) for line in f if line.startswith('voluntary_ctxt_switches'))


def anonymous(pid):
    with open(f'/proc/{pid}/status') as f:
        return sum(int(line.split()[1]) for line in f if line.startswith('RssAnon'))


if __name__ == '__main__':
    chosen = [t for name, t in list(globals().items()) if name.startswith('test_') and
              (len(sys.argv) < 2 or name in sys.argv[1:])]
    main(*chosen)
