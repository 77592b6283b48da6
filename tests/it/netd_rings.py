#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# When vios-netd touches a client's rings, and when it does not: only while told to, never after it has said that it
# released them, whatever happens to the socket meanwhile.
import select
import struct
import time

from netd_front import GET_VRING_BASE, RING, RX, SET_FEATURES, TX, Front
from netd_load import Load, both_ways, still
from netd_rig import OUTSIDE, Page, Rig, adapter_status, frame, mac, main, wait_for

GARBAGE = b'\xff' * 64
YIELD_S, HELD_S = 0.05, 0.04  # net/hint.c, net/held.h


def ready(rig, viosd, n=1):
    front = Front(rig.socket(n))
    front.set_up()
    front.start_rings()
    viosd.wait_note('adapter', adapter=f'lpar{n}/eth0', connected=True)
    wait_for('ready', lambda: adapter_status(viosd, n)['gate'] in ('ready', 'live'))
    return front


def test_only_while_told():
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front = ready(rig, viosd)
        mux = rig.rpc('mux', 'lpar1')
        for i in range(8):
            front.send(frame(OUTSIDE, mac(1), b'early%d' % i))
        with Load(rig):
            still(front)
        assert rig.outside_until(b'early', 0.1) is None
        mux.call('start', adapter='lpar1/eth0', start=1)
        assert rig.outside_until(b'early7'), 'what waited in the ring does not come'
        both_ways(rig, front, 1, b'first')
        mux.call('release', adapter='lpar1/eth0', start=1)
        front.receive()
        front.send(frame(OUTSIDE, mac(1), b'late'))
        with Load(rig):
            still(front)
        assert adapter_status(viosd, 1)['started'] == 0
        try:
            mux.call('start', adapter='lpar1/eth0', start=1)
            raise AssertionError('an old start was taken')
        except RuntimeError as e:
            assert 'not above' in str(e), e
        mux.call('start', adapter='lpar1/eth0', start=2)
        assert rig.outside_until(b'late')
        both_ways(rig, front, 1, b'second')


def test_twenty_rounds():
    """As a mux moves rings: release, GET_VRING_BASE, and all of it again, under load."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front = ready(rig, viosd)
        mux = rig.rpc('mux', 'lpar1')
        with Load(rig):
            for start in range(1, 21):
                mux.call('start', adapter='lpar1/eth0', start=start)
                if start > 1:
                    front.start_rings()
                both_ways(rig, front, 1, b'round%d' % start)
                if start % 2:
                    mux.call('release', adapter='lpar1/eth0', start=start)
                    bases = front.stop_rings()
                else:
                    bases = front.stop_rings()
                    mux.call('release', adapter='lpar1/eth0', start=start)
                assert bases == front.used_indexes(), (bases, front.used_indexes())
                still(front, 0.05)
        assert adapter_status(viosd, 1)['rx_packets'] >= 20


def test_bad_message_under_load():
    """The socket hangs up while the process lives: the rings are free when `release` says so, not before."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        mux = rig.rpc('mux', 'lpar1')
        other = ready(rig, viosd, 2)
        rig.rpc('mux', 'lpar2').call('start', adapter='lpar2/eth0', start=1)
        with Load(rig):
            for start in range(1, 11):
                front = ready(rig, viosd)
                mux.call('start', adapter='lpar1/eth0', start=start)
                both_ways(rig, front, 1, b'bad%d' % start)
                front.send_raw(GARBAGE)
                assert front.wait_hangup(), 'a bad message was taken'
                mux.call('release', adapter='lpar1/eth0', start=start)
                still(front, 0.05)
                front.close()
                other.receive()
        both_ways(rig, other, 2, b'other')
        assert rig.process.poll() is None


