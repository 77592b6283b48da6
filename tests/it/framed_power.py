#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
"""fence_vios and vios-framed: a VIOS is powered off and on by the frame's program, one at a time, never the last that serves."""
import os
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from framed_lib.frame import BUILD, Frame, Plane, Refused  # noqa: E402

FENCE = BUILD + "/ha/pacemaker/fence_vios"
WORK = "/tmp/vios-%s-power" % os.environ.get("VIOS_LAB", "v-power-%d" % os.getpid())
PROGRAM = WORK + "/power"
# Notes each call with the data planes that ran; "slow", "wait", "late", "fail", "stays-off" and "VIOS.off" are files that
# steer it.
SCRIPT = """#!/bin/sh
cd %s
echo "$1 $2" >> calls
[ ! -e fail ] || exit 3
case $1 in
off) [ ! -e slow ] || sleep 1; while [ -e wait ]; do sleep 0.02; done; touch $2.off; [ ! -e holder ] || kill -9 $(cat holder) ;;
on) while [ -e late ]; do sleep 0.02; done; [ ! -e stays-off ] || { rm stays-off; exit 4; }; rm -f $2.off ;;
status) [ ! -e $2.off ] || exit 2 ;;
esac
""" % WORK

# Keeps a process from dying: killed, each of its threads stops at its exit, as if in state D, until this one is killed itself.
HOLDER = """
import ctypes, os, signal, sys
ptrace = ctypes.CDLL(None).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
for tid in os.listdir("/proc/%s/task" % sys.argv[1]):
    if ptrace(0x4206, int(tid), None, 0x40) != 0:  # PTRACE_SEIZE, PTRACE_O_TRACEEXIT
        sys.exit(1)
print("held", flush=True)
while True:
    signal.pause()
"""


def check(what, good):
    if not good:
        raise AssertionError(what)


def fence(frame, text, rc=0):
    done = subprocess.run([FENCE], input="run=%s\n%s" % (frame.run, text), capture_output=True, text=True, timeout=50, check=False)
    check("%r ended with %d: %s%s" % (text, done.returncode, done.stdout, done.stderr), done.returncode == rc)
    return done.stdout + done.stderr


def fence_lost(frame, text):
    return "a fencing of vios" in fence(frame, text, 1)


seen_calls = [0]


def calls():
    """Those since the last time. The file only grows: one that is taken away while the program writes would lose a call."""
    path = WORK + "/calls"
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as f:
        new = [line.rstrip() for line in f if line.endswith("\n")][seen_calls[0]:]
    seen_calls[0] += len(new)
    return new


def until_calls(wanted):
    seen, end = [], time.monotonic() + 20
    while seen != wanted:
        seen += calls()
        check("only what was wanted: %s" % seen, seen == wanted[:len(seen)] and time.monotonic() < end)
        time.sleep(0.02)


def reboot(frame, vios, wanted):
    """Until it is on, after these calls: if that fails at first it is answered before."""
    count = lambda: frame.log().count("powered vios=%s step=on" % vios)
    before, end = count(), time.monotonic() + 20
    fence(frame, "action=reboot\nport=" + vios)
    until_calls(wanted)
    while count() == before:
        check("it comes on", time.monotonic() < end)
        time.sleep(0.02)


