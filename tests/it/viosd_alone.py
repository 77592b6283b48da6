#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 120
"""viosd and viosctl with a fake data plane, fake muxes and a fake vios-framed, over real sockets, without Corosync."""
import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import VIOSD, Frame, alive, configuration, until  # noqa: E402
from rpc import Closed, Peer, Refused  # noqa: E402


class Case(unittest.TestCase):
    devargs = "net_null0"

    def setUp(self):
        self.frame = Frame(devargs=self.devargs)
        self.addCleanup(self.frame.end)


def state_is(state):
    return lambda params: all(path["state"] == state for path in params["paths"])


class Supervision(Case):
    def test_start_and_configure(self):
        self.frame.start()
        pid = self.frame.netd()
        started = self.frame.netd_log("start")
        self.assertEqual([line["pid"] for line in started], [pid])
        self.assertEqual(started[0]["sid"], pid, "a session of its own")
        with open(self.frame.path("vios1", "netd.log"), encoding="ascii"):
            pass
        # its own: stdin, stdout, stderr, page, ping, pidfd, lock, and the directory it lists
        self.assertEqual(len(started[0]["fds"]), 8)
        configured = self.frame.netd_log("configure")[0]
        self.assertEqual(configured["uplink"], {"name": "ent0", "devargs": "net_null0"})
        self.assertEqual([a["adapter"] for a in configured["adapters"]], ["lpar1/eth0", "lpar2/eth0"])
        adapter = configured["adapters"][1]
        self.assertEqual((adapter["id"], adapter["mac"], adapter["mtu"], adapter["queue_pairs"], adapter["ring_size"]),
                         (2, "02:76:69:00:00:02", 1500, 1, 256))
        self.assertTrue(adapter["virtio_features"] & (1 << 32), "VIRTIO_F_VERSION_1")
        self.assertEqual(adapter["socket"], self.frame.path("vios1", "lpar2.eth0.sock"))

    def test_restart_after_death(self):
        self.frame.start()
        first = self.frame.netd()
        mux, hello = self.frame.mux()
        self.assertEqual(hello["vios"], "vios1")
        self.assertEqual([(p["adapter"], p["state"]) for p in hello["paths"]], [("lpar1/eth0", "active/optimized")])
        os.kill(first, signal.SIGKILL)
        down = mux.wait_note("paths", state_is("unavailable"))
        up = mux.wait_note("paths", state_is("active/optimized"))
        generations = [what["paths"][0]["generation"] for what in (hello, down, up)]
        self.assertEqual(generations, sorted(set(generations)), "they rise")
        self.assertNotEqual(self.frame.netd(), first)

    def test_backoff(self):
        """Starts that fail: at once, then after 100, 200, 400, 800 ms, 1.6 s."""
        self.frame.fault(start="exit")
        began = time.monotonic()
        self.frame.start()
        until(lambda: len(self.frame.netd_log("exit")) >= 5, "five starts", 10)
        self.assertGreater(time.monotonic() - began, 0.7)
        self.assertLessEqual(len(self.frame.netd_log("exit")), 6)
        time.sleep(max(0, began + 1.4 - time.monotonic()))
        self.assertLessEqual(len(self.frame.netd_log("exit")), 6)
        self.assertIn("netd-died", self.frame.log())
        self.assertEqual(self.frame.status()["vios"][0]["netd"]["state"], "down")
        self.frame.fault()
        self.frame.netd()

    def test_viosd_killed_and_back(self):
        """The data plane goes on, is adopted, and no mux hears of an unavailable path."""
        daemon = self.frame.start()
        pid = self.frame.netd()
        mux, before = self.frame.mux()
        daemon.kill()
        daemon.wait()
        with self.assertRaises(Closed):
            mux.receive()
        self.assertTrue(alive(pid))
        self.frame.start()
        _, after = self.frame.mux()
        self.assertEqual(after["paths"][0]["state"], "active/optimized")
        self.assertGreater(after["paths"][0]["generation"], before["paths"][0]["generation"])
        self.assertEqual(self.frame.netd(), pid)
        self.assertEqual(len(self.frame.netd_log("start")), 1)
        # configured again, with the same
        first, second = self.frame.netd_log("configure")
        self.assertEqual(first, second)
        # an adopted one is supervised like a child
        os.kill(pid, signal.SIGKILL)
        until(lambda: len(self.frame.netd_log("start")) == 2, "a new one")
        self.frame.netd()

    def test_hello_waits_for_a_slow_data_plane(self):
        """A stopped data plane may be a slow one: a mux is not told that its path is gone before that is known."""
        daemon = self.frame.start()
        pid = self.frame.netd()
        daemon.kill()
        daemon.wait()
        os.kill(pid, signal.SIGSTOP)
        self.frame.start()
        mux = self.frame.peer()
        mux.send({"id": 1, "method": "mux_hello", "params": {"client": "lpar1", "pid": 1}})
        self.assertEqual(mux.receive(0.7), (None, []))
        os.kill(pid, signal.SIGCONT)
        answer, _ = mux.receive()
        self.assertEqual(answer["result"]["paths"][0]["state"], "active/optimized")

    def test_mute_data_plane(self):
        """Never two: a mute one is waited for, and used when it answers."""
        self.frame.fault(hello="mute")
        self.frame.start()
        mux, hello = self.frame.mux()
        self.assertEqual(hello["paths"][0]["state"], "unavailable")
        until(lambda: "netd-mute" in self.frame.log(), "the first time-out is logged")
        time.sleep(0.5)
        self.assertEqual(len(self.frame.netd_log("start")), 1)
        self.frame.fault()
        mux.wait_note("paths", state_is("active/optimized"))
        self.assertEqual(len(self.frame.netd_log("start")), 1)

    def test_wrong_hellos(self):
        for fault in ("other-vios", "no-fds"):
            self.frame.fault(hello=fault)
            daemon = self.frame.start()
            until(lambda: "netd-mute" in self.frame.log(), fault)
            self.assertNotEqual(self.frame.status()["vios"][0]["netd"]["state"], "up")
            self.frame.fault()
            self.frame.netd()
            self.frame.peer().call("shutdown", {"data_planes": True})
            daemon.wait(10)

    def test_unfit_configuration(self):
        self.frame.fault(configure="devargs net_nonsense: no such driver")
        self.frame.start()
        mux, _ = self.frame.mux()
        until(lambda: "no such driver" in self.frame.log(), "its reason is logged")
        self.frame.fault()
        mux.wait_note("paths", state_is("active/optimized"), 8)

    def test_ends_leave_the_data_plane(self):
        daemon = self.frame.start()
        pid = self.frame.netd()
        daemon.terminate()
        self.assertEqual(daemon.wait(5), 0)
        self.assertTrue(alive(pid))
        daemon = self.frame.start("--stop-data-plane")
        self.assertEqual(self.frame.netd(), pid)
        daemon.terminate()
        self.assertEqual(daemon.wait(5), 0)
        self.assertFalse(alive(pid))
        self.assertEqual(len(self.frame.netd_log("shutdown")), 1)

    def test_shutdown_with_a_mute_data_plane(self):
        daemon = self.frame.start()
        pid = self.frame.netd()
        os.kill(pid, signal.SIGSTOP)
        self.frame.peer().call("shutdown", {"data_planes": True})
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(daemon.wait(15), 0)
        self.assertFalse(alive(pid))