def test_hangup_under_load():
    """The connection breaks without a word."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        mux = rig.rpc('mux', 'lpar1')
        with Load(rig):
            for start in range(1, 11):
                front = ready(rig, viosd)
                mux.call('start', adapter='lpar1/eth0', start=start)
                both_ways(rig, front, 1, b'gone%d' % start)
                front.close()
                mux.call('release', adapter='lpar1/eth0', start=start)
                still(front, 0.05)
        wait_for('no connection', lambda: not adapter_status(viosd, 1)['connected'])


class Hog:
    """Meanwhile the worker holds its quiescent state back, and polls without a pause."""

    def __init__(self, viosd):
        self.viosd, self.page = viosd, Page(viosd.fds[1])

    def __enter__(self):
        before = self.page.ticks()
        self.viosd.call('fault', hog=0, ms=3600000)
        wait_for('the worker polls without a pause', lambda: self.page.ticks() > before + 50000)
        return self

    def __exit__(self, *_):
        self.viosd.call('fault', hog=0, ms=1)


def unanswered(rpc, number, seconds=0.3):
    """Neither yet nor for a while."""
    assert not any(note.get('id') == number for note in rpc.notes), 'answered before the worker was quiet'
    try:
        rpc.answer(number, seconds)
    except TimeoutError:
        return
    raise AssertionError('answered before the worker was quiet')


def test_late_release():
    """A worker that holds its quiescent state back holds the answer back."""
    with Rig(faults=True) as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front = ready(rig, viosd)
        mux = rig.rpc('mux', 'lpar1')
        mux.call('start', adapter='lpar1/eth0', start=1)
        both_ways(rig, front, 1, b'before')
        with Hog(viosd):
            number = mux.send('release', adapter='lpar1/eth0', start=1)
            # Were the loop to wait for the worker there would be no status.
            wait_for('draining', lambda: viosd.call('status')['adapters'][0]['gate'] == 'drain-ready')
            # Told again meanwhile: not served before the old start is proven over.
            mux.call('start', adapter='lpar1/eth0', start=2)
            assert adapter_status(viosd, 1)['started'] == 0
            unanswered(mux, number)
        mux.answer(number)
        both_ways(rig, front, 1, b'after')


def conclusive(what, attempt):
    """Attempts until one falls wholly into the time for which the hint holds; a busy machine may need a few."""
    for n in range(1, 200):
        if attempt(n):
            return
    raise AssertionError(f'{what}: never seen within the time of the hint')


def given_meanwhile(rig, mux, front, n):
    began = time.monotonic()
    mux.call('yield', adapter='lpar1/eth0', start=7)
    rig.outside.send(frame(mac(1), OUTSIDE, b'still given %d.' % n))
    assert front.receive_until(b'still given %d.' % n)
    return time.monotonic() - began < YIELD_S


def held_meanwhile(rig, mux, front, n):
    """Ends with the adapter released."""
    began = time.monotonic()
    mux.call('expect', adapter='lpar2/eth0', start=7)
    for i in range(20):
        rig.outside.send(frame(mac(2), OUTSIDE, b'held %d/%d.' % (n, i)))
    mux.call('start', adapter='lpar2/eth0', start=n)
    in_time, held = time.monotonic() - began < HELD_S, []
    if in_time:
        def all_there():
            held.extend(f[14:].split(b'.')[0] for f in front.receive() if b'held %d/' % n in f)
            return len(held) >= 20
        wait_for('what was held', all_there)
        assert held == [b'held %d/%d' % (n, i) for i in range(20)], held
    mux.call('release', adapter='lpar2/eth0', start=n)
    front.receive()
    return in_time


def test_yield_and_expect():
    """What a mux says ahead of a planned switch is answered when it is so, not before."""
    with Rig(faults=True) as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front, other = ready(rig, viosd), ready(rig, viosd, 2)
        mux, mux2 = rig.rpc('mux', 'lpar1'), rig.rpc('mux', 'lpar2')
        mux.call('start', adapter='lpar1/eth0', start=1)
        both_ways(rig, front, 1, b'before')
        rig.outside_frames(0.1)
        # It leaves: nothing of the client's goes out any more, but it is still given frames.
        began = time.monotonic()
        mux.call('yield', adapter='lpar1/eth0', start=7)
        front.send(frame(OUTSIDE, mac(1), b'kept back'))
        assert rig.outside_until(b'kept back'), 'a move that did not come ended the client'
        took = time.monotonic() - began
        assert took > YIELD_S - 0.001, f'a client that yields has sent after {took:.3f} s'
        conclusive('a client that yields is given frames', lambda n: given_meanwhile(rig, mux, front, n))
        # It is expected: it is announced, and its frames wait for it in their order.
        mux2.call('expect', adapter='lpar2/eth0', start=7)
        wait_for('announced', lambda: [f for f in rig.outside_frames(0.02) if f[12:14] == b'\x80\x35' and f[6:12] == mac(2)])
        conclusive('frames are held', lambda n: held_meanwhile(rig, mux2, other, n))
        # A worker that is busy holds both answers back.
        for call, hint in ((mux, 'yield'), (mux2, 'expect')):
            with Hog(viosd):
                number = call.send(hint, adapter='lpar1/eth0' if hint == 'yield' else 'lpar2/eth0', start=7)
                unanswered(call, number)
            call.answer(number)


def test_late_base():
    """GET_VRING_BASE, after which rte_vhost frees the ring, waits for the worker too."""
    with Rig(faults=True) as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front = ready(rig, viosd)
        rig.rpc('mux', 'lpar1').call('start', adapter='lpar1/eth0', start=1)
        both_ways(rig, front, 1, b'before')
        with Hog(viosd):
            front.message(GET_VRING_BASE, struct.pack('<II', RX, 0))
            assert not select.select([front.socket], [], [], 0.3)[0], 'answered before the worker was quiet'
        front.answer(GET_VRING_BASE)
        front.ask(GET_VRING_BASE, struct.pack('<II', TX, 0))
        front.start_rings()
        both_ways(rig, front, 1, b'after')


def test_two_connections():
    """A mux that comes back before its old connection is gone."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        old = ready(rig, viosd)
        mux = rig.rpc('mux', 'lpar1')
        mux.call('start', adapter='lpar1/eth0', start=1)
        new = Front(rig.socket(1))
        new.set_up()
        new.start_rings()
        time.sleep(0.1)
        both_ways(rig, old, 1, b'old')
        assert not new.receive(), 'two connections are served at once'
        old.close()
        wait_for('the new one', lambda: new.send(frame(OUTSIDE, mac(1), b'turn')) and rig.outside_until(b'turn', 0.2))
        both_ways(rig, new, 1, b'new')
        still(old)