def off_and_on(frame):
    one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
    check("list", fence(frame, "action=list") == "vios1\nvios2\n")
    fence(frame, "action=monitor")
    check("on", "ON" in fence(frame, "action=status\nplug=vios1"))
    fence(frame, "action=off\nplug=vios1")
    check("its data plane is dead", one.process.wait(30) == -signal.SIGKILL and two.alive())
    check("off", "OFF" in fence(frame, "action=status\nplug=vios1", 2))
    check("the last that serves", "may be the last that serves" in fence(frame, "action=off\nplug=vios2", 1))
    check("the last one lives", two.alive())
    check("only what was asked", calls() == ["status vios1", "off vios1", "status vios1"])
    fence(frame, "action=off\nplug=vios1")  # twice is no fault
    fence(frame, "action=on\nnodename=vios1")
    check("again", calls() == ["off vios1", "on vios1"])
    again = Plane(frame, "vios1")
    ons = frame.log().count("powered vios=vios1 step=on")
    fence(frame, "action=reboot\nport=vios1")
    check("not answered before it is on", frame.log().count("powered vios=vios1 step=on") == ons + 1)
    check("off and on", calls() == ["off vios1", "on vios1"])
    check("rebooted", again.process.wait(30) == -signal.SIGKILL)
    check("no such", "no VIOS of this frame" in fence(frame, "action=off\nplug=vios7", 1))
    check("nothing was done", calls() == [])
    return two


def one_at_a_time(frame, two):
    """Returns who was powered off."""
    planes = [Plane(frame, "vios1"), two]
    open(WORK + "/slow", "w", encoding="ascii").close()
    results = {}

    def shoot(vios):
        done = subprocess.run([FENCE, "--run", frame.run, "--action", "off", "--plug", vios], capture_output=True, text=True,
                              timeout=50, check=False)
        results[vios] = (done.returncode, done.stderr)
    both = [threading.Thread(target=shoot, args=(vios,)) for vios in ("vios1", "vios2")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    os.unlink(WORK + "/slow")
    codes = sorted(code for code, _ in results.values())
    check("one wins, one loses: %s" % results, codes == [0, 1])
    loser = next(text for code, text in results.values() if code == 1)
    check(loser, "another fencing is under way" in loser or "a fencing of vios" in loser or "the last that serves" in loser)
    check("one is alive", sorted(p.alive() for p in planes) == [False, True])
    for vios in ("vios1", "vios2"):
        if results[vios][0] == 0:
            fence(frame, "action=on\nplug=" + vios)
    check("one was powered off", len([c for c in calls() if c.startswith("off")]) == 1)
    return next(vios for vios in results if results[vios][0] == 0)


def a_program_that_fails_is_told(frame, vios):
    open(WORK + "/fail", "w", encoding="ascii").close()
    said = fence(frame, "action=on\nplug=" + vios, 1)
    check(said, "it ended with (3)" in said)
    os.unlink(WORK + "/fail")
    fence(frame, "action=on\nplug=" + vios)


def what_stays_off_is_tried_again(frame, vios):
    """The fencing is done all the same: the VIOS is off. Not when it was told to be off meanwhile."""
    def stays_off():
        with open(WORK + "/stays-off", "w", encoding="ascii"):
            pass
    before = frame.log().count("powered vios=%s step=on" % vios)
    stays_off()
    reboot(frame, vios, ["off " + vios, "on " + vios, "on " + vios])
    check("it has failed once", frame.log().count("power-failed vios=%s step=on" % vios) == 2)  # and once when it was asked for
    open(WORK + "/late", "w", encoding="ascii").close()
    fence(frame, "action=reboot\nplug=" + vios)  # answered, though it is not on yet
    until_calls(["off " + vios, "on " + vios])
    check("not on yet", fence_lost(frame, "action=off\nplug=" + vios))
    os.unlink(WORK + "/late")
    while frame.log().count("powered vios=%s step=on" % vios) != before + 2:
        time.sleep(0.02)
    stays_off()
    fence(frame, "action=reboot\nplug=" + vios)
    until_calls(["off " + vios, "on " + vios])
    while os.path.exists(WORK + "/stays-off"):
        time.sleep(0.02)
    while frame.log().count("power-failed vios=%s step=on" % vios) != 3:
        time.sleep(0.02)
    fence(frame, "action=off\nplug=" + vios)
    time.sleep(5.5)
    check("it stays off", calls() == ["off " + vios])
    fence(frame, "action=on\nplug=" + vios)
    calls()


def without_a_program(frame):
    one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
    said = fence(frame, "action=reboot\nplug=vios1", 1)
    check(said, "start vios-framed with --power PROGRAM" in said)
    one.process.wait(30)
    check("the other", two.alive())
    check("on", "cannot be powered on" in fence(frame, "action=on\nplug=vios1", 1))


def hold(plane):
    """It will not die of SIGKILL before the power program has run for it."""
    with open(WORK + "/holder", "w", encoding="ascii") as f:
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(plane.pid)], stdout=subprocess.PIPE, text=True)
        f.write(str(holder.pid))
    check("it is held", holder.stdout.readline() == "held\n")
    holder.stdout.close()
    return holder


