#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
# What an operator or a caller can get wrong with vios-netd: one line that says what, which value and what to do; and
# what runs is not disturbed.
import os
import subprocess
import time

from netd_front import NET_FEATURES, Front
from netd_rig import OUTSIDE, Rig, adapter_status, frame, mac, main, wait_for


def refused(argv, code, *words, **more):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=10, **more)
    lines = done.stderr.splitlines()
    assert done.returncode == code, f'{argv}: exit {done.returncode}: {done.stderr}'
    assert len(lines) == 1 and lines[0].startswith('vios-netd: '), f'not one line: {done.stderr!r}'
    for word in words:
        assert word in lines[0], f'{lines[0]!r} does not say {word!r}'


def test_command_line():
    with Rig() as rig:
        refused([rig.program], 2, '--vios')
        refused([rig.program, '--vios', 'no/name'], 2, 'no/name')
        refused(rig.command('--log-level', 'loud'), 2, 'loud', 'debug')
        refused(rig.command('more'), 2, 'more')
        long_run = rig.dir + '/' + 'x' * 90
        os.mkdir(long_run)
        refused([rig.program, '--vios', 'vios1', '--run', long_run], 1, '--run', '107')
        refused([rig.program, '--vios', 'vios1', '--run', rig.dir + '/none'], 1, 'none', 'make it')
        refused([rig.program, '--vios', 'vios9', '--run', rig.dir], 1, 'vios9', '--vios')
        for option in ('--help', '--version'):
            done = subprocess.run([rig.program, option], capture_output=True, text=True, timeout=10)
            assert done.returncode == 0 and 'vios-netd' in done.stdout and not done.stderr


def test_huge_pages():
    with Rig() as rig:
        rig.write_frame(hugepages=True, memory_mb=65536)
        refused(rig.command(), 1, '65536 MB', 'nr_hugepages', '"hugepages": false')


def test_too_many_workers():
    with Rig() as rig:
        rig.write_frame(workers=16)
        refused(rig.command(), 1, '16', '14')


def test_second_instance():
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        rig.open_outside()
        refused(rig.command(), 1, 'netd.lock', 'vios1', 'stop that one')
        front = Front(rig.socket(1))
        front.set_up()
        front.start_rings()
        viosd.call('start', adapter='lpar1/eth0', start=1)
        wait_for('live', lambda: adapter_status(viosd, 1)['started'])
        refused(rig.command(), 1, 'netd.lock')
        front.send(frame(OUTSIDE, mac(1), b'undisturbed'))
        assert rig.outside_until(b'undisturbed')


def refuses(rpc, method, *words, **params):
    try:
        rpc.call(method, **params)
    except RuntimeError as e:
        for word in words:
            assert word in str(e), f'{e} does not say {word!r}'
        return
    raise AssertionError(f'{method} {params} was taken')


def test_configure_changes_nothing_when_refused():
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(1)])
        good = {'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0'}
        before = viosd.call('status')

        def bad(*words, uplink=good, **more):
            refuses(viosd, 'configure', *words, uplink=uplink, adapters=[rig.adapter(1), rig.adapter(2, **more)])
            after = viosd.call('status')
            assert after['adapters'] == before['adapters'] and after['uplink']['devargs'] == good['devargs'], after
            assert not os.path.exists(rig.socket(2)) or more.get('socket')
        bad('net_nope0', uplink={'name': 'ent1', 'devargs': 'net_nope0,iface=up0'})
        bad('nosuch', 'iface', uplink={'name': 'ent1', 'devargs': 'net_af_packet1,iface=nosuch'})
        bad('net_af_packet0', 'in use', uplink={'name': 'ent1', 'devargs': 'net_af_packet0,iface=out0'})
        bad('iface', uplink={'name': 'ent1', 'devargs': 'net_af_packet1'})
        bad('lpar2/eth0', 'mac', mac='03:00:00:00:00:01')
        bad('lpar2/eth0', 'mac', mac='02:00:00:00:00:01:00')
        bad('lpar1/eth0', 'lpar2/eth0', id=1)
        bad('lpar1/eth0', 'lpar2/eth0', mac=rig.mac_text(1))
        bad('mtu', mtu=100000)
        bad('queue_pairs', queue_pairs=9)
        bad('107', socket=rig.dir + '/' + 'x' * 120)
        bad('nowhere', socket='/nowhere/at/all.sock')
        refuses(viosd, 'configure', 'adapters', uplink=None)
        refuses(viosd, 'configure', '256', uplink=None, adapters=[rig.adapter(n % 200 + 1) for n in range(257)])
        rig.configure(viosd)
        assert len(viosd.call('status')['adapters']) == 2


