#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# VLANs in vios-netd: who hears whom, what the uplink carries, announcements, changes while it runs; anti-spoofing and
# storm control; checks and announcements of addresses, reports of multicast groups; probes of netaddr.
import struct
import time

from netd_rig import BROADCAST, OUTSIDE, TEST_TYPE, Rig, adapter_status, frame, live, mac, main, wait_for


def tagged(dst, src, vlan, payload, priority=0):
    return (dst + src + struct.pack('>HH', 0x8100, priority << 13 | vlan) + TEST_TYPE + payload).ljust(64, b'\0')


def tag_of(got):
    """VLAN, or None."""
    return struct.unpack('>H', got[14:16])[0] & 0xFFF if got[12:14] == b'\x81\0' else None


class Outside:
    """The far end of the uplink; the kernel puts tags aside (PACKET_AUXDATA), here they are put back."""

    def __init__(self, rig):
        self.socket = rig.open_outside()
        self.socket.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA

    def send(self, bytes_):
        self.socket.send(bytes_)

    def receive(self, seconds):
        frames, until = [], time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                got, ancillary, _, _ = self.socket.recvmsg(2048, 256)
            except TimeoutError:
                break
            for level, kind, data in ancillary:
                if (level, kind) != (263, 8):
                    continue
                status, _, _, _, _, tci, tpid = struct.unpack('=IIIHHHH', data[:20])
                if status & 0x10:  # TP_STATUS_VLAN_VALID
                    got = got[:12] + struct.pack('>HH', tpid or 0x8100, tci) + got[12:]
            frames.append(got)
        return frames

    def until(self, wanted):
        return wait_for(wanted, lambda: next((got for got in self.receive(0.05) if wanted in got), None))

    def announced(self, wanted):
        """{(MAC address, VLAN)} announced, once all that are wanted have been, and a moment later."""
        seen = set()

        def listen(seconds):
            seen.update((f[6:12], tag_of(f)) for f in self.receive(seconds) if b'\x80\x35' in f[12:18])
            return seen >= wanted
        wait_for(wanted, lambda: listen(0.1))
        listen(0.3)
        return seen


def configure(rig, viosd, adapters, **uplink):
    viosd.call('configure', uplink={'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0', **uplink},
               adapters=adapters)


def drops(viosd, n, reason):
    return adapter_status(viosd, n)['drops'].get(reason, 0)


def heard(front, *texts):
    """What of these has arrived, a moment later."""
    time.sleep(0.1)
    got = b''.join(front.receive())
    return [t for t in texts if t in got]