def evict(frame, plane):
    """As a mux asks for the death of one that has not released."""
    peer = frame.connect()
    try:
        peer.call("evict", {"vios": plane.vios, "plane": "netd", "incarnation": plane.incarnation, "reason": "test"})
        raise AssertionError("it is said to be dead")
    except Refused as refused:
        check(str(refused), "was killed and is not dead yet" in str(refused))
    finally:
        peer.close()


def released(holder, plane):
    holder.wait(10)
    check("it is dead at last", plane.process.wait(10) == -signal.SIGKILL)
    os.unlink(WORK + "/holder")


def what_does_not_die_is_powered_off(frame):
    """Unasked; asked for; and unasked while somebody asks: off and on once each time."""
    calls()
    one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
    holder = hold(one)
    evict(frame, one)
    until_calls(["off vios1", "on vios1"])
    released(holder, one)
    check("it was told", "powered-off vios=vios1" in frame.log())
    one = Plane(frame, "vios1")
    holder = hold(one)
    reboot(frame, "vios1", ["off vios1", "on vios1"])
    released(holder, one)
    one = Plane(frame, "vios1")
    holder = hold(one)
    open(WORK + "/wait", "w", encoding="ascii").close()
    evict(frame, one)
    until_calls(["off vios1"])
    said = []
    asked = threading.Thread(target=lambda: said.append(fence(frame, "action=reboot\nplug=vios1")))
    asked.start()
    end = time.monotonic() + 20
    while "power-joined vios=vios1" not in frame.log():
        check("joined", time.monotonic() < end)
        time.sleep(0.02)
    os.unlink(WORK + "/wait")
    asked.join()
    check("answered", len(said) == 1)
    until_calls(["on vios1"])
    released(holder, one)
    check("the other one", two.alive())


def the_last_that_serves_is_not(frame):
    one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
    holder = hold(one)
    evicted = threading.Thread(target=evict, args=(frame, one))
    evicted.start()
    frame.wait_status(lambda s: any(p["state"] == "dying" for p in s["planes"]))
    two.signal(signal.SIGKILL)
    evicted.join()
    time.sleep(0.5)
    check("nobody is powered off", calls() == [])
    two = Plane(frame, "vios2")
    until_calls(["off vios1", "on vios1"])
    released(holder, one)
    check("the other one", two.alive())


os.makedirs(WORK, exist_ok=True)
with open(PROGRAM, "w", encoding="ascii") as script:
    script.write(SCRIPT)
os.chmod(PROGRAM, 0o755)
try:
    with Frame(hang_ms=2000, args=["--power", PROGRAM]) as powered:
        loser = one_at_a_time(powered, off_and_on(powered))  # the other one may be the last that serves
        a_program_that_fails_is_told(powered, loser)
        calls()
        what_stays_off_is_tried_again(powered, loser)
    with Frame(hang_ms=2000) as powerless:
        without_a_program(powerless)
    with Frame(args=["--power", PROGRAM, "--power-after", "600"]) as patient:
        what_does_not_die_is_powered_off(patient)
    with Frame(last_resort_ms=60000, args=["--power", PROGRAM, "--power-after", "2500"]) as patient:
        the_last_that_serves_is_not(patient)
finally:
    subprocess.run(["rm", "-rf", WORK], check=True)
