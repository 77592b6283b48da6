#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# beside: others
# 802.3ad of vios-netd with a switch that is not of this project: Open vSwitch. Both agree on both members, traffic goes
# by both in both directions, a member's loss moves it to the other one, and a switch that falls silent is noticed
# within seconds, and found again, also when it never begins to talk.
import os
import signal
import socket
import time

from netd_bond import FLOWS, configure, live, states
from netd_ovs import Switch
from netd_rig import BROADCAST, HOPELESS_S, OUTSIDE, Rig, add_uplink, frame, mac, main, run, wait_for

LONG = os.environ.get('VIOS_LONG') == '1'
BOTH = 'up', 'active', 'active'
MANY = 8
ANY = [(0,), (1,), (0, 1)]


def listen(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((interface, 0))
    s.setsockopt(263, 23, 1)  # SOL_PACKET, PACKET_IGNORE_OUTGOING
    s.setblocking(False)
    return s


def drain(s):
    got = []
    while True:
        try:
            got.append(s.recv(2048))
        except BlockingIOError:
            return got
        except OSError:  # told once, after the link was down
            continue


class Net:
    """Client, vios-netd with two members, the switch, a station behind it; who heard what."""

    def __init__(self, rig, viosd):
        self.viosd = viosd
        self.front = live(rig, viosd)
        self.far = listen('far')
        self.serial = 0

    def _frame(self, dst, src, flow):
        self.serial += 1
        body = b'<%d>' % self.serial
        head = b'\x45\0' + (28 + len(body)).to_bytes(2, 'big') + b'\0\0\0\0\x40\x11'
        addresses = b'\x0a\0\0\x01\x0a\0\0\x02'
        words = head + b'\0\0' + addresses
        total = sum(int.from_bytes(words[i:i + 2], 'big') for i in range(0, 20, 2))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        udp = (1000 + flow).to_bytes(2, 'big') + b'\0\x09' + (8 + len(body)).to_bytes(2, 'big') + b'\0\0'
        return body, frame(dst, src, head + (0xFFFF - total).to_bytes(2, 'big') + addresses + udp + body, b'\x08\0')

    def _out(self, flow, dst=OUTSIDE):
        body, data = self._frame(dst, mac(1), flow)
        wait_for('room', lambda: self.front.send(data))
        return body

    def _in(self, flow):
        body, data = self._frame(mac(1), OUTSIDE, flow)
        self.far.send(data)
        return body

    def _go(self, send, heard, taps):
        """A frame of each flow arrives; those that do not are sent again. How many went by each member."""
        missing, got = {send(flow): flow for flow in range(FLOWS)}, []
        sent = list(missing)
        until = time.monotonic() + HOPELESS_S
        while missing:
            assert time.monotonic() < until, f'{len(missing)} of {FLOWS} flows do not arrive'
            resend = time.monotonic() + 1
            while missing and time.monotonic() < resend:
                for data in heard():
                    for body in [b for b in sent if b in data]:
                        got.append(body)
                        missing.pop(body, None)
                time.sleep(0.005)
            missing = {send(flow): flow for flow in missing.values()}
            sent += missing
        assert len(got) == len(set(got)), 'a frame came twice'
        return [sum(any(body in data for body in got) for data in drain(tap)) for tap in taps]

    def both_ways(self, *members, back=None):
        """By these members alone, and by each of them; back: what the switch sends, if it may choose otherwise."""
        sent, came = [listen(f'out{n}') for n in (0, 1)], [listen(f'up{n}') for n in (0, 1)]
        self.front.receive(), drain(self.far)
        for way, go, choice in (
                ('out', lambda: self._go(self._out, lambda: drain(self.far), sent), [members]),
                ('in', lambda: self._go(self._in, self.front.receive, came), back or [members])):
            def so():
                # Those who have no processor for seconds agree anew.
                counts = go()
                print(f'{FLOWS} flows {way} by the two members: {counts}')
                return sum(counts) >= FLOWS and tuple(n for n in (0, 1) if counts[n]) in choice
            wait_for(f'{way} by {choice}', so)
        for s in sent + came:
            s.close()

    def reached_by(self, switch, n):
        """A frame that the switch is told to send by this member comes: it chooses another one for long after a loss."""
        body, data = self._frame(mac(1), OUTSIDE, 0)
        self.front.receive()

        def comes():
            switch.packet_out(f'out{n}', data)
            return self.front.receive_until(body, 1)
        wait_for(f'a frame by out{n}', comes)

    def no_loop(self):
        """What the client sends to all comes to the station once, and not back by the other member."""
        self.front.receive(), drain(self.far)
        sent, heard = [], []

        def all_heard():
            sent.extend(self._out(flow, BROADCAST) for flow in range(FLOWS))
            until = time.monotonic() + 5
            while len(heard) < len(sent) and time.monotonic() < until:
                heard.extend(body for data in drain(self.far) for body in sent if body in data)
                time.sleep(0.005)
            return set(sent[-FLOWS:]) <= set(heard)
        wait_for('all broadcasts', all_heard)
        last = self._in(0)
        back = []

        def comes():
            back.extend(self.front.receive())
            return any(last in data for data in back)
        wait_for('a frame behind them', comes)
        assert len(heard) == len(set(heard)), 'a broadcast came twice'
        assert not any(body in data for data in back for body in sent), 'a broadcast came back'


def reach(net, *wanted):
    began = time.monotonic()
    wait_for(f'members are {wanted}', lambda: states(net) == wanted)
    return time.monotonic() - began


def agreed(switch, *members):
    """The switch thinks so, too, and has been asked to send once a second."""
    wanted = {f'out{n}' for n in members}

    def so():
        negotiated, by_name = switch.lacp()
        return negotiated and {name for name, (status, attached, partner) in by_name.items() if status == 'current' and
                               attached == 'attached' and {'timeout', 'synchronized', 'distributing'} <= set(partner)
                               } == wanted == {name for name, may in switch.enabled().items() if may}
    wait_for(f'the switch has negotiated on {wanted}: {switch.lacp()}', so)


def note(viosd, link):
    viosd.wait_note('uplink', link=link)


def bond(switch, mode, *more):
    switch.vsctl('--if-exists', 'del-port', 'bond0', '--', 'add-bond', 'br0', 'bond0', 'out0', 'out1',
                 f'bond_mode={mode}', *more)


def test_lacp():
    with Switch() as switch, Rig(n_clients=1) as rig:
        switch.vsctl('add-port', 'br0', 'port')
        viosd = rig.start()
        for members in (0, 1), (1,), (0, 1):  # an aggregation goes, and another one has its devices
            configure(rig, viosd, '8023ad', members)
            reach(viosd, 'down', *('negotiating' for _ in members))
        bond(switch, 'balance-tcp', 'lacp=active', 'other_config:lacp-time=fast')
        print(f'agreed after {reach(viosd, *BOTH):.1f} s')
        agreed(switch, 0, 1)
        note(viosd, 'up')
        net = Net(rig, viosd)
        net.both_ways(0, 1)
        net.no_loop()

        run('ip', 'link', 'set', 'out0', 'down')
        print(f'a member lost: seen after {reach(viosd, "up", "down", "active"):.2f} s')
        agreed(switch, 1)
        net.both_ways(1)
        run('ip', 'link', 'set', 'out0', 'up')
        print(f'it is back: agreed after {reach(viosd, *BOTH):.1f} s')
        agreed(switch, 0, 1)
        net.both_ways(0, 1, back=ANY)
        net.reached_by(switch, 0)

        viosd.notes.clear()
        switch.vsctl('set', 'port', 'bond0', 'lacp=off')  # it says no goodbye
        print(f'silent: noticed after {reach(viosd, "down", "negotiating", "negotiating"):.1f} s')
        note(viosd, 'down')
        switch.vsctl('set', 'port', 'bond0', 'lacp=passive')  # speaks when it is spoken to
        print(f'passive: agreed after {reach(viosd, *BOTH):.1f} s')
        note(viosd, 'up')
        net.both_ways(0, 1, back=ANY)
        net.reached_by(switch, 0), net.reached_by(switch, 1)
        if not LONG:
            return
        # Frozen, its interfaces as before: only the messages tell.
        switch.signal(signal.SIGSTOP)
        print(f'frozen: noticed after {reach(viosd, "down", "negotiating", "negotiating"):.1f} s')
        note(viosd, 'down')
        switch.signal(signal.SIGCONT)
        print(f'thawed: agreed after {reach(viosd, *BOTH):.1f} s')
        agreed(switch, 0, 1)
        net.both_ways(0, 1, back=ANY)
        # A device that is not told of the aggregation, and one that is told of half of it.
        configure(rig, viosd, '8023ad', (1,))
        reach(viosd, 'up', 'active')
        agreed(switch, 1)
        net.both_ways(1)


def test_no_memory():
    """What the driver would end the process for is refused before, whatever has taken the memory."""
    def member(n, size):
        return {'name': f'ent{n}', 'devargs': f'net_af_packet{n},iface=up{n},framesz={size},blocksz=65536,framecnt={65536 // size}'}

    with Rig(n_clients=1) as rig:
        viosd = rig.start()
        said = []
        for size in range(15 * 1024, 2048, -512):
            try:
                viosd.call('configure', uplink={'name': 'ent6', 'devargs': 'net_bonding', 'aggregation': {
                    'mode': '8023ad', 'members': [member(n, size) for n in range(MANY)]}}, adapters=[rig.adapter(1)])
                reach(viosd, 'down', *MANY * ['negotiating'])
                said.append('well')
            except RuntimeError as e:
                assert 'raise memory_mb' in str(e), e
                said.append('LACP' if 'LACP' in str(e) else 'frames')
            viosd.call('configure', uplink=None, adapters=[rig.adapter(1)])
        assert set(said) == {'frames', 'LACP', 'well'}, said
        assert said[-1] == 'well', said


def test_static():
    """A group on either side that agrees on nothing."""
    with Switch() as switch, Rig(n_clients=1) as rig:
        switch.vsctl('add-port', 'br0', 'port')
        bond(switch, 'balance-slb')
        viosd = rig.start()
        configure(rig, viosd, 'balance-xor')
        reach(viosd, *BOTH)
        net = Net(rig, viosd)
        net.both_ways(0, 1, back=ANY)  # it chooses by MAC address
        for n in 0, 1:
            run('ip', 'link', 'set', f'out{n}', 'down')
            reach(viosd, 'up', *('down' if m == n else 'active' for m in (0, 1)))
            net.both_ways(1 - n)
            run('ip', 'link', 'set', f'out{n}', 'up')
            reach(viosd, *BOTH)


def test_active_backup():
    """Two ports of a switch that knows nothing of it: it learns where the client is from what is announced."""
    with Switch() as switch, Rig(n_clients=1) as rig:
        for name in 'port', 'out0', 'out1':
            switch.vsctl('add-port', 'br0', name)
        viosd = rig.start()
        configure(rig, viosd, 'active-backup')
        reach(viosd, 'up', 'active', 'backup')
        net = Net(rig, viosd)
        net.both_ways(0)
        net.no_loop()
        run('ip', 'link', 'set', 'out0', 'down')
        reach(viosd, 'up', 'down', 'active')
        net.both_ways(1)
        run('ip', 'link', 'set', 'out0', 'up')
        reach(viosd, 'up', 'active', 'backup')
        net.both_ways(0)
        net.no_loop()


if __name__ == '__main__':
    def wires():
        for n in range(1, MANY):
            add_uplink(n)
        run('ip', 'link', 'add', 'far', 'type', 'veth', 'peer', 'name', 'port')
        for name in 'far', 'port':
            run('ip', 'link', 'set', name, 'up')
    main(wires, test_no_memory, test_lacp, *([test_static, test_active_backup] if LONG else []), seconds=170)