class Muxes(Case):
    def setUp(self):
        super().setUp()
        self.frame.start()
        self.frame.netd()

    def test_unknown_client(self):
        for client in ("lpar9", "", 7, "x" * 5000):
            with self.assertRaises(Refused):
                self.frame.mux(client)
        self.frame.mux("lpar1")

    def test_newest_wins(self):
        old, _ = self.frame.mux()
        new, _ = self.frame.mux()
        with self.assertRaises(Closed):
            old.receive()
        new.note("adapter_status", {"adapter": "lpar1/eth0", "live": "vios1"})
        until(lambda: self.frame.status()["adapters"][0]["live"] == "vios1", "the new one is heard")

    def test_reports(self):
        mux, _ = self.frame.mux()
        mux.note("adapter_status", {
            "adapter": "lpar1/eth0", "live": "vios2", "start": 3, "client_connected": True, "paths": {
                "vios1": {"phase": "refused", "state": "active/optimized", "generation": 1, "reason": "lacks X"},
                "vios2": {"phase": "live", "state": "active/optimized", "generation": 2}}})
        # another client's adapter, an unknown one, and nonsense: ignored
        mux.note("adapter_status", {"adapter": "lpar2/eth0", "live": "vios1"})
        mux.note("adapter_status", {"adapter": "lpar9/eth0", "live": "vios1"})
        mux.note("adapter_status", {"adapter": "lpar1/eth0", "live": "vios7"})
        mux.note("adapter_status", [])
        mux.note("adapter_status", {"adapter": {"a": 1}})
        until(lambda: self.frame.status()["adapters"][0]["live"] == "vios2", "the report is heard")
        first, second = self.frame.status()["adapters"]
        self.assertEqual((first["start"], first["client_connected"], first["mux_connected"]), (3, True, True))
        self.assertEqual(first["paths"]["vios1"]["reason"], "lacks X")
        self.assertEqual(first["paths"]["vios2"]["phase"], "live")
        self.assertIsNone(second["live"])
        text = self.frame.ctl("status").stdout
        self.assertRegex(text, r"lpar1/eth0 +1 +02:76:69:00:00:01 +connected +vios2 +refused, \S+ +live, \S+\n"
                               r" +vios1: lacks X\n")
        mux.close()
        until(lambda: not self.frame.status()["adapters"][0]["mux_connected"], "its end is seen")
        self.assertIsNone(self.frame.status()["adapters"][0]["live"])

    def test_nobody_else_reports(self):
        peer = self.frame.peer()
        with self.assertRaises(Refused):
            peer.call("adapter_status", {"adapter": "lpar1/eth0", "live": "vios1"})
        self.assertIsNone(self.frame.status()["adapters"][0]["live"])

    def test_hostile_lines(self):
        for line in (b"\0" * 100 + b"\n", b"[]\n", b"{}\n", b'{"jsonrpc":"2.0","method":7}\n', b"[" * 100000 + b"\n"):
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(self.frame.path("vios1", "viosd.sock"))
            sock.sendall(line)
            sock.settimeout(0.5)
            try:
                while sock.recv(65536):
                    pass
            except (TimeoutError, ConnectionResetError):
                pass
            sock.close()
        peer = self.frame.peer()
        for params in (None, [], {}, {"all": True, "adapter": "lpar1/eth0"}, {"adapter": 1}, {"adapter": "x", "to": []},
                       {"adapter": "lpar1/eth0", "to": "vios3"}):
            peer.send({"id": 1, "method": "switch", "params": params})
            answer, _ = peer.receive()
            self.assertIn("error", answer, params)
        self.frame.status()


