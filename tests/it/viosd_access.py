#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""Who may call what on viosd.sock: users and groups of this test's own, in a /etc/group that only its viosd sees."""
import contextlib
import json
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import Case  # noqa: E402
from rpc import Closed, Peer, Refused  # noqa: E402

USER, VIOS, VIOS_READ = 65534, 64901, 64902
DENIED, UNAVAILABLE, INVALID = -32003, -32002, -32602
READ = ("status", "devices", "running", "quarantine_list", "subscribe", "config_get", "errlog")
CHANGE = ("mux_hello", "adapter_status", "switch", "shutdown", "config_change", "quarantine_release")


def as_user(groups, work, uid=USER):
    """What work() returns in a process of that user and these groups, through JSON."""
    r, w = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups(groups)
            os.setgid(USER)
            os.setuid(uid)
            os.write(w, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)  # pylint: disable=protected-access
    os.close(w)
    with os.fdopen(r) as f:
        text = f.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, "the child failed: %s" % text
    return json.loads(text)


@unittest.skipUnless(os.geteuid() == 0, "needs root to become others")
class Access(Case):
    groups = "vios:x:%d:\nvios-read:x:%d:\n" % (VIOS, VIOS_READ)

    def setUp(self):
        super().setUp()
        os.chmod(self.frame.dir, 0o711)
        os.chmod(self.frame.run, 0o750)  # as viosd makes it
        names = os.path.join(self.frame.dir, "group")
        with open(names, "w", encoding="ascii") as f:
            f.write("root:x:0:\n" + self.groups)
        self.frame.start(before=["unshare", "--mount", "sh", "-c",
                                 "mount --bind %s /etc/group && exec \"$@\"" % names, "sh"])
        self.frame.netd()
        self.socket = self.frame.path("vios1", "viosd.sock")

    def call(self, method, params=None):
        peer = Peer.connect(self.socket, within=0.2)
        try:
            peer.call(method, params)
            return [0, ""]
        except Refused as e:
            return [e.code, str(e)]
        finally:
            peer.close()

    def answers(self, groups, methods):
        """{method: [code, sentence]} for a user with these groups; nothing that it asks for changes anything."""
        return as_user(groups, lambda: {m: self.call(m, {"topics": []} if m == "subscribe" else None)
                                        for m in methods})


class Groups(Access):
    def test_readers(self):
        for method, (code, sentence) in self.answers([VIOS_READ], READ).items():
            self.assertNotEqual(code, DENIED, "%s: %s" % (method, sentence))
        for method, (code, sentence) in self.answers([VIOS_READ], CHANGE).items():
            self.assertEqual(code, DENIED, method)
            self.assertIn("%s is for root and for members of the group vios, and user 65534 is none" % method, sentence)
        self.frame.status()

    def test_changers(self):
        asked = [m for m in READ + CHANGE if m != "shutdown"]
        for method, (code, sentence) in self.answers([5, VIOS], asked).items():
            if method != "adapter_status":  # refused for a reason of its own
                self.assertNotEqual(code, DENIED, "%s: %s" % (method, sentence))
        self.assertEqual(self.answers([VIOS], ["switch"])["switch"][0], INVALID)

    def test_strangers(self):
        for method, (code, sentence) in self.answers([100, VIOS + 10], READ).items():  # few calls a second are theirs
            self.assertEqual(code, DENIED, method)
            self.assertIn("vios or vios-read, and user 65534 is none; have it added", sentence)
        self.assertEqual(self.answers([], ["shutdown"])["shutdown"][0], DENIED)
        self.frame.status()

    def test_what_is_open(self):
        """The directories let pass and show nothing; the other sockets stay shut."""
        self.assertEqual(os.stat(self.socket).st_mode & 0o777, 0o666)
        for directory in (self.frame.run, self.frame.path("vios1")):
            self.assertEqual(os.stat(directory).st_mode & 0o007, 0o001)

        def shut():
            try:
                Peer.connect(self.frame.path("vios1", "netd.sock"), within=0.05)
            except PermissionError:
                return True
            return False
        self.assertTrue(as_user([VIOS], shut))


class Limits(Access):
    def test_connections(self):
        """One user cannot take them all."""
        def flood():
            peers, held = [Peer.connect(self.socket) for _ in range(60)], 0
            for peer in peers:
                try:
                    peer.call("status")
                    held += 1
                except (Closed, Refused, OSError):
                    pass
            for peer in peers:
                peer.close()
            return held
        self.assertEqual(as_user([VIOS_READ], flood), 32)
        self.frame.status()
        self.assertEqual(self.frame.log().count("rpc-limit uid=65534"), 1)

    def test_rate(self):
        def flood():
            peer, codes = Peer.connect(self.socket), []

            def hear():
                codes.append(peer.receive()[0].get("error", {}).get("code", 0))
            with contextlib.suppress(OSError, Closed):
                while len(codes) < 40000:
                    for number in range(50):
                        peer.send({"id": number, "method": "subscribe", "params": {"topics": []}})
                    for number in range(50):
                        hear()
            with contextlib.suppress(OSError, Closed):
                while len(codes) < 40000:  # it may have been hung up on while it sent: what was answered before is there
                    hear()
            peer.close()
            return codes
        codes = as_user([VIOS_READ], flood)
        self.assertGreaterEqual(codes.count(0), 390)
        self.assertGreater(codes.count(UNAVAILABLE), 0)
        self.assertLess(len(codes), 40000, "it goes on, and is hung up on")
        self.frame.status()


class NoGroups(Access):
    groups = ""

    def test_only_root(self):
        self.assertEqual(os.stat(self.socket).st_mode & 0o777, 0o660)

        def refused():
            try:
                Peer.connect(self.socket, within=0.05)
            except PermissionError:
                return True
            return False
        self.assertTrue(as_user([VIOS], refused))
        self.frame.status()


if __name__ == "__main__":
    unittest.main(verbosity=2)
