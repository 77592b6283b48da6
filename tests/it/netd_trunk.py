#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# The trunk: two vios-netd, each with an uplink to one bridge, as the switches of one pair. Clients of both talk, with
# and without uplinks; one VIOS's uplink serves the other's clients; either dies and comes again.
import os
import signal
import socket
import struct
import time

from netd_front import NET_FEATURES, Front
from netd_rig import BROADCAST, OUTSIDE, TEST_TYPE, Page, Rig, Rpc, adapter_status, cpu_seconds, frame, mac, main, run, wait_for

HANDOVER_S = 0.2  # net/handover.h


class Side(Rig):
    """vios1 or vios2, in the run directory of the first."""

    def __init__(self, name, beside=None):
        self.name = name
        super().__init__()
        if beside:
            os.rename(f'{self.dir}/frame.json', f'{beside.dir}/frame.json')
            os.rmdir(self.dir)
            self.dir = beside.dir

    def __exit__(self, *what):
        if self.name == 'vios1':
            super().__exit__(*what)
        elif self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def write_frame(self, *_, **__):
        super().write_frame()
        with open(f'{self.dir}/frame.json') as f:
            text = f.read()
        one = text[text.index('{"name": "vios1"'):text.index('], "clients"')]
        two = one.replace('vios1', 'vios2').replace('"node_id": 1', '"node_id": 2').replace('up0', 'up1')
        with open(f'{self.dir}/frame.json', 'w') as f:
            f.write(text.replace(one, one + ', ' + two))

    def command(self, *more):
        return [self.program, '--vios', self.name, '--run', self.dir, *more]

    def rpc(self, role, client=None):
        rpc = Rpc(f'{self.dir}/{self.name}/netd.sock')
        rpc.hello = rpc.call('hello', role=role, **({'client': client} if client else {}))
        return rpc

    def socket(self, n):
        return f'{self.dir}/{self.name}/lpar{n}.eth0.sock'

    def tell(self, rpc, primary, split=False):
        """split: client 2 is in VLAN 20, which the uplinks have tagged."""
        n = 0 if self.name == 'vios1' else 1
        rpc.call('configure', uplink={'name': 'ent0', 'devargs': f'net_af_packet0,iface=up{n}', 'vlans': [20] if split else []},
                 adapters=[self.adapter(1), self.adapter(2, pvid=20 if split else 1)],
                 trunk={'socket': f'{self.dir}/vios1/trunk.sock', 'server': n == 0, 'primary': primary})

    def live(self, rpc, n, start=1):
        front = Front(self.socket(n))
        front.set_up(NET_FEATURES)
        front.start_rings()
        self.rpc('mux', f'lpar{n}').call('start', adapter=f'lpar{n}/eth0', start=start)
        wait_for('live', lambda: adapter_status(rpc, n)['started'] == start)
        return front


def bridge():
    """out0 and out1 in one bridge, the outside on a third port."""
    run('ip', 'link', 'add', 'up1', 'type', 'veth', 'peer', 'name', 'out1')
    run('ip', 'link', 'add', 'host', 'type', 'veth', 'peer', 'name', 'hostbr')
    run('ip', 'link', 'add', 'br0', 'type', 'bridge')
    for port in ('out0', 'out1', 'hostbr'):
        run('ip', 'link', 'set', port, 'master', 'br0')
    for port in ('up1', 'out1', 'host', 'hostbr', 'br0'):
        run('ip', 'link', 'set', port, 'up')


def trunk(rpc):
    return rpc.call('status')['trunk']


def both_up(one, two):
    wait_for('the trunk', lambda: trunk(one)['state'] == trunk(two)['state'] == 'up')


def primary(rpc, vlans):
    wait_for('whose turn it is', lambda: trunk(rpc)['primary_vlans'] == vlans)


def arrives(front, text, send, timeout_s=20):
    """What is sent once is there once."""
    send()
    count, until = 0, time.monotonic() + timeout_s
    while not count:
        assert time.monotonic() < until, text
        time.sleep(0.005)
        count = sum(text in f for f in front.receive())
    time.sleep(0.05)
    count += sum(text in f for f in front.receive())
    assert count == 1, f'{text}: {count} times'


def talk(a, b, tag):
    arrives(b, b'a to b %s.' % tag, lambda: a.send(frame(mac(2), mac(1), b'a to b %s.' % tag)))
    arrives(a, b'b to a %s.' % tag, lambda: b.send(frame(mac(1), mac(2), b'b to a %s.' % tag)))
    arrives(a, b'b to all %s.' % tag, lambda: b.send(frame(BROADCAST, mac(2), b'b to all %s.' % tag)))