class Switch(Case):
    def setUp(self):
        super().setUp()
        self.frame.start()
        self.frame.netd()
        self.asked = []

    def serve(self, client, answer):
        """A mux whose `switch` is answer(params), in a process of its own."""
        child = os.fork()
        if child == 0:
            mux, _ = self.frame.mux(client, {"switch": answer})
            mux.note("adapter_status", {"adapter": client + "/eth0", "live": "vios1"})
            try:
                while True:
                    message, fds = mux.receive(30)
                    mux.serve(message, fds)
            except (Closed, TypeError):
                os._exit(0)  # pylint: disable=protected-access
        self.addCleanup(lambda: (os.kill(child, signal.SIGKILL), os.waitpid(child, 0)))
        until(lambda: [a["live"] for a in self.frame.status()["adapters"] if a["adapter"].startswith(client)] ==
              ["vios1"], "the mux has reported")

    @staticmethod
    def moves(params, _):
        return {"adapter": params["adapter"], "from": "vios1", "to": params.get("to", "vios2")}

    def test_one(self):
        self.serve("lpar1", self.moves)
        done = self.frame.ctl("switch", "lpar1/eth0")
        self.assertEqual((done.returncode, done.stdout), (0, "lpar1/eth0: vios1 -> vios2\n"))

    def test_all(self):
        self.serve("lpar1", self.moves)
        self.serve("lpar2", self.moves)
        done = self.frame.ctl("switch", "--all", "--to", "vios2", "--json")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(sorted(s["adapter"] for s in json.loads(done.stdout)["switched"]),
                         ["lpar1/eth0", "lpar2/eth0"])
        done = self.frame.ctl("switch", "--all", "--to", "vios1")
        self.assertEqual((done.returncode, done.stdout),
                         (0, "lpar1/eth0: is there already\nlpar2/eth0: is there already\n"))

    def test_refused(self):
        def refuses(_params, _):
            raise Refused({"code": -32000, "message": "vios2 is not ready: connecting"})
        self.serve("lpar1", refuses)
        done = self.frame.ctl("switch", "lpar1/eth0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("lpar1/eth0 was not switched: vios2 is not ready: connecting", done.stderr)

    def test_one_mute_of_two(self):
        """The other one is moved; the mute one fails after five seconds, and the next request works."""
        self.serve("lpar1", lambda *_: None)
        self.serve("lpar2", self.moves)
        began = time.monotonic()
        done = self.frame.ctl("switch", "--all")
        self.assertLess(time.monotonic() - began, 7)
        self.assertEqual((done.returncode, done.stdout), (1, "lpar2/eth0: vios1 -> vios2\n"))
        self.assertIn("lpar1/eth0 was not switched", done.stderr)

    def test_no_mux(self):
        done = self.frame.ctl("switch", "lpar1/eth0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no mux of lpar1 is connected to vios1", done.stderr)


class Framed(Case):
    def setUp(self):
        super().setUp()
        self.registered = []
        self.frame.start()
        self.pid = self.frame.netd()
        os.mkdir(self.frame.path("frame"))

    def listen(self):
        path = self.frame.path("frame", "framed.sock")
        if os.path.exists(path):
            os.unlink(path)
        self.server = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.server.close)
        self.server.bind(path)
        self.server.listen(1)

    def accept(self):
        """viosd's connection, after it has registered its data plane."""
        self.server.settimeout(5)
        framed = Peer(self.server.accept()[0], {"register": self.register, "quarantine_list": self.held,
                                                "quarantine_release": self.held})
        self.addCleanup(framed.close)
        framed.serve(*framed.receive())
        return framed

    def register(self, params, fds):
        self.registered.append((params, [os.readlink("/proc/self/fd/%d" % fd) for fd in fds]))
        with open("/proc/self/fdinfo/%d" % fds[0], encoding="ascii") as f:
            self.pidfd = f.read()
        for fd in fds:
            os.close(fd)
        return {}

    @staticmethod
    def held(params, _):
        if params.get("adapter") == "lpar2/eth0":
            raise Refused({"code": -32001, "message": "lpar2/eth0 is not in quarantine"})
        return {"adapters": ["lpar1/eth0"], "held": ["lpar2/eth0"]}

    def test_registration(self):
        self.listen()
        framed = self.accept()
        params, fds = self.registered[0]
        self.assertEqual(params, {"vios": "vios1", "plane": "netd",
                                  "incarnation": self.frame.netd_log("start")[0]["incarnation"]})
        self.assertEqual([fd.split(":")[0] for fd in fds], ["anon_inode", "/memfd", "anon_inode"])
        self.assertIn("Pid:\t%d\n" % self.pid, self.pidfd)
        # vios-framed comes back
        framed.close()
        self.accept()
        self.assertEqual(self.registered[1], self.registered[0])

    def test_registers_the_next_one(self):
        self.listen()
        framed = self.accept()
        os.kill(self.pid, signal.SIGKILL)
        framed.serve(*framed.receive())
        self.assertNotEqual(self.registered[1][0]["incarnation"], self.registered[0][0]["incarnation"])

    def test_dead_note(self):
        """Proof of death takes the paths before the pidfd does; one of another incarnation does nothing."""
        self.listen()
        framed = self.accept()
        mux, _ = self.frame.mux()
        framed.note("dead", {"vios": "vios1", "plane": "netd", "incarnation": "0" * 16, "proof": "futex"})
        framed.note("dead", {"vios": "vios2", "plane": "netd",
                             "incarnation": self.registered[0][0]["incarnation"], "proof": "futex"})
        framed.note("dead", {"vios": 1, "incarnation": []})
        with self.assertRaises(TimeoutError):
            mux.wait_note("paths", within=0.3)
        framed.note("dead", {"vios": "vios1", "plane": "netd",
                             "incarnation": self.registered[0][0]["incarnation"], "proof": "futex"})
        mux.wait_note("paths", state_is("unavailable"))
        os.kill(self.pid, signal.SIGKILL)
        mux.wait_note("paths", state_is("active/optimized"))

    def test_quarantine(self):
        self.listen()
        framed = self.accept()
        one, _ = self.frame.mux("lpar1")
        two, _ = self.frame.mux("lpar2")
        framed.note("quarantine", {"adapters": ["lpar1/eth0", "nobody/eth0", 7], "held": []})
        one.wait_note("paths", state_is("unavailable"))
        with self.assertRaises(TimeoutError):
            two.wait_note("paths", within=0.2)
        self.assertEqual([a["quarantined"] for a in self.frame.status()["adapters"]], [True, False])
        self.assertIn("in quarantine", self.frame.ctl("status").stdout)
        framed.note("quarantine", {"adapters": []})
        one.wait_note("paths", state_is("active/optimized"))

    def test_operator(self):
        self.assertEqual(self.frame.ctl("quarantine").returncode, 1)
        self.listen()
        framed = self.accept()
        child = os.fork()
        if child == 0:
            for _ in range(3):
                framed.serve(*framed.receive(10))
            os._exit(0)  # pylint: disable=protected-access
        done = self.frame.ctl("quarantine")
        self.assertEqual(done.returncode, 0)
        self.assertIn("lpar1/eth0: in quarantine", done.stdout)
        self.assertIn("lpar2/eth0: held", done.stdout)
        done = self.frame.ctl("quarantine", "release", "lpar1/eth0")
        self.assertEqual((done.returncode, done.stdout), (0, "lpar1/eth0: released\n"))
        done = self.frame.ctl("quarantine", "release", "lpar2/eth0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not in quarantine", done.stderr)
        os.waitpid(child, 0)
        self.assertEqual(self.frame.ctl("quarantine", "release", "lpar9/eth0").returncode, 1)