def test_two_vlans():
    with Rig(n_clients=3) as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1, pvid=10), rig.adapter(2, pvid=20), rig.adapter(3, pvid=10, vlans=[20])],
                  pvid=1, vlans=[10])
        outside = Outside(rig)
        one, two, three = (live(rig, viosd, n) for n in (1, 2, 3))
        # Announced in the VLANs that the uplink carries, and in no other.
        wanted = {(mac(1), 10), (mac(3), 10)}
        assert outside.announced(wanted) == wanted
        # Broadcasts and what is meant for the other: not beyond the VLAN.
        one.send(frame(BROADCAST, mac(1), b'ten to all'))
        one.send(frame(mac(2), mac(1), b'ten to two'))
        two.send(frame(BROADCAST, mac(2), b'twenty to all'))
        assert heard(two, b'ten to all', b'ten to two') == []
        assert heard(one, b'twenty to all') == []
        three.receive()
        outs = []
        wait_for('ten to all', lambda: outs.extend(outside.receive(0.1)) or any(b'ten to all' in f for f in outs))
        outs += outside.receive(0.1)
        assert [tag_of(f) for f in outs if b'ten to all' in f] == [10], outs
        assert not [f for f in outs if b'twenty' in f or b'ten to two' in f], outs
        wait_for('counted', lambda: drops(viosd, 1, 'other_vlan') == 1)
        # One that is in both hears VLAN 20 tagged, with the priority that the sender gave it.
        two.send(tagged(BROADCAST, mac(2), 0, b'with priority', priority=5))
        got = three.receive_until(b'with priority')
        assert got and tag_of(got) == 20 and got[14] >> 5 == 5, got
        three.send(tagged(mac(2), mac(3), 20, b'tagged to two'))
        got = two.receive_until(b'tagged to two')
        assert got and tag_of(got) is None and got[12:14] == TEST_TYPE, got
        three.send(frame(mac(1), mac(3), b'untagged to one'))
        assert tag_of(one.receive_until(b'untagged to one')) is None
        # Tagged at the uplink, in and out.
        outside.send(tagged(mac(1), OUTSIDE, 10, b'in ten'))
        got = one.receive_until(b'in ten')
        assert got and tag_of(got) is None, got
        one.send(frame(OUTSIDE, mac(1), b'out ten'))
        assert tag_of(outside.until(b'out ten')) == 10
        # VLANs that the uplink, or the adapter, is not in; a tag behind a tag.
        outside.send(tagged(mac(2), OUTSIDE, 20, b'in twenty'))
        outside.send(frame(BROADCAST, OUTSIDE, b'in untagged'))
        one.send(tagged(mac(2), mac(1), 20, b'sneaked in'))
        three.send((mac(1) + mac(3) + bytes.fromhex('8100000a81000014') + TEST_TYPE + b'hop').ljust(64, b'\0'))
        wait_for('counted', lambda: viosd.call('status')['uplink']['drops'].get('vlan') == 1)
        wait_for('counted', lambda: drops(viosd, 1, 'vlan') == 1 and drops(viosd, 3, 'nested_tag') == 1)
        assert heard(two, b'in twenty', b'in untagged', b'sneaked in') == []
        assert heard(one, b'in untagged', b'hop') == []


def test_changes_while_it_runs():
    with Rig() as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1), rig.adapter(2)])
        outside = Outside(rig)
        one, two = live(rig, viosd, 1), live(rig, viosd, 2)
        one.send(frame(mac(2), mac(1), b'as ever'))
        assert two.receive_until(b'as ever')
        outside.receive(0.4)
        configure(rig, viosd, [rig.adapter(1), rig.adapter(2, pvid=20)], pvid=1, vlans=[20])
        outside.announced({(mac(2), 20)})
        one.send(frame(mac(2), mac(1), b'no more'))
        two.send(frame(OUTSIDE, mac(2), b'now twenty'))
        assert tag_of(outside.until(b'now twenty')) == 20
        assert heard(two, b'no more') == []
        # Nothing was disturbed: the same connections, the same start.
        assert [adapter_status(viosd, n)['started'] for n in (1, 2)] == [1, 1]
        assert adapter_status(viosd, 2)['pvid'] == 20 and viosd.call('status')['uplink']['vlans'] == [20]
        one.send(frame(OUTSIDE, mac(1), b'still one'))
        assert tag_of(outside.until(b'still one')) is None
        # The uplink carries another VLAN: the switches outside hear of the client in it.
        outside.receive(0.3)
        configure(rig, viosd, [rig.adapter(1), rig.adapter(2, pvid=20)], pvid=20)
        outside.announced({(mac(2), None)})
        configure(rig, viosd, [rig.adapter(1), rig.adapter(2)])
        one.send(frame(mac(2), mac(1), b'again'))
        assert two.receive_until(b'again')
        for wrong in ({'pvid': 0}, {'pvid': 4095}, {'vlans': [4095]}, {'vlans': list(range(2, 23))}, {'vlans': 7},
                      {'own_mac_only': 1}, {'storm_per_s': -1}, {'allowed_ips': '10.0.0.1'},
                      {'allowed_ips': ['10.0.0.256']}, {'allowed_ips': ['10.0.0.1'] * 17}):
            try:
                configure(rig, viosd, [rig.adapter(1, **wrong)])
                raise AssertionError(wrong)
            except RuntimeError as e:
                assert 'lpar1/eth0' in str(e) and list(wrong)[0] in str(e), e