def heard_outside(outside, text, send):
    """How often it comes out. Sent again, as another one, until one does: it may be lost while links and sides change."""
    until, count = time.monotonic() + 60, {}
    while time.monotonic() < until:
        one = text + b'try %d.' % len(count)
        count[one] = 0
        send(one)
        quiet_from = time.monotonic() + 0.5
        while (left := quiet_from - time.monotonic()) > 0:
            outside.settimeout(left)
            try:
                got = outside.recv(2048)
            except TimeoutError:
                break
            for sent in count:
                count[sent] += sent in got
        if any(count.values()):
            return max(count.values())
    return 0


def out_and_in(outside, front, n, tag):
    assert heard_outside(outside, b'out %s.' % tag, lambda text: front.send(frame(BROADCAST, mac(n), text))) == 1
    arrives(front, b'in %s.' % tag, lambda: outside.send(frame(mac(n), OUTSIDE, b'in %s.' % tag)))
    arrives(front, b'all %s.' % tag, lambda: outside.send(frame(BROADCAST, OUTSIDE, b'all %s.' % tag)))


def leaves_by(ways, n, front, client, text):
    """By that uplink, and not by the other one."""
    assert heard_outside(ways[n], text, lambda one: front.send(frame(BROADCAST, mac(client), one)))
    ways[1 - n].settimeout(0.1)
    try:
        while True:
            assert text not in ways[1 - n].recv(2048), text
    except TimeoutError:
        pass


def one_vlan_each(s1, one, s2, two, fronts, outside):
    """Of VLANs 1 and 20 each side has one: wherever its client is, what is of a VLAN leaves by its primary's uplink."""
    ways = [s1.open_outside('out0'), s1.open_outside('out1')]
    for mine, theirs in ((1, 20), (20, 1)):
        s1.tell(one, [mine], split=True)
        s2.tell(two, [theirs], split=True)
        wait_for('one each', lambda: all(trunk(rpc)['primary_vlans'] == trunk(rpc)['wanted_vlans'] == 1 for rpc in (one, two)), 20)
        s1.tell(one, None, split=True)  # as before
        tag = b'VLAN %d is of one.' % mine
        for client, vlan in ((1, 1), (2, 20)):
            leaves_by(ways, int(vlan != mine), fronts[client - 1], client, b'%d out, %s' % (client, tag))
        arrives(fronts[0], b'in, ' + tag, lambda t=tag: outside.send(frame(mac(1), OUTSIDE, b'in, ' + t)))
        arrives(fronts[1], b'in twenty, ' + tag,
                lambda t=tag: outside.send(frame(mac(2), OUTSIDE, TEST_TYPE + b'in twenty, ' + t, b'\x81\0\0\x14')))
        assert trunk(one)['wanted_vlans'] == trunk(one)['primary_vlans'] == 1
    for way in ways:
        way.close()
    s1.tell(one, False)
    s2.tell(two, True)
    primary(two, 4094)


def conclusive(what, attempt):
    """Attempts until one falls wholly into the time for which frames are held; a busy machine may need a few."""
    for n in range(100):
        began = time.monotonic()
        there = attempt(n, began)
        if there:
            return there
    raise AssertionError(f'{what}: never within the time for which frames are held')


def all_once(front, texts):
    """Each of them arrives, once."""
    got = []

    def all_there():
        got.extend(text for f in front.receive() for text in texts if text in f)
        return len(got) >= len(texts)
    wait_for('what was under way', all_there)
    time.sleep(0.05)
    all_there()
    assert sorted(got) == sorted(texts), got


def client_moves(s1, s2, old, b, outside):
    """Client 1 goes from vios1 to vios2. What is sent to it meanwhile, wherever it comes from, waits for it. Returns it."""
    muxes = [side.rpc('mux', 'lpar1') for side in (s1, s2)]
    new, start = Front(s2.socket(1)), [1]
    new.set_up(NET_FEATURES)
    new.start_rings()

    def attempt(n, began):
        texts = [b'to nobody %d-%d.' % (n, i) for i in range(40)]
        muxes[0].call('release', adapter='lpar1/eth0', start=start[0])
        for i, text in enumerate(texts):
            if i % 2:
                b.send(frame(mac(1), mac(2), text))
            else:
                outside.send(frame(mac(1), OUTSIDE, text))
        time.sleep(0.02)  # they have been everywhere
        start[0] += 1
        muxes[1].call('start', adapter='lpar1/eth0', start=start[0])
        if time.monotonic() - began < HANDOVER_S:
            all_once(new, texts)
            return True
        muxes[1].call('release', adapter='lpar1/eth0', start=start[0])
        start[0] += 1
        muxes[0].call('start', adapter='lpar1/eth0', start=start[0])
        time.sleep(2 * HANDOVER_S)
        new.receive()
        return False
    conclusive('a client moves', attempt)
    old.close()
    return new


