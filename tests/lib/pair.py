# SPDX-License-Identifier: BSD-3-Clause
"""For integration tests in Python that need a running pair: the lab's commands and the control sockets."""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

TOP = os.environ["VIOS_TOP"]
LAB = os.path.join(TOP, "tests/lab/lab")
DIR = "/tmp/vios-" + os.environ["VIOS_LAB"]
RUN = DIR + "/run"
# These tests are not about hangs: a busy machine must not look like one.
os.environ.setdefault("VIOS_LAB_HANG_MS", "2000")

# How long to wait for what is to come: on a machine that is busy with other things; what is not there then never comes.
PATIENCE_S = 120

# A test that is told to end takes its lab down.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def lab(*args, check=True):
    done = subprocess.run([LAB, *args], stdout=subprocess.PIPE, text=True, check=check)
    return done.stdout.strip()


def lab_start(*args, **options):
    """`lab exec ...` that goes on in the background."""
    return subprocess.Popen([LAB, "exec", *args], **options)


class Rpc:
    """One connection to a control socket; call() waits for the answer."""

    def __init__(self, path, timeout_s=PATIENCE_S):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout_s)
        self.socket.connect(os.path.join(RUN, path))
        self.reader = self.socket.makefile("r")
        self.last_id = 0

    def call(self, method, **params):
        self.last_id += 1
        line = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.socket.sendall(json.dumps(line).encode() + b"\n")
        while True:
            text = self.reader.readline()
            if not text:
                raise ConnectionError("%s: hung up" % method)
            answer = json.loads(text)
            if answer.get("id") == self.last_id and "method" not in answer:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]

    def close(self):
        self.reader.close()
        self.socket.close()


def status(vios="vios1"):
    rpc = Rpc(vios + "/viosd.sock")
    try:
        return rpc.call("status")
    finally:
        rpc.close()


def adapter(name="lpar1/eth0"):
    return next(a for a in status()["adapters"] if a["adapter"] == name)


def within(seconds, what, condition):
    """Asks until the condition holds; its value. Nobody there, or no answer, is one that does not hold yet. So many seconds,
    or PATIENCE_S: no time is judged by it."""
    seconds = max(seconds, PATIENCE_S)
    deadline = time.monotonic() + seconds
    while True:
        try:
            value, why = condition(), ""
        except (OSError, subprocess.CalledProcessError) as e:
            value, why = None, "; %s: %s" % (type(e).__name__, e)
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("%s: not within %s s%s" % (what, seconds, why))
        time.sleep(0.05)


def eventually(what, condition):
    return within(PATIENCE_S, what, condition)


def kill(pids, signo=signal.SIGKILL):
    """Those that are still there: one may take another along."""
    for pid in pids:
        try:
            os.kill(pid, signo)
        except ProcessLookupError:
            pass


def lab_processes(name):
    """The pids of this lab's processes with this name."""
    tag = ("VIOS_LAB_DIR=" + DIR).encode()
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/comm" % pid, encoding="utf-8") as comm:
                if comm.read().strip() != name[:15]:
                    continue
            with open("/proc/%s/environ" % pid, "rb") as environ:
                if tag in environ.read().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            continue
    return found


def live(name="lpar1/eth0"):
    return adapter(name)["live"]


def other(vios):
    return "vios2" if vios == "vios1" else "vios1"


def redundant():
    """What `lab wait` asks for, once."""
    return subprocess.run([LAB, "wait", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def netd_of(vios):
    """The data plane's pid, seen from here: whom the socket belongs to."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(os.path.join(RUN, vios, "netd.sock"))
        return struct.unpack("iii", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def run_with_pair(test, *up_args):
    """Makes a pair, runs test(), takes the pair down however it ends."""
    code = 1
    try:
        lab("up", *up_args)
        test()
        code = 0
    except BaseException as e:
        print("FAILED: %s: %s" % (type(e).__name__, e), flush=True)
        print(lab("logs", check=False), flush=True)
        print("FAILED: %s: %s" % (type(e).__name__, e), flush=True)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        lab("down", check=False)
    sys.exit(code)
