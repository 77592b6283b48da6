# SPDX-License-Identifier: BSD-3-Clause
"""Two viosds that keep one state, in a lab, for the tests of it: asking, changing, killing, comparing."""
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frame import BUILD, FAKE_NETD, TOP, until  # noqa: E402
from rpc import PATIENCE_S, Closed, Peer, Refused  # noqa: E402

os.environ.setdefault("VIOS_LAB", "twins-it")
os.environ["VIOS_BUILD"] = BUILD
# These tests are not about hangs: a busy machine must not look like one.
os.environ.setdefault("VIOS_LAB_HANG_MS", "2000")
LAB = os.path.join(TOP, "tests/lab/lab")
DIR = "/tmp/vios-" + os.environ["VIOS_LAB"]
NAMES = ("vios1", "vios2")
UNAVAILABLE = -32002
# For the lab, and for what two viosds agree on: a VIOS that starts on a busy machine has to be waited for, however long it takes.
LONG_S = 90.0
# A test that is told to end takes its lab down.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def lab(*args, check=True):
    return subprocess.run([LAB, *args], stdout=subprocess.PIPE, text=True, timeout=300, check=check).stdout.strip()


def lab_up(clients):
    """With clients: everything is real; without: the data planes are fakes."""
    os.environ["VIOS_LAB_CLIENTS"] = str(clients)
    if clients == 0:
        os.environ.update(VIOS_LAB_NETD=FAKE_NETD, VIOS_LAB_HUGE="0")
    lab("down")
    lab("up", *([] if clients else ["--no-wait"]))
    in_step()


def run(clients):
    """The tests of the main module in a lab, which is taken down however they end."""
    good = False
    try:
        lab_up(clients)
        good = unittest.main(verbosity=2, exit=False).result.wasSuccessful()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        logs = "".join(log_of(vios) for vios in NAMES)
        if not good:
            print(lab("logs", check=False), flush=True)
        lab("down", check=False)
    assert "Sanitizer" not in logs and "runtime error" not in logs, logs
    sys.exit(0 if good else 1)


def connect(vios, within=PATIENCE_S):
    return Peer.connect("%s/run/%s/viosd.sock" % (DIR, vios), within=within)


def ask(vios, method, **params):
    peer = connect(vios)
    try:
        return peer.call(method, params, PATIENCE_S)
    finally:
        peer.close()


def change(vios, *ops, **params):
    return ask(vios, "config_change", ops=list(ops), **params)


def op(verb, kind, name=None, **attrs):
    made = {"op": verb, "kind": kind}
    if name:
        made["name"] = name
    if attrs:
        made["attrs"] = attrs
    return made


def held(vios):
    """`config_get`, or None: nobody answers."""
    try:
        return ask(vios, "config_get")
    except (OSError, Closed, TimeoutError):
        return None


def has_role(vios, role, within=LONG_S):
    """Its state, when it knows one and has that role."""
    def found():
        state = held(vios)
        return state if state and state["role"] == role and state["state"] else None
    try:
        return until(found, "%s is %s" % (vios, role), within)
    except AssertionError as e:
        raise AssertionError("%s; %s" % (e, json.dumps({v: brief(held(v)) for v in NAMES}))) from None


def brief(state):
    return state and {key: state[key] for key in ("role", "reason", "epoch", "version", "digest")}


def in_step(within=LONG_S):
    """Both are a pair with one state; that."""
    def same():
        a, b = held("vios1"), held("vios2")
        if not a or not b or (a["role"], b["role"]) != ("pair", "pair"):
            return None
        return a if (a["epoch"], a["version"], a["digest"]) == (b["epoch"], b["version"], b["digest"]) else None
    try:
        state = until(same, "in step", within)
    except AssertionError as e:
        raise AssertionError("%s; %s" % (e, json.dumps({v: brief(held(v)) for v in NAMES}))) from None
    assert state["state"] == held("vios2")["state"]
    return state


def path_states(vios, adapters):
    """What this VIOS says of its own paths."""
    told = {a["adapter"]: a["paths"][vios]["state"] for a in ask(vios, "status")["adapters"]}
    return [told.get(adapter) for adapter in adapters]


def log_of(vios):
    with open("%s/log/%s.viosd.log" % (DIR, vios), encoding="ascii", errors="replace") as f:
        return f.read()


def logged_at(vios, event):
    """When it logged that last, in seconds of the day."""
    lines = [line for line in log_of(vios).splitlines() if " " + event in line]
    hours, minutes, seconds = re.search(r"T(\d+):(\d+):([\d.]+)Z", lines[-1]).groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def kept(vios, kind="state"):
    """The files of its state directory, the newest first."""
    directory = "%s/state/%s" % (DIR, vios)
    names = [n for n in os.listdir(directory) if re.fullmatch(kind + r"\.\d+", n)]
    return [os.path.join(directory, n) for n in sorted(names, key=lambda n: -int(n.split(".")[1]))]


def kill_viosd(vios):
    """kill -9, until it is dead: whoever answers then is another one. The lab starts it."""
    try:
        pid = os.pidfd_open(int(lab("pid", vios, "viosd")))
    except (ValueError, ProcessLookupError, subprocess.CalledProcessError):
        return  # it is being started
    try:
        signal.pidfd_send_signal(pid, signal.SIGKILL)
        assert select.select([pid], [], [], PATIENCE_S)[0], "viosd of %s does not die" % vios
    except ProcessLookupError:
        pass
    finally:
        os.close(pid)


def other(vios):
    return NAMES[vios == "vios1"]


def ms_since(began):
    return (time.monotonic() - began) * 1000