def test_half_a_message():
    """A mux stops in the middle of a message; another's rings start and stop meanwhile."""
    halves = b'\x01\x00', struct.pack('<III', SET_FEATURES, 1, 8), struct.pack('<III', SET_FEATURES, 1, 8) + b'\x00'
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        mux = rig.rpc('mux', 'lpar2')
        for start, half in enumerate(halves, 1):
            slow = Front(rig.socket(1))
            slow.send_raw(half)
            began = time.monotonic()
            front = ready(rig, viosd, 2)
            mux.call('start', adapter='lpar2/eth0', start=start)
            both_ways(rig, front, 2, b'beside')
            print(f'  beside half a message {1000 * (time.monotonic() - began):.0f} ms')
            assert slow.wait_hangup(), 'half a message is waited for'
            mux.call('release', adapter='lpar2/eth0', start=start)
            front.close()


def test_full_ring_of_the_client():
    """A client that takes nothing loses its own frames only."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        lazy, front = ready(rig, viosd, 1), ready(rig, viosd, 2)
        for n in (1, 2):
            rig.rpc('mux', f'lpar{n}').call('start', adapter=f'lpar{n}/eth0', start=1)
        with Load(rig) as load:
            wait_for('frames', lambda: load.sent > 4 * RING)
            both_ways(rig, front, 2, b'lively')
        assert adapter_status(viosd, 1)['drops'].get('tx_full', 0) > 0
        assert len(lazy.receive()) == RING


main(test_only_while_told, test_twenty_rounds, test_bad_message_under_load, test_hangup_under_load, test_late_release,
     test_yield_and_expect, test_late_base, test_two_connections, test_half_a_message, test_full_ring_of_the_client)
