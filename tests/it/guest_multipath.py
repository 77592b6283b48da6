#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
"""
A stock guest with two HBAs that lead to one disk: dm-multipath sees one device with two groups, of priority 50 and 10, and its verified
I/O follows when their states change: by the guest's own SET TARGET PORT GROUPS, and by the pair.
"""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import disks  # noqa: E402
import suite  # noqa: E402
from disks import check  # noqa: E402
from scsid_lib.group_cases import Viosd  # noqa: E402
from scsid_lib.rig import Rig, lun, wait_for  # noqa: E402


class Path:
    """An adapter of the client, with the one disk."""

    def __init__(self, rig, number, path):
        self.number, self.path = number, path
        self.port = {"relative": number + 1, "group": number + 1, "naa": "300000000000000%d" % (number + 1)}
        self.target = rig.target("vios%d" % (number + 1), adapter="scsi%d" % number)

    def luns(self, best, by_command=False):
        """As viosd would have it: of the two groups the one of adapter `best` is optimized."""
        groups = [{"id": i + 1, "port": i + 1, "state": "active/optimized" if i == best else "active/non-optimized", "preferred": i == best,
                   "by_command": by_command} for i in range(2)]
        return [lun(self.path, shared=True, groups=groups, explicit_alua=True)]

    def start(self, best):
        self.target.start(self.luns(best), port=self.port).go(1)

    def configure(self, luns):
        self.target.configure(luns, port=self.port)


def start_multipathd(guest):
    guest.run("mkdir -p /run/udev /run/lock /dev/shm; udevadm --version")
    guest.run("ln -sf /bin/udevadm /bin/systemd-udevd; systemd-udevd --daemon && udevadm trigger && udevadm settle -t 100")
    guest.run("multipathd")


def topology(guest):
    """{"name", "groups": [(priority, [host of each path])]} as multipath -ll has it, best first as it stands there; None: no device."""
    said = guest.run("multipath -ll 2> /dev/null | cat", check=False)[1]
    names = re.findall(r"^(\S+) .*dm-\d+ VIOS", said, re.M)
    check(len(names) < 2, "more than one device:", said)
    groups = []
    for line in said.splitlines():
        found = re.search(r"policy='service-time 0' prio=(\d+) status=(\w+)", line)
        path = re.search(r"(\d+):0:0:0 (sd\w+) .* (\w+) (\w+) (\w+)$", line)
        if found:
            groups.append((int(found.group(1)), found.group(2), []))
        elif path and groups:
            groups[-1][2].append((int(path.group(1)), path.group(3), path.group(4)))
    return {"name": names[0], "groups": groups, "said": said} if names else None


def ask_for(guest, best, used=True, seconds=120):
    """Until the paths of host `best` have priority 50, those of the other 10, and, when there is I/O, the kernel uses the former: multipath
    asks the disk itself, multipathd hears of it later."""
    until = time.monotonic() + seconds
    while True:
        seen = topology(guest)
        if seen:
            by_host = {g[2][0][0]: g for g in seen["groups"] if len(g[2]) == 1}
            if len(seen["groups"]) == 2 and set(by_host) == {0, 1} and by_host[best][0] == 50 and by_host[1 - best][0] == 10 and \
                    (not used or by_host[best][1] == "active") and all(p[1:] == ("active", "ready") for g in seen["groups"] for p in g[2]):
                return seen
        check(time.monotonic() < until, "no such paths; multipath -ll:", seen and seen["said"])
        time.sleep(0.5)


def used(guest, host):
    """Requests of the guest's disk at this host so far."""
    return sum(int(guest.run("cat /sys/block/%s/stat" % disks.disk_of(guest, 0, host))[1].split()[i]) for i in (0, 4))


