# SPDX-License-Identifier: BSD-3-Clause
# netd_rig.py - one vios-netd alone, in a network namespace of the test's own: its process, its control socket, and a
# veth pair whose far end the test reads and writes as the outside.
import ctypes
import errno
import json
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from netd_front import NET_FEATURES, Front

CLONE_NEWNET = 0x40000000
BUILD = os.environ.get('VIOS_BUILD', 'build/release')
OUTSIDE = bytes.fromhex('025555000001')
BROADCAST = b'\xff' * 6
TEST_TYPE = b'\x88\xb6'  # IEEE 802 local experimental 2
# How long something that must come is waited for: it is not judged how soon it comes, and a busy machine takes its time.
HOPELESS_S = 60

# struct hb_page: offsets of its members (vios-core/base/hb.h)
HB_CRASH_SIGNO, HB_CRASH_ADAPTER, HB_WORKER, HB_WORKER_BYTES, HB_TICKS = 20, 24, 128, 128, 64


def mac(n):
    return bytes([0x02, 0x76, 0x69, 0, 0, n])


def frame(dst, src, payload, ethertype=TEST_TYPE):
    return (dst + src + ethertype + payload).ljust(60, b'\0')


def run(*argv):
    subprocess.run(argv, check=True, timeout=60)


def add_uplink(n):
    run('ip', 'link', 'add', f'up{n}', 'type', 'veth', 'peer', 'name', f'out{n}')
    run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1')
    run('ip', 'link', 'set', f'up{n}', 'up')
    run('ip', 'link', 'set', f'out{n}', 'up')


def leave_network():
    """From here on this process and its children have a network of their own."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), 'unshare')
    run('ip', 'link', 'set', 'lo', 'up')
    add_uplink(0)


class Rpc:
    """A connection to netd.sock."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.buffer, self.id, self.notes, self.fds = b'', 0, [], []

    def send(self, method, **params):
        self.id += 1
        self.socket.sendall(json.dumps(
            {'jsonrpc': '2.0', 'id': self.id, 'method': method, 'params': params}).encode() + b'\n')
        return self.id

    def _line(self, timeout_s):
        until = time.monotonic() + timeout_s
        while b'\n' not in self.buffer:
            self.socket.settimeout(max(0.001, until - time.monotonic()))
            data, fds, _, _ = socket.recv_fds(self.socket, 65536, 16)
            if not data:
                raise EOFError('netd hung up')
            self.fds += fds
            self.buffer += data
        line, self.buffer = self.buffer.split(b'\n', 1)
        return json.loads(line)

    def answer(self, number, timeout_s=HOPELESS_S):
        while True:
            message = self._line(timeout_s)
            if message.get('id') == number:
                return message
            self.notes.append(message)

    def call(self, method, timeout_s=HOPELESS_S, **params):
        message = self.answer(self.send(method, **params), timeout_s)
        if 'error' in message:
            raise RuntimeError(message['error']['message'])
        return message['result']

    def wait_note(self, method, timeout_s=HOPELESS_S, **members):
        """The next note with these members."""
        def fits(n):
            return n.get('method') == method and all(n['params'].get(k) == v for k, v in members.items())
        until = time.monotonic() + timeout_s
        while True:
            for i, n in enumerate(self.notes):
                if fits(n):
                    return self.notes.pop(i)['params']
            self.notes.append(self._line(max(0.001, until - time.monotonic())))


