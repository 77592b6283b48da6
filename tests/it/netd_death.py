#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# How vios-netd dies, and what its heartbeat page says about whose fault it was.
import os
import signal
import time

from netd_front import Front
from netd_rig import OUTSIDE, Page, Rig, frame, live, mac, main, wait_for

ETHERTYPE_FAULT = b'\x88\xb5'


def set_up(rig):
    viosd = rig.start()
    rig.configure(viosd)
    rig.open_outside()
    pidfd, memfd = viosd.fds[0], viosd.fds[1]
    return live(rig, viosd, 1), live(rig, viosd, 2), Page(memfd), pidfd


def test_crash_names_the_client():
    with Rig(faults=True) as rig:
        first, second, page, pidfd = set_up(rig)
        first.send(frame(OUTSIDE, mac(1), b'harmless', ETHERTYPE_FAULT))
        assert rig.outside_until(b'harmless')
        assert page.crash() == (0, 0)
        second.send(frame(OUTSIDE, mac(2), b'VIOS-CRASH', ETHERTYPE_FAULT))
        assert rig.wait_end() == -signal.SIGABRT
        assert page.crash() == (signal.SIGABRT, 2), page.crash()


def test_limits():
    """No core file, which would delay the end of a process that maps its clients' memory; its own memory stays."""
    with Rig() as rig:
        fronts = set_up(rig)[:2]
        with open(f'/proc/{rig.process.pid}/limits') as f:
            core = [line.split() for line in f if line.startswith('Max core')][0]
        assert core[4:6] == ['0', '0'], core
        with open(f'/proc/{rig.process.pid}/smaps') as f:
            text = f.read()
        locked = {'clients': [], 'own': []}
        for line in text.splitlines():
            if '-' in line.split()[0]:
                kind = 'clients' if 'memfd:front' in line else 'own'
            elif line.startswith('Locked:'):
                locked[kind].append(int(line.split()[1]))
        assert len(locked['clients']) == len(fronts) and not any(locked['clients']), locked['clients']
        with open(rig.program, 'rb') as f:
            sanitized = b'__asan_init' in f.read()  # whose runtime locks nothing
        assert sanitized or sum(locked['own']) > 4096, 'its own is not'


def test_shipped_program_has_no_such_fault():
    with Rig() as rig:
        first, _, page, _ = set_up(rig)
        first.send(frame(OUTSIDE, mac(1), b'VIOS-CRASH', ETHERTYPE_FAULT))
        assert rig.outside_until(b'VIOS-CRASH')
        assert rig.process.poll() is None and page.crash() == (0, 0)
        try:
            rig.rpc('viosd').call('fault', spin=0)
            raise AssertionError('the shipped program takes faults')
        except RuntimeError as e:
            assert 'fault' in str(e), e


def test_truncated_memory_names_the_client():
    with Rig() as rig:
        first, second, page, _ = set_up(rig)
        second.send(frame(OUTSIDE, mac(2), b'fine'))
        assert rig.outside_until(b'fine')
        os.ftruncate(first.memfd, 0)
        os.eventfd_write(first.kick[1], 1)
        assert rig.wait_end() == -signal.SIGBUS
        assert page.crash() == (signal.SIGBUS, 1), page.crash()


def test_kill_names_nobody():
    with Rig() as rig:
        first, _, page, _ = set_up(rig)
        for i in range(100):
            first.send(frame(OUTSIDE, mac(1), b'x'))
        os.kill(rig.process.pid, signal.SIGKILL)
        assert rig.wait_end() == -signal.SIGKILL
        assert page.crash() == (0, 0)


def stands_still(page):
    before = page.ticks()
    time.sleep(0.2)
    return page.ticks() == before


def test_spin_stops_the_ticks():
    with Rig(faults=True) as rig:
        first, _, page, _ = set_up(rig)
        rig.rpc('viosd').call('fault', spin=0)
        wait_for('no ticks any more', lambda: stands_still(page))
        first.send(frame(OUTSIDE, mac(1), b'nobody'))
        assert stands_still(page), 'a spinning worker ticks'
        # The main thread still answers; a release does not come true.
        mux = rig.rpc('mux', 'lpar1')
        number = mux.send('release', adapter='lpar1/eth0', start=1)
        assert rig.rpc('viosd').call('status')['adapters'][0]['started'] == 0
        try:
            mux.answer(number, 0.5)
            raise AssertionError('released by a worker that never came back')
        except TimeoutError:
            pass


def test_comes_back_over_stale_sockets():
    """After a SIGKILL the socket files are still there."""
    with Rig() as rig:
        set_up(rig)
        os.kill(rig.process.pid, signal.SIGKILL)
        rig.wait_end()
        assert os.path.exists(rig.socket(1))
        viosd = rig.start()
        rig.configure(viosd)
        front = Front(rig.socket(1))
        front.set_up()
        front.close()


def test_new_sockets_are_heard_at_once():
    """rte_vhost alone hears a socket up to a second after it was made; a tenth of a second is enough here, mostly."""
    with Rig() as rig:
        viosd, quick, sockets, fronts = rig.start(), 0, 20, []
        rig.configure(viosd, [])
        for n in range(1, sockets + 1):
            began = time.monotonic()
            rig.configure(viosd, [rig.adapter(i) for i in range(1, n + 1)])
            fronts.append(Front(rig.socket(n)))
            fronts[-1].set_up()
            Front(rig.socket(n)).set_up()
            quick += time.monotonic() - began < 0.1
        print(f'  {quick} of {sockets} within 100 ms')
        assert quick >= sockets / 2


def test_terminates():
    """Again and again: clients hang up beside it, in rte_vhost's thread."""
    for _ in range(8):
        with Rig() as rig:
            set_up(rig)
            rig.process.terminate()
            assert rig.wait_end() == 0
    with Rig() as rig:
        set_up(rig)
        rig.process.terminate()
        assert rig.wait_end() == 0
        assert not os.path.exists(f'{rig.dir}/vios1/netd.sock')
        viosd = rig.start()
        viosd.call('shutdown')
        assert rig.wait_end() == 0


main(test_crash_names_the_client, test_limits, test_shipped_program_has_no_such_fault,
     test_truncated_memory_names_the_client,
     test_kill_names_nobody, test_spin_stops_the_ticks, test_comes_back_over_stale_sockets,
     test_new_sockets_are_heard_at_once, test_terminates)
