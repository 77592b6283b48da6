# SPDX-License-Identifier: BSD-3-Clause
"""A frame of one or two viosds with fake data planes, in a directory of its own, for viosd's tests."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc import PATIENCE_S, Peer  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "../../.."))
BUILD = os.environ.get("VIOS_BUILD", os.path.join(TOP, "build/release"))
VIOSD = os.path.join(BUILD, "vios-core/daemon/viosd")
VIOSCTL = os.path.join(BUILD, "vios-core/cli/viosctl")
FAKE_NETD = os.path.join(HERE, "fake_netd.py")


def configuration(devargs="net_null0", clients=2):
    return {
        "frame": "frame1", "hang_ms": 100,
        "vios": [{"name": "vios%d" % i, "node_id": i, "uplink": {"name": "ent0", "devargs": devargs}} for i in (1, 2)],
        "clients": [{"name": "lpar%d" % i, "adapters": [
            {"name": "eth0", "type": "ethernet", "id": i, "mac": "02:76:69:00:00:%02x" % i}]}
            for i in range(1, clients + 1)],
    }


def until(good, what, within=PATIENCE_S):
    """The first true value of good(), asked again and again."""
    end = time.monotonic() + within
    while True:
        value = good()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %.1f s: %s" % (within, what))
        time.sleep(0.01)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Frame:
    def __init__(self, **kwargs):
        self.dir = tempfile.mkdtemp(prefix="vios-%s-" % os.environ.get("VIOS_LAB", "viosd"), dir="/tmp")
        self.run = os.path.join(self.dir, "run")
        os.mkdir(self.run)
        self.daemons, self.peers = [], []
        self.write("frame.json", json.dumps(configuration(**kwargs)))

    def path(self, *names):
        return os.path.join(self.run, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)

    def fault(self, vios="vios1", **what):
        """What the fake data plane does wrong from now on."""
        os.makedirs(self.path(vios), exist_ok=True)
        self.write(vios + "/fake.json.new", json.dumps(what))
        os.rename(self.path(vios, "fake.json.new"), self.path(vios, "fake.json"))

    def start(self, *options, vios="vios1", before=(), alone=("--no-cluster",)):
        log = open(os.path.join(self.dir, "viosd.log"), "a", encoding="ascii")  # pylint: disable=consider-using-with
        daemon = subprocess.Popen(  # pylint: disable=consider-using-with
            [*before, VIOSD, "--vios", vios, "--run", self.run, "--netd", FAKE_NETD, *alone, *options],
            stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        self.daemons.append(daemon)
        return daemon

    def log(self):
        with open(os.path.join(self.dir, "viosd.log"), encoding="ascii") as f:
            return f.read()

    def netd_log(self, event=None, vios="vios1"):
        """What the fake data planes have noted."""
        try:
            with open(self.path(vios, "fake.log"), encoding="ascii") as f:
                lines = [json.loads(line) for line in f]
        except FileNotFoundError:
            return []
        return [line for line in lines if event in (None, line["event"])]

    def peer(self, handlers=None, vios="vios1"):
        peer = Peer.connect(self.path(vios, "viosd.sock"), handlers)
        self.peers.append(peer)
        return peer

    def mux(self, client="lpar1", handlers=None, vios="vios1"):
        """A mux that has said hello, and what it was answered."""
        peer = self.peer(handlers, vios)
        return peer, peer.call("mux_hello", {"client": client, "pid": os.getpid()})

    def status(self, vios="vios1"):
        peer = Peer.connect(self.path(vios, "viosd.sock"))
        try:
            return peer.call("status")
        finally:
            peer.close()

    def netd(self, vios="vios1"):
        """pid of the data plane that is up."""
        def up():
            netd = self.status(vios)["vios"][0 if vios == "vios1" else 1]["netd"]
            return netd["state"] == "up" and netd["pid"]
        return until(up, "netd of %s is up" % vios)

    def ctl(self, *args):
        return subprocess.run([VIOSCTL, "--run", self.run, *args], capture_output=True, text=True, timeout=20,
                              check=False)

    def end(self):
        for peer in self.peers:
            peer.close()
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.send_signal(signal.SIGCONT)
                daemon.terminate()
            try:
                daemon.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for vios in ("vios1", "vios2"):
            for pid in {line["pid"] for line in self.netd_log("start", vios)}:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
        log = self.log() if self.daemons else ""
        shutil.rmtree(self.dir)
        # with a build that looks for them: nothing undefined, nothing leaked
        assert "Sanitizer" not in log and "runtime error" not in log, log


def state_is(state):
    return lambda params: all(path["state"] == state for path in params["paths"])


class Case(unittest.TestCase):
    devargs = "net_null0"

    def setUp(self):
        self.frame = Frame(devargs=self.devargs)
        self.addCleanup(self.frame.end)