class Rig:
    def __init__(self, faults=False, workers=1, hugepages=False, n_clients=2):
        self.dir = tempfile.mkdtemp(prefix='vn', dir='/tmp')
        self.program = os.path.join(BUILD, 'net', 'vios-netd-faults' if faults else 'vios-netd')
        self.n_clients = n_clients
        self.process = None
        self.write_frame(workers, hugepages)
        self.outside = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        if _[0]:
            print(self.log())
        shutil.rmtree(self.dir)

    def write_frame(self, workers=1, hugepages=False, **more):
        vios = {'name': 'vios1', 'node_id': 1, 'memory_mb': 32, 'hugepages': hugepages, 'workers': workers,
                'uplink': {'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0'}}
        vios.update(more)
        clients = [{'name': f'lpar{n}', 'adapters': [{'name': 'eth0', 'id': n, 'mac': self.mac_text(n)}]}
                   for n in range(1, self.n_clients + 1)]
        with open(f'{self.dir}/frame.json', 'w') as f:
            json.dump({'frame': 'rig', 'vios': [vios], 'clients': clients}, f)

    @staticmethod
    def mac_text(n):
        return ':'.join(f'{b:02x}' for b in mac(n))

    def command(self, *more):
        return [self.program, '--vios', 'vios1', '--run', self.dir, *more]

    def start(self, *more):
        """Until it answers."""
        with open(f'{self.dir}/log', 'ab') as log:
            self.process = subprocess.Popen(self.command(*more), stderr=log, stdout=log)
        until = time.monotonic() + HOPELESS_S
        while True:
            assert self.process.poll() is None, f'vios-netd ended: {self.log()}'
            try:
                return self.rpc('viosd')
            except (FileNotFoundError, ConnectionRefusedError):
                assert time.monotonic() < until, 'vios-netd does not listen'
                time.sleep(0.02)

    def rpc(self, role, client=None):
        rpc = Rpc(f'{self.dir}/vios1/netd.sock')
        rpc.hello = rpc.call('hello', role=role, **({'client': client} if client else {}))
        return rpc

    def log(self):
        with open(f'{self.dir}/log') as f:
            return f.read()

    def adapter(self, n, **more):
        one = {'adapter': f'lpar{n}/eth0', 'id': n, 'mac': self.mac_text(n), 'mtu': 1500, 'queue_pairs': 1,
               'ring_size': 256, 'virtio_features': 1 << 32 | 1 << 15 | 1 << 28 | 1 << 29,
               'socket': self.socket(n)}
        one.update(more)
        return one

    def socket(self, n):
        return f'{self.dir}/vios1/lpar{n}.eth0.sock'

    def configure(self, rpc, adapters=None, devargs='net_af_packet0,iface=up0'):
        adapters = adapters if adapters is not None else [self.adapter(n + 1) for n in range(self.n_clients)]
        rpc.call('configure', uplink={'name': 'ent0', 'devargs': devargs} if devargs else None, adapters=adapters)

    def open_outside(self, interface='out0'):
        self.outside = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.outside.bind((interface, 0))
        self.outside.setsockopt(263, 23, 1)  # SOL_PACKET, PACKET_IGNORE_OUTGOING
        self.outside.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        return self.outside

    def outside_frames(self, seconds):
        """What arrives outside meanwhile."""
        until, frames = time.monotonic() + seconds, []
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return frames
            self.outside.settimeout(left)
            try:
                frames.append(self.outside.recv(2048))
            except TimeoutError:
                return frames

    def outside_until(self, wanted, timeout_s=HOPELESS_S):
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            self.outside.settimeout(max(0.001, until - time.monotonic()))
            try:
                got = self.outside.recv(2048)
            except TimeoutError:
                return None
            except OSError as e:
                if e.errno != errno.ENETDOWN:  # reported once after the link was down
                    raise
                continue
            if wanted in got:
                return got
        return None

    def wait_end(self, timeout_s=HOPELESS_S):
        """The number of the signal that ended it, negative, or its exit code."""
        return self.process.wait(timeout_s)


def adapter_status(rpc, n):
    for a in rpc.call('status')['adapters']:
        if a['adapter'] == f'lpar{n}/eth0':
            return a
    raise KeyError(n)


def wait_for(what, fn, timeout_s=HOPELESS_S):
    until = time.monotonic() + timeout_s
    while True:
        value = fn()
        if value:
            return value
        assert time.monotonic() < until, f'not in {timeout_s} s: {what}'
        time.sleep(0.01)


def live(rig, viosd, n=1, features=NET_FEATURES, start=1, front=Front):
    """A driver of client n, whose rings have started here."""
    front = front(rig.socket(n))
    front.set_up(features)
    front.start_rings()
    rig.rpc('mux', f'lpar{n}').call('start', adapter=f'lpar{n}/eth0', start=start)
    wait_for('live', lambda: adapter_status(viosd, n)['started'] == start)
    return front


class Page:
    """The heartbeat page, from the descriptor that hello gives to viosd and framed."""

    def __init__(self, memfd):
        self.memory = mmap.mmap(memfd, 4096, mmap.MAP_SHARED, mmap.PROT_READ)

    def _u32(self, at):
        return struct.unpack_from('<I', self.memory, at)[0]

    def crash(self):
        return self._u32(HB_CRASH_SIGNO), self._u32(HB_CRASH_ADAPTER)

    def ticks(self, worker=0):
        return struct.unpack_from('<Q', self.memory, HB_WORKER + worker * HB_WORKER_BYTES + HB_TICKS)[0]


def cpu_seconds(pid):
    with open(f'/proc/{pid}/stat') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def out_of_time(*_):
    raise AssertionError('out of time')


def main(*tests, seconds=170):
    """Runs them in turn; the first failure ends the program."""
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(seconds)
    leave_network()
    for test in tests:
        began = time.monotonic()
        test()
        print(f'ok {test.__name__} {time.monotonic() - began:.1f} s', flush=True)
