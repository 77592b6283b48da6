#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 60
# Link aggregation in vios-netd, by DPDK's bonding driver, with veth pairs as members: one that loses its carrier goes,
# the link stays up as long as one is left, and comes back; 802.3ad agrees with another one.
import json
import os
import subprocess
import time

from netd_rig import OUTSIDE, Rig, add_uplink, cpu_seconds, frame, live, mac, main, run, wait_for

FLOWS = 32
MTUS = [1400, 1700]  # the operator's, not the bond's
LONG = os.environ.get('VIOS_LONG') == '1'


def member(n):
    return {'name': f'ent{n}', 'devargs': f'net_af_packet{n},iface=up{n}'}


def configure(rig, viosd, mode, members=(0, 1)):
    viosd.call('configure', uplink={'name': 'ent6', 'devargs': 'net_bonding',
                                    'aggregation': {'mode': mode, 'members': [member(n) for n in members]}},
               adapters=[rig.adapter(1)])


def mtus():
    return [json.loads(subprocess.check_output(['ip', '-j', 'link', 'show', f'up{n}']))[0]['mtu'] for n in (0, 1)]


def carrier(n, up):
    run('ip', 'link', 'set', f'out{n}', 'up' if up else 'down')


def states(viosd):
    uplink = viosd.call('status')['uplink']
    return (uplink['link'], *(m['state'] for m in uplink['aggregation']['members']))


def reach(viosd, *wanted):
    wait_for(f'members are {wanted}', lambda: states(viosd) == wanted, 15)


def udp(number):
    """An IPv4 frame from the client; each number is another flow."""
    ip = bytes.fromhex('4500002000010000401100000a0000010a000002') + (1000 + number).to_bytes(2, 'big') + b'\0\x09'
    return frame(OUTSIDE, mac(1), ip + b'\0\x0c\0\0' + b'flow', b'\x08\0')


def sent_by(rig, front, n):
    """Whether what the client sends leaves by member n alone."""
    rig.open_outside(f'out{n}')
    front.send(frame(OUTSIDE, mac(1), b'by %d' % n))
    return rig.outside_until(b'by %d' % n, 1) is not None


def received(rig, front, n, text, timeout_s=5):
    rig.open_outside(f'out{n}').send(frame(mac(1), OUTSIDE, text))
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if any(text in got for got in front.receive()):
            return True
        time.sleep(0.01)
    return False


def test_active_backup():
    with Rig(n_clients=1) as rig:
        viosd = rig.start()
        configure(rig, viosd, 'active-backup')
        reach(viosd, 'up', 'active', 'backup')
        assert mtus() == MTUS, mtus()
        front = live(rig, viosd)
        assert sent_by(rig, front, 0) and received(rig, front, 0, b'one')
        # What reaches the member that waits is thrown away, and does not keep anybody awake.
        assert not received(rig, front, 1, b'ignored', 0.2)
        before = cpu_seconds(rig.process.pid)
        time.sleep(0.5)
        assert cpu_seconds(rig.process.pid) - before < 0.25, 'idle, and busy'
        viosd.notes.clear()
        began = time.monotonic()
        carrier(0, False)
        wait_for('by the other one', lambda: sent_by(rig, front, 1), 10)
        print(f'the other member sends {1000 * (time.monotonic() - began):.0f} ms after the first one lost its carrier')
        reach(viosd, 'up', 'down', 'active')
        assert received(rig, front, 1, b'two')
        carrier(1, False)
        assert viosd.wait_note('uplink', 10)['link'] == 'down', 'the only note: one member was left all the time'
        reach(viosd, 'down', 'down', 'down')
        carrier(1, True)
        assert viosd.wait_note('uplink', 10)['link'] == 'up'
        carrier(0, True)
        reach(viosd, 'up', 'active', 'backup')
        assert mtus() == MTUS, mtus()
        wait_for('by the first one', lambda: sent_by(rig, front, 0), 10)
        assert received(rig, front, 0, b'three') and not received(rig, front, 1, b'ignored', 0.2)


def by_members(rig, front, members=(0, 1)):
    """How many of the flows leave by each."""
    sockets = [rig.open_outside(f'out{n}') for n in members]
    counts = []
    for number in range(FLOWS):
        wait_for('room', lambda: front.send(udp(number)))
        front.receive()
    for s in sockets:
        rig.outside = s
        counts.append(sum(b'flow' in got for got in rig.outside_frames(0.3)))
    return counts


