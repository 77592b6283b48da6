# SPDX-License-Identifier: BSD-3-Clause
"""
A bench for the mux alone: viomuxd between fake VIOS (test-nback) and native clients (test-nfront, test-torture), in a
run directory of its own. Needs neither root nor DPDK nor hugepages. Used as a context manager; everything it started
is gone afterwards.
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

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from starved import Starved  # noqa: E402

TOP = os.environ.get("VIOS_TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("VIOS_BUILD", os.path.join(TOP, "build/release"))
LONG = os.environ.get("VIOS_LONG") == "1"
LIB = os.path.join(BUILD, "tests/lib")
ASAN_MUX = os.path.join(TOP, "build/checked/ha/mux/viomuxd")
FEATURES = ["VIRTIO_F_VERSION_1", "VIRTIO_NET_F_MRG_RXBUF", "VIRTIO_F_EVENT_IDX", "VIRTIO_F_INDIRECT_DESC",
            "VIRTIO_NET_F_MQ", "VIRTIO_NET_F_CTRL_VQ"]


class Failed(Exception):
    pass


def check(ok, text):
    if not ok:
        raise Failed(text)


# How long something that must come is waited for: it is not judged how soon it comes, and a busy machine takes its time.
HOPELESS_S = 60


def wait_for(what, condition, seconds=HOPELESS_S):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.01)
    raise Failed("not within %s s: %s" % (seconds, what))


def call(path, method, timeout=30, **params):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(path)
        s.sendall((json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n").encode())
        data = b""
        while not data.endswith(b"\n"):
            piece = s.recv(65536)
            if not piece:
                raise Failed("%s: %s: hung up" % (path, method))
            data += piece
    answer = json.loads(data)
    if "error" in answer:
        raise Failed("%s: %s: %s" % (path, method, answer["error"]["message"]))
    return answer["result"]


def added(total, count):
    """Two counts of test-nfront that follow each other as one: what is counted, and what of each mark."""
    if total is None:
        return count
    both = dict(count)
    for k in ("sent", "received", "lost", "duplicated", "violations"):
        both[k] = total[k] + count[k]
    both["marks"] = {m: n + total["marks"].get(m, 0) for m, n in count["marks"].items()}
    both["gap_ms"] = max(total["gap_ms"], count["gap_ms"])
    return both


class Client:
    """test-nfront: commands in, one line of JSON out."""

    def __init__(self, bench, adapter, *args, rate=2000):
        client, name = adapter.split("/")
        path = os.path.join(bench.run, "clients", client, name + ".sock")
        self.process = bench.start([os.path.join(LIB, "test-nfront"), "--socket", path, "--rate", str(rate)]
                                   + list(args), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.line()

    def line(self):
        text = self.process.stdout.readline()
        check(text, "test-nfront ended (exit %s)" % self.process.poll())
        return json.loads(text)

    def do(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.line()
        if "error" in answer:
            check(not answer["error"], "%s: %s" % (command, answer["error"]))
        return answer

    def count(self):
        return self.do("count")

    def quit(self):
        self.process.stdin.close()
        answer = self.line()
        self.process.wait(30)
        return answer


class Bench:
    def __init__(self, adapters=("lpar1/eth0",), vios=("vios1", "vios2"), viomuxd=None, queue_pairs=1,
                 hang_ms=5000):
        self.adapters, self.vios, self.queue_pairs = list(adapters), list(vios), queue_pairs
        self.viomuxd = viomuxd or os.environ.get("VIOS_MUX") or os.path.join(BUILD, "ha/mux/viomuxd")
        self.clients = sorted({a.split("/")[0] for a in self.adapters})
        self.hang_ms = hang_ms  # a busy machine keeps a process from its processor for longer than the product's default
        self.children, self.nback, self.mux = [], {}, {}
        # What an ending mux does not free is no leak; growth is measured while it runs.
        self.environment = dict(os.environ, UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
                                ASAN_OPTIONS="detect_leaks=0:quarantine_size_mb=2")

    def start(self, argv, **kw):
        self.children.append(subprocess.Popen(argv, **kw))
        return self.children[-1]

    def __enter__(self):
        self.run = tempfile.mkdtemp(prefix="vmb-", dir="/tmp")
        self.logs = {}
        try:
            self.write_frame()
            for v in self.vios:
                self.start_vios(v)
            for c in self.clients:
                self.start_mux(c)
            for a in self.adapters:
                wait_for("%s has two paths" % a, lambda a=a: self.settled(a))
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, value, trace):
        for p in self.children:
            if p.poll() is None:
                p.send_signal(signal.SIGCONT)
                p.terminate()
        for p in self.children:
            try:
                p.wait(30)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        if kind is not None:
            self.show_logs()
        shutil.rmtree(self.run, ignore_errors=True)

    def show_logs(self):
        for name in sorted(os.listdir(self.run)):
            if name.endswith(".log"):
                with open(os.path.join(self.run, name), errors="replace") as f:
                    print("---- %s\n%s" % (name, "".join(f.readlines()[-25:])), file=sys.stderr)

    def log(self, name):
        return open(os.path.join(self.run, name + ".log"), "a")

    def write_frame(self):
        frame = {"frame": "bench", "hang_ms": self.hang_ms, "vios": [], "clients": []}
        for i, v in enumerate(self.vios):
            frame["vios"].append({"name": v, "node_id": i + 1,
                                  "uplink": {"name": "ent0", "devargs": "net_null0"}})
        for c in self.clients:
            names = [a.split("/")[1] for a in self.adapters if a.startswith(c + "/")]
            frame["clients"].append({"name": c, "adapters": [self.adapter(c, n) for n in names]})
        with open(os.path.join(self.run, "frame.json"), "w") as f:
            json.dump(frame, f)

    def adapter(self, client, name):
        number = self.adapters.index("%s/%s" % (client, name)) + 1
        return {"name": name, "type": "ethernet", "id": number, "mac": "02:76:69:00:00:%02x" % number,
                "profile": {"queue_pairs": self.queue_pairs, "ring_size": 1024, "features": FEATURES,
                            "protocol_features": ["VHOST_USER_PROTOCOL_F_MQ", "VHOST_USER_PROTOCOL_F_REPLY_ACK"]}}

    def start_vios(self, vios, state="active/optimized"):
        mark = str(self.vios.index(vios) + 1)
        with self.log(vios) as log:
            p = self.start([os.path.join(LIB, "test-nback"), "--run", self.run, "--vios", vios, "--mark", mark,
                            "--state", state] + self.adapters, stdout=subprocess.PIPE, stderr=log, text=True)
        check(p.stdout.readline() == "ready\n", "test-nback of %s does not start" % vios)
        self.nback[vios] = p

    def stop_vios(self, vios):
        """As SIGSTOP does it, until it stands still."""
        pid = self.nback[vios].pid
        os.kill(pid, signal.SIGSTOP)

        def stands_still():
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rsplit(")", 1)[1].split()[0] == "T"
        wait_for("%s stands still" % vios, stands_still)

    def start_mux(self, client):
        with self.log("mux-" + client) as log:
            self.mux[client] = self.start([self.viomuxd, "--client", client, "--run", self.run], stderr=log,
                                          env=self.environment)
        wait_for("%s's mux answers" % client, lambda: self.answers(client))

    def answers(self, client):
        try:
            return call(self.path("clients", client, "mux.sock"), "status")
        except OSError:
            return None

    def stop_mux(self, client):
        """An orderly end: the sanitizers of its build, if any, have their say about it."""
        self.mux[client].terminate()
        try:
            self.mux[client].wait(60)
        except subprocess.TimeoutExpired:
            raise Failed("the mux of %s does not end" % client) from None
        with open(self.path("mux-%s.log" % client), errors="replace") as f:
            said = [l.strip() for l in f if "Sanitizer" in l or "runtime error" in l]
        check(not said, "the mux of %s: %s" % (client, " ".join(said)[:400]))
        check(self.mux[client].returncode == 0, "the mux of %s: exit %s" % (client, self.mux[client].returncode))

    def path(self, *parts):
        return os.path.join(self.run, *parts)

    def netd(self, vios, method, **params):
        return call(self.path(vios, "netd.sock"), method, **params)

    def starved(self, client):
        """From now on, of all whom an answer or a frame of this one may have to wait for."""
        return Starved(client.process.pid, *(p.pid for p in self.nback.values() if p.poll() is None),
                       *(pid for c in self.clients for pid in self.processes(c)))

    def no_buffer(self):
        """Frames that the fake VIOS could not give to a client whose ring was full: it got no processor, and nobody lost them."""
        return sum(a["no_buffer"] for v in self.vios if self.nback[v].poll() is None for a in self.netd(v, "status")["adapters"])

    def frames(self, client, n):
        """The count from now on, until so many frames have come."""
        client.count()
        total, end = None, time.monotonic() + HOPELESS_S
        while not total or total["received"] <= n:
            check(time.monotonic() < end, "no frames: %s" % total)
            time.sleep(0.1)
            total = added(total, client.count())
        return total

    def fault(self, vios, adapter, kind, **more):
        self.netd(vios, "fault", adapter=adapter, kind=kind, **more)

    def status(self, adapter):
        client = adapter.split("/")[0]
        for a in call(self.path("clients", client, "mux.sock"), "status")["adapters"]:
            if a["adapter"] == adapter:
                return a
        raise Failed("mux of %s knows no %s" % (client, adapter))

    def phase(self, adapter, vios):
        return self.status(adapter)["paths"][vios]["phase"]

    def live(self, adapter):
        return self.status(adapter)["live"]

    def settled(self, adapter):
        """All paths ready, one of them live if a client is there: the live VIOS or "none". Else None."""
        s = self.status(adapter)
        phases = [p["phase"] for p in s["paths"].values()]
        if phases.count("live") + phases.count("ready") != len(phases):
            return None
        return s["live"] or (None if s["client_connected"] else "none")

    def switch(self, adapter, to):
        return call(self.path("clients", adapter.split("/")[0], "mux.sock"), "switch", adapter=adapter, to=to)

    def processes(self, client):
        """The pids of a client's mux: holder and mux."""
        top = self.mux[client].pid
        with open("/proc/%d/task/%d/children" % (top, top)) as f:
            return [top] + [int(p) for p in f.read().split()]

    def descriptors(self, client):
        """What each open descriptor of a client's mux processes is, sorted."""
        return sorted(os.readlink("/proc/%d/fd/%s" % (pid, fd)).split(":[")[0]
                      for pid in self.processes(client) for fd in os.listdir("/proc/%d/fd" % pid))

    def footprint(self, client):
        """Open descriptors and resident KiB (without page cache) of a client's mux processes, summed; at rest: the
        least of some samples, as connections come and go."""
        samples = []
        for _ in range(20):
            samples.append(self.sample(client))
            time.sleep(0.02)
        return min(s[0] for s in samples), min(s[1] for s in samples)

    def sample(self, client):
        fds = rss = 0
        for pid in self.processes(client):
            fds += len(os.listdir("/proc/%d/fd" % pid))
            with open("/proc/%d/status" % pid) as f:
                rss += sum(int(l.split()[1]) for l in f if l.startswith("RssAnon:"))
        return fds, rss


def main(*tests):
    """Runs the tests named on the command line, or all; exit code 1 if one fails."""
    wanted, failed = sys.argv[1:], 0
    for t in tests:
        if wanted and t.__name__ not in wanted:
            continue
        start = time.monotonic()
        try:
            t()
            print("ok %s (%.1f s)" % (t.__name__, time.monotonic() - start), flush=True)
        except Failed as e:
            failed += 1
            print("FAIL %s: %s" % (t.__name__, e), flush=True)
    sys.exit(1 if failed else 0)
