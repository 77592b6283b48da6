# SPDX-License-Identifier: BSD-3-Clause
# netd_ovs.py - an Open vSwitch of the test's own as the switch outside: userspace datapath, in the test's network
# namespace, its files and sockets in a directory of its own; no daemon, no module of the kernel.
import os
import re
import shutil
import signal
import subprocess
import tempfile

from netd_rig import HOPELESS_S, wait_for

SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'


class Switch:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='vo', dir='/tmp')
        self.processes = {}
        self.env = dict(os.environ, OVS_RUNDIR=self.dir, OVS_LOGDIR=self.dir, OVS_DBDIR=self.dir)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, *failure):
        for process in reversed(self.processes.values()):
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        if failure[0]:
            for name in self.processes:
                with open(f'{self.dir}/{name}.log') as f:
                    print(f'--- {name}\n{f.read()}')
        shutil.rmtree(self.dir)

    def begin(self, program, *argv):
        with open(f'{self.dir}/{program}.log', 'wb') as log:
            self.processes[program] = subprocess.Popen(
                [program, *argv, f'--unixctl={self.dir}/{program}.ctl', f'--pidfile={self.dir}/{program}.pid'],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def listens():
            assert self.processes[program].poll() is None, f'{program} ended'
            return os.path.exists(f'{self.dir}/{program}.ctl')
        wait_for(f'{program} listens', listens)

    def start(self):
        database = f'{self.dir}/conf.db'
        subprocess.run(['ovsdb-tool', 'create', database, SCHEMA], env=self.env, check=True, timeout=HOPELESS_S)
        self.begin('ovsdb-server', database, f'--remote=punix:{self.dir}/db.sock')
        self.vsctl('--no-wait', 'init')
        # --disable-system: it does not even ask for the kernel's datapath, which would load its module.
        self.begin('ovs-vswitchd', f'unix:{self.dir}/db.sock', '--disable-system')
        self.vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev')

    def _run(self, *argv):
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=2 * HOPELESS_S)
        assert done.returncode == 0, f'{" ".join(argv)}: {done.stderr}'
        return done.stdout

    def vsctl(self, *argv):
        return self._run('ovs-vsctl', f'--db=unix:{self.dir}/db.sock', f'--timeout={HOPELESS_S}', *argv)

    def ask(self, *argv):
        return self._run('ovs-appctl', f'--timeout={HOPELESS_S}', '-t', f'{self.dir}/ovs-vswitchd.ctl', *argv)

    def packet_out(self, interface, frame):
        """By this interface, whatever the bond would choose."""
        self._run('ovs-ofctl', f'--timeout={HOPELESS_S}', 'packet-out', f'unix:{self.dir}/br0.mgmt',
                  f'in_port=controller packet={frame.hex()} actions=output:{interface}')

    def signal(self, number):
        self.processes['ovs-vswitchd'].send_signal(number)

    def lacp(self):
        """Whether it has negotiated, {member: (status, attached, state of its partner)}."""
        said = self.ask('lacp/show', 'bond0')
        members = re.findall(r'^(?:member|slave): (\S+): (\w+) (\w+)$.*?^\s*partner state:([^\n]*)$', said, re.M | re.S)
        return (re.search(r'status: \w+ negotiated', said) is not None,
                {name: (status, attached, partner.split()) for name, status, attached, partner in members})

    def enabled(self):
        """{member of bond0: whether it may carry frames}"""
        said = self.ask('bond/show', 'bond0')
        return {name: state == 'enabled' for name, state in re.findall(r'^(?:member|slave) (\S+): (\w+)$', said, re.M)}
