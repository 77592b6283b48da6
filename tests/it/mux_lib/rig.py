# SPDX-License-Identifier: BSD-3-Clause
"""
A rig for tests of the mux: two fake VIOS (test-nback), a mux, and native drivers (test-nfront) on its sockets. Everything lives
in one directory below /tmp and ends with the rig.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../lib"))
from starved import Starved  # noqa: E402

BUILD = os.environ["VIOS_BUILD"]
LONG = os.environ.get("VIOS_LONG") == "1"
ADAPTER = "lpar1/eth0"
HANG_MS = 150  # of tests that are about hangs; of others NO_HANG_MS, far above what a busy machine takes from a process
NO_HANG_MS = 5000
# How long something that must come is waited for: it is not judged how soon it comes, and a busy machine takes its time.
HOPELESS_S = 60


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what))


def within(seconds, what, test):
    """Calls test() until it is true; returns what it returned."""
    seconds = max(seconds, HOPELESS_S)
    end = time.monotonic() + seconds
    while True:
        found = test()
        if found:
            return found
        check(time.monotonic() < end, "not in", seconds, "s:", what)
        time.sleep(0.005)


class Rpc:
    def __init__(self, path, timeout_s=HOPELESS_S):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout_s)
        self.socket.connect(path)
        self.reader = self.socket.makefile("r")
        self.last_id = 0

    def call(self, method, **params):
        self.last_id += 1
        line = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.socket.sendall(json.dumps(line).encode() + b"\n")
        while True:
            answer = json.loads(self.reader.readline() or "null")
            check(answer is not None, method, "hung up")
            if answer.get("id") == self.last_id and "method" not in answer:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    def close(self):
        self.reader.close()
        self.socket.close()


def call(path, method, **params):
    rpc = Rpc(path)
    try:
        return rpc.call(method, **params)
    finally:
        rpc.close()


class Front:
    """One test-nfront; say() sends a command and decodes the answer."""

    def __init__(self, rig, *args, adapter="eth0", rate=10000):
        path = "%s/clients/lpar1/%s.sock" % (rig.dir, adapter)
        self.process = subprocess.Popen(
            [BUILD + "/tests/lib/test-nfront", "--socket", path, "--rate", str(rate), *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        check("ready" in (self.process.stdout.readline() or ""), "the front end does not come up")

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        text = self.process.stdout.readline()
        check(text, "the front end ended at", command)
        return json.loads(text)

    def do(self, command):
        answer = self.say(command)
        check(answer["error"] == "", command, answer)
        return answer["ms"]

    def count(self):
        return self.say("count")

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(HOPELESS_S)


def stands_still(pid):
    with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "T"


class Rig:
    def __init__(self, hang_ms=NO_HANG_MS, program="viomuxd", env=None, profile=None, adapters=("eth0",), unsealed=False):
        self.dir = tempfile.mkdtemp(prefix="vios-mux-%s-" % os.environ.get("VIOS_LAB", "x"), dir="/tmp")
        self.program, self.env = program, env or {}
        self.processes, self.vios_process, self.mux = [], {}, None
        self.adapters = adapters
        self.write_frame(hang_ms, profile, unsealed)
        for name in ("vios1", "vios2", "frame"):
            os.mkdir("%s/%s" % (self.dir, name))

    def write_frame(self, hang_ms, profile, unsealed):
        frame = {"frame": "f1", "hang_ms": hang_ms, "clients": [{"name": "lpar1", "allow_unsealed": unsealed, "adapters": [
            {"name": name, "type": "ethernet", "id": i + 1, "mac": "02:00:00:00:00:%02x" % (i + 1),
             "preferred": "vios1", "profile": profile or {}} for i, name in enumerate(self.adapters)]}],
            "vios": [{"name": "vios%d" % n, "node_id": n, "uplink": {"name": "ent0", "devargs": "net_null0"}}
                     for n in (1, 2)]}
        with open(self.dir + "/frame.json", "w", encoding="utf-8") as file:
            json.dump(frame, file)

    def start(self, args, log, env=None):
        with open("%s/%s.log" % (self.dir, log), "ab") as out:
            process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       env={**os.environ, **(env or {})})
        self.processes.append(process)
        return process

    def start_vios(self, name, *args):
        names = ["lpar1/" + a for a in self.adapters]
        process = self.start([BUILD + "/tests/lib/test-nback", "--run", self.dir, "--vios", name,
                              "--mark", name[-1], *args, *names], name)
        self.vios_process[name] = process
        return process

    def kill_vios(self, name, how=signal.SIGKILL):
        self.vios_process[name].send_signal(how)
        if how == signal.SIGSTOP:
            within(5, name + " stands still", lambda: stands_still(self.vios_process[name].pid))
        if how == signal.SIGKILL:
            self.vios_process[name].wait()

    def start_mux(self):
        self.mux = self.start([BUILD + "/ha/mux/" + self.program, "--client", "lpar1", "--run", self.dir,
                               "--log-level", "debug"], "mux", self.env)
        within(5, "the mux listens", lambda: os.path.exists(self.dir + "/clients/lpar1/mux.sock"))
        return self.mux

    def up(self):
        for name in ("vios1", "vios2"):
            self.start_vios(name)
        self.start_mux()
        self.wait_phase("vios1", "ready")
        self.wait_phase("vios2", "ready")
        return self

    def mux_pid(self):
        """The mux itself: the holder's child."""
        with open("/proc/%d/task/%d/children" % (self.mux.pid, self.mux.pid), encoding="ascii") as file:
            text = file.read().split()
        return int(text[0]) if text else None

    def starved(self, front):
        """From now on, of all whom an answer or a frame of this front end's may have to wait for."""
        pids = [p.pid for p in self.processes if p.poll() is None] + [front.process.pid]
        return Starved(*pids, *filter(None, [self.mux_pid()]))

    def status(self, adapter=ADAPTER):
        try:
            answer = call(self.dir + "/clients/lpar1/mux.sock", "status")
        except (OSError, AssertionError, ValueError):
            return None  # it is being restarted
        return {a["adapter"]: a for a in answer["adapters"]}[adapter]

    def phase(self, vios, adapter=ADAPTER):
        status = self.status(adapter)
        return status and status["paths"][vios]["phase"]

    def wait_phase(self, vios, *phases, seconds=8, adapter=ADAPTER):
        return within(seconds, "%s %s" % (vios, "/".join(phases)), lambda: self.phase(vios, adapter) in phases)

    def live(self, adapter=ADAPTER):
        status = self.status(adapter)
        return status and status["live"]

    def wait_live(self, vios, seconds=8, adapter=ADAPTER):
        return within(seconds, "live at " + str(vios), lambda: self.live(adapter) == vios)

    def wait_begun(self, vios, adapter=ADAPTER):
        """Live at the preferred VIOS, after a client has come or begun again. The mux gives that path 20 ms, of which a busy machine may
        leave nothing; then the other one has the rings, and keeps them until it is asked to hand over."""
        if within(8, "a live path", lambda: self.live(adapter)) != vios:
            self.wait_phase(vios, "ready", adapter=adapter)
            call(self.dir + "/clients/lpar1/mux.sock", "switch", adapter=adapter, to=vios)
            self.wait_live(vios, adapter=adapter)

    def switch(self, **params):
        return call(self.dir + "/clients/lpar1/mux.sock", "switch", adapter=ADAPTER, **params)

    def fault(self, vios, **params):
        return call("%s/%s/netd.sock" % (self.dir, vios), "fault", adapter=ADAPTER, **params)

    def vios_status(self, vios, adapter=ADAPTER):
        answer = call("%s/%s/netd.sock" % (self.dir, vios), "status")
        return {a["adapter"]: a for a in answer["adapters"]}[adapter]

    def log(self, name="mux"):
        path = "%s/%s.log" % (self.dir, name)
        if not os.path.exists(path):
            return ""  # it was never started
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def end(self, failed=False):
        if failed:
            for name in ("mux", "vios1", "vios2"):
                print("--- %s.log" % name, *self.log(name).splitlines()[-40:], sep="\n")
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def run(tests):
    """Runs functions that take nothing; those named on the command line, or all. Exits."""
    bad = 0
    for test in tests:
        if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
            continue
        began = time.monotonic()
        try:
            test()
            print("ok   %-32s %.1f s" % (test.__name__, time.monotonic() - began), flush=True)
        except Exception as error:  # pylint: disable=broad-except
            bad += 1
            print("FAIL %-32s %s: %s" % (test.__name__, type(error).__name__, error), flush=True)
    sys.exit(1 if bad else 0)


class running:
    """`with running(...) as rig`: a rig that ends, and shows its logs when the test fails."""

    def __init__(self, up=True, **options):
        self.up, self.options = up, options

    def __enter__(self):
        self.rig = Rig(**self.options)
        try:
            return self.rig.up() if self.up else self.rig
        except BaseException:
            self.rig.end(failed=True)
            raise

    def __exit__(self, kind, error, trace):
        self.rig.end(failed=kind is not None)
