#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# What vios-netd does with frames: between clients, to and from the uplink, announcements, counters; and what it costs
# when there are none.
import os
import time

from netd_front import F_EVENT_IDX, F_INDIRECT, NET_FEATURES
from netd_rig import BROADCAST, OUTSIDE, Page, Rig, adapter_status, cpu_seconds, frame, live, mac, main, run, wait_for


def test_between_clients_and_out():
    for features in (NET_FEATURES, NET_FEATURES | 1 << F_EVENT_IDX | 1 << F_INDIRECT):
        for workers in (1, 2):
            with Rig(workers=workers) as rig:
                viosd = rig.start()
                rig.configure(viosd)
                rig.open_outside()
                one, two = live(rig, viosd, 1, features), live(rig, viosd, 2, features)
                for i in range(20):
                    time.sleep(0.005)  # long enough to fall asleep
                    one.send(frame(mac(2), mac(1), b'one to two %d.' % i))
                    assert two.receive_until(b'one to two %d.' % i)
                    two.send(frame(BROADCAST, mac(2), b'two to all %d.' % i))
                    assert one.receive_until(b'two to all %d.' % i)
                    assert rig.outside_until(b'two to all %d.' % i)
                    rig.outside.send(frame(mac(2), OUTSIDE, b'in to two %d.' % i))
                    assert two.receive_until(b'in to two %d.' % i)
                # What is known goes to one place only.
                assert not [f for f in one.receive() if b'in to two' in f]
                assert not [f for f in rig.outside_frames(0.05) if b'one to two' in f]


def test_copies_stay_whole():
    """Copies of one frame share its bytes; whoever frees one must not free it for the others."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        one, two = live(rig, viosd, 1), live(rig, viosd, 2)
        for turn in range(40):
            for i in range(30):
                one.send(frame(BROADCAST, mac(1), b'to all %d/%d.' % (turn, i)))
            assert two.receive_until(b'to all %d/29.' % turn)
            wanted = [b'for two %d/%d.' % (turn, i) for i in range(30)]
            for text in wanted:
                one.send(frame(mac(2), mac(1), text))
            got = b''

            def arrived():
                nonlocal got
                got += b''.join(two.receive())
                return all(text in got for text in wanted)
            wait_for('each frame as it was sent', arrived)


def test_not_live_here():
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        one = live(rig, viosd, 1)
        # Client 2 lives in the other VIOS.
        one.send(frame(mac(2), mac(1), b'over there'))
        assert rig.outside_until(b'over there')
        rig.outside.send(frame(mac(1), mac(2), b'from there'))
        assert one.receive_until(b'from there')
        rig.outside.send(frame(mac(2), OUTSIDE, b'not ours'))
        wait_for('counted', lambda: adapter_status(viosd, 2)['drops'].get('not_live') == 1)
        # An echo of a client's own frame does not move it.
        rig.outside.send(frame(BROADCAST, mac(1), b'echo'))
        rig.outside.send(frame(mac(1), OUTSIDE, b'still here'))
        assert one.receive_until(b'still here')
        # A lie about its address.
        one.send(frame(OUTSIDE, mac(2), b'a lie'))
        wait_for('counted', lambda: adapter_status(viosd, 1)['drops'].get('bad_source') == 1)
        one.send(frame(OUTSIDE, mac(1), b'long'.ljust(1600, b'.')))
        wait_for('counted', lambda: adapter_status(viosd, 1)['drops'].get('oversize') == 1)
        assert not [f for f in rig.outside_frames(0.05) if b'a lie' in f or b'long' in f]


def test_announces():
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front = live(rig, viosd, 1)
        rarps = []

        def announced(seconds):
            rarps.extend(f for f in rig.outside_frames(seconds) if f[12:14] == b'\x80\x35')
            return len(rarps) >= 3
        wait_for('announcements', lambda: announced(0.1))
        announced(0.5)
        assert all(f[:12] == BROADCAST + mac(1) and f[22:28] == mac(1) for f in rarps)
        assert len(rarps) <= 8 and not front.receive()


def test_notes():
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front = live(rig, viosd, 1)
        viosd.wait_note('adapter', adapter='lpar1/eth0', started=1)
        began = time.monotonic()
        run('ip', 'link', 'set', 'out0', 'down')
        viosd.wait_note('uplink', link='down')
        print(f'  the loss of a link is told after {1000 * (time.monotonic() - began):.0f} ms')
        assert viosd.call('status')['uplink']['link'] == 'down'
        front.send(frame(OUTSIDE, mac(1), b'lost'))
        run('ip', 'link', 'set', 'out0', 'up')
        viosd.wait_note('uplink', link='up')
        wait_for('out again', lambda: front.send(frame(OUTSIDE, mac(1), b'again')) and
                 rig.outside_until(b'again', 0.2))
        front.close()
        viosd.wait_note('adapter', adapter='lpar1/eth0', connected=False, started=0)


def at_rest(pid, page, seconds, share, ticks):
    """What rest costs is seen in the quietest of a few windows: a frame of the kernel's own wakes a worker, too."""
    seen = []
    for _ in range(4):
        before = page.ticks(), cpu_seconds(pid)
        time.sleep(seconds)
        seen.append((page.ticks() - before[0], (cpu_seconds(pid) - before[1]) / seconds))
        if seen[-1][0] < ticks and seen[-1][1] < share:
            return
    raise AssertionError(f'(ticks, share of a processor) of each {seconds} s of rest: {seen}')