@unittest.skipUnless(os.geteuid() == 0, "needs root for a network namespace")
class Carrier(Case):
    devargs = "net_af_packet0,iface=up0"

    def test_carrier(self):
        """The paths follow the carrier of the uplink's interface, at once, also when it goes and comes."""
        daemon = self.frame.start(before=[
            "unshare", "--net", "sh", "-c",
            "ip link add up0 type veth peer name wire0; ip link set up0 up; ip link set wire0 up; exec \"$@\"", "sh"])
        self.frame.netd()
        mux, hello = self.frame.mux()
        if hello["paths"][0]["state"] != "active/optimized":
            mux.wait_note("paths", state_is("active/optimized"))

        def ip(*args):
            subprocess.run(["nsenter", "-t", str(daemon.pid), "-n", "ip", "link", *args], check=True)

        for round_number in range(3):
            with self.subTest(round=round_number):
                ip("set", "wire0", "down")
                began = time.monotonic()
                mux.wait_note("paths", state_is("active/non-optimized"))
                self.assertLess(time.monotonic() - began, 1)
                self.assertEqual(self.frame.status()["vios"][0]["uplink"]["link"], "down")
                ip("set", "wire0", "up")
                mux.wait_note("paths", state_is("active/optimized"))
        ip("del", "up0")
        mux.wait_note("paths", state_is("active/non-optimized"))
        ip("add", "up0", "type", "veth", "peer", "name", "wire0")
        ip("set", "up0", "up")
        ip("set", "wire0", "up")
        mux.wait_note("paths", state_is("active/optimized"))


