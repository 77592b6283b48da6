#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
# A client's rings are switched to and fro between two vios-netd with two workers each, built with ASan and UBSan, under load from the client
# and from both uplinks. After each switch both rings work; from the moment at which one side has released them until the other is told to
# start, no byte of the client's memory changes: descriptors, rings and buffers. The test is the mux, so that there is such a moment, and
# takes the three orders in which a mux may stop a side. 10 switches; 100 with VIOS_LONG=1. How long a side has the rings is random.
import os
import random
import time

from netd_front import RING, TX, Front
from netd_load import Load, both_ways, still
from netd_rig import OUTSIDE, Rig, adapter_status, add_uplink, frame, mac, main, wait_for

TOP = os.environ.get('VIOS_TOP') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ASAN = os.path.join(TOP, 'build/checked/net/vios-netd')
SWITCHES = 100 if os.environ.get('VIOS_LONG') == '1' else 10
SEED = int(os.environ.get('VIOS_SEED', os.getpid()))
ADAPTER = 'lpar1/eth0'


class Both(Front):
    """One client, connected to both sides: one memory, two sockets."""

    def __init__(self, paths):
        super().__init__(paths[0])
        self.sockets = [self.socket]
        for path in paths[1:]:
            self.connect(path)
            self.sockets.append(self.socket)
        for side in range(len(paths)):
            self.on(side).set_up()

    def on(self, side):
        self.socket = self.sockets[side]
        return self


class Side:
    """A vios-netd with two workers, which share its uplink's frames."""

    def __init__(self, number, rig):
        self.rig, uplink = rig, f'net_af_packet0,iface=up{number},qpairs=2'
        if os.path.exists(ASAN):
            rig.program = ASAN
        rig.write_frame(2, uplink={'name': 'ent0', 'devargs': uplink})
        self.viosd = rig.start()
        rig.configure(self.viosd, devargs=uplink)
        rig.open_outside(f'out{number}')
        self.mux = rig.rpc('mux', 'lpar1')

    def workers(self):
        return [w['ticks'] for w in self.viosd.call('status')['workers']]

    def end(self):
        """Both sanitizers stop what they find fault with; so does an end that is not asked for."""
        self.viosd.call('shutdown')
        assert self.rig.wait_end(20) == 0, self.rig.process.returncode
        said = [line for line in self.rig.log().splitlines() if 'Sanitizer' in line or 'runtime error' in line]
        assert not said, said


def fill(front, mark):
    """The transmit ring, as far as there is room."""
    sent = 0
    while sent < RING and front.send(frame(OUTSIDE, mac(1), b'%s/%d.' % (mark, sent))):
        sent += 1
    return sent


def pump(front, seconds):
    """The client's own load."""
    until, sent, received = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        sent += fill(front, b'pump')
        received += len(front.receive())
    return sent, received


def stop(side, front, order, start):
    """Until the side has proven that it lets go: the rings' positions."""
    if order == 'release first':
        side.mux.call('release', adapter=ADAPTER, start=start)
        return front.stop_rings()
    if order == 'rings first':
        bases = front.stop_rings()
        side.mux.call('release', adapter=ADAPTER, start=start)
        return bases
    number = side.mux.send('release', adapter=ADAPTER, start=start)
    bases = front.stop_rings()
    answer = side.mux.answer(number)
    assert 'error' not in answer, answer
    return bases


def switch(sides, front, n, chance, total):
    """To side n % 2, some traffic, and away from it again."""
    side, order = sides[n % 2], ('release first', 'rings first', 'at once')[n % 3]
    side.mux.call('start', adapter=ADAPTER, start=n)
    front.on(n % 2).start_rings()
    wait_for('what the other side left is taken', front.all_taken)
    both_ways(side.rig, front, 1, b'switch%d' % n)
    sent, received = pump(front, chance.uniform(0.005, 0.05))
    total['sent'] += sent
    total['received'] += received
    front.receive()  # there is room for what comes from the uplink, and much to take from the client
    fill(front, b'last%d' % n)
    bases = stop(side, front, order, n)
    try:
        still(front, 0.05)
    except AssertionError as e:
        raise AssertionError(f'switch {n}, {order}: {e}') from None
    assert bases == front.used_indexes(), (n, order, bases, front.used_indexes())
    assert adapter_status(side.viosd, 1)['started'] == 0
    total['left'] += 0 if front.all_taken() else front.in_flight(TX)


def test_to_and_fro():
    print(f'VIOS_SEED={SEED}', '' if os.path.exists(ASAN) else f'(no {ASAN}: without sanitizers)', flush=True)
    chance, total = random.Random(SEED), {'sent': 0, 'received': 0, 'left': 0}
    with Rig(workers=2, n_clients=1) as one, Rig(workers=2, n_clients=1) as two:
        sides = [Side(0, one), Side(1, two)]
        front = Both([one.socket(1), two.socket(1)])
        wait_for('both ready', lambda: all(adapter_status(s.viosd, 1)['connected'] for s in sides))
        ticks = [s.workers() for s in sides]
        with Load(one) as load, Load(two):
            for n in range(1, SWITCHES + 1):
                switch(sides, front, n, chance, total)
            assert load.sent > 100 * SWITCHES, load.sent
        print(f'{SWITCHES} switches, {total}, {load.sent} from an uplink')
        for side, before in zip(sides, ticks):
            now = side.workers()
            assert all(b - a > 10 * SWITCHES for a, b in zip(before, now)), f'a worker has not worked: {before}, {now}'
            side.end()
        assert total['sent'] > 10 * SWITCHES and total['received'] > 10 * SWITCHES, total


os.environ.setdefault('ASAN_OPTIONS', 'detect_leaks=0')  # what an ending data plane does not free is no leak
os.environ.setdefault('UBSAN_OPTIONS', 'halt_on_error=1:print_stacktrace=1')


def with_second_uplink():
    add_uplink(1)
    test_to_and_fro()


main(with_second_uplink, seconds=380)
