# SPDX-License-Identifier: BSD-3-Clause
"""
What a drill of the cluster does to it: a table. A fault is made on one VIOS ("the victim"), is seen to have hit, and what only a person
can undo (a cable, an order) is undone. What Pacemaker must undo by itself is left to it.
"""
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import Callable

import frame
import pair

HIT_S = 240  # for what must follow, on a machine that has much to do
NOBODY, VICTIM, ONE, PERHAPS, ANY = "nobody", "the victim", "one VIOS", "the victim or nobody", "any"


@dataclass(frozen=True)
class Fault:
    name: str
    what: str
    make: Callable  # (victim, other, told)
    fenced: str = NOBODY
    walk: bool = True  # one node at most is impaired by it
    outage: bool = False  # nobody serves for a while
    promotions: int = 1


def kill_viosd(victim, other, told):
    frame.kill_and_see("viosd of " + victim, lambda: frame.socket_owner(victim + "/viosd.sock"), HIT_S)


def kill_netd(victim, other, told):
    frame.kill_and_see("vios-netd of " + victim, lambda: frame.socket_owner(victim + "/netd.sock"), HIT_S)


def kill_scsid(victim, other, told):
    frame.kill_and_see("vios-scsid of " + victim, lambda: frame.socket_owner(victim + "/lpar1.scsi0.ctl"), HIT_S)


def kill_corosync(victim, other, told):
    """The new one is there at once; it has hit when the other node has lost this one, and then decides what to do."""
    frame.kill_and_see("corosync of " + victim, lambda: frame.node_process(victim, "corosync"), HIT_S)

    def noted():
        told.look()
        return (other, victim) in told.left
    frame.within(HIT_S, "%s loses %s" % (other, victim), noted)


def kill_pacemakerd(victim, other, told):
    frame.kill_and_see("pacemakerd of " + victim, lambda: frame.node_process(victim, "pacemakerd"), HIT_S)


def was_fenced(told, *names):
    """Until one of them was powered off by vios-framed, and is on again."""
    def seen():
        told.look()
        return [n for n in names if n in told.fenced and frame.init_of(n)]
    return frame.within(HIT_S, "fencing of " + " or ".join(names), seen)


def power_off(victim, other, told):
    pair.lab("kill", victim)
    was_fenced(told, victim)


def hang(victim, other, told):
    frame.hang(victim)
    was_fenced(told, victim)


def fencing_fails(victim, other, told):
    """The power program fails once; Pacemaker asks again."""
    with open(pair.DIR + "/power-fails", "w", encoding="ascii"):
        pass
    pair.lab("kill", victim)
    was_fenced(told, victim)
    assert not os.path.exists(pair.DIR + "/power-fails"), "no fencing has failed"


def cut(victim, other, told):
    pair.lab("cut")
    try:
        was_fenced(told, victim, other)
    finally:
        pair.lab("heal")


def cut_long(victim, other, told):
    """Who was fenced is on again while the links are cut: it must wait, and not fence back."""
    pair.lab("cut")
    try:
        back = was_fenced(told, victim, other)[0]

        def decided():
            told.look()
            return told.asked.get(back) or (back in told.asked and frame.is_idle(back, back))
        frame.within(HIT_S, "Pacemaker of %s has decided by itself" % back, decided)
        told.look()
        assert not told.asked[back], "%s fences back" % back
        assert frame.socket_owner(back + "/viosd.sock") is None, "%s starts its viosd alone" % back
    finally:
        pair.lab("heal")


