# SPDX-License-Identifier: BSD-3-Clause
"""What the tests with a guest share: the guest of lpar1 in a running pair, and how it is seen to work.

Imported by tests in tests/it, after tests/lib and this folder are on the path.
"""
import os
import re
import subprocess
import tempfile
import time

import pair
import starved
from guest import Guest, GuestError  # noqa: F401

ADAPTER = "lpar1/eth0"
MAC = "02:76:69:00:00:01"
KERNEL = pair.TOP + "/build/guest"
LONG = os.environ.get("VIOS_LONG") == "1"
MUX_LOG = pair.DIR + "/log/mux-lpar1.log"
# What a guest's kernel says when a ring went wrong under it.
DRIVER_TROUBLE = re.compile(r"is not a head|NETDEV WATCHDOG|Unexpected TXQ|BUG:|WARNING:|Oops|input.*full|link is not ready")


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what))


def start(**options):
    """The guest of lpar1, instead of the program that drives its NIC; it boots."""
    subprocess.run([pair.TOP + "/tests/guest/kernel.sh", KERNEL], check=True, timeout=200)
    if os.path.exists(pair.DIR + "/frame/children/tap-lpar1"):
        pair.lab("client", "stop", "lpar1")
    return Guest(KERNEL, pair.DIR + "/guest", [(pair.RUN + "/clients/lpar1/eth0.sock", MAC)], **options)


def address(guest):
    guest.run("ip addr add 10.99.0.2/24 dev eth0 && ip link set eth0 up")


def ping_from(guest, what, seconds=10):
    pair.within(seconds, "ping from the guest after " + what,
                lambda: guest.run("ping -c 1 -W 1 10.99.0.1 > /dev/null", check=False)[0] == 0)


def ping_to(what):
    pair.within(30, "ping to the guest after " + what, lambda: " 0% packet loss" in pair.lab(
        "exec", "outside", "ping", "-q", "-n", "-c", "1", "-W", "3", "10.99.0.2", check=False))


def ping(guest, what, seconds=10):
    """The guest reaches the outside host, and is reached."""
    ping_from(guest, what, seconds)
    ping_to(what)


def status():
    """Of whichever VIOS answers."""
    for vios in ("vios1", "vios2"):
        try:
            return pair.status(vios)
        except OSError:
            continue
    raise AssertionError("no viosd answers")


def live():
    return next(a["live"] for a in status()["adapters"] if a["adapter"] == ADAPTER)


def switch():
    """To the other VIOS, by the live one's viosd; waits for it."""
    pair.within(30, "a redundant pair", pair.redundant)
    before = live()
    rpc = pair.Rpc(before + "/viosd.sock")
    try:
        rpc.call("switch", adapter=ADAPTER)
    finally:
        rpc.close()
    pair.within(5, "the switch", lambda: live() == pair.other(before))


def muxes():
    """The muxes proper; what holds their descriptors lives on."""
    found = []
    for pid in pair.lab_processes("viomuxd"):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                if b"--held" in f.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            continue
    return found


def mux_log():
    with open(MUX_LOG, encoding="utf-8", errors="replace") as f:
        return f.read()


def guest_sound(guest):
    """At the end: neither QEMU nor the guest's kernel has noticed anything."""
    check(guest.alive(), "QEMU died")
    trouble = [line for line in guest.run("dmesg")[1].splitlines() if DRIVER_TROUBLE.search(line)]
    check(not trouble, "the guest's kernel complains:", trouble[:5])
    with open(guest.work + "/qemu.log", encoding="utf-8", errors="replace") as f:
        said = f.read().strip()
    check(not said, "QEMU complains:", said[-500:])


class Pinger:
    """Pings from the outside host into the guest all the time; counts answers. How long was the longest silence, but for the time for
    which QEMU had no processor?"""

    def __init__(self, guest, interval_s=0.05):
        self.starved = starved.Starved(guest.process.pid)
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen([pair.LAB, "exec", "outside", "ping", "-n", "-D", "-i", str(interval_s), "-W", "1",
                                         "10.99.0.2"], stdout=self.said, stderr=subprocess.STDOUT)

    def times(self):
        """Of all answers so far. ping shares the file's place with us: it is not moved."""
        said = os.pread(self.said.fileno(), 1 << 24, 0).decode()
        return [float(t) for t in re.findall(r"^\[([\d.]+)\] \d+ bytes from", said, re.M)]

    def finish(self):
        """Answers go on. (answers, longest silence, and of it at most without a processor, in seconds)"""
        before = len(self.times())
        pair.within(60, "answers to pings", lambda: len(self.times()) > before + 1)
        starved_s = self.starved.ms() / 1e3
        times = self.times() + [time.time()]
        self.process.send_signal(2)
        self.process.wait(60)
        return len(times) - 1, max(b - a for a, b in zip(times, times[1:])), starved_s

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.said.close()
