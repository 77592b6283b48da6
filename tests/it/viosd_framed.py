#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""viosd with a fake vios-framed: registration, deaths, quarantine."""
import os
import signal
import socket
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import Case, state_is, until  # noqa: E402
from rpc import Peer, Refused  # noqa: E402


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
        self.server.settimeout(60)
        framed = Peer(self.server.accept()[0], {"register": self.register, "quarantine_list": self.held,
                                                "quarantine_release": self.release, "adapters": self.name})
        self.addCleanup(framed.close)
        framed.serve(*framed.receive())
        framed.serve(*framed.receive())
        return framed

    def register(self, params, fds):
        self.registered.append((params, [os.readlink("/proc/self/fd/%d" % fd) for fd in fds]))
        with open("/proc/self/fdinfo/%d" % fds[0], encoding="ascii") as f:
            self.pidfd = f.read()
        for fd in fds:
            os.close(fd)
        return {}

    def name(self, params, _):
        self.named = params["adapters"]
        return {}

    @staticmethod
    def release(params, _):
        if params in ({"adapter": "lpar1/eth0"}, {"adapter": "gone/eth0"}):
            return params
        if params == {"id": 7}:
            return {"adapter": "?/7"}
        raise Refused({"code": -32001, "message": "it is not in quarantine"})

    @staticmethod
    def held(*_):
        return {"adapters": ["lpar1/eth0"], "held": ["lpar2/eth0"]}

    def test_registration(self):
        self.listen()
        framed = self.accept()
        self.assertEqual(self.named, [{"adapter": "lpar1/eth0", "id": 1}, {"adapter": "lpar2/eth0", "id": 2}])
        params, fds = self.registered[0]
        self.assertEqual(params, {"vios": "vios1", "plane": "netd",
                                  "incarnation": self.frame.netd_log("start")[0]["incarnation"]})
        self.assertEqual([fd.split(":")[0] for fd in fds], ["anon_inode", "/memfd", "anon_inode"])
        self.assertIn("Pid:\t%d\n" % self.pid, self.pidfd)
        # vios-framed comes back
        framed.close()
        self.accept()
        self.assertEqual(self.registered[1], self.registered[0])

    def test_registers_its_own_pidfd(self):
        """Of a data plane that viosd has started it knows the process itself, whatever pidfd that one hands out."""
        os.kill(self.pid, signal.SIGKILL)
        self.frame.fault(hello="other-pidfd")
        until(lambda: self.frame.netd() != self.pid, "a new one")
        self.listen()
        self.accept()
        self.assertIn("Pid:\t%d\n" % self.frame.netd(), self.pidfd)

    def test_registers_all_workers(self):
        """As many descriptors as a data plane can have workers."""
        os.kill(self.pid, signal.SIGKILL)
        self.frame.fault(workers=16)
        until(lambda: self.frame.netd() != self.pid, "a new one")
        self.listen()
        self.accept()
        self.assertEqual(len(self.registered[0][1]), 18)

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

    def test_suspicions(self):
        """What vios-framed thinks of the data plane is shown, until it thinks better of it."""
        self.listen()
        framed = self.accept()
        note = {"vios": "vios1", "plane": "netd", "incarnation": self.registered[0][0]["incarnation"], "ms": 123}
        for other in ({"vios": "vios2"}, {"incarnation": "0" * 16}, {"report": "%s%n"}, {"report": None}):
            framed.note("suspect", {**note, "report": "last-hung", **other})
        framed.note("suspect", dict(note, report="last-hung"))
        until(lambda: self.frame.status()["vios"][0]["netd"]["reason"] ==
              "hangs, and no other serves: it is killed after 123 ms", "it is shown")
        self.assertEqual(self.frame.log().count("netd-suspect"), 1)
        self.assertEqual(self.frame.status()["vios"][0]["netd"]["state"], "up")
        framed.note("suspect", dict(note, report="recovered"))
        until(lambda: self.frame.status()["vios"][0]["netd"]["reason"] is None, "it is gone")
        self.assertEqual([e["label"] for e in self.frame.peer().call("errlog")["entries"]],
                         ["VIOS_NETD_UP", "VIOS_NETD_SUSPECT", "VIOS_NETD_RECOVERED"])

    def test_what_will_not_die(self):
        """The other VIOS's, once for each: the fencer is asked, and how it ended is noted."""
        self.listen()
        asked = self.frame.path("asked")
        self.frame.daemons[0].terminate()
        self.frame.daemons[0].wait(60)
        fencer = self.frame.path("fencer")
        self.frame.write("fencer", "#!/bin/sh\necho $* >> %s\n[ ! -e %s.fails ]\n" % (asked, asked))
        os.chmod(fencer, 0o755)
        self.frame.start("--fencer", fencer)
        framed = self.accept()
        note = {"vios": "vios2", "plane": "netd", "incarnation": "1" * 16, "ms": 5000, "report": "will-not-die"}
        own = {"vios": "vios1", "incarnation": self.registered[0][0]["incarnation"]}
        for other in (own, {"vios": "vios3"}, {"incarnation": "x"}, {"report": "blocked"}, {"report": None}, {}, {}):
            framed.note("suspect", {**note, **other})
        labels = lambda: [e["label"] for e in self.frame.peer().call("errlog")["entries"] if "FENCE" in e["label"]]
        until(lambda: labels() == ["VIOS_FENCE_ASKED", "VIOS_FENCED"], "it was fenced")
        framed.note("suspect", note)
        for other in ({"vios": "vios1"}, {"incarnation": "x"}, {}):
            framed.note("suspect", {**note, "report": "powered-off", **other})
        self.frame.write("asked.fails", "")
        framed.note("suspect", dict(note, incarnation="2" * 16))
        until(lambda: labels()[2:] == ["VIOS_FENCE_ASKED", "VIOS_FENCE_FAILED"], "it was not")
        with open(asked, encoding="ascii") as file:
            self.assertEqual(file.read(), "vios2\nvios2\n")
        powered = [e for e in self.frame.peer().call("errlog")["entries"] if e["label"] == "VIOS_POWERED_OFF"]
        self.assertEqual([(e["resource"], "incarnation=" + "1" * 16 in e["text"]) for e in powered], [("vios2", True)])

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
        framed.note("quarantine", {"adapters": [], "held": ["lpar2/eth0"]})
        two.wait_note("paths", state_is("unavailable"))
        self.assertIn("held: ", self.frame.ctl("status").stdout)
        one.wait_note("paths", state_is("active/optimized"))
        framed.note("quarantine", {"adapters": ["lpar1/eth0"]})
        two.wait_note("paths", state_is("active/optimized"))
        framed.note("quarantine", {"adapters": []})
        one.wait_note("paths", state_is("unavailable"))
        one.wait_note("paths", state_is("active/optimized"))
        noted = [(e["label"][10:], e["resource"]) for e in self.frame.peer().call("errlog")["entries"]]
        self.assertEqual(noted[1:], [
            ("QUARANTINE", "lpar1/eth0"), ("RELEASED", "lpar1/eth0"), ("HELD", "lpar2/eth0"),
            ("QUARANTINE", "lpar1/eth0"), ("RELEASED", "lpar2/eth0"), ("RELEASED", "lpar1/eth0")])

    def test_operator(self):
        self.assertEqual(self.frame.ctl("quarantine").returncode, 1)
        self.listen()
        framed = self.accept()
        child = os.fork()
        if child == 0:
            for _ in range(6):
                framed.serve(*framed.receive(60))
            os._exit(0)  # pylint: disable=protected-access
        done = self.frame.ctl("quarantine")
        self.assertEqual(done.returncode, 0)
        self.assertIn("lpar1/eth0: in quarantine", done.stdout)
        self.assertIn("lpar2/eth0: held", done.stdout)
        # of the frame, no longer of the frame, by its id
        for word, name in (("lpar1/eth0",) * 2, ("gone/eth0",) * 2, ("7", "?/7"), ("?/7", "?/7")):
            done = self.frame.ctl("quarantine", "release", word)
            self.assertEqual((done.returncode, done.stdout), (0, name + ": released\n"))
        done = self.frame.ctl("quarantine", "release", "lpar2/eth0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not in quarantine", done.stderr)
        os.waitpid(child, 0)
        self.assertEqual(self.frame.ctl("quarantine", "release", "lpar9/eth0").returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
