#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 300
"""A real guest (stock QEMU, Debian's kernel) on the mux's socket: ping and TCP go on through a switch, the death and the
hang of the live data plane, the loss of a whole VIOS and a kill of the mux; its kernel log shows nothing of it."""

import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import pair  # noqa: E402
import scene  # noqa: E402
from guest import SLOW  # noqa: E402
from scene import LONG, check, live, ping  # noqa: E402

STREAM = r"""
import hashlib, socket, sys, time
# Sends until standard input ends; then says what it sent.
s = socket.create_server(("10.99.0.1", int(sys.argv[1])))
print("listening", flush=True)
import select
c, _ = s.accept()
h, n = hashlib.md5(), 0
while not select.select([0], [], [], 0)[0]:
    block = b"%015d\n" % n * 64
    c.sendall(block); h.update(block); n += 1
    time.sleep(0.002)
c.close()
print(h.hexdigest(), n, flush=True)
"""


class Stream:
    """A TCP stream from the outside host into the guest, checked by its MD5 sum."""

    def __init__(self, guest, port):
        self.guest = guest
        self.server = subprocess.Popen([pair.LAB, "exec", "outside", "/usr/bin/python3", "-c", STREAM, str(port)],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        check(self.server.stdout.readline().strip() == "listening", "the stream's server does not start")
        guest.run("rm -f /tmp/sum; (nc 10.99.0.1 %d < /dev/null > /tmp/stream; "
                  "echo $(md5sum < /tmp/stream) $(wc -c < /tmp/stream) > /tmp/sum.new; mv /tmp/sum.new /tmp/sum) &" % port)

    def finish(self):
        out, _ = self.server.communicate("end\n", timeout=60)
        check(len(out.split()) == 2, "the stream broke")
        sent, blocks = out.split()
        got = pair.within(30, "the end of the stream", lambda: self.guest.run("cat /tmp/sum 2> /dev/null", check=False)[1])
        check(got.split()[0] == sent, "other bytes than were sent (%s blocks) came to the guest: %s" % (blocks, got))
        return int(blocks)

    def close(self):
        self.server.kill()
        self.server.wait()


def quiet_log(guest):
    """Its kernel log, once it has grown no more for two seconds (the kernel's linkwatch runs once a second)."""
    before = guest.run("dmesg")[1]
    time.sleep(2)
    after = guest.run("dmesg")[1]
    return after if after == before else None


def moved(before):
    return lambda: live() == pair.other(before)


def fault_switch(_):
    before = live()
    rpc = pair.Rpc(before + "/viosd.sock")
    rpc.call("switch", adapter="lpar1/eth0")
    rpc.close()
    pair.within(5, "the switch", moved(before))


def fault_kill(_):
    before = live()
    os.kill(pair.netd_of(before), signal.SIGKILL)
    pair.within(5, "takeover", moved(before))


def fault_hang(_):
    before = live()
    os.kill(pair.netd_of(before), signal.SIGSTOP)
    pair.within(5, "takeover of a hung data plane", moved(before))


def fault_vios(_):
    before = live()
    pair.lab("kill", before)
    pair.within(5, "takeover", moved(before))
    pair.lab("boot", before)


def fault_mux(_):
    before = scene.muxes()
    check(before, "no mux runs")
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    pair.within(5, "a new mux", lambda: [p for p in scene.muxes() if p not in before])


FAULTS = [("switch", fault_switch), ("kill", fault_kill), ("hang", fault_hang), ("vios", fault_vios), ("mux", fault_mux)]


def test():
    guest = scene.start()
    stream = None
    try:
        guest.wait_boot()
        scene.address(guest)
        ping(guest, "boot")
        pair.within(30, "a redundant pair", pair.redundant)
        log = pair.within(30, "a quiet guest", lambda: quiet_log(guest))
        stream = Stream(guest, 5001)
        for name, fault in FAULTS * (5 if LONG else 1):
            began = time.monotonic()
            fault(guest)
            ping(guest, name)
            pair.within(30, "redundant again after " + name, pair.redundant)
            print("%-8s ok, redundant again after %.1f s" % (name, time.monotonic() - began), flush=True)
        print("TCP stream: %d blocks, unbroken and unchanged" % stream.finish())
        grown = [line for line in guest.run("dmesg")[1].splitlines() if line.startswith("[") and line not in log and not SLOW.search(line)]
        check(not grown, "the guest's kernel log grew: %s" % grown)
        check(guest.alive(), "QEMU died")
    finally:
        if stream:
            stream.close()
        guest.close()


pair.run_with_pair(test)
