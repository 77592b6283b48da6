#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
"""A real pair that maps devices: both VIOS look before, what differs is refused with each side's value, and what was
mapped is served by both. Media come and go; a VIOS that is away is told of."""
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import until  # noqa: E402
from rpc import Refused  # noqa: E402
import twins  # noqa: E402
from twins import DIR, NAMES, ask, change, lab, op  # noqa: E402
from scsid_lib.front import Front  # noqa: E402
from scsid_lib.group_cases import CHANGED, FAILED, INQUIRY_CHANGED, NO_COMMAND, set_groups, states, told  # noqa: E402
from scsid_lib.rig import Rpc  # noqa: E402

MIB = 1 << 20


def disk(name, data=b"", size=MIB):
    path = "%s/%s" % (DIR, name)
    with open(path, "wb") as f:
        f.write(data)
        f.truncate(size)
    return path


def luns(adapter):
    """What both targets of the adapter serve: {LUN: (path, bytes)}; None: they differ, or one is not there yet."""
    told = []
    for vios in NAMES:
        target = ask(vios, "running")["vios"][vios]["scsids"].get(adapter)
        told.append(target and {u["lun"]: (u["path"], u["size_bytes"]) for u in target["luns"]})
    return told[0] if told[0] == told[1] else None


class Mapping(unittest.TestCase):
    def setUp(self):
        """A client and a server adapter of its own."""
        self.client = "m%d" % len(ask("vios1", "config_get")["state"]["client"])
        done = change("vios1", op("add", "client", self.client),
                      op("add", "vhost", client_adapter=self.client + "/scsi0"))
        self.vhost = next(c["name"] for c in done["created"] if c["kind"] == "vhost")

    def map(self, name, paths, by="vios1", force=False, **attrs):
        attrs.setdefault("type", "file")
        more = {"force": True} if force else {}
        return change(by, op("add", "backing", name, path=dict(zip(NAMES, paths)), **attrs),
                      op("add", "vtd", vhost=self.vhost, backing=name, **more))

    def refused(self, says, *args, **more):
        before = ask("vios1", "config_get")["version"]
        with self.assertRaises(Refused) as caught:
            self.map(*args, **more)
        faults = caught.exception.data["faults"]
        self.assertEqual(len(faults), 1, faults)
        for one in says:
            self.assertIn(one, faults[0]["text"])
        self.assertEqual(ask("vios1", "config_get")["version"], before)

    def serves(self, wanted):
        until(lambda: luns(self.client + "/scsi0") == wanted, "both serve %s" % wanted)

    def test_one_file(self):
        """By either VIOS, by two names of one file; and it grows."""
        path = disk("one")
        os.link(path, DIR + "/alias")
        done = self.map("one", (path, path), by="vios2")
        self.assertEqual(done["committed"], "pair")
        self.serves({1: (path, MIB)})
        os.truncate(path, 3 * MIB)
        with self.assertRaises(Refused) as caught:
            change("vios1", op("set", "backing", "one", size_bytes=2 * MIB))
        self.assertIn("has 3145728 bytes, not 2097152", caught.exception.data["faults"][0]["text"])
        change("vios1", op("set", "backing", "one", size_bytes=3 * MIB))
        self.serves({1: (path, 3 * MIB)})
        other = disk("two")
        os.link(other, DIR + "/alias2")
        self.map("two", (other, DIR + "/alias2"))

    def test_mismatches(self):
        a, small, b = disk("a", b"a"), disk("small", b"a", MIB // 2), disk("b", b"b")
        copy = disk("copy", b"a")
        self.refused(("vios1 has 1048576 bytes", "vios2 has 524288", small), "x", (a, small))
        self.refused(("different data",), "x", (a, b))
        self.refused(("nothing tells whether", "unique_id"), "x", (a, copy), by="vios2")
        self.refused(("vios2: ", "No such file"), "x", (a, DIR + "/none"))
        self.refused(("vios1: ", "No such file"), "x", (DIR + "/none", a), by="vios2")
        self.refused(("neither a block device nor a file",), "x", (DIR, DIR))
        self.map("same", (a, copy), read_only=True)
        self.map("late", (DIR + "/later", DIR + "/later"), force=True)

    def test_media(self):
        """A drive stays while its medium comes and goes; one that a VIOS cannot open is not loaded."""
        path = disk("a.iso", os.urandom(2048), 64 * 2048)
        medium = {"type": "optical", "block_bytes": 2048, "read_only": True}
        change("vios1", op("add", "vtd", "cd", vhost=self.vhost, backing="", type="optical", lun=4),
               op("add", "backing", "iso", path={v: path for v in NAMES}, **medium),
               op("add", "backing", "gone", path={"vios1": path + "2", "vios2": DIR + "/none.iso"}, **medium))
        disk("a.iso2", b"", 2048)
        self.serves({4: ("", 0)})
        change("vios2", op("set", "vtd", "cd", backing="iso"))
        self.serves({4: (path, 64 * 2048)})
        with self.assertRaises(Refused) as caught:
            change("vios1", op("set", "vtd", "cd", backing="gone"))
        self.assertIn("vios2: %s/none.iso" % DIR, caught.exception.data["faults"][0]["text"])
        change("vios1", op("set", "vtd", "cd", backing=""))
        self.serves({4: ("", 0)})

    def front(self, vios, adapter):
        """The client of an adapter, at that VIOS's target of it: past the first unit attentions."""
        target = "%s/run/%s/%s.%s" % (DIR, vios, self.client, adapter)
        rpc = Rpc(target + ".ctl")
        rpc.call("hello", role="mux", client=self.client)
        rpc.call("start", adapter="%s/%s" % (self.client, adapter), start=1)
        self.addCleanup(rpc.socket.close)
        front = Front(target + ".sock", queues=1).start()
        self.addCleanup(front.close)
        front.ready(1)
        return front

    def priorities(self, vios):
        return {h["adapter"]: h.get("path_priority", 1) for h in ask(vios, "config_get")["state"]["vhost"]
                if h["client"] == self.client}

    def test_a_client_chooses_its_way(self):
        """SET TARGET PORT GROUPS by one of its two adapters, each at another VIOS: both VIOS have it, the other one is told."""
        path = disk("ways")
        self.map("ways", (path, path))
        done = change("vios1", op("add", "vhost", client_adapter=self.client + "/scsi1"))
        second = next(c["name"] for c in done["created"] if c["kind"] == "vhost")
        change("vios1", op("add", "vtd", vhost=second, backing="ways", force=True))
        self.serves({1: (path, MIB)})
        until(lambda: luns(self.client + "/scsi1") == {1: (path, MIB)}, "both serve scsi1")
        a, b = self.front("vios1", "scsi0"), self.front("vios2", "scsi1")
        first, other = sorted(states(a, 1))
        self.assertEqual([states(f, 1)[first][0] for f in (a, b)], [0, 0])
        self.assertEqual(a.scsi(*set_groups((other, 0)), lun=1).key(), NO_COMMAND, "not if nobody has allowed it")
        change("vios1", op("set", "vhost", self.vhost, explicit_alua=True))
        until(lambda: told(a, 1) == INQUIRY_CHANGED, "it is told that it may")
        self.assertEqual(a.scsi(*set_groups((other, 0)), lun=1, timeout_s=30).status, 0)
        self.assertEqual(states(a, 1), {first: (1, 0, 1), other: (0, 1, 1)})
        self.assertEqual([self.priorities(v) for v in NAMES], [{"scsi0": 2, "scsi1": 1}] * 2)
        until(lambda: told(b, 1) == CHANGED, "the other adapter is told")
        self.assertEqual(states(b, 1)[other][:2], (0, 1))
        self.assertIsNone(told(a, 1), "who asked")
        lab("stop", "vios1", "viosd")
        self.addCleanup(lambda: (lab("start", "vios1", "viosd"), twins.in_step()))
        self.assertEqual(a.scsi(*set_groups((first, 0)), lun=1, timeout_s=30).key(), FAILED, "nobody to ask")

    def test_x_one_is_away(self):
        """Last: one comes back to a device that is not the other's, mapped meanwhile; it keeps away until it is mended."""
        path = disk("alone")
        lab("kill", "vios2")
        twins.has_role("vios1", "alone")
        self.refused(("vios2 does not say what %s is" % path, "force it"), "alone", (path, path))
        self.assertEqual(self.map("alone", (path, path), force=True)["committed"], "alone")
        ours, theirs = disk("ours", b"1"), disk("theirs", b"2")
        self.map("differs", (ours, theirs), force=True, read_only=True)
        lab("boot", "vios2")
        twins.in_step()

        def noted(label):
            return [e for e in ask("vios2", "errlog")["entries"] if e["label"] == label]

        def reason():
            vios = next(v for v in ask("vios1", "status")["vios"] if v["name"] == "vios2")
            return next((s["reason"] or "" for s in vios["scsids"] if s["adapter"] == self.client + "/scsi0"), "")

        until(lambda: noted("VIOS_DISK_DIFFERS"), "it is seen", twins.LONG_S)
        until(lambda: "differs is not one device" in reason(), "the other one knows why")
        self.assertEqual([e["resource"] for e in noted("VIOS_DISK_DIFFERS")], [self.client + "/scsi0"])
        self.assertFalse(noted("VIOS_DISK_AGREES"))
        change("vios1", op("set", "backing", "differs", path={"vios2": ours}))
        until(lambda: noted("VIOS_DISK_AGREES"), "it is mended", twins.LONG_S)
        until(lambda: not reason(), "it is served")


if __name__ == "__main__":
    twins.run(0)