def shoot_out(victim, other, told):
    asked = [subprocess.Popen([pair.LAB, "exec", by, "stonith_admin", "--reboot", whom, "--timeout", "60"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) for by, whom in ((victim, other), (other, victim))]
    was_fenced(told, victim, other)
    for process in asked:
        process.wait(HIT_S)


def order(node, *argv):
    assert frame.in_node(node, *argv) is not None, "refused: " + " ".join(argv)


def standby(victim, other, told):
    order(other, "crm_standby", "--node", victim, "--update", "on")
    try:
        frame.within(HIT_S, victim + " stops", lambda: (frame.monitor() or {}).get("role") == {other: "Promoted"})
        assert frame.socket_owner(victim + "/viosd.sock") is None, "viosd of %s still runs" % victim
    finally:
        order(other, "crm_standby", "--node", victim, "--delete")


def move(victim, other, told):
    """Of the promoted role, to whoever does not have it: a switch, which restarts nothing."""
    pids = lambda: [frame.socket_owner(n + s) for n in frame.NODES for s in ("/viosd.sock", "/netd.sock", "/lpar1.scsi0.ctl")]
    before = pids()
    to = pair.other(frame.within(HIT_S, "one promoted", frame.promoted))
    order(to, "crm_resource", "--move", "--promoted", "--resource", "vios-clone", "--node", to)
    try:
        frame.within(HIT_S, to + " is promoted", lambda: frame.promoted() == to)
        frame.within(HIT_S, "clients are at " + to, lambda: frame.live() == to)
        assert pids() == before, "the move has restarted something"
    finally:
        order(to, "crm_resource", "--clear", "--resource", "vios-clone")


def maintenance(victim, other, told):
    """Pacemaker looks away while the pair is switched and a viosd dies; then it follows and mends."""
    before = frame.promoted()
    order(other, "crm_attribute", "--name", "maintenance-mode", "--update", "true")
    try:
        pair.lab("ctl", "switch", "--all", "--to", other)
        os.kill(frame.within(20, "viosd of " + victim, lambda: frame.socket_owner(victim + "/viosd.sock")), 9)
        frame.within(20, "its death", lambda: frame.socket_owner(victim + "/viosd.sock") is None)
        assert frame.live() == other and frame.promoted() == before, "Pacemaker moved the role while it was told to keep away"
    finally:
        order(other, "crm_attribute", "--name", "maintenance-mode", "--update", "false")
    frame.within(HIT_S, "viosd of %s again" % victim, lambda: frame.socket_owner(victim + "/viosd.sock"))


def stop_start(victim, other, told):
    role = ("crm_resource", "--resource", "vios-clone", "--meta")
    order(victim, *role, "--set-parameter", "target-role", "--parameter-value", "Stopped")
    try:
        frame.within(HIT_S, "both stop", lambda: (frame.monitor() or {}).get("role") == {})
    finally:
        order(victim, *role, "--delete-parameter", "target-role")


def both_off(victim, other, told):
    """At once, so that neither sees the other one go."""
    for init in [frame.init_of(node) for node in frame.NODES]:
        os.kill(init, signal.SIGKILL)
    for node in frame.NODES:
        pair.lab("kill", node)
    for node in frame.NODES:
        pair.lab("boot", node)


TABLE = {f.name: f for f in (
    Fault("kill-viosd", "SIGKILL of viosd", kill_viosd, promotions=0),
    Fault("kill-netd", "SIGKILL of vios-netd", kill_netd),
    Fault("kill-scsid", "SIGKILL of vios-scsid", kill_scsid),
    Fault("kill-corosync", "SIGKILL of corosync", kill_corosync, PERHAPS),
    Fault("kill-pacemakerd", "SIGKILL of pacemakerd", kill_pacemakerd, promotions=0),
    Fault("power-off", "a node without power", power_off, VICTIM),
    Fault("hang", "SIGSTOP of everything on a node", hang, VICTIM),
    Fault("cut", "both links cut until one is fenced", cut, ONE),
    Fault("shoot-out", "both nodes fence each other at once", shoot_out, ONE),
    Fault("standby", "a node in standby, then not", standby),
    Fault("move", "the promoted role is moved", move),
    Fault("maintenance", "a switch and a dead viosd in maintenance mode", maintenance),
    Fault("fencing-fails", "a node without power, the first fencing fails", fencing_fails, VICTIM),
    Fault("stop-start", "the resource is stopped and started", stop_start, walk=False, outage=True),
    Fault("cut-long", "both links cut until the fenced one is back", cut_long, ONE, walk=False),
    Fault("both-off", "both nodes without power, then on", both_off, ANY, walk=False, outage=True),
)}


def fenced_wrong(fault, victim, fenced):
    """A sentence when it was not the right ones; None."""
    allowed = {NOBODY: [[]], VICTIM: [[victim]], ONE: [["vios1"], ["vios2"]], PERHAPS: [[], [victim]]}.get(fault.fenced)
    if allowed is None or sorted(fenced) in allowed:
        return None
    return "fenced: %s; expected: %s (the victim is %s)" % (", ".join(fenced) or "nobody", fault.fenced, victim)
