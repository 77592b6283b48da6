#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""viosd with a fake data plane and fake muxes, over real sockets, without Corosync."""
import json
import os
import re
import signal
import subprocess
import socket
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import Case, alive, state_is, until  # noqa: E402
from rpc import Closed, Refused  # noqa: E402


def log_seconds(line):
    """Of the day, when a line was logged."""
    hours, minutes, rest = re.match(r"\S+T(\d+):(\d+):([\d.]+)Z", line).groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


class Supervision(Case):
    def test_start_and_configure(self):
        self.frame.start()
        pid = self.frame.netd()
        started = self.frame.netd_log("start")
        self.assertEqual([line["pid"] for line in started], [pid])
        self.assertEqual(self.frame.netd_log("refused"), [], "no second one was started beside it")
        self.assertEqual(started[0]["sid"], pid, "a session of its own")
        with open(self.frame.path("vios1", "netd.log"), encoding="ascii"):
            pass
        # its own: stdin, stdout, stderr, page, 16 pings, pidfd, lock, and the directory it lists
        self.assertEqual(len(started[0]["fds"]), 23)
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
        self.frame.start()
        until(lambda: len(self.frame.netd_log("exit")) >= 5, "five starts", 60)
        started = [log_seconds(line) for line in self.frame.log().splitlines() if " netd-started " in line]
        waited = [now - before for before, now in zip(started, started[1:])]
        for least, took in zip((0, 0.1, 0.2, 0.4, 0.8, 1.6), waited):
            self.assertGreater(took, least - 0.005, waited)
        self.assertIn("netd-died", self.frame.log())
        until(lambda: self.frame.status()["vios"][0]["netd"]["state"] == "down", "it is said to be down")
        netd = self.frame.status()["vios"][0]["netd"]
        self.assertGreaterEqual(netd["deaths"], 5)
        self.assertRegex(netd["reason"], r"^process \d+ ended with 1: vios-netd: told to fail$")
        self.assertIn("netd: process", self.frame.ctl("status").stdout)
        self.frame.fault()
        self.frame.netd()
        self.assertIsNone(self.frame.status()["vios"][0]["netd"]["reason"])

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
        self.assertEqual(mux.receive(0.4), (None, []))
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
            daemon.wait(60)

    def test_unfit_configuration(self):
        self.frame.fault(configure="devargs net_nonsense: no such driver")
        self.frame.start()
        mux, _ = self.frame.mux()
        until(lambda: "no such driver" in self.frame.log(), "its reason is logged")
        self.assertEqual(self.frame.status()["vios"][0]["netd"]["reason"],
                         "configure: devargs net_nonsense: no such driver")
        self.frame.fault()
        mux.wait_note("paths", state_is("active/optimized"), 60)

    def test_an_adapter_is_refused(self):
        """The data plane serves the rest, and status says which one it does not serve, and why."""
        self.frame.fault(refused=["lpar2/eth0"])
        self.frame.start()
        self.frame.netd()
        netd = self.frame.status()["vios"][0]["netd"]
        self.assertEqual((netd["state"], netd["reason"]), ("up", "configure: adapter lpar2/eth0: its mtu"))
        self.assertIn("lpar2/eth0: its mtu", self.frame.ctl("status").stdout)
        noted = [e for e in self.frame.peer().call("errlog")["entries"] if "its mtu" in e["text"]]
        self.assertEqual(len(noted), 1)

    def test_ends_leave_the_data_plane(self):
        daemon = self.frame.start()
        pid = self.frame.netd()
        daemon.terminate()
        self.assertEqual(daemon.wait(60), 0)
        self.assertTrue(alive(pid))
        daemon = self.frame.start("--stop-data-plane")
        self.assertEqual(self.frame.netd(), pid)
        daemon.terminate()
        self.assertEqual(daemon.wait(60), 0)
        self.assertFalse(alive(pid))
        self.assertEqual(len(self.frame.netd_log("shutdown")), 1)

    def test_shutdown_with_a_mute_data_plane(self):
        daemon = self.frame.start()
        pid = self.frame.netd()
        os.kill(pid, signal.SIGSTOP)
        self.frame.peer().call("shutdown", {"data_planes": True})
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(daemon.wait(60), 0)
        self.assertFalse(alive(pid))


class Muxes(Case):
    def setUp(self):
        super().setUp()
        self.frame.start()
        self.frame.netd()

    def test_unknown_client(self):
        for client in ("", 7, "x" * 5000, "../x"):
            with self.assertRaises(Refused):
                self.frame.mux(client)
        _, hello = self.frame.mux("lpar9")
        self.assertEqual((hello["paths"], hello["client"]), ([], {"epoch": 0, "version": 0, "client": None}))

    def test_known_client(self):
        _, hello = self.frame.mux("lpar2")
        client = hello["client"]["client"]
        self.assertEqual((client["name"], [(a["name"], a["id"], a["mac"]) for a in client["adapters"]]),
                         ("lpar2", [("eth0", 2, "02:76:69:00:00:02")]))
        self.assertIn("VIRTIO_F_VERSION_1", client["adapters"][0]["profile"]["features"])

    def test_newest_wins(self):
        old, _ = self.frame.mux()
        new, _ = self.frame.mux()
        with self.assertRaises(Closed):
            old.receive()
        new.note("adapter_status", {"adapter": "lpar1/eth0", "live": "vios1"})
        until(lambda: self.frame.status()["adapters"][0]["live"] == "vios1", "the new one is heard")

    def test_reports(self):
        mux, _ = self.frame.mux()
        self.frame.mux("lpar2")
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
        done = self.frame.ctl("switch", "--all")
        self.assertEqual((done.returncode, done.stdout), (1, "lpar2/eth0: vios1 -> vios2\n"))
        self.assertIn("lpar1/eth0 was not switched", done.stderr)

    def test_no_mux(self):
        done = self.frame.ctl("switch", "lpar1/eth0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no mux of lpar1 is connected to vios1", done.stderr)


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
                mux.wait_note("paths", state_is("active/non-optimized"))
                self.assertEqual(self.frame.status()["vios"][0]["uplink"]["link"], "down")
                ip("set", "wire0", "up")
                mux.wait_note("paths", state_is("active/optimized"))
        ip("del", "up0")
        mux.wait_note("paths", state_is("active/non-optimized"))
        ip("add", "up0", "type", "veth", "peer", "name", "wire0")
        ip("set", "up0", "up")
        ip("set", "wire0", "up")
        mux.wait_note("paths", state_is("active/optimized"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