def uplink_moves(s1, one, s2, two, a, outside):
    """From vios2 to vios1. What client 1 sends out meanwhile waits for the next primary."""
    def attempt(n, _):
        texts = [b'out by nobody %d-%d.' % (n, i) for i in range(20)]
        s1.tell(one, False)
        s2.tell(two, True)
        primary(two, 4094)
        began = time.monotonic()
        s2.tell(two, False)
        primary(two, 0)
        for text in texts:
            a.send(frame(OUTSIDE, mac(1), text))
        time.sleep(0.02)
        s1.tell(one, True)
        primary(one, 4094)
        in_time, got = time.monotonic() - began < HANDOVER_S, []
        until = time.monotonic() + (20 if in_time else 0.3)
        outside.settimeout(0.1)
        while time.monotonic() < until and len(got) < len(texts):
            try:
                got.append(outside.recv(2048))
            except TimeoutError:
                continue
            got = [f for f in got if any(text in f for text in texts)]
        assert not in_time or sorted(text for f in got for text in texts if text in f) == sorted(texts), got
        return in_time
    conclusive('the uplink moves', attempt)


def carrier(n, state):
    run('ip', 'link', 'set', f'out{n}', state)


def idle(rpc, pid):
    page = Page(rpc.fds[1])
    wait_for('asleep', lambda: rpc.call('status')['workers'][0]['state'] == 'sleeping')
    for _ in range(4):  # a frame of the kernel's own wakes it, too
        ticks, cpu = page.ticks(), cpu_seconds(pid)
        time.sleep(1)
        ticks = page.ticks() - ticks
        print(f'idle: {ticks} ticks, {cpu_seconds(pid) - cpu:.2f} s of a second')
        if ticks < 1000:
            return
    raise AssertionError(f'{ticks} ticks in a second of rest')


def test_trunk():
    bridge()
    with Side('vios1') as s1, Side('vios2', s1) as s2:
        one, two = s1.start(), s2.start()
        s1.tell(one, True)
        s2.tell(two, True)  # both are told so: the server of the trunk has it
        both_up(one, two)
        primary(one, 4094)
        primary(two, 0)
        outside = s1.open_outside('host')
        a, b = s1.live(one, 1), s2.live(two, 2)
        talk(a, b, b'first')
        out_and_in(outside, a, 1, b'a by one')
        out_and_in(outside, b, 2, b'b by one')
        assert trunk(two)['tx_packets'] and trunk(one)['rx_packets'], trunk(one)
        # The other way round: no frame is lost for long, none is heard twice.
        s1.tell(one, False)
        primary(two, 4094)
        primary(one, 0)
        out_and_in(outside, a, 1, b'a by two')
        out_and_in(outside, b, 2, b'b by two')
        one_vlan_each(s1, one, s2, two, (a, b), outside)
        # Without both uplinks.
        carrier(0, 'down')
        carrier(1, 'down')
        talk(a, b, b'no uplinks')
        carrier(0, 'up')
        carrier(1, 'up')
        # What reaches the old side of a move is passed over: client 1 goes to vios2.
        uplink_moves(s1, one, s2, two, a, outside)
        a = client_moves(s1, s2, a, b, outside)
        s1.tell(one, True)
        s2.tell(two, False)
        primary(one, 4094)
        out_and_in(outside, a, 1, b'moved')
        # Idle, with a trunk.
        idle(two, s2.process.pid)
        # The primary dies: vios2 goes out by itself. It comes again.
        s1.process.send_signal(signal.SIGKILL)
        s1.process.wait(10)
        wait_for('down', lambda: trunk(two)['state'] == 'down')
        out_and_in(outside, b, 2, b'alone')
        one = s1.start()
        s1.tell(one, True)
        both_up(one, two)
        out_and_in(outside, b, 2, b'again')
        # One that is mad, or no netd at all, does no harm.
        mad = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mad.connect(f'{s1.dir}/vios1/trunk.sock')
        try:
            mad.send(struct.pack('8sII', b'VTRUNK\0\2', 1, 14) + bytes(1048))
        except BrokenPipeError:
            pass  # the other netd was quicker to take its place back
        mad.close()
        both_up(one, two)
        out_and_in(outside, b, 2, b'after all')
        assert s1.process.poll() is None and s2.process.poll() is None


main(test_trunk)
