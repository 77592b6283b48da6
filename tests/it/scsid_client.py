#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_client.py - the drill's storage client tells the truth: its pace, its longest stall, errors, reads of what was not written
# last, requests that do not come back, and a reservation.
import json
import os
import subprocess
import time

from scsid_lib.rig import BUILD, Rig, lun, main, wait_for

DIR = os.environ.get('VIOS_SFRONT_DIR') or os.path.join(BUILD, 'tests', 'lib')


class Client:
    def __init__(self, target, **options):
        argv = [os.path.join(DIR, 'test-sclient'), '--socket', target.sock]
        for name, value in options.items():
            argv += ['--' + name, str(value)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        assert self.ask('ready')['error'] is None
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(30)

    def ask(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def window(self, seconds, within=lambda: None):
        """Its report of I/O that runs already; with when that was asked for, and how long it took at most."""
        began = time.monotonic()
        self.ask('window')
        until = time.monotonic() + seconds
        within()
        time.sleep(max(0.0, until - time.monotonic()))
        return self.ask('report') | {'began': began, 'took_s': time.monotonic() - began}

    def works(self, n=50):
        """I/O begins and goes on."""
        self.ask('start')
        wait_for('I/O', lambda: self.ask('report')['requests'] >= n)

    def seen(self, what, fits, seconds=1):
        """Of a few windows one that fits: a busy machine may keep anybody from a pace for a while."""
        reports = []
        for _ in range(5):
            reports.append(self.window(seconds))
            clean(reports[-1])
            if fits(reports[-1]):
                return reports[-1]
        raise AssertionError(f'{what}: {reports}')

    def rest(self):
        return self.ask('rest')


def started(rig, **options):
    target = rig.target().start([lun(rig.disk('disk0'), 1)]).go(1)
    return target, Client(target, size=4 << 20, **options)


def clean(report):
    assert not report['io_errors'] and not report['bad_reads'] and report['first'] == '', report


def test_pace():
    with Rig() as rig:
        target, client = started(rig, rate=200)
        with client:
            client.works()
            report = client.seen('200 requests/s', lambda r: 100 <= r['requests'] <= 215 and 0 < r['stall_ms'] < 500)
            assert report['idle_ms'] <= report['stall_ms'], report
            rest = client.rest()
            clean(rest)
            assert rest['requests'] > report['requests'] and rest['read_back'] > 50, rest
            before = target.lun(1)['reads']
            time.sleep(0.3)
            assert target.lun(1)['reads'] == before, 'a client that rests reads'
            began = time.monotonic()
            client.ask('start')
            report = client.ask('report')
            assert report['requests'] <= 2 + 200 * (time.monotonic() - began), report


def test_stall():
    """A disk that is stuck for 0.4 s; one that is stuck for good is seen as I/O that does not resume."""
    with Rig() as rig:
        target, client = started(rig)

        at = {}

        def stuck(seconds):
            target.rpc.call('fault', disk='stuck', lun=1)
            at['stuck'] = time.monotonic()
            time.sleep(seconds)

        def stuck_and_free():
            at['window'] = time.monotonic()
            time.sleep(0.2)
            stuck(0.4)
            at['free'] = time.monotonic()
            target.rpc.call('fault', disk='none', lun=1)

        with client:
            client.works()
            report = client.window(1, stuck_and_free)
            clean(report)
            # What it saw spans what was done to the disk, as far as that is known here.
            stuck_ms, free_ms = 1e3 * (at['stuck'] - report['began']), 1e3 * (at['free'] - at['window'])
            assert report['stall_ms'] > 380 and report['latency_ms'] >= 380, report
            assert 0 < report['stall_at_ms'] < stuck_ms + 50, (report, at)
            assert report['stall_at_ms'] + report['stall_ms'] > free_ms - 20, (report, at)
            assert report['stall_ms'] < 1e3 * report['took_s'], report
            report = client.window(0.5, lambda: stuck(0.5))
            clean(report)
            assert report['idle_ms'] > 300 and report['oldest_ms'] > 300, report
            target.rpc.call('fault', disk='none', lun=1)
            clean(client.rest())


def test_busy():
    with Rig() as rig:
        target, client = started(rig, rate=100)
        with client:
            def at_its_pace(report):
                return report['requests'] <= 100 * report['took_s'] + 10
            client.works()
            client.seen('its pace', at_its_pace, 0.5)
            client.ask('busy')
            target.rpc.call('fault', disk='delay', lun=1, ms=10)
            client.seen('above its pace', lambda r: r['requests'] > 120 * r['took_s'] and r['oldest_ms'] > 0, 0.5)
            target.rpc.call('fault', disk='none', lun=1)
            client.ask('steady')
            client.seen('its pace again', at_its_pace, 0.5)
            clean(client.rest())


def test_errors_are_counted():
    with Rig() as rig:
        target, client = started(rig)
        with client:
            client.works()
            target.rpc.call('fault', disk='medium', lun=1)
            client.ask('window')
            wait_for('errors', lambda: client.ask('report')['io_errors'] > 20)
            report = client.ask('report')
            assert 'sense key 3' in report['first'], report
            target.rpc.call('fault', disk='none', lun=1)
            assert client.rest()['io_errors'] >= report['io_errors']
            client.works()
            clean(client.rest())  # each round has its own


def test_what_was_not_written_is_seen():
    """A block is put back to what it held before: what a lost or a stale write leaves behind."""
    with Rig() as rig:
        target, client = started(rig)
        path = f'{rig.dir}/disk0'
        with client:
            client.works()
            clean(client.rest())
            with open(path, 'r+b') as f:
                data = f.read(4 << 20)
                at = next(i for i in range(0, 4 << 20, 4096) if any(data[i:i + 8]))
                f.seek(at)
                f.write(bytes(512))
                f.flush()
                os.fsync(f.fileno())
            client.ask('start')
            rest = client.rest()
            assert rest['bad_reads'] == 1 and rest['first'].startswith(f'lba {at // 512}:'), rest
            client.ask('start')
            clean(client.rest())


def test_reservation():
    with Rig() as rig:
        _, client = started(rig)
        with client:
            assert client.ask('reserve 1234')['error'] is None
            held = client.ask('reserved')
            assert (held['key'], held['type'], held['keys']) == ('1234', 1, 1), held
            client.ask('start')
            assert client.ask('reserved')['error'], 'commands are for a client that rests'
            time.sleep(0.2)
            clean(client.rest())
            assert client.ask('unreserve 1234')['error'] is None
            assert client.ask('reserved')['keys'] == 0


def test_ends_with_its_target():
    with Rig() as rig:
        target, client = started(rig)
        with client:
            client.ask('start')
            target.kill()
            assert client.process.wait(30) == 1


if __name__ == '__main__':
    main(test_pace, test_stall, test_busy, test_errors_are_counted, test_what_was_not_written_is_seen, test_reservation,
         test_ends_with_its_target)