def test_balance():
    with Rig(n_clients=1) as rig:
        viosd = rig.start()
        configure(rig, viosd, 'balance-xor')
        reach(viosd, 'up', 'active', 'active')
        front = live(rig, viosd)
        counts = by_members(rig, front)
        print(f'{FLOWS} flows over two members: {counts}')
        assert sum(counts) == FLOWS and min(counts) > 0, counts
        assert received(rig, front, 0, b'one') and received(rig, front, 1, b'two')
        carrier(0, False)
        reach(viosd, 'up', 'down', 'active')
        assert by_members(rig, front, (1,)) == [FLOWS]
        assert received(rig, front, 1, b'three')
        carrier(0, True)
        reach(viosd, 'up', 'active', 'active')
        counts = by_members(rig, front)
        assert sum(counts) == FLOWS and min(counts) > 0, counts


def test_members_come_and_go():
    with Rig(n_clients=1) as rig:
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(1)])
        front = live(rig, viosd)
        assert sent_by(rig, front, 0)
        # Of the device that is in use, and of one whose interface is not there yet.
        configure(rig, viosd, 'active-backup', (0, 7))
        reach(viosd, 'up', 'active', 'absent')
        assert sent_by(rig, front, 0)
        add_uplink(7)
        reach(viosd, 'up', 'active', 'backup')
        run('ip', 'link', 'del', 'up7')
        reach(viosd, 'up', 'active', 'absent')
        add_uplink(7)
        reach(viosd, 'up', 'active', 'backup')
        run('ip', 'link', 'del', 'up7')
        # Back to one device; a wrong aggregation changes nothing.
        rig.configure(viosd, [rig.adapter(1)])
        assert 'aggregation' not in viosd.call('status')['uplink'] and sent_by(rig, front, 0)
        for mode, members in (('active-backup', (8, 9)), ('802.3ad', (0, 1)), ('8023ad', (0, 0))):
            try:
                configure(rig, viosd, mode, members)
            except RuntimeError as e:
                print(f'refused: {e}')
            else:
                raise AssertionError(f'taken: {mode} {members}')
            assert sent_by(rig, front, 0)


def test_lacp():
    """Two vios-netd, each the other's switch."""
    for n in (2, 3):
        run('ip', 'link', 'add', f'up{n}', 'type', 'veth', 'peer', 'name', f'up{n + 2}')
        run('ip', 'link', 'set', f'up{n}', 'up')
        run('ip', 'link', 'set', f'up{n + 2}', 'up')
    with Rig(n_clients=1) as one, Rig(n_clients=1) as two:
        a, b = one.start(), two.start()
        configure(one, a, '8023ad', (2, 3))
        reach(a, 'down', 'negotiating', 'negotiating')  # nobody answers
        b.call('configure', uplink={'name': 'ent6', 'devargs': 'net_bonding', 'aggregation': {
            'mode': '8023ad', 'members': [member(4), member(5)]}},
               adapters=[two.adapter(1, mac=one.mac_text(9))])
        began = time.monotonic()
        reach(a, 'up', 'active', 'active')
        reach(b, 'up', 'active', 'active')
        print(f'agreed after {time.monotonic() - began:.1f} s')
        front, other = live(one, a), live(two, b)

        def passes(text):
            front.send(frame(mac(9), mac(1), text))
            time.sleep(0.02)
            return any(text in got for got in other.receive())
        wait_for('a frame from one to the other', lambda: passes(b'first'), 10)
        if not LONG:
            return
        before = cpu_seconds(one.process.pid)
        time.sleep(1)
        used = cpu_seconds(one.process.pid) - before
        print(f'idle with 802.3ad: {100 * used:.0f} % of a processor')
        assert used < 0.5
        assert states(a) == ('up', 'active', 'active')
        run('ip', 'link', 'set', 'up4', 'down')
        reach(a, 'up', 'down', 'active')
        wait_for('a frame by the member that is left', lambda: passes(b'second'), 10)
        run('ip', 'link', 'set', 'up4', 'up')
        reach(a, 'up', 'active', 'active')


if __name__ == '__main__':
    def two_uplinks():
        add_uplink(1)
        for number, mtu in enumerate(MTUS):
            run('ip', 'link', 'set', f'up{number}', 'mtu', str(mtu))
    main(two_uplinks, test_active_backup, test_balance, test_members_come_and_go, test_lacp, seconds=110)