class BadInput(Case):
    def refused(self, *args, code=1):
        done = subprocess.run([VIOSD, *args], capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("viosd: "), done.stderr)
        return done.stderr

    def usual(self, *more):
        return ("--vios", "vios1", "--run", self.frame.run, "--no-cluster", "--netd", "/bin/true", *more)

    def test_command_line(self):
        self.assertIn("--vios is missing", self.refused(code=2))
        self.assertIn("--foo", self.refused("--foo", code=2))
        self.assertIn("--run", self.refused("--run", code=2))
        self.assertIn("loud", self.refused("--vios", "vios1", "--log-level", "loud", code=2))
        self.assertIn("../x", self.refused("--vios", "../x", code=2))
        self.assertIn("extra", self.refused("--vios", "vios1", "extra", code=2))

    def test_second_instance(self):
        self.frame.start()
        pid = self.frame.netd()
        mux, _ = self.frame.mux()
        self.assertIn("vios1 has a viosd already", self.refused(*self.usual()))
        self.assertEqual(self.frame.netd(), pid)
        with self.assertRaises(TimeoutError):
            mux.wait_note("paths", within=0.2)

    def test_configurations(self):
        self.assertIn("vios9", self.refused(*self.usual("--vios", "vios9")))
        self.assertIn("/nonexistent/frame.json", self.refused(*self.usual("--frame", "/nonexistent/frame.json")))
        self.frame.write("frame.json", "{")
        self.refused(*self.usual())
        broken = configuration()
        broken["clients"][0]["adapters"][0]["mac"] = "no"
        self.frame.write("frame.json", json.dumps(broken))
        self.assertIn("clients[0].adapters[0].mac", self.refused(*self.usual()))

    def test_paths(self):
        self.assertIn("/nonexistent", self.refused(*self.usual("--netd", "/nonexistent/netd")))
        long_run = os.path.join(self.frame.dir, "x" * 80)
        frame = self.frame.path("frame.json")
        self.assertIn("107 bytes", self.refused(*self.usual("--run", long_run, "--frame", frame)))
        self.assertFalse(os.path.exists(long_run), "nothing is made before it is refused")
        self.assertIn("/proc/nowhere", self.refused(*self.usual("--run", "/proc/nowhere", "--frame", frame)))

    def test_stale_sockets(self):
        """Socket files that nobody listens on are replaced."""
        os.mkdir(self.frame.path("vios1"))
        for name in ("viosd.sock", "netd.sock"):
            stale = socket.socket(socket.AF_UNIX)
            stale.bind(self.frame.path("vios1", name))
            stale.close()
        self.frame.start()
        until(lambda: self.frame.ctl("status").returncode == 0, "it answers")
        self.frame.netd()