def test_configure_makes_anew_what_is_otherwise():
    """First the old one goes, then, when its socket is closed, there is the new one; the others are not disturbed."""
    with Rig() as rig:
        viosd = rig.start()
        uplink = {'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0'}

        def until_all(*adapters):
            for first in (True, *[False] * 100):
                later = viosd.call('configure', uplink=uplink, adapters=list(adapters))['later']
                if not first and not later:
                    return
                if first:
                    assert later == [adapters[0]['adapter']], later
                    assert [a['adapter'] for a in viosd.call('status')['adapters']] == ['lpar2/eth0']
                time.sleep(0.02)
            raise AssertionError('still for later: %s' % later)
        other = rig.adapter(2)
        assert viosd.call('configure', uplink=uplink, adapters=[rig.adapter(1), other])['later'] == []
        before = os.stat(rig.socket(2)).st_ino
        until_all(rig.adapter(1, mtu=1400), other)
        until_all(rig.adapter(1, mtu=1400, id=77), other)
        moved = dict(rig.adapter(1, id=77), adapter='lpar1/eth7', socket=rig.socket(1) + '7')
        until_all(moved, other)  # another name, and the id and MAC of the one that goes
        status = viosd.call('status')['adapters']
        assert sorted((a['adapter'], a['id']) for a in status) == [('lpar1/eth7', 77), ('lpar2/eth0', 2)], status
        assert os.stat(rig.socket(2)).st_ino == before


def test_configure_undoes_what_it_began():
    with Rig(n_clients=3) as rig:
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(1)])
        refuses(viosd, 'configure', 'lpar3/eth0', uplink={'name': 'ent0', 'devargs': 'net_ring0'},
                adapters=[rig.adapter(1), rig.adapter(2), rig.adapter(3, socket='/nowhere/3.sock')])
        status = viosd.call('status')
        assert [a['adapter'] for a in status['adapters']] == ['lpar1/eth0'], status
        assert 'af_packet' in status['uplink']['devargs']
        wait_for('its socket is gone', lambda: not os.path.exists(rig.socket(2)))


def test_frames_too_long_for_the_buffers():
    """Whoever wants them is refused by name; the rest is taken, and what was there before goes on."""
    uplink = {'name': 'ent0', 'devargs': 'net_af_packet0,iface=up0'}

    def configure(viosd, *adapters):
        answer = viosd.call('configure', uplink=uplink, adapters=list(adapters))
        assert answer['later'] == [], answer
        served = {a['adapter']: a['mtu'] for a in viosd.call('status')['adapters']}
        return [r['adapter'] for r in answer['refused']], served, answer['refused']
    with Rig(n_clients=3) as rig:
        viosd = rig.start()
        refused, served, why = configure(viosd, rig.adapter(1), rig.adapter(2, mtu=9000))
        assert (refused, served) == (['lpar2/eth0'], {'lpar1/eth0': 1500}), why
        for word in ('lpar2/eth0', 'mtu 9000', 'memory_mb', 'restart'):
            assert word in why[0]['reason'], why
        most = int(why[0]['reason'].split('hold up to ')[1].split(';')[0])
        assert configure(viosd, rig.adapter(1), rig.adapter(2, mtu=most))[0] == []
        before = os.stat(rig.socket(2)).st_ino
        refused, served, _ = configure(viosd, rig.adapter(1), rig.adapter(2, mtu=most + 1), rig.adapter(3))
        assert refused == ['lpar2/eth0'] and served == {'lpar1/eth0': 1500, 'lpar2/eth0': most, 'lpar3/eth0': 1500}
        assert os.stat(rig.socket(2)).st_ino == before
        # one of another id is not what was asked for
        refused, served, _ = configure(viosd, rig.adapter(1), rig.adapter(2, mtu=9000, id=77), rig.adapter(3))
        assert refused == ['lpar2/eth0'] and sorted(served) == ['lpar1/eth0', 'lpar3/eth0']
    with Rig() as rig:
        rig.write_frame(memory_mb=64)
        refused, served, _ = configure(rig.start(), rig.adapter(1), rig.adapter(2, mtu=9000))
        assert (refused, served) == ([], {'lpar1/eth0': 1500, 'lpar2/eth0': 9000})


