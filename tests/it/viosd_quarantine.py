#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""A client that crashes every data plane which looks at its frames: it alone stops, however often it tries, until an
operator releases it. The whole pair, with data planes in which the crash is planted."""
import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
NETD = os.path.join(os.environ["VIOS_BUILD"], "net/vios-netd-faults")
if not os.path.exists(NETD):
    print("vios-netd-faults is not built (-Dfaults=true)")
    sys.exit(77)
os.environ.update(VIOS_LAB_CLIENTS="2", VIOS_LAB_NETD=NETD)
sys.path.insert(0, os.path.join(os.environ["VIOS_TOP"], "tests/lib"))
from pair import LAB, RUN, adapter, lab, netd_of, run_with_pair, status, within  # noqa: E402

OUTSIDE = "10.99.0.1"
CRASH = """
import fcntl, socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
mac = fcntl.ioctl(s, 0x8927, struct.pack("256s", b"eth0"))[18:24]  # SIOCGIFHWADDR
s.send(b"\\2\\0\\0\\0\\0\\1" + mac + b"\\x88\\xb5" + b"VIOS-CRASH" + bytes(60))
"""


def ctl(*args):
    """Exit code and what it printed."""
    done = subprocess.run([os.path.join(os.environ["VIOS_BUILD"], "vios-core/cli/viosctl"), "--run", RUN, *args],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def is_equal(what, got, want):
    assert got == want, "%s: %r instead of %r" % (what, got, want)


def incarnations():
    return [v["netd"]["incarnation"] for v in status()["vios"]]


def planes_up():
    return all(v["netd"]["state"] == "up" for v in status()["vios"])


def has_both_paths(client):
    return sorted(p["phase"] for p in adapter(client + "/eth0")["paths"].values()) == ["live", "ready"]


def answers(client):
    """How many of three pings were answered."""
    done = subprocess.run([LAB, "exec", client, "ping", "-q", "-c", "3", "-i", "0.1", "-W", "1", OUTSIDE],
                          stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    return int(done.stdout.split(" packets transmitted, ")[1].split()[0])


def crash():
    """lpar1 crashes the data plane that serves it; returns when its successor is up."""
    before = incarnations()
    lab("exec", "lpar1", sys.executable, "-c", CRASH)
    within(10, "one has died and is replaced", lambda: incarnations() != before and planes_up())


def quarantined():
    return [a["quarantined"] for a in status()["adapters"]] == [True, False] and \
        [a["quarantined"] for a in status("vios2")["adapters"]] == [True, False]


def it_alone_stops():
    before = incarnations()
    for _ in range(5):
        lab("exec", "lpar1", sys.executable, "-c", CRASH)
    is_equal("answers of the one in quarantine", answers("lpar1"), 0)
    within(10, "the other one works", lambda: answers("lpar2") == 3)
    is_equal("data planes", incarnations(), before)
    is_equal("live path", adapter()["live"], None)


def nobody_forgets():
    """Neither viosd nor vios-framed; and a data plane that was killed blames nobody."""
    before = incarnations()
    os.kill(int(lab("pid", "frame", "framed")), signal.SIGKILL)
    os.kill(int(lab("pid", "vios1", "viosd")), signal.SIGKILL)

    def back():
        try:
            return status()["framed"] == "connected" and planes_up()
        except OSError:
            return False
    within(10, "viosd and vios-framed are back", back)
    os.kill(netd_of("vios1"), signal.SIGKILL)
    within(10, "the killed one is replaced", lambda: incarnations()[0] not in (None, before[0]) and planes_up())
    within(10, "the other client has both paths", lambda: has_both_paths("lpar2"))
    assert quarantined(), status()["adapters"]
    assert not adapter("lpar2/eth0")["held"]


def test():
    none = (0, "no adapter is in quarantine\n")
    is_equal("list", ctl("quarantine"), none)
    crash()
    within(10, "it has been given another chance", lambda: has_both_paths("lpar1") and not adapter()["held"])
    assert not adapter()["quarantined"]
    crash()
    within(5, "it is in quarantine", quarantined)
    is_equal("list", ctl("quarantine"), (0, "lpar1/eth0: in quarantine\n"))
    assert "in quarantine: it has killed" in ctl("status")[1]
    within(10, "the other client has both paths", lambda: has_both_paths("lpar2"))
    is_equal("deaths", sum(v["netd"]["deaths"] for v in status()["vios"]), 2)
    it_alone_stops()
    nobody_forgets()
    # its driver starts anew: what it wanted to send waits in its rings, and would crash the next one
    lab("client", "stop", "lpar1")
    lab("client", "start", "lpar1")
    within(20, "the client is back", lambda: adapter()["client_connected"])
    is_equal("live path after the client's restart", adapter()["live"], None)
    is_equal("release of one that is not", ctl("quarantine", "release", "lpar2/eth0")[0], 1)
    is_equal("release", ctl("quarantine", "release", "lpar1/eth0"), (0, "lpar1/eth0: released\n"))
    within(10, "it is served again", lambda: has_both_paths("lpar1"))
    within(10, "it works", lambda: answers("lpar1") == 3)
    is_equal("list", ctl("quarantine"), none)


run_with_pair(test)