def test_idle():
    """Under one per cent of a processor, asleep, and awake when pinged."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        page, ping = Page(viosd.fds[1]), viosd.fds[2]
        front = live(rig, viosd, 1)
        front.receive()
        wait_for('asleep', lambda: viosd.call('status')['workers'][0]['state'] == 'sleeping')
        at_rest(rig.process.pid, page, 3, 0.01, 1000)
        wait_for('asleep', lambda: viosd.call('status')['workers'][0]['state'] == 'sleeping')
        ticks = page.ticks()
        os.eventfd_write(ping, 1)
        wait_for('a tick', lambda: page.ticks() > ticks)
        front.send(frame(OUTSIDE, mac(1), b'awake'))  # nothing but its kick wakes a worker
        assert rig.outside_until(b'awake')


def test_interface_down():
    """The uplink's own interface is taken down by its administrator: no frames, no error that keeps workers awake."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        front = live(rig, viosd, 1)
        run('ip', 'link', 'set', 'up0', 'down')
        viosd.wait_note('uplink', link='down')
        for i in range(40):
            front.send(frame(OUTSIDE, mac(1), b'lost'))
        wait_for('all taken', lambda: adapter_status(viosd, 1)['rx_packets'] >= 40)
        at_rest(rig.process.pid, Page(viosd.fds[1]), 1, 0.05, 1000)
        run('ip', 'link', 'set', 'up0', 'up')
        viosd.wait_note('uplink', link='up')
        wait_for('out again', lambda: front.send(frame(OUTSIDE, mac(1), b'again')) and
                 rig.outside_until(b'again', 0.2))
        rig.outside.send(frame(mac(1), OUTSIDE, b'in again'))
        assert front.receive_until(b'in again')


def test_other_uplinks():
    """A port of DPDK's own: nothing wakes its worker, so it is looked at each millisecond."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd, devargs='net_ring0')
        one, two = live(rig, viosd, 1), live(rig, viosd, 2)
        assert viosd.call('status')['uplink']['link'] == 'up'
        one.send(frame(mac(2), mac(1), b'beside a ring'))
        assert two.receive_until(b'beside a ring')
        # net_ring0 echoes: what goes out comes in, and does not reach who sent it.
        one.send(frame(BROADCAST, mac(1), b'round trip'))
        assert two.receive_until(b'round trip')
        time.sleep(0.1)
        assert not [f for f in one.receive() if b'round trip' in f]
        # Another uplink in its place, then none.
        rig.configure(viosd)
        rig.open_outside()
        one.send(frame(OUTSIDE, mac(1), b'new uplink'))
        assert rig.outside_until(b'new uplink')
        rig.configure(viosd, devargs=None)
        assert viosd.call('status')['uplink'] is None
        one.send(frame(mac(2), mac(1), b'no uplink'))
        assert two.receive_until(b'no uplink')


def test_same_interface():
    """Another device on the interface of the former one, opened before that is closed: its worker sleeps, and is woken by it."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        one = live(rig, viosd, 1)
        rig.configure(viosd, devargs='net_af_packet1,iface=up0,framecnt=256')
        at_rest(rig.process.pid, Page(viosd.fds[1]), 1, 0.05, 300)
        rig.outside.send(frame(mac(1), OUTSIDE, b'wake up'))
        assert one.receive_until(b'wake up')


def test_uplink_that_cannot_wake():
    """A driver whose descriptors are its own secret: its frames are found although nothing wakes the worker."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd, devargs='net_tap0,iface=tap0')
        run('ip', 'link', 'set', 'tap0', 'up')
        rig.open_outside('tap0')
        one = live(rig, viosd, 1)
        for i in range(5):
            time.sleep(0.1)
            rig.outside.send(frame(mac(1), OUTSIDE, b'in %d.' % i))
            assert one.receive_until(b'in %d.' % i)
            one.send(frame(OUTSIDE, mac(1), b'out %d.' % i))
            assert rig.outside_until(b'out %d.' % i)


def test_configure_again():
    """What stays is not disturbed; what goes is gone, and can come back."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        one, two = live(rig, viosd, 1), live(rig, viosd, 2)
        rig.configure(viosd, [rig.adapter(1)])
        assert two.wait_hangup(), 'a removed adapter keeps its connection'
        two.memory_hash()
        one.send(frame(OUTSIDE, mac(1), b'undisturbed'))
        assert rig.outside_until(b'undisturbed')
        assert [a['adapter'] for a in viosd.call('status')['adapters']] == ['lpar1/eth0']
        wait_for('closed', lambda: not os.path.exists(rig.socket(2)))

        def again():
            try:
                rig.configure(viosd)
                return True
            except RuntimeError as e:
                assert 'try again' in str(e), e
        wait_for('room for it', again)
        two = live(rig, viosd, 2)
        one.send(frame(mac(2), mac(1), b'back'))
        assert two.receive_until(b'back')


def test_many_queues():
    """A profile with more pairs than the driver uses, and a second worker."""
    with Rig(workers=2) as rig:
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(1, queue_pairs=4, virtio_features=NET_FEATURES | 1 << 22)])
        rig.open_outside()
        front = live(rig, viosd, 1)
        front.send(frame(OUTSIDE, mac(1), b'one of four'))
        assert rig.outside_until(b'one of four')
        for i in range(50):
            rig.outside.send(frame(mac(1), OUTSIDE, b'flow %d.' % i))
        assert front.receive_until(b'flow 49.')


main(test_between_clients_and_out, test_copies_stay_whole, test_not_live_here, test_announces, test_notes, test_idle,
     test_interface_down, test_other_uplinks, test_same_interface, test_uplink_that_cannot_wake, test_configure_again, test_many_queues)