def test_spoofing_and_storms():
    with Rig() as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1, own_mac_only=True), rig.adapter(2, storm_per_s=100)])
        outside = Outside(rig)
        one, two = live(rig, viosd, 1), live(rig, viosd, 2)
        one.send(frame(BROADCAST, mac(77), b'spoofed'))
        one.send(frame(BROADCAST, mac(1), b'honest'))
        assert two.receive_until(b'honest')
        wait_for('counted', lambda: drops(viosd, 1, 'spoofed') == 1)
        assert not [f for f in outside.receive(0.1) if b'spoofed' in f]
        # Another one may have addresses behind it, if nobody has them.
        two.send(frame(BROADCAST, mac(78), b'a second address'))
        assert outside.until(b'a second address')
        sent = 1  # the second address's

        def storm():
            nonlocal sent
            for i in range(50):
                sent += two.send(frame(BROADCAST, mac(2), b'storm %d.' % i))
            time.sleep(0.02)
            return drops(viosd, 2, 'storm_broadcast') > 100
        wait_for('storm', storm)
        wait_for('each is passed on or counted', lambda: sent == drops(viosd, 2, 'storm_broadcast') +
                 adapter_status(viosd, 2)['rx_flooded']['broadcast'])
        # What goes to somebody it knows is not held back.
        two.send(frame(mac(1), mac(2), b'known'))
        assert one.receive_until(b'known')
        # An echo: it moves nothing, and nobody hears it twice.
        time.sleep(1.2)
        one.receive()
        outside.send(frame(BROADCAST, mac(2), b'an echo'))
        wait_for('counted', lambda: viosd.call('status')['uplink']['drops'].get('loop') == 1)
        assert heard(one, b'an echo') == []
        outside.send(frame(mac(2), OUTSIDE, b'to two'))
        assert two.receive_until(b'to two')


def arp(src, sender, target):
    return frame(BROADCAST, src, struct.pack('>HHBBH', 1, 0x800, 6, 4, 1) + src + bytes(sender) + bytes(6) + bytes(target),
                 ethertype=b'\x08\x06')


def igmp_report(src, group):
    body = struct.pack('>BBH4s', 0x16, 0, 0, bytes(group))
    total = sum(struct.unpack('>4H', body))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    body = body[:2] + struct.pack('>H', total ^ 0xFFFF) + body[4:]
    header = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 28, 0, 0, 1, 2, 0, bytes([10, 0, 0, 2]), bytes(group))
    to = b'\x01\0\x5e' + bytes([group[1] & 0x7F, group[2], group[3]])
    return frame(to, src, header + body, ethertype=b'\x08\0')


def test_addresses_and_groups():
    own, other, gateway, group = [10, 0, 0, 1], [10, 0, 0, 9], [10, 0, 0, 254], [239, 1, 2, 3]
    with Rig() as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1, allowed_ips=['10.0.0.1', 'fd00::1']), rig.adapter(2)])
        outside = Outside(rig)
        one, two = live(rig, viosd, 1), live(rig, viosd, 2)
        assert adapter_status(viosd, 1)['allowed_ips'] == ['10.0.0.1', 'fd00::1']
        one.send(arp(mac(1), other, gateway))
        one.send(arp(mac(1), own, gateway))
        assert two.receive_until(bytes(own + [0] * 6 + gateway))
        assert drops(viosd, 1, 'spoofed_arp') == 1
        # What it may use is announced, of each family, when its rules change.
        two.send(arp(mac(2), [10, 0, 0, 2], gateway))
        assert outside.until(bytes([10, 0, 0, 2]))
        outside.receive(0.3)
        configure(rig, viosd, [rig.adapter(1, allowed_ips=['10.0.0.1', 'fd00::1'], storm_per_s=0),
                               rig.adapter(2, storm_per_s=0)])
        seen = []
        wait_for('announced', lambda: seen.extend(outside.receive(0.1)) or all(any(part in f for f in seen) for part in (
            b'\x80\x35' + struct.pack('>HHBBH', 1, 0x800, 6, 4, 3) + mac(1), mac(1) + bytes(own + [0] * 6 + own),
            mac(2) + bytes([10, 0, 0, 2] + [0] * 6 + [10, 0, 0, 2]), bytes.fromhex('fd' + '00' * 14 + '01'))))
        # A report of a group goes out, but not to other hosts.
        assert adapter_status(viosd, 2)['multicast']['groups'] == 0
        two.send(igmp_report(mac(2), group))
        two.send(frame(BROADCAST, mac(2), b'after the report'))
        assert outside.until(bytes(group))
        frames = []
        wait_for('heard', lambda: frames.extend(one.receive()) or any(b'after the report' in f for f in frames))
        assert not any(bytes(group) in f for f in frames), frames
        wait_for('kept', lambda: adapter_status(viosd, 2)['multicast']['groups'] == 1)
        assert viosd.call('status')['uplink']['multicast_snooping'] is True


