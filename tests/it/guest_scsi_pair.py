#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 300
"""
A stock guest with its disk on a real pair: verified I/O goes on through the death of the live target, a switch and the loss of a VIOS, and
its kernel log shows nothing of it. It has two HBAs that lead to the disk: which of them is the better one follows the VIOS that it prefers,
or what the guest itself has chosen where it may.
"""
import os
import re
import signal
import sys

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import disks  # noqa: E402
import pair  # noqa: E402
from disks import LONG, check  # noqa: E402
from pairdisk import luns, mapped, target_of, wait_two_paths  # noqa: E402

ADAPTERS = ["lpar1/scsi0", "lpar1/scsi1"]
# What it says when it is told which path is better.
GROUPS = re.compile(r"alua: |Asymmetric access state changed|Inquiry data has changed")
# What sg_stpg says of a refusal; its exit status is 0 all the same.
REFUSED = re.compile(r"^Set Target Port Groups: (.*)", re.M)
ROUNDS = 5 if LONG else 1


def states(guest, host):
    """Of both groups, in the order of the adapters, as one HBA tells of them; none: it has a unit attention to tell first."""
    said = guest.run("sg_rtpg -e -d /dev/%s" % disks.disk_of(guest, 1, host), check=False)[1]
    found = re.findall(r"group id : (0x[0-9a-f]+) .*?state : 0x(\d\d) ", said, re.S)
    return [state for _, state in sorted((int(group, 16), state) for group, state in found)]


def best_is(guest, best):
    wanted = ["00" if i == best else "01" for i in range(2)]
    for host in range(2):
        pair.within(15, "HBA %d tells that path %d is the better one" % (host, best), lambda: states(guest, host) == wanted)


def tpgs(guest, host):
    """How states change, as standard INQUIRY data say it: 1 implicit, 2 explicit, 3 both; None: it has a unit attention to tell first."""
    found = re.search(r" TPGS=(\d)", guest.run("sg_inq /dev/%s" % disks.disk_of(guest, 1, host), check=False)[1])
    return found and int(found.group(1))


def choose(guest, host, state, refusal=None):
    """SET TARGET PORT GROUPS by the guest: of this HBA's own group; again, if there was a unit attention to tell first."""
    def ask():
        answer = guest.run("sg_stpg %s /dev/%s 2>&1" % (state, disks.disk_of(guest, 1, host)), check=False)
        return answer if "nit attention" not in answer[1] else None
    code, said = pair.within(15, "HBA %d takes sg_stpg %s" % (host, state), ask)
    found = REFUSED.search(said)
    check("Set asymmetric access state" in said and (found.group(1) if found else None if code == 0 else code) == refusal,
          "sg_stpg %s at HBA %d: exit %d: %s" % (state, host, code, said))


def may_choose(guest, yes):
    for number in range(2):
        pair.lab("ctl", "chdev", "-dev", "vhost%d" % number, "-attr", "explicit_alua=" + ("yes" if yes else "no"))
    for host in range(2):
        pair.within(15, "HBA %d tells how states change" % host, lambda: tpgs(guest, host) == (3 if yes else 1))
    best_is(guest, 0)


def by_command(guest, host):
    """Both groups may be set, and were: STATUS CODE 1."""
    said = guest.run("sg_rtpg -d /dev/%s" % disks.disk_of(guest, 1, host), check=False)[1]
    return [len(re.findall(word, said)) for word in (r"status code : 0x01", r" AN_SUP : 1, AO_SUP : 1")] == [2, 2]


def chooses(guest):
    """The guest says which of its ways is the better one, where it may, and both HBAs tell so."""
    choose(guest, 1, "--optimized", "Illegal request, Invalid opcode")
    may_choose(guest, True)
    choose(guest, 1, "--standby", "Illegal request")
    best_is(guest, 0)
    for best in (1, 0):
        choose(guest, best, "--optimized")
        best_is(guest, best)
        for host in range(2):
            pair.within(15, "HBA %d tells that the command has changed the states" % host, lambda: by_command(guest, host))
    may_choose(guest, False)
    print("  the guest chose its better path", flush=True)


def kill_target(live):
    os.kill(target_of(live), signal.SIGKILL)


def switch(_):
    pair.lab("ctl", "switch", ADAPTERS[0])


def through(guest, load, what, act):
    load.progress(50)
    live = wait_two_paths()
    act(live)
    load.progress(50)
    now = wait_two_paths(live)
    print("  %s: %s, then %s" % (what, live, now), flush=True)
    best_is(guest, 0 if now == "vios1" else 1)


def lose_vios(guest, load):
    live = wait_two_paths()
    pair.lab("kill", live)
    load.progress(50)
    best_is(guest, 0 if live == "vios2" else 1)
    pair.lab("boot", live)
    print("  VIOS lost: %s, then %s" % (live, wait_two_paths(live)), flush=True)


def configured():
    """Both adapters have the disk, on both VIOS."""
    for number in range(2):
        pair.lab("ctl", "mkvadapter", "-client", "lpar1", "-type", "scsi", "-preferred", "vios%d" % (number + 1))
    mapped("disk0", 24)
    pair.lab("ctl", "mkvdev", "-f", "-vdev", pair.DIR + "/disk0", "-vadapter", "vhost1")
    for name in ADAPTERS:
        pair.within(20, "the disk at both targets of " + name, lambda: luns(name) == [1, 1])
        pair.within(20, "the socket of " + name, lambda: os.path.exists("%s/clients/%s.sock" % (pair.RUN, name)))


def test():
    configured()
    guest = disks.start(pair.DIR + "/guest", ["%s/clients/%s.sock" % (pair.RUN, name) for name in ADAPTERS], queues=1)
    try:
        log = disks.log_of(guest)
        for name in ADAPTERS:
            wait_two_paths(adapter=name)
        best_is(guest, 0)
        chooses(guest)
        load = disks.Load(guest, disks.disk_of(guest, 1))
        for _ in range(ROUNDS):
            through(guest, load, "target killed", kill_target)
            through(guest, load, "switch", switch)
            lose_vios(guest, load)
            through(guest, load, "switched back", switch)
        print("  verified I/O: %d requests, longest %d ms" % load.stop(), flush=True)
        grown = [line for line in disks.log_of(guest) if line.startswith("[") and line not in log and "random: " not in line]
        check(not [line for line in grown if not (disks.USUAL.search(line) or disks.SLOW.search(line) or GROUPS.search(line))], "the guest's kernel log grew:", grown)
        disks.sound(guest)
    finally:
        guest.close()


pair.run_with_pair(test)
