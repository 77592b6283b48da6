#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# Rates and shares in vios-netd: what a client sends beyond its rate waits in its ring, what it is given beyond its rate is
# dropped, two that flood share a full uplink by weight and a third is not starved; and a trace that tcpdump reads.
import os
import shutil
import struct
import subprocess
import time

from netd_rig import BROADCAST, OUTSIDE, Rig, adapter_status, frame, live, mac, main, wait_for

LONG = b'x' * 1400


def configure(rig, viosd, adapters, **uplink):
    viosd.call('configure', uplink={'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0', **uplink},
               adapters=adapters)


def flood(fronts, seconds, extra=lambda: None):
    """Each sends as much as its ring takes, for so long."""
    until = time.monotonic() + seconds
    load = {n: frame(OUTSIDE, mac(n), LONG) for n in fronts}
    while time.monotonic() < until:
        for n, front in fronts.items():
            for _ in range(32):
                if not front.send(load[n]):
                    break
        extra()


def test_send_rate():
    with Rig() as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1, send_kbit_s=8000), rig.adapter(2)])
        rig.open_outside()
        one = live(rig, viosd, 1)
        began, before = time.monotonic(), adapter_status(viosd, 1)['rx_bytes']
        flood({1: one}, 1)
        wait_for('held', lambda: flood({1: one}, 0.1) or adapter_status(viosd, 1)['held_times'])
        status = adapter_status(viosd, 1)
        took, passed = time.monotonic() - began, status['rx_bytes'] - before
        print(f'1 MB/s: {passed} bytes in {took:.2f} s, held {status["held_times"]} times')
        assert passed <= 1000000 * took + 30000, (passed, took)
        assert status['held_times'] > 0 and not status['drops'], status
        # What waits in the ring comes, and is not lost; nor is what is sent when there is no rate any more.
        configure(rig, viosd, [rig.adapter(1), rig.adapter(2)])
        wait_for('all taken', lambda: one.send(frame(OUTSIDE, mac(1), b'the last')))
        wait_for('counted', lambda: rig.outside_until(b'the last', 0.2))
        held = adapter_status(viosd, 1)['held_times']
        flood({1: one}, 0.2)
        assert adapter_status(viosd, 1)['held_times'] == held


def test_receive_rate():
    with Rig() as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1), rig.adapter(2, recv_kbit_s=4000)])
        outside = rig.open_outside()
        two = live(rig, viosd, 2)
        began, before = time.monotonic(), adapter_status(viosd, 2)['tx_bytes']
        while time.monotonic() < began + 1 or not adapter_status(viosd, 2)['drops'].get('recv_rate'):
            for _ in range(16):
                outside.send(frame(mac(2), OUTSIDE, LONG))
            two.receive()
        status = adapter_status(viosd, 2)
        took, passed = time.monotonic() - began, status['tx_bytes'] - before
        print(f'500 kB/s: {passed} bytes in {took:.2f} s, {status["drops"]}')
        assert 0 < passed <= 500000 * took + 30000, (passed, took)
        assert status['drops'].get('recv_rate', 0) > 0, status


def test_shares():
    with Rig(n_clients=3) as rig:
        viosd = rig.start()
        # 500 kB/s of uplink; the third client wants next to nothing of it.
        configure(rig, viosd, [rig.adapter(1, uplink_weight=10), rig.adapter(2, uplink_weight=30), rig.adapter(3)],
                  send_kbit_s=4000)
        outside = rig.open_outside()
        fronts = {n: live(rig, viosd, n) for n in (1, 2, 3)}
        outside.send(frame(mac(3), OUTSIDE, b'known from now on'))
        assert fronts[3].receive_until(b'known from now on')
        outside.setblocking(False)
        got, small, last = {1: 0, 2: 0}, [0, 0], [0.0]

        def listen():
            if time.monotonic() > last[0] + 0.02:
                last[0] = time.monotonic()
                small[0] += fronts[3].send(frame(OUTSIDE, mac(3), b'small'))
            while True:
                try:
                    bytes_ = outside.recv(2048)
                except BlockingIOError:
                    return
                if bytes_[6:12] == mac(3) and b'small' in bytes_:
                    small[1] += 1
                elif bytes_[11] in got and bytes_[6:11] == mac(1)[:5]:
                    got[bytes_[11]] += len(bytes_)
        began = time.monotonic()
        flood({1: fronts[1], 2: fronts[2]}, 2, listen)
        took = time.monotonic() - began
        print(f'got {got} in {took:.2f} s, {small[1]} of {small[0]} small ones')
        assert sum(got.values()) <= 500000 * took + 30000, (got, took)
        assert 2 < got[2] / got[1] < 4.5, got
        wait_for('all small ones', lambda: listen() or small[1] >= small[0])
        for n in (1, 2):
            status = adapter_status(viosd, n)
            assert status['shared'] and status['drops'].get('uplink_share'), status
        assert 'uplink_share' not in adapter_status(viosd, 3)['drops'], adapter_status(viosd, 3)
        # An uplink without a rate takes all again.
        configure(rig, viosd, [rig.adapter(n) for n in (1, 2, 3)])
        shared = adapter_status(viosd, 1)['shared']
        fronts[1].send(frame(OUTSIDE, mac(1), b'at once'))
        wait_for('at once', lambda: any(b'at once' in f for f in rig.outside_frames(0.1)))
        assert adapter_status(viosd, 1)['shared'] == shared


