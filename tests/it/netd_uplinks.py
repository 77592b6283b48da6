#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 120
# Several uplinks of one vios-netd, each with VLANs of its own: who is heard where, what is announced where, the loss of
# one, changes of one while the other serves, probes, refusals.
import os
import time

from netd_rig import BROADCAST, OUTSIDE, Rig, add_uplink, frame, live, mac, main, run, wait_for

NAMES = ('ent0', 'ent1')


def uplink(n, **rules):
    return {'name': NAMES[n], 'devargs': f'net_af_packet{n},iface=up{n}', **rules}


def both(**second):
    return [uplink(0, pvid=10), uplink(1, **{'pvid': 20, **second})]


class Outside:
    """The far end of one uplink; what has been heard there."""

    def __init__(self, rig, n):
        self.socket = rig.open_outside(f'out{n}')
        self.heard = []

    def listen(self):
        until = time.monotonic() + 0.05
        self.socket.settimeout(0.05)
        while time.monotonic() < until:
            try:
                self.heard.append(self.socket.recv(2048))
            except OSError:  # nothing comes, or it was down
                pass
        return self.heard

    def has(self, text):
        return any(text in f for f in self.listen())

    def announced(self):
        return {f[6:12] for f in self.listen() if f[12:14] == b'\x80\x35'}


def counters(viosd, n):
    return next(u for u in viosd.call('status')['uplinks'] if u['name'] == NAMES[n])


def refused(viosd, text, **params):
    try:
        viosd.call('configure', **params)
    except RuntimeError as e:
        assert text in str(e), e
        return
    raise AssertionError(f'taken, instead of: {text}')


def reaches(front, n, outside, other, text):
    """Out by this uplink alone, and in."""
    front.send(frame(OUTSIDE, mac(n), text + b' goes out'))
    wait_for(text, lambda: outside.has(text + b' goes out'))
    outside.socket.send(frame(mac(n), OUTSIDE, text + b' comes in'))
    assert front.receive_until(text + b' comes in')
    assert not other.has(text), text


def refusals(viosd, adapters):
    """What cannot be changes nothing."""
    refused(viosd, 'uplinks ent0 and ent1: both have VLAN 20', adapters=adapters,
            uplinks=[uplink(0, pvid=10, vlans=[20]), uplink(1, pvid=20)])
    refused(viosd, 'uplink ent0: is there twice', adapters=adapters,
            uplinks=[uplink(0), uplink(0, pvid=20)])
    refused(viosd, 'at most 4', adapters=adapters, uplinks=[{}] * 5)
    refused(viosd, 'no network interface "up7"', adapters=adapters,
            uplinks=both() + [{'name': 'ent7', 'devargs': 'net_af_packet7,iface=up7', 'pvid': 7}])


def moves(rig, viosd, adapters, fronts, outs):
    # A client's VLAN moves to the other uplink: so does the client.
    viosd.call('configure', uplinks=[uplink(0, pvid=20), uplink(1, pvid=10)], adapters=adapters)
    wait_for('announced', lambda: outs[1].announced() >= {mac(1)})
    reaches(fronts[0], 1, outs[1], outs[0], b'moved')
    # Who is asked on one is not asked on the other; nobody answers.
    viosd.call('configure', adapters=adapters,
               uplinks=[uplink(0, pvid=10), uplink(1, pvid=20, netaddr=['10.9.8.7'], netaddr_interval=20)])
    viosd.wait_note('netaddr', uplink='ent1', state='silent')
    asked = bytes([10, 9, 8, 7])
    assert outs[1].has(asked) and not outs[0].has(asked)
    assert counters(viosd, 0)['netaddr'] is None and counters(viosd, 1)['netaddr']['state'] == 'silent'
    assert os.path.exists(f'/proc/{rig.process.pid}')


def test_two_uplinks():
    with Rig(workers=2) as rig:
        viosd = rig.start()
        adapters = [rig.adapter(1, pvid=10), rig.adapter(2, pvid=20)]
        viosd.call('configure', uplinks=both(), adapters=adapters)
        outs = [Outside(rig, n) for n in (0, 1)]
        fronts = [live(rig, viosd, n) for n in (1, 2)]
        for n in (0, 1):
            wait_for('announced', lambda: outs[n].announced() == {mac(n + 1)})
            reaches(fronts[n], n + 1, outs[n], outs[1 - n], b'client %d' % (n + 1))
        # The same address outside behind both: each VLAN has its own.
        fronts[0].send(frame(BROADCAST, mac(1), b'one to all'))
        outs[1].socket.send(frame(BROADCAST, OUTSIDE, b'outside to all'))
        assert fronts[1].receive_until(b'outside to all')
        wait_for('a broadcast', lambda: outs[0].has(b'one to all'))
        assert not outs[1].has(b'one to all') and not outs[0].has(b'outside to all')
        assert not [f for f in fronts[0].receive() if b'outside to all' in f]
        assert viosd.call('status')['uplink']['name'] == 'ent0'

        # One without its carrier: told by name, the other one goes on.
        run('ip', 'link', 'set', 'out1', 'down')
        viosd.wait_note('uplink', name='ent1', link='down')
        assert [u['link'] for u in viosd.call('status')['uplinks']] == ['up', 'down']
        reaches(fronts[0], 1, outs[0], outs[1], b'while one is down')
        run('ip', 'link', 'set', 'out1', 'up')
        viosd.wait_note('uplink', name='ent1', link='up')
        reaches(fronts[1], 2, outs[1], outs[0], b'back again')

        refusals(viosd, adapters)
        for n in (0, 1):
            reaches(fronts[n], n + 1, outs[n], outs[1 - n], b'as before %d' % n)

        # The first one goes and comes; the second one is not touched, and has neither place nor VLANs of another.
        sent = counters(viosd, 1)['tx_packets']
        viosd.call('configure', uplinks=both()[1:], adapters=adapters)
        assert [u['name'] for u in viosd.call('status')['uplinks']] == ['ent1']
        fronts[0].send(frame(OUTSIDE, mac(1), b'nowhere to go'))
        reaches(fronts[1], 2, outs[1], outs[0], b'alone now')
        assert counters(viosd, 1)['tx_packets'] > sent
        viosd.call('configure', uplinks=both(), adapters=adapters)
        for n in (0, 1):
            reaches(fronts[n], n + 1, outs[n], outs[1 - n], b'two again %d' % n)
        assert not outs[0].has(b'nowhere to go') and not outs[1].has(b'nowhere to go')
        log = rig.log()
        assert log.count('uplink-open name=ent0') == 2 and log.count('uplink-open name=ent1') == 1, log

        moves(rig, viosd, adapters, fronts, outs)


def run_all():
    add_uplink(1)
    test_two_uplinks()


main(run_all, seconds=110)