class Viosctl(Case):
    def test_nobody(self):
        done = self.frame.ctl("status")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertEqual(self.frame.ctl("--vios", "vios1", "status").returncode, 3)

    def test_command_line(self):
        for args, text in ((["stauts"], "did you mean status?"), ([], "verb"), (["status", "x"], "no arguments"),
                           (["status", "--all"], "--all"), (["switch"], "which adapter"), (["--to"], "--to"),
                           (["switch", "--all", "lpar1/eth0"], "which adapter"), (["quarantine", "x"], "release"),
                           (["shutdown"], "--vios")):
            done = self.frame.ctl(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertIn(text, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
        for args in (["--help"], ["status", "--help"], ["--version"], ["version"], ["version", "--json"]):
            self.assertEqual(self.frame.ctl(*args).returncode, 0, args)

    def test_answers_from_either(self):
        """A VIOS whose viosd is stopped, or whose socket is stale, does not keep the other one from answering."""
        self.frame.start(vios="vios2")
        self.frame.netd("vios2")
        os.mkdir(self.frame.path("vios1"))
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(self.frame.path("vios1", "viosd.sock"))
        stale.close()
        status = json.loads(self.frame.ctl("status", "--json").stdout)
        self.assertEqual(status["answered_by"], "vios2")
        os.unlink(self.frame.path("vios1", "viosd.sock"))
        first = self.frame.start()
        self.frame.netd()
        self.assertEqual(json.loads(self.frame.ctl("status", "--json").stdout)["answered_by"], "vios1")
        first.send_signal(signal.SIGSTOP)
        self.assertEqual(json.loads(self.frame.ctl("status", "--json").stdout)["answered_by"], "vios2")
        # a change is not asked for twice
        self.assertEqual(self.frame.ctl("switch", "lpar1/eth0").returncode, 3)
        first.send_signal(signal.SIGCONT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
