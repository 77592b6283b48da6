#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""What operators give viosd and viosctl: wrong command lines, configurations, directories; one line each."""
import json
import os
import signal
import socket
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import VIOSD, Case, configuration, until  # noqa: E402
from rpc import Refused  # noqa: E402


class BadInput(Case):
    def refused(self, *args, code=1):
        done = subprocess.run([VIOSD, *args], capture_output=True, text=True, timeout=60, check=False)
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
        self.assertIn("a viosd of vios1 already runs", self.refused(*self.usual()))
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

    def test_another_configuration(self):
        """The data plane reads the file that viosd was given."""
        other = os.path.join(self.frame.dir, "other.json")
        os.rename(self.frame.path("frame.json"), other)
        self.frame.start("--frame", other)
        self.frame.netd()
        argv = self.frame.netd_log("start")[0]["argv"]
        self.assertEqual(argv[argv.index("--frame") + 1], other)

    def test_files(self):
        """What a file is, told by a process that viosd does not wait for and that ends with it."""
        viosd = self.frame.start()
        peer = self.frame.peer()
        path, huge = (os.path.join(self.frame.dir, name) for name in ("abc.iso", "huge.iso"))
        with open(path, "w", encoding="ascii") as f:
            f.write("abc")
        with open(huge, "w", encoding="ascii") as f:
            f.truncate(1 << 40)
        told = peer.call("file", {"path": path, "digest": True})
        self.assertEqual((told["size_bytes"], told["sha256"][:16]), (3, "ba7816bf8f01cfea"))
        self.assertEqual(told["identity"], peer.call("file", {"path": path})["identity"])
        self.assertEqual(peer.call("file", {"path": path + "x"}), {"fault": "No such file or directory"})
        for params in ({}, {"path": "abc.iso"}, {"path": 7}):
            with self.assertRaises(Refused) as refused:
                peer.call("file", params)
            self.assertEqual(refused.exception.code, -32602)
        for number in range(4):
            peer.send({"id": 1000 + number, "method": "file", "params": {"path": huge, "digest": True}})
        other = self.frame.peer()
        with self.assertRaisesRegex(Refused, "too many"):
            other.call("file", {"path": path})
        self.assertIn("vios", other.call("status"))
        children = subprocess.run(["pgrep", "-P", str(viosd.pid), "-x", "viosd"], capture_output=True, text=True, check=True)
        self.assertEqual(len(children.stdout.split()), 4)
        viosd.terminate()
        self.assertEqual(viosd.wait(60), 0)
        until(lambda: not any(os.path.exists("/proc/" + pid) for pid in children.stdout.split()), "they are gone")

    def test_paths(self):
        self.assertIn("/nonexistent", self.refused(*self.usual("--netd", "/nonexistent/netd")))
        long_run = os.path.join(self.frame.dir, "x" * 80)
        frame = self.frame.path("frame.json")
        self.assertIn("107 bytes", self.refused(*self.usual("--run", long_run, "--frame", frame)))
        self.assertFalse(os.path.exists(long_run), "nothing is made before it is refused")
        # long enough for the control sockets, and too long for an adapter's
        tight = os.path.join(self.frame.dir, "x" * (86 - len(self.frame.dir)))
        self.assertIn("lpar1.eth0", self.refused(*self.usual("--run", tight, "--frame", frame)))
        self.assertFalse(os.path.exists(tight))
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
        self.assertIn("connected to vios2", self.frame.ctl("switch", "lpar1/eth0").stderr)
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
