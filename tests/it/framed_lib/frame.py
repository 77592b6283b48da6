# SPDX-License-Identifier: BSD-3-Clause
"""A frame without a pair, for the tests of vios-framed: the daemon, fake data planes, a mux's connection."""
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time

TOP = os.environ.get("VIOS_TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("VIOS_BUILD") or TOP + "/build/release"
sys.path.insert(0, os.path.join(TOP, "tests/it/viosd_lib"))
from rpc import Closed, Peer, Refused  # noqa: E402,F401

# The product's 100 ms are for a machine of its own. A busy one keeps a process from its processor for longer; VIOS_SLOW: under sanitizers.
HANG_MS = 150 if os.environ.get("VIOS_LONG") == "1" and not os.environ.get("VIOS_SLOW") else 600
# How long something that must come is waited for: it is not judged how soon it comes.
HOPELESS_S = 60.0
FRAMED = BUILD + "/ha/frame/vios-framed"
PLANE = BUILD + "/tests/it/framed_lib/framed-plane"
ADAPTER, ADAPTER_ID = "lpar1/eth0", 7


def frame_json(hang_ms, last_resort_ms, holdoff_ms):
    vios = [{"name": "vios%d" % n, "node_id": n, "uplink": {"name": "ent0", "devargs": "net_null0"}} for n in (1, 2)]
    adapter = {"name": "eth0", "type": "ethernet", "id": ADAPTER_ID, "mac": "02:00:00:00:00:07"}
    return {"frame": "test", "hang_ms": hang_ms, "last_resort_ms": last_resort_ms, "kill_holdoff_ms": holdoff_ms,
            "vios": vios, "clients": [{"name": "lpar1", "adapters": [adapter]}]}


class Plane:
    def __init__(self, frame, vios, mode="poll", workers=2, register=True):
        self.frame, self.vios, self.incarnation = frame, vios, secrets.token_hex(8)
        argv = [PLANE, frame.run, vios, self.incarnation, mode, str(workers)] + (["register"] if register else [])
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        frame.planes.append(self)
        self.until("ready")
        if register:
            self.until("registered")

    def until(self, word):
        line = self.process.stdout.readline().strip()
        while line != word:
            if not line:
                raise AssertionError("the fake data plane of %s ended" % self.vios)
            line = self.process.stdout.readline().strip()

    @property
    def pid(self):
        return self.process.pid

    def signal(self, signo):
        os.kill(self.pid, signo)

    def rpc(self, method, **params):
        peer = Peer.connect("%s/%s/netd.sock" % (self.frame.run, self.vios))
        try:
            return peer.call(method, params, HOPELESS_S)
        finally:
            peer.close()

    def descriptors(self):
        """What its viosd holds: pidfd, heartbeat page, pings."""
        peer = Peer.connect("%s/%s/netd.sock" % (self.frame.run, self.vios))
        peer.send({"id": 1, "method": "hello", "params": {"role": "viosd"}})
        _, fds = peer.receive()
        peer.close()
        return fds

    def register(self, fds):
        """As its viosd does; returns the connection."""
        peer = self.frame.connect()
        peer.call("register", {"vios": self.vios, "plane": "netd", "incarnation": self.incarnation}, fds=fds)
        return peer

    def alive(self):
        return self.process.poll() is None

    def is_me(self, params):
        return params.get("incarnation") == self.incarnation


class Frame:
    def __init__(self, hang_ms=HANG_MS, last_resort_ms=60000, holdoff_ms=0, args=()):
        self.dir = "/tmp/vios-%s" % os.environ.get("VIOS_LAB", "v-framed-%d" % os.getpid())
        self.run, self.planes, self.args, self.daemon = self.dir + "/run", [], list(args), None
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.run)
        with open(self.run + "/frame.json", "w", encoding="ascii") as f:
            json.dump(frame_json(hang_ms, last_resort_ms, holdoff_ms), f)
        self.log_path = self.dir + "/framed.log"
        self.start()

    def start(self):
        with open(self.log_path, "a", encoding="ascii") as log:
            self.daemon = subprocess.Popen([FRAMED, "--run", self.run] + self.args, stderr=log)
        Peer.connect(self.run + "/frame/framed.sock").close()

    def restart(self, signo=signal.SIGKILL):
        self.daemon.send_signal(signo)
        self.daemon.wait(HOPELESS_S)
        self.start()

    def connect(self):
        return Peer.connect(self.run + "/frame/framed.sock")

    def mux(self, client="lpar1"):
        peer = self.connect()
        peer.hello = peer.call("mux_hello", {"client": client, "pid": os.getpid()})
        return peer

    def live(self, mux, plane):
        mux.call("live", {"adapter": ADAPTER, "id": ADAPTER_ID, "vios": plane.vios, "incarnation": plane.incarnation})

    def status(self):
        peer = self.connect()
        try:
            return peer.call("status")
        finally:
            peer.close()

    def wait_status(self, good, within=HOPELESS_S):
        end = time.monotonic() + within
        while True:
            status = self.status()
            if good(status):
                return status
            if time.monotonic() > end:
                raise AssertionError("the status never came: " + json.dumps(status))
            time.sleep(0.02)

    def log(self):
        with open(self.log_path, encoding="ascii") as f:
            return f.read()

    def stop(self):
        for plane in self.planes:
            if plane.alive():
                plane.signal(signal.SIGKILL)
            plane.process.wait()
            plane.process.stdout.close()
        code = self.daemon.poll()
        self.daemon.terminate()
        end = self.daemon.wait(HOPELESS_S)
        log = self.log()
        shutil.rmtree(self.dir, ignore_errors=True)
        if code is not None or end != 0:
            raise AssertionError("vios-framed ended with %s, %d\n%s" % (code, end, log))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            print(self.log())
        self.stop()


def check(what, good):
    if not good:
        raise AssertionError(what)


def run_all(tests):
    for test in tests:
        began = time.monotonic()
        print("%s ..." % test.__name__, flush=True)
        test()
        print("    ok, %.1f s" % (time.monotonic() - began), flush=True)
