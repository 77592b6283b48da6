#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 240
# long: only
# TCP of the kernel through vios-netd, with iperf3: between two clients long frames stay long, to the host outside, whose
# interface can do nothing, they are cut before; no segment is lost, and tcpdump outside finds each checksum right.
import json
import re
import signal
import subprocess

from netd_kernel import OFFLOADS, Pump, Station
from netd_rig import HOPELESS_S, Rig, adapter_status, main, run, wait_for

BETWEEN, OUTSIDE = '400M', '40M'  # so many bytes; tcpdump looks at each frame of the latter
WINDOW = '96K'  # less than what the rings hold: nothing is lost for want of buffers
ADDRESS = {1: ('10.9.0.1', 'fd09::1'), 2: ('10.9.0.2', 'fd09::2'), 'outside': ('10.9.0.9', 'fd09::9')}


def address(station, interface, number):
    for one, length in zip(ADDRESS[number], (24, 64)):
        station.run('ip', 'addr', 'add', f'{one}/{length}', 'dev', interface)
    station.run('ip', 'link', 'set', interface, 'up')
    station.no_probes()


def live(rig, viosd, station, n):
    tap = station.tap('tap0')
    station.run('ip', 'link', 'set', 'tap0', 'address', rig.mac_text(n))
    pump = Pump(rig.socket(n), tap)
    rig.rpc('mux', f'lpar{n}').call('start', adapter=f'lpar{n}/eth0', start=1)
    pump.begin()
    wait_for('live', lambda: adapter_status(viosd, n)['started'] == 1)
    address(station, 'tap0', n)
    return pump


def stream(server, client, target, size, *more):
    """A stream of TCP; what came of it, in bytes and in segments that were lost."""
    before = server.lost() + client.lost()
    listening = subprocess.Popen(server.command('iperf3', '-s', '-1', '-p', '5201'), stdout=subprocess.DEVNULL)
    try:
        wait_for('a server', lambda: ':5201' in server.run('ss', '-Hltn'))
        said = json.loads(client.run('iperf3', '-J', '-c', target, '-p', '5201', '-n', size, '-w', WINDOW, *more))
    finally:
        listening.kill()
        listening.wait(10)
    sent, received = said['end']['sum_sent'], said['end']['sum_received']
    gone = server.lost() + client.lost() - before
    print(f'{target} {" ".join(more)}: {received["bits_per_second"] / 1e6:.0f} Mbit/s, {sent["retransmits"]} sent again, {gone} lost')
    return received['bytes'], gone


class Dump:
    """tcpdump in a namespace, of what comes in."""

    def __init__(self, station, interface, path):
        self.path = path
        self.process = subprocess.Popen(station.command('tcpdump', '-Z', 'root', '-nn', '-i', interface, '-U', '-B', '65536', '-w',
                                                        path, 'tcp port 5201'), stderr=subprocess.PIPE, text=True)
        assert 'listening' in self.process.stderr.readline()

    def finish(self):
        """(frames, longest, those whose checksum is wrong)"""
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate(timeout=HOPELESS_S)[1]
        dropped = int(re.search(r'(\d+) packets dropped by kernel', said).group(1))
        text = subprocess.run(['tcpdump', '-nn', '-e', '-vv', '-r', self.path], capture_output=True, text=True,
                              timeout=2 * HOPELESS_S, check=True).stdout
        lengths = [int(n) for n in re.findall(r'ethertype IPv[46] [^\n]*?, length (\d+): ', text)]
        right, wrong = text.count('(correct)'), [line for line in text.splitlines() if 'incorrect' in line or 'bad cksum' in line]
        assert len(lengths) == right + len(wrong), 'a frame without a checksum'
        print(f'outside: {right} checksums right, {len(wrong)} wrong; {dropped} frames not seen')
        return right, max(lengths), wrong


def test_between_clients():
    with Rig(n_clients=2) as rig, Station() as one, Station() as two:
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(n, virtio_features=OFFLOADS) for n in (1, 2)])
        pumps = [live(rig, viosd, station, n) for n, station in ((1, one), (2, two))]
        for target in ADDRESS[2]:
            for more in (), ('-R',):
                before = [(p.long_out, p.long_in) for p in pumps]
                n_bytes, gone = stream(two, one, target, BETWEEN, *more)
                assert n_bytes > 1 << 20 and gone <= 0, (n_bytes, gone)
                went = [(p.long_out - b[0], p.long_in - b[1]) for p, b in zip(pumps, before)]
                sender, taker = reversed(went) if more else went
                print(f'long frames: {sender[0]} left, {taker[1]} came')
                assert sender[0] > 0 and taker[1] == sender[0], went
        for p in pumps:
            p.end()
        for n in 1, 2:
            assert adapter_status(viosd, n)['drops'] == {}, adapter_status(viosd, n)['drops']


def test_outside():
    with Rig(n_clients=1) as rig, Station() as one, Station() as outside:
        run('ip', 'link', 'set', 'out0', 'netns', str(outside.process.pid))
        # It hands over finished frames, as a network does.
        outside.run('ethtool', '-K', 'out0', 'tx', 'off', 'tso', 'off', 'gso', 'off')
        address(outside, 'out0', 'outside')
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(1, virtio_features=OFFLOADS)])
        pump = live(rig, viosd, one, 1)
        for target in ADDRESS['outside']:
            for more in (), ('-R',):
                before = pump.long_out
                dump = Dump(outside, 'out0', f'{rig.dir}/outside.pcap')
                n_bytes, gone = stream(outside, one, target, OUTSIDE, *more)
                right, longest, wrong = dump.finish()
                assert n_bytes > 1 << 20 and gone <= 0, (n_bytes, gone)
                assert not wrong and right > 100, wrong[:3]
                assert longest <= 1514, longest
                assert more or pump.long_out > before, 'the client has sent no long frames'
        pump.end()
        assert adapter_status(viosd, 1)['drops'] == {}, adapter_status(viosd, 1)['drops']


if __name__ == '__main__':
    main(test_between_clients, test_outside, seconds=230)