def frames_of(path):
    """[frame] of a capture file."""
    with open(path, 'rb') as f:
        data = f.read()
    assert struct.unpack('<IHH', data[:8]) == (0xA1B23C4D, 2, 4), data[:8]
    at, frames = 24, []
    while at < len(data):
        _, nanoseconds, kept, whole = struct.unpack('<IIII', data[at:at + 16])
        assert nanoseconds < 10**9 and kept <= whole
        frames.append(data[at + 16:at + 16 + kept])
        at += 16 + kept
    assert at == len(data)
    return frames


def test_trace():
    with Rig() as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1), rig.adapter(2, pvid=1, vlans=[20])], vlans=[20])
        rig.open_outside()
        one, two = live(rig, viosd, 1), live(rig, viosd, 2)
        rig.outside.send(frame(mac(2), OUTSIDE, b'known from now on'))
        assert two.receive_until(b'known from now on')
        assert viosd.call('trace') is None
        path = viosd.call('trace', adapter='lpar1/eth0', seconds=60)['path']
        assert path.endswith('/vios1/lpar1.eth0.pcap') and os.stat(path).st_mode & 0o777 == 0o600
        for refused in ({'adapter': 'lpar2/eth0'}, {'adapter': 'lpar9/eth0'}, {'adapter': 'lpar1/eth0', 'seconds': 0},
                        {'adapter': 'lpar1/eth0', 'size_mib': 5000}):
            try:
                viosd.call('trace', **refused)
                raise AssertionError(refused)
            except RuntimeError as e:
                print(f'refused: {e}')
        one.send(frame(BROADCAST, mac(1), b'from one'))
        assert two.receive_until(b'from one')
        two.send(frame(mac(1), mac(2), b'to one'))
        assert one.receive_until(b'to one')
        two.send(frame(OUTSIDE, mac(2), b'not its own'))
        assert rig.outside_until(b'not its own')
        wait_for('written', lambda: viosd.call('status')['trace']['frames'] >= 2)
        viosd.call('trace', stop=True)
        wait_for('ended', lambda: viosd.call('status')['trace']['ended'] == 'stopped')
        frames = frames_of(path)
        for text, there in ((b'from one', 1), (b'to one', 1), (b'not its own', 0)):
            assert sum(text in f for f in frames) == there, (text, frames)
        if shutil.which('tcpdump'):
            said = subprocess.run(['tcpdump', '-nner', path], capture_output=True, text=True, timeout=10)
            assert said.returncode == 0 and said.stdout.count('ethertype') == len(frames), said
            print(said.stdout.splitlines()[0])
        # It ends by itself, of its size and of its time; the next one follows.
        again = {'adapter': 'lpar1/eth0', 'seconds': 60, 'size_mib': 1}
        wait_for('free', lambda: try_trace(viosd, again))
        load = frame(BROADCAST, mac(1), LONG)

        def ended():
            for _ in range(64):
                one.send(load)
            two.receive()
            return viosd.call('status')['trace']['ended']
        wait_for('full', ended)
        state = viosd.call('status')['trace']
        assert state['ended'] == 'size' and state['bytes'] == os.stat(path).st_size <= 1 << 20, state
        assert len(frames_of(path)) == state['frames']
        print(f'1 MiB: {state}')
        wait_for('free', lambda: try_trace(viosd, {'adapter': 'lpar2/eth0', 'seconds': 1}))
        wait_for('over', lambda: viosd.call('status')['trace']['ended'] == 'time')


def try_trace(viosd, params):
    try:
        return viosd.call('trace', **params)
    except RuntimeError:
        return None


main(test_send_rate, test_receive_rate, test_shares, test_trace)
