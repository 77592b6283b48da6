#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# What drivers leave to vios-netd: long TCP frames and checksums reach a client that can finish them as they are, and
# everybody else as frames that are right; a driver whose wish does not fit its frame is not believed.
import os
import signal
import struct
import time

from netd_front import BUFFER_BYTES, GUEST_BASE, HEADER_BYTES, NET_FEATURES, RING, RING_BYTES, RX, TX, Front
from netd_rig import BROADCAST, OUTSIDE, Rig, adapter_status, frame, live, mac, main, wait_for

CSUM, GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, HOST_TSO4, HOST_TSO6 = (1 << n for n in (0, 1, 7, 8, 11, 12))
OFFLOADS = NET_FEATURES | CSUM | GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | HOST_TSO4 | HOST_TSO6
NEEDS_CSUM, TCPV4, TCPV6 = 1, 1, 4
IP4, IP6, TCP, UDP = b'\x08\0', b'\x86\xdd', 6, 17
PAYLOAD = os.urandom(60000)


def total(data):
    """The one's complement sum (RFC 1071)."""
    data += b'\0' * (len(data) % 2)
    value = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


class LongFront(Front):
    """Frames with what a driver writes in front of them, longer than one buffer both ways."""

    def send_with(self, data, flags=0, kind=0, size=0, start=0, offset=0, pieces=1):
        """In so many descriptors, one after the other in memory."""
        wait_for('the ring is empty', self.all_taken, 20)
        data = struct.pack('<BBHHHHH', flags, kind, 0, size, start, offset, 0) + data
        at, base = self._buffer(TX, 0), TX * RING_BYTES
        self.memory[at:at + len(data)] = data
        step = -(-len(data) // pieces)
        for i in range(pieces):
            part = min(step, len(data) - i * step)
            struct.pack_into('<QIHH', self.memory, base + 16 * i, GUEST_BASE + at + i * step, part,
                             1 if i + 1 < pieces else 0, i + 1)
        struct.pack_into('<H', self.memory, base + 0x1004 + 2 * (self.avail[TX] % RING), 0)
        self.avail[TX] = (self.avail[TX] + 1) & 0xFFFF
        self.words[(base + 0x1002) // 2] = self.avail[TX]
        os.eventfd_write(self.kick[TX], 1)

    def receive_with(self):
        """(flags, kind, size, start, offset), frame: of each that has come."""
        out, left = [], 0
        for i, length in self._used(RX):
            at = self._buffer(RX, i)
            data = self.memory[at:at + length]
            if left:
                out[-1][1] += data
                left -= 1
            else:
                flags, kind, _, size, start, offset, buffers = struct.unpack_from('<BBHHHHH', data)
                out.append([(flags, kind, size, start, offset), bytearray(data[HEADER_BYTES:])])
                left = buffers - 1
            self._offer(RX, i, BUFFER_BYTES, True)
        assert not left
        return out


def set_up(rig):
    """Three clients: two that have all offloads, and one that has none."""
    viosd = rig.start()
    rig.configure(viosd, [rig.adapter(n, virtio_features=OFFLOADS) for n in (1, 2, 3)])
    rig.open_outside()
    return (viosd, *(live(rig, viosd, n, features, front=LongFront)
                     for n, features in ((1, OFFLOADS), (2, OFFLOADS), (3, NET_FEATURES))))


def packet(kind, dst, payload, protocol=TCP):
    """As a driver leaves it: the pseudo header is in the checksum's place. Where its transport header is, too."""
    header = struct.pack('>HHIIBBHHH', 1000, 2000, 0xFFFFF000, 7, 0x50, 0x19, 500, 0, 0)  # FIN, PSH, ACK
    if protocol == UDP:
        header = struct.pack('>HHHH', 1000, 2000, 8 + len(payload), 0)
    length = len(header) + len(payload)
    if kind == IP4:
        ends = b'\x0a\0\0\x01\x0a\0\0\x02'
        ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + length, 99, 0x4000, 64, protocol, 0) + ends
        ip = ip[:10] + struct.pack('>H', total(ip) ^ 0xFFFF) + ip[12:]
    else:
        ends = b'\xfd' + bytes(14) + b'\x01\xfd' + bytes(14) + b'\x02'
        ip = struct.pack('>IHBB', 0x60000000, length, protocol, 64) + ends
    at = 16 if protocol == TCP else 6
    pseudo = struct.pack('>H', total(ends + struct.pack('>II', length, protocol)))
    header = header[:at] + pseudo + header[at + 2:]
    return dst + mac(1) + kind + ip + header + payload, 14 + len(ip)


def check_finished(data, kind, protocol=TCP):
    """Its lengths and checksums are right. (sequence number, flags, payload)"""
    ip = data[14:]
    if kind == IP4:
        length, ends, l4 = struct.unpack_from('>H', ip, 2)[0], ip[12:20], 20
        assert total(ip[:20]) == 0xFFFF, 'the IP header checksum'
        ip = ip[:length]
    else:
        length, ends, l4 = 40 + struct.unpack_from('>H', ip, 4)[0], ip[8:40], 40
        ip = ip[:length]
    assert len(ip) == length, (len(ip), length)
    assert total(ends + struct.pack('>II', length - l4, protocol) + ip[l4:]) == 0xFFFF, 'the checksum'
    if protocol == UDP:
        return 0, 0, ip[l4 + 8:]
    return struct.unpack_from('>I', ip, l4 + 4)[0], ip[l4 + 13], ip[l4 + 20:]


def collect(what, receive, fits, wanted_bytes, kind):
    """Segments until so many bytes of payload have come."""
    got = []

    def enough():
        got.extend(check_finished(bytes(f), kind) for f in receive() if fits(bytes(f)))
        return sum(len(s[2]) for s in got) >= wanted_bytes
    wait_for(what, enough, 20)
    return got


def check_segments(segments, payload, size):
    at = 0
    for n, (sequence, flags, part) in enumerate(segments):
        last = n + 1 == len(segments)
        assert sequence == (0xFFFFF000 + at) & 0xFFFFFFFF, (n, sequence, at)
        assert flags == (0x19 if last else 0x10), (n, flags)
        assert len(part) == size or last, (n, len(part))
        assert part == payload[at:at + len(part)], n
        at += len(part)
    assert at == len(payload)


def test_long_frames():
    with Rig(n_clients=3) as rig:
        viosd, one, two, three = set_up(rig)
        for kind, gso, size, pieces in ((IP4, TCPV4, 1448, 1), (IP6, TCPV6, 1428, 17), (IP4, TCPV4, 1337, 40)):
            data, start = packet(kind, mac(2), PAYLOAD)
            one.send_with(data, NEEDS_CSUM, gso, size, start, 16, pieces)
            assert arrived(two, PAYLOAD) == [(NEEDS_CSUM, gso, size, start, 16), bytearray(data)]

            def fits(f):
                return f[6:14] == mac(1) + kind
            data, start = packet(kind, mac(3), PAYLOAD)
            one.send_with(data, NEEDS_CSUM, gso, size, start, 16, pieces)
            check_segments(collect('at a client', three.receive, fits, len(PAYLOAD), kind), PAYLOAD, size)
            # Nobody has heard of it, so it goes to all; to each as it takes it.
            data, start = packet(kind, OUTSIDE, PAYLOAD)
            one.send_with(data, NEEDS_CSUM, gso, size, start, 16, pieces)
            check_segments(collect('outside', lambda: rig.outside_frames(0.02), fits, len(PAYLOAD), kind), PAYLOAD, size)
            check_segments(collect('at a client', three.receive, fits, len(PAYLOAD), kind), PAYLOAD, size)
            assert arrived(two, PAYLOAD) == [(NEEDS_CSUM, gso, size, start, 16), bytearray(data)]
        assert viosd.call('status')['uplink']['offloads'] == []
        # Too long for the adapter's MTU once it is cut.
        data, start = packet(IP4, mac(2), PAYLOAD)
        one.send_with(data, NEEDS_CSUM, TCPV4, 1465, start, 16)
        wait_for('counted', lambda: adapter_status(viosd, 1)['drops'].get('oversize') == 1, 20)
        assert set(adapter_status(viosd, 1)['drops']) == {'oversize'}, adapter_status(viosd, 1)['drops']


def test_tags():
    """A tag that comes or goes moves everything behind it."""
    with Rig(n_clients=3) as rig:
        viosd = rig.start()
        viosd.call('configure', uplink={'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0', 'pvid': 1, 'vlans': [5]},
                   adapters=[rig.adapter(1, virtio_features=OFFLOADS, pvid=1, vlans=[5]),
                             rig.adapter(2, virtio_features=OFFLOADS, pvid=5), rig.adapter(3, pvid=5)])
        rig.open_outside()
        one, two = (live(rig, viosd, n, OFFLOADS, front=LongFront) for n in (1, 2))
        three = live(rig, viosd, 3, front=LongFront)
        tag = b'\x81\0\0\x05'
        hello = frame(mac(2), OUTSIDE, b'here I am')
        rig.outside.send(hello[:12] + tag + hello[12:])
        arrived(two, b'here I am')
        for kind, gso in ((IP4, TCPV4), (IP6, TCPV6)):
            data, start = packet(kind, mac(2), PAYLOAD)
            one.send_with(data[:12] + tag + data[12:], NEEDS_CSUM, gso, 1400, start + 4, 16)
            assert arrived(two, PAYLOAD) == [(NEEDS_CSUM, gso, 1400, start, 16), bytearray(data)]
            data = mac(1) + mac(2) + data[12:]
            two.send_with(data, NEEDS_CSUM, gso, 1400, start, 16)
            assert arrived(one, PAYLOAD) == [(NEEDS_CSUM, gso, 1400, start + 4, 16),
                                             bytearray(data[:12] + tag + data[12:])]
            for dst, what, receive in ((mac(3), 'at a client', three.receive),
                                       (OUTSIDE, 'outside', lambda: rig.outside_frames(0.02))):
                data = dst + mac(1) + data[12:]
                one.send_with(data[:12] + tag + data[12:], NEEDS_CSUM, gso, 1400, start + 4, 16)
                segments = collect(what, receive, lambda f: f[6:14] == mac(1) + kind, len(PAYLOAD), kind)
                check_segments(segments, PAYLOAD, 1400)
        assert adapter_status(viosd, 1)['drops'] == {}, adapter_status(viosd, 1)['drops']


def arrived(front, wanted):
    """The frame with these bytes in it, and what was in front of it."""
    got = []
    wait_for(wanted, lambda: got.extend(g for g in front.receive_with() if wanted in g[1]) or got, 20)
    return got[0]


def test_checksums():
    with Rig(n_clients=3) as rig:
        _, one, two, three = set_up(rig)
        for n, (kind, protocol, offset) in enumerate(((IP4, TCP, 16), (IP6, TCP, 16), (IP4, UDP, 6), (IP6, UDP, 6))):
            text = b'checksum %d to ' % n
            data, start = packet(kind, mac(2), text + b'two.', protocol)
            one.send_with(data, NEEDS_CSUM, 0, 0, start, offset)
            assert arrived(two, text + b'two.') == [(NEEDS_CSUM, 0, 0, start, offset), bytearray(data)]
            data, start = packet(kind, mac(3), text + b'three.', protocol)
            one.send_with(data, NEEDS_CSUM, 0, 0, start, offset)
            header, got = arrived(three, text + b'three.')
            check_finished(bytes(got), kind, protocol)
            assert header[0] == 0
            # To all: each gets the same bytes.
            data, start = packet(kind, BROADCAST, text + b'all.', protocol)
            one.send_with(data, NEEDS_CSUM, 0, 0, start, offset)
            for front in (two, three):
                header, got = arrived(front, text + b'all.')
                check_finished(bytes(got), kind, protocol)
                assert header[0] == 0
            check_finished(rig.outside_until(text + b'all.', 20), kind, protocol)
        # Of a protocol that nobody knows: over all from its beginning on.
        data = frame(mac(2), mac(1), b'.' * 20 + bytes(2) + b'unknown.')
        one.send_with(data, NEEDS_CSUM, 0, 0, 14, 20)
        header, got = arrived(two, b'unknown.')
        assert header[0] == 0 and total(bytes(got[14:])) == 0xFFFF


def test_bad_wishes():
    """Each is dropped and counted, and nothing else is."""
    with Rig(n_clients=3) as rig:
        viosd, one, two, three = set_up(rig)
        data, start = packet(IP4, mac(2), PAYLOAD)
        short, _ = packet(IP4, mac(2), b'short')
        wishes = [
            (short, NEEDS_CSUM, 0, 0, len(short), 0),
            (short, NEEDS_CSUM, 0, 0, 0xFFFF, 0xFFFF),
            (short, NEEDS_CSUM, 0, 0, 0, 6),
            (data, NEEDS_CSUM, TCPV4, 0, start, 16),
            (data, NEEDS_CSUM, TCPV4, 1, start, 16),
            (data, NEEDS_CSUM, TCPV6, 1448, start, 16),
            (data, NEEDS_CSUM, 3, 1448, start, 16),
            (data, 0, TCPV4, 1448, start, 16),
            (data, NEEDS_CSUM, TCPV4, 1448, start + 4, 16),
            (data[:start + 12] + b'\xf0' + data[start + 13:80], NEEDS_CSUM, TCPV4, 1448, start, 16),
            (data[:14] + b'\x4f' + data[15:], NEEDS_CSUM, TCPV4, 1448, start, 16),
            (data[:-1], NEEDS_CSUM, TCPV4, 1448, start, 16),
        ]
        for n, wish in enumerate(wishes, 1):
            one.send_with(*wish)
            wait_for(f'wish {n} counted', lambda: adapter_status(viosd, 1)['drops'].get('bad_offload') == n, 20)
        one.send(frame(mac(2), mac(1), b'and on it goes'))
        arrived(two, b'and on it goes')
        # Without the features nobody asks, whatever is in front of a frame.
        three.send_with(frame(mac(2), mac(3), b'from three'), 0xFF, 0xFF, 0xFFFF, 0xFFFF, 0xFFFF)
        assert arrived(two, b'from three')[0] == (0, 0, 0, 0, 0)
        assert set(adapter_status(viosd, 1)['drops']) == {'bad_offload'}
        assert adapter_status(viosd, 3)['drops'] == {}


def test_many_small_segments():
    """The costliest wish that is granted does not keep others waiting."""
    with Rig(n_clients=3) as rig:
        viosd, one, two, three = set_up(rig)
        data, start = packet(IP4, OUTSIDE, PAYLOAD)
        for turn in range(20):
            one.send_with(data, NEEDS_CSUM, TCPV4, 48, start, 16, 3)
            three.send(frame(mac(2), mac(3), b'turn %d.' % turn))
            arrived(two, b'turn %d.' % turn)
        wait_for('all taken', one.all_taken, 20)
        assert set(adapter_status(viosd, 1)['drops']) <= {'no_buffer'}, adapter_status(viosd, 1)['drops']
        until = time.monotonic() + 20
        while True:  # buffers come back
            big, start = packet(IP4, mac(2), PAYLOAD)
            one.send_with(big, NEEDS_CSUM, TCPV4, 1448, start, 16)
            if any(g[1] == big for g in two.receive_with()):
                break
            assert time.monotonic() < until


def still(pid):
    states = []
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/stat', encoding='ascii') as f:
            states.append(f.read().rpartition(')')[2].split()[0])
    return set(states) == {'T'}


def stream(kind, dst, size):
    """What a sender outside makes of PAYLOAD."""
    frames, at = [], 0
    while at < len(PAYLOAD):
        data, start = packet(kind, dst, PAYLOAD[at:at + size])
        at += size
        data = bytearray(data[:6] + OUTSIDE + data[12:])
        struct.pack_into('>I', data, start + 4, (0xFFFFF000 + at - size) & 0xFFFFFFFF)
        data[start + 13] = 0x10 if at < len(PAYLOAD) else 0x18
        data[start + 16:start + 18] = bytes(2)
        ends = bytes(data[26:34] if kind == IP4 else data[22:54])
        whole = total(ends + struct.pack('>II', len(data) - start, TCP) + bytes(data[start:]))
        data[start + 16:start + 18] = struct.pack('>H', whole ^ 0xFFFF)
        frames.append(bytes(data))
    return frames


def payload_of(header, data, kind):
    """Of a frame that may be long: its payload, after a look at what is in front of it and at its lengths."""
    start = 34 if kind == IP4 else 54
    length = struct.unpack_from('>H', data, 16 if kind == IP4 else 18)[0]
    assert len(data) == (14 if kind == IP4 else 54) + length, (len(data), length)
    if header[0] == 0:
        return check_finished(data, kind)[2]
    ends = data[26:34] if kind == IP4 else data[22:54]
    assert header[0] == NEEDS_CSUM and header[3:] == (start, 16), header
    assert header[1] == (TCPV4 if kind == IP4 else TCPV6) and header[2] == 1400, header
    assert kind == IP6 or total(data[14:34]) == 0xFFFF
    assert total(ends + struct.pack('>II', len(data) - start, TCP)) == struct.unpack_from('>H', data, start + 16)[0]
    return data[start + 20:]


def test_large_receive():
    """A stream from outside arrives in fewer frames where that is asked for, and is the same; one byte that is wrong stays wrong."""
    with Rig(n_clients=3) as rig:
        viosd, _, two, three = set_up(rig)

        def configure(large):
            viosd.call('configure', uplink={'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0', 'large_receive': large},
                       adapters=[rig.adapter(n, virtio_features=OFFLOADS) for n in (1, 2, 3)])

        def gathered():
            return viosd.call('status')['uplink']['gathered']

        def received(frames, kind):
            got = []

            def enough():
                got.extend((h, bytes(d)) for h, d in two.receive_with() if bytes(d[6:14]) == OUTSIDE + kind)
                return sum(len(payload_of(h, d, kind)) for h, d in got) >= len(PAYLOAD)
            for f in frames:
                rig.outside.send(f)
            wait_for('the stream', enough, 20)
            assert b''.join(payload_of(h, d, kind) for h, d in got) == PAYLOAD
            return len(got)

        for kind in (IP4, IP6):
            frames = stream(kind, mac(2), 1400)
            configure(False)
            assert received(frames, kind) == len(frames) and gathered() == 0
        configure(True)
        for kind in (IP4, IP6):
            frames, before = stream(kind, mac(2), 1400), gathered()
            # How many come at once is the machine's business.
            wait_for('gathered', lambda: received(frames, kind) < len(frames) and gathered() > before, 60)
            to_three = stream(kind, mac(3), 1400)
            for f in to_three:
                rig.outside.send(f)
            segments = collect('at a client that takes no long ones', three.receive,
                               lambda f: f[6:14] == OUTSIDE + kind, len(PAYLOAD), kind)
            assert [s[2] for s in segments] == [PAYLOAD[at:at + 1400] for at in range(0, len(PAYLOAD), 1400)]
        frames = stream(IP4, mac(2), 1400)
        bad = bytearray(frames[1])
        bad[-1] ^= 1
        # What comes behind it is joined with nothing before it, or it would overtake.
        three_frames = [frames[0], bytes(bad), frames[1]]
        os.kill(rig.process.pid, signal.SIGSTOP)  # so that it finds all in one poll
        wait_for('it stands still', lambda: still(rig.process.pid))
        for f in three_frames:
            rig.outside.send(f)
        os.kill(rig.process.pid, signal.SIGCONT)
        got = []
        wait_for('all three', lambda: got.extend(two.receive_with()) or sum(len(d) for _, d in got) >= 4000, 20)
        assert [bytes(d) for _, d in got] == three_frames, [len(d) for _, d in got]
        try:
            configure(1)
        except RuntimeError as e:
            assert 'large_receive' in str(e)
        else:
            raise AssertionError('large_receive 1 was taken')


main(test_long_frames, test_tags, test_checksums, test_bad_wishes, test_many_small_segments, test_large_receive)