def test_callers():
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd)
        mux = rig.rpc('mux', 'lpar1')
        assert len(viosd.fds) == 3 and len(mux.fds) == 1
        assert mux.hello['adapters'] == [{'adapter': 'lpar1/eth0', 'start': 0, 'released': 0}]
        assert mux.hello['incarnation'] == viosd.hello['incarnation'] and len(mux.hello['incarnation']) == 16
        refuses(mux, 'configure', 'mux', uplink=None, adapters=[])
        refuses(mux, 'shutdown', 'mux')
        refuses(mux, 'start', 'lpar2/eth0', 'lpar1', adapter='lpar2/eth0', start=1)
        refuses(mux, 'start', 'lpar1/eth9', adapter='lpar1/eth9', start=1)
        refuses(mux, 'start', 'start', adapter='lpar1/eth0', start=0)
        refuses(mux, 'start', 'start', adapter='lpar1/eth0', start='one')
        refuses(mux, 'hello', 'guest', role='guest')
        refuses(mux, 'hello', 'client', role='mux', client='../x')
        # Nobody touches the rings of an adapter that is not here.
        assert mux.call('release', adapter='lpar1/eth9', start=3) == {'adapter': 'lpar1/eth9', 'start': 3}
        mux.call('start', adapter='lpar1/eth0', start=7)
        again = rig.rpc('mux', 'lpar1')
        assert again.hello['adapters'] == [{'adapter': 'lpar1/eth0', 'start': 7, 'released': 0}]


def test_feature_bits():
    """Offered is what the profile says, and nothing that could not move to the other VIOS."""
    with Rig() as rig:
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(1, virtio_features=(1 << 64) - 1 - (1 << 63))])
        front = Front(rig.socket(1))
        offered, protocol = front.set_up(NET_FEATURES)
        for name, bit in {'GSO': 6, 'HOST_ECN': 13, 'HOST_UFO': 14, 'LOG_ALL': 26, 'IOMMU_PLATFORM': 33, 'RING_PACKED': 34,
                          'IN_ORDER': 35}.items():
            assert not offered >> bit & 1, f'{name} is offered'
        assert protocol == 1 << 0 | 1 << 3 | 1 << 4, f'{protocol:#x}'
        rig.process.kill()
        rig.wait_end()
        viosd = rig.start()
        rig.configure(viosd, [rig.adapter(1, virtio_features=1 << 32)])
        offered, _ = Front(rig.socket(1)).set_up(1 << 32)
        assert offered == 1 << 32 | 1 << 30, f'{offered:#x}'


def test_restart_takes_no_time():
    with Rig() as rig:
        began = time.monotonic()
        rig.start()
        print(f'  exec to first answer {1000 * (time.monotonic() - began):.0f} ms')


main(test_command_line, test_huge_pages, test_too_many_workers, test_second_instance,
     test_configure_changes_nothing_when_refused, test_configure_makes_anew_what_is_otherwise,
     test_configure_undoes_what_it_began, test_frames_too_long_for_the_buffers, test_callers, test_feature_bits,
     test_restart_takes_no_time)