def moves_to(guest, load, best):
    before = [used(guest, host) for host in range(2)]
    load.progress(100)
    after = [used(guest, host) for host in range(2)]
    grown = [b - a for a, b in zip(before, after)]
    check(grown[best] > 60 and grown[1 - best] < 30, "the I/O of hosts 0 and 1 grew by", grown)


def test_groups(guest):
    """Both paths tell of both groups, in both formats."""
    for host in range(2):
        for extended in ("", "-e "):
            said = guest.run("sg_rtpg %s-d /dev/%s" % (extended, disks.disk_of(guest, 0, host)))[1]
            found = re.findall(r"group id : 0x(\d) , Pref=(\d).*?state : 0x(\d\d) .*?port ids:\s+0x0*(\d)", said, re.S)
            check(sorted(found) == [("1", "1", "00", "1"), ("2", "0", "01", "2")], said)
        said = guest.run("sg_vpd -p di /dev/%s" % disks.disk_of(guest, 0, host))[1]
        check("group: 0x%d" % (host + 1) in said and "port: 0x%d" % (host + 1) in said, said)


def by_guest(guest, paths, best):
    """The guest asks at its HBA `best`; what viosd does is done here: both targets hear of it, then the guest has its answer."""
    guest.run("(sg_stpg --optimized /dev/%s > /tmp/stpg 2>&1; echo exit $? >> /tmp/stpg) & echo" % disks.disk_of(guest, 0, best))
    viosd = Viosd(paths[best].target)
    message = viosd.asked()
    check(message["params"] == {"adapter": paths[best].target.name, "lun": 0, "group": best + 1}, message)
    for p in paths:
        p.configure(p.luns(best, by_command=True))
    viosd.answer(message)
    said = wait_for("an answer to sg_stpg", lambda: re.search(r"exit \d+", guest.run("cat /tmp/stpg")[1]))
    check(said.group() == "exit 0" and "Set Target Port Groups: " not in guest.run("cat /tmp/stpg")[1], guest.run("cat /tmp/stpg")[1])


def by_pair(_, paths, best):
    for p in paths:
        p.configure(p.luns(best))


def test():
    with Rig(faults=False) as rig:
        file = rig.disk("disk0", 24)
        paths = [Path(rig, i, file) for i in range(2)]
        for p in paths:
            p.start(0)
        guest = disks.start(rig.dir + "/guest", [p.target.sock for p in paths])
        try:
            test_groups(guest)
            results = suite.run(guest, "MultipathIO.[SC]*e", [disks.disk_of(guest, 0, host, kind="scsi_generic") for host in range(2)], 240)
            check(not any(results.values()), results)
            print("  suite: ", ", ".join(results), flush=True)
            guest.run("dd if=/dev/zero of=/dev/%s bs=65536 count=16 oflag=direct" % disks.disk_of(guest, 0))
            start_multipathd(guest)
            name = ask_for(guest, 0, used=False)["name"]
            load = disks.Load(guest, "mapper/" + name)
            load.progress(50)
            moves_to(guest, load, 0)
            for best, change in ((1, by_guest), (0, by_pair)):
                change(guest, paths, best)
                ask_for(guest, best)
                moves_to(guest, load, best)
                print("ok path %d optimized %s" % (best, change.__name__), flush=True)
            print("  verified I/O: %d requests, longest %d ms" % load.stop(), flush=True)
            disks.sound(guest, re.compile("alua: port group|alua: transition"))
        except (AssertionError, disks.GuestError):
            for command in ("multipath -ll", "dmesg | tail -n 30", "cat /proc/$(pidof diskio | cut -d' ' -f1)/task/*/stack",
                            "grep . /sys/block/sd*/inflight /sys/block/dm-0/inflight", "ls /dev/mapper", "cat /tmp/io"):
                print("# " + command + "\n" + guest.run(command + " 2>&1", check=False)[1], flush=True)
            for p in paths:
                print(p.target.status() if hasattr(p.target, "status") else "", flush=True)
            raise
        finally:
            guest.close()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
test()
