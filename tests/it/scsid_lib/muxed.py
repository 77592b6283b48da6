# SPDX-License-Identifier: BSD-3-Clause
# muxed.py - a real mux before the targets of rig.py: one client with one HBA, known from frame.json; no viosd. A fake
# vios-framed, for tests that ask what the mux tells it.
import json
import os
import signal
import socket
import subprocess
import threading

from scsid_lib.rig import BUILD, Initiator, Rig, Rpc, lun, wait_for

ADAPTER = 'lpar1/scsi0'
FEATURES = ['VIRTIO_F_VERSION_1', 'VIRTIO_F_INDIRECT_DESC', 'VIRTIO_F_EVENT_IDX', 'VIRTIO_SCSI_F_HOTPLUG',
            'VIRTIO_SCSI_F_CHANGE']
BOTH = ('vios1', 'vios2')


class Framed:
    """Says hello to muxes, keeps what they note, and kills whom they ask it to kill."""

    def __init__(self, rig):
        os.makedirs(f'{rig.dir}/frame', exist_ok=True)
        self.rig, self.live, self.evicted = rig, [], []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f'{rig.dir}/frame/framed.sock')
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            conn, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        for line in conn.makefile('r'):
            message = json.loads(line)
            params = message.get('params', {})
            result = {}
            if message['method'] == 'mux_hello':
                result = {'dead': [], 'adapters': [], 'held': [], 'adapter_ids': [], 'held_ids': []}
            elif message['method'] == 'live':
                self.live.append(params)
            elif message['method'] == 'evict':
                self.evicted.append(params)
                self.rig.at[params['vios']].kill()
                result = {'killed': True}
                note = {k: params[k] for k in ('vios', 'plane', 'incarnation')} | {'proof': 'pidfd'}
                conn.sendall(json.dumps({'jsonrpc': '2.0', 'method': 'dead', 'params': note}).encode() + b'\n')
            if 'id' in message:
                conn.sendall(json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': result}).encode() + b'\n')


class Muxed(Rig):
    """Two targets of two disks, and a mux. But for tests of hangs the hang time is far above what a busy machine takes from a process."""

    def __init__(self, program='viomuxd', env=None, queues=2, framed=False, hang_ms=5000):
        super().__init__()
        self.env, self.queues, self.mux = env or {}, queues, None
        self.mux_program = os.environ.get('VIOS_MUX') or os.path.join(BUILD, 'ha', 'mux', program)
        self.write_frame(hang_ms)
        self.framed = Framed(self) if framed else None
        self.luns = [lun(self.disk('disk0')), lun(self.disk('disk1'), 1)]
        self.at = {vios: self.target(vios).start(self.luns, queues) for vios in BOTH}
        self.sock = f'{self.dir}/clients/{ADAPTER}.sock'

    def write_frame(self, hang_ms):
        frame = {'frame': 'f', 'hang_ms': hang_ms, 'clients': [{'name': 'lpar1', 'adapters': [
            {'name': 'scsi0', 'type': 'scsi', 'id': 1, 'preferred': 'vios1', 'profile': {
                'queue_pairs': self.queues, 'ring_size': 128, 'features': FEATURES}}]}],
            'vios': [{'name': v, 'node_id': n + 1, 'uplink': {'name': 'ent0', 'devargs': 'net_null0'}}
                     for n, v in enumerate(BOTH)]}
        with open(f'{self.dir}/frame.json', 'w') as f:
            json.dump(frame, f)

    def __enter__(self):
        self.start_mux()
        for vios in BOTH:
            self.wait_phase(vios, 'ready')
        return self

    def __exit__(self, *why):
        if self.mux and self.mux.poll() is None:
            self.mux.kill()
            self.mux.wait(20)
        if why[0]:
            print(f'--- mux\n{self.mux_log()[-6000:]}')
        super().__exit__(*why)

    def mux_log(self):
        with open(f'{self.dir}/mux.log') as f:
            return f.read()

    def start_mux(self):
        with open(f'{self.dir}/mux.log', 'ab') as log:
            self.mux = subprocess.Popen(
                [self.mux_program, '--client', 'lpar1', '--run', self.dir,
                 '--log-level', 'debug'], stderr=log, stdout=log, env={**os.environ, **self.env})

    def mux_pid(self):
        """The mux itself: its holder's child."""
        def child():
            with open(f'/proc/{self.mux.pid}/task/{self.mux.pid}/children') as f:
                return f.read().split()
        return int(wait_for('a mux', child)[0])

    def kill_mux(self):
        os.kill(self.mux_pid(), signal.SIGKILL)

    def status(self):
        """Of the adapter; None: the mux is being restarted."""
        try:
            rpc = Rpc(f'{self.dir}/clients/lpar1/mux.sock')
            answer = rpc.call('status')
            rpc.socket.close()
            return answer['adapters'][0]
        except (OSError, EOFError):
            return None

    def phase(self, vios):
        status = self.status()
        return status and status['paths'][vios]['phase']

    def wait_phase(self, vios, *phases):
        wait_for(f'{vios} {phases}', lambda: self.phase(vios) in phases)

    def live(self):
        status = self.status()
        return status and status['live']

    def wait_live(self, vios=None):
        return wait_for(f'live at {vios or "any"}', lambda: (live := self.live()) and vios in (None, live) and live)

    def switch(self, to):
        rpc = Rpc(f'{self.dir}/clients/lpar1/mux.sock')
        answer = rpc.call('switch', adapter=ADAPTER, to=to)
        rpc.socket.close()
        return answer

    def replace(self, vios):
        """The successor of a dead target: a standby."""
        self.at[vios] = self.target(vios).start(self.luns, self.queues)
        self.wait_phase(vios, 'ready', 'live')

    def guest(self, depth=32, **options):
        """An initiator that knows nothing but the mux, doing verified I/O."""
        i = Initiator([self], no_inflight=True, depth=depth, queues=self.queues, **({'size': 16 << 20} | options))
        self.initiators.append(i)
        i.live(0)
        return i


def other(vios):
    return BOTH[vios == BOTH[0]]

