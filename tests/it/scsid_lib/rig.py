# SPDX-License-Identifier: BSD-3-Clause
# rig.py - vios-scsid processes alone, without viosd, mux, QEMU or root's namespaces: a run directory, disks made of
# files (or loop devices), and a target of each VIOS for each client that a test asks for.
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import zlib

BUILD = os.environ.get('VIOS_BUILD', 'build/release')
FEATURES = 1 << 32 | 1 << 28 | 1 << 29 | 1 << 1 | 1 << 2
# How long something that must come is waited for: it is not judged how soon it comes, and a busy machine takes its time.
HOPELESS_S = 60
HB_IN_FLIGHT, HB_CRASH_SIGNO, HB_CRASH_ADAPTER, HB_WORKER, HB_WORKER_BYTES, HB_TICKS = 16, 20, 24, 128, 128, 64


class Refused(Exception):
    pass


class Rpc:
    """A connection to a target's control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.buffer, self.id, self.fds, self.notes = b'', 0, [], []

    def call(self, method, timeout_s=HOPELESS_S, **params):
        self.id += 1
        self.socket.sendall(json.dumps(
            {'jsonrpc': '2.0', 'id': self.id, 'method': method, 'params': params}).encode() + b'\n')
        while True:
            message = self._message(timeout_s)
            if 'method' in message:
                self.notes.append((message['method'], message['params']))
                continue
            if 'error' in message:
                raise Refused(message['error']['message'])
            return message['result']

    def _message(self, timeout_s):
        self.socket.settimeout(timeout_s)
        while b'\n' not in self.buffer:
            data, fds, _, _ = socket.recv_fds(self.socket, 65536, 16)
            if not data:
                raise EOFError('the target hung up')
            self.fds += fds
            self.buffer += data
        line, self.buffer = self.buffer.split(b'\n', 1)
        return json.loads(line)

    def note(self, wanted, timeout_s=HOPELESS_S):
        """The first note from now on, or kept, that is as wanted."""
        until = time.monotonic() + timeout_s
        while True:
            while self.notes:
                note = self.notes.pop(0)
                if wanted(*note):
                    return note[1]
            message = self._message(max(until - time.monotonic(), 0.001))
            assert 'method' in message, message
            self.notes.append((message['method'], message['params']))


class Target:
    def __init__(self, rig, vios, client, adapter, adapter_id):
        self.rig, self.vios, self.client, self.adapter, self.id = rig, vios, client, adapter, adapter_id
        self.name = f'{client}/{adapter}'
        base = f'{rig.dir}/{vios}/{client}.{adapter}'
        self.sock, self.ctl, self.log_path = base + '.sock', base + '.ctl', f'{rig.dir}/{vios}-{client}.{adapter}.log'
        self.process = None

    def start(self, luns=(), queues=2, **more):
        """Until it is configured."""
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                [self.rig.program, '--vios', self.vios, '--client', self.client, '--adapter', self.adapter, '--run',
                 self.rig.dir], stderr=log, stdout=log)
        until = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, f'vios-scsid ended: {self.log()}'
            try:
                self.rpc = Rpc(self.ctl)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                assert time.monotonic() < until, 'vios-scsid does not listen'
                time.sleep(0.01)
        self.hello = self.rpc.call('hello', role='viosd')
        self.configure(luns, queues, **more)
        return self

    def configure(self, luns, queues=2, **more):
        params = {'adapter': self.name, 'id': self.id, 'request_queues': queues, 'ring_size': 128,
                  'virtio_features': FEATURES, 'port': {'relative': 1, 'group': 1, 'naa': f'3{self.id:015x}'},
                  'luns': list(luns)}
        params.update(more)
        self.rpc.call('configure', **params)

    def go(self, start):
        self.rpc.call('start', adapter=self.name, start=start)
        return self

    def release(self, start, timeout_s=HOPELESS_S):
        return self.rpc.call('release', timeout_s, adapter=self.name, start=start)

    def status(self):
        return self.rpc.call('status')

    def lun(self, n):
        return next(u for u in self.status()['luns'] if u['lun'] == n)

    def takes(self, n):
        """Until it has so many requests in flight."""
        wait_for(f'{n} in flight', lambda: self.status()['in_flight'] == n)

    def taken(self):
        """How many requests it has taken from its rings so far."""
        status = self.status()
        return status['requests'] + status['in_flight']

    def stop(self):
        """As SIGSTOP does it, until it stands still."""
        self.process.send_signal(signal.SIGSTOP)
        wait_for('it stands still', lambda: stands_still(self.process.pid))

    def kill(self, signo=signal.SIGKILL):
        self.process.send_signal(signo)
        return self.process.wait(20)

    def log(self):
        with open(self.log_path) as f:
            return f.read()


class Rig:
    def __init__(self, faults=True):
        self.program = os.environ.get('VIOS_SCSID') or os.path.join(
            BUILD, 'storage', 'vios-scsid-faults' if faults else 'vios-scsid')
        self.dir = tempfile.mkdtemp(prefix='vs', dir='/tmp')
        self.targets, self.loops, self.ids, self.initiators = [], [], {}, []

    def __enter__(self):
        return self

    def __exit__(self, *why):
        for i in self.initiators:
            i.end()
        for t in self.targets:
            if t.process and t.process.poll() is None:
                t.process.kill()
                t.process.wait(20)
            if why[0]:
                print(f'--- {t.vios} {t.name}\n{t.log()}')
        for device in self.loops:
            subprocess.run(['losetup', '-d', device], timeout=20)
        shutil.rmtree(self.dir)

    def end_targets(self):
        for t in self.targets:
            if t.process and t.process.poll() is None:
                t.process.kill()
                t.process.wait(20)

    def target(self, vios='vios1', client='lpar1', adapter='scsi0'):
        t = Target(self, vios, client, adapter, self.ids.setdefault((client, adapter), len(self.ids) + 1))
        self.targets.append(t)
        return t

    def initiator(self, *targets, **options):
        i = Initiator(targets, **options)
        self.initiators.append(i)
        return i

    def disk(self, name, megabytes=16):
        path = f'{self.dir}/{name}'
        with open(path, 'wb') as f:
            os.posix_fallocate(f.fileno(), 0, megabytes << 20)
        return path

    def loop(self, path):
        """A block device of the file; taken away when the rig ends."""
        device = subprocess.run(['losetup', '-f', '--show', '--direct-io=on', path], check=True, timeout=20,
                                capture_output=True, text=True).stdout.strip()
        self.loops.append(device)
        return device


class Initiator:
    """test-sfront: verified I/O at full speed through one of the targets; test-sflock: a counter under a lock."""

    def __init__(self, targets, program='test-sfront', **options):
        argv = [os.path.join(os.environ.get('VIOS_SFRONT_DIR') or os.path.join(BUILD, 'tests', 'lib'), program)]
        for t in targets:
            argv += ['--socket', t.sock]
        for name, value in options.items():
            argv.append('--' + name.replace('_', '-'))
            argv += [] if value is True else [str(value)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def command(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.startswith('0 '), f'{line}: {answer!r}'

    def live(self, n):
        self.command(f'live {n}')

    def halt(self):
        self.command('halt')

    def status(self):
        self.process.stdin.write('status\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def progress(self, n=200, timeout_s=60):
        """Until so many more requests have been answered."""
        until, wanted = time.monotonic() + timeout_s, self.status()['ios'] + n
        while self.status()['ios'] < wanted:
            assert time.monotonic() < until, f'no progress: {self.status()}'
            time.sleep(0.005)

    def stop(self, timeout_s=60):
        """Reads back what it has written. Its report, all good."""
        self.command('stop')
        report = json.loads(self.process.stdout.readline())
        self.process.wait(timeout_s)
        assert report['complete'] and not report['errors'] and not report['bad_reads'] and \
            not report['violations'], report
        return report

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(HOPELESS_S)


def stands_still(pid):
    """All its threads are stopped, or it has been killed meanwhile."""
    try:
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/stat') as f:
                if f.read().rsplit(')', 1)[1].split()[0] not in 'TZX':
                    return False
    except OSError:
        pass
    return True


def quietest(measure, most, windows=4):
    """What rest costs, as the least of a few windows, which end with one of at most `most`: what a busy machine adds comes and goes."""
    least = measure()
    while least > most and (windows := windows - 1):
        least = min(least, measure())
    return least


def lun(path, number=0, name=None, **more):
    """Its identity is its path's, unless naa says that it is another name of a disk."""
    one = {'lun': number, 'name': name or f'vtscsi{number}', 'path': path, 'serial': f'S{number}',
           'naa': f'6{zlib.crc32(path.encode()):031x}'}
    one.update(more)
    return one


def wait_for(what, fn, timeout_s=HOPELESS_S):
    until = time.monotonic() + timeout_s
    while True:
        value = fn()
        if value:
            return value
        assert time.monotonic() < until, f'not in {timeout_s} s: {what}'
        time.sleep(0.005)


def out_of_time(*_):
    raise AssertionError('out of time')


def main(*tests):
    """Runs them in turn; the first failure ends the program."""
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(int(os.environ.get('VIOS_ALARM', '170')))
    for test in tests:
        began = time.monotonic()
        test()
        print(f'ok {test.__name__} {time.monotonic() - began:.1f} s', flush=True)