HOST4, HOST6 = bytes([10, 0, 0, 1]), bytes.fromhex('fd' + '00' * 14 + '01')


def answer_of(probe):
    """Of the host with both addresses."""
    if probe[12:14] == b'\x08\x06' and probe[38:42] == HOST4:
        # RFC 5227: a request without the sender's own address
        assert probe[:6] == BROADCAST and probe[21] == 1 and probe[28:32] == bytes(4), probe
        return probe[6:12] + OUTSIDE + probe[12:21] + b'\2' + OUTSIDE + HOST4 + probe[22:28] + bytes(4) + bytes(18)
    if probe[12:14] == b'\x86\xdd' and probe[54:55] == b'\x87' and probe[62:78] == HOST6:
        assert probe[:6] == bytes.fromhex('3333ff000001') and probe[80:86] == probe[6:12], probe
        body = b'\x88\0\0\0\x60\0\0\0' + HOST6 + b'\2\1' + OUTSIDE
        words = struct.unpack('>36H', HOST6 + probe[22:38] + struct.pack('>II', len(body), 58) + body)
        check = sum(words) % 0xFFFF ^ 0xFFFF
        return (probe[6:12] + OUTSIDE + probe[12:18] + struct.pack('>HBB', len(body), 58, 255) + HOST6 + probe[22:38] +
                body[:2] + struct.pack('>H', check) + body[4:])
    return None


def test_netaddr():
    with Rig(n_clients=1) as rig:
        viosd = rig.start()
        configure(rig, viosd, [rig.adapter(1)], netaddr=['10.0.0.1', 'fd00::1'], netaddr_interval=200, netaddr_misses=3)
        outside, client, answered = Outside(rig), live(rig, viosd, 1), []

        def netaddr():
            return viosd.call('status')['uplink']['netaddr']

        def until(state, ethertype):
            """Answers probes of this kind."""
            def reached():
                for probe in outside.receive(0.02):
                    answer = answer_of(probe)
                    if answer and probe[12:14] == ethertype:
                        outside.send(answer)
                        answered.append(answer)
                return netaddr()['state'] == state
            wait_for(state, reached, 20)
            viosd.wait_note('netaddr', state=state)
        until('answers', b'\x08\x06')
        until('silent', b'')
        until('answers', b'\x86\xdd')
        now = netaddr()
        four, six = now['targets']
        assert (now['interval_ms'], now['misses']) == (200, 3), now
        assert (four['address'], four['state'], four['lost']) == ('10.0.0.1', 'silent', 1), now
        assert (six['address'], six['state']) == ('fd00::1', 'answers'), now
        assert four['answers'] >= 1 and six['answers'] >= 3 and six['missed'] >= 3, now
        # Answers are the VIOS's own, and nothing that was lost.
        assert 'for_vios' not in viosd.call('status')['uplink']['drops']
        got = client.receive()
        assert not [f for f in got for a in answered if f[:len(a)] == a], got
        # Nobody is asked any more.
        configure(rig, viosd, [rig.adapter(1)])
        viosd.wait_note('netaddr', state='none')
        assert netaddr() is None
        try:
            configure(rig, viosd, [rig.adapter(1)], netaddr=['224.0.0.1'])
        except RuntimeError as e:
            assert 'netaddr' in str(e), e
        else:
            raise AssertionError('a group is taken for a host')


main(test_netaddr, test_two_vlans, test_changes_while_it_runs, test_spoofing_and_storms, test_addresses_and_groups)
