#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 120
"""
A bad message under load: the live data plane hangs up on the mux while its process lives.

The message is sent on the mux's own connection, whose descriptor the test takes a copy of (pidfd_getfd). Each time
the traffic must go on, the process must be the same as before, and no adapter may have had two owners: both data
planes are asked without pause which start they serve, and between two equal answers they served it all the time.
"""
import ctypes
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["VIOS_TOP"], "tests/lib"))
import pair  # noqa: E402

ROUNDS = 20 if os.environ.get("VIOS_LONG") == "1" else 6
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
ADAPTER = "lpar1/eth0"
libc = ctypes.CDLL(None, use_errno=True)


def copy_of(pid, fd):
    pidfd = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    taken = libc.syscall(SYS_PIDFD_GETFD, pidfd, fd, 0)
    os.close(pidfd)
    return socket.socket(fileno=taken) if taken >= 0 else None


def backend_connection(vios):
    """A copy of the mux's vhost-user connection to this VIOS."""
    wanted = "%s/%s/lpar1.eth0.sock" % (pair.RUN, vios)
    for pid in pair.lab_processes("viomuxd"):
        for fd in os.listdir("/proc/%d/fd" % pid):
            try:
                if not os.readlink("/proc/%d/fd/%s" % (pid, fd)).startswith("socket:"):
                    continue
            except OSError:
                continue
            taken = copy_of(pid, int(fd))
            if taken is None:
                continue
            try:
                if taken.family == socket.AF_UNIX and taken.getpeername() == wanted:
                    return taken
            except OSError:
                pass
            taken.close()
    raise AssertionError("the mux has no connection to " + wanted)


class Watch(threading.Thread):
    """Notes during which times a data plane certainly served which start of the adapter."""

    def __init__(self, vios):
        super().__init__(daemon=True)
        self.vios, self.owned, self.ended, self.samples = vios, [], False, 0

    def run(self):
        rpc, last, since = None, 0, 0.0
        while not self.ended:
            try:
                rpc = rpc or pair.Rpc(self.vios + "/netd.sock")
                asked = time.monotonic()
                adapters = rpc.call("status")["adapters"]
                answered = time.monotonic()
            except OSError:
                rpc, last = None, 0
                time.sleep(0.01)
                continue
            start = next((a["started"] for a in adapters if a["adapter"] == ADAPTER), 0)
            if start and start == last:
                self.owned.append((since, asked, start))
            last, since = start, answered
            self.samples += 1
            time.sleep(0.001)


def two_owners(first, second):
    return [(a, b) for a in first.owned for b in second.owned if a[0] < b[1] and b[0] < a[1]]


def netd_pids():
    return sorted(pair.lab_processes("vios-netd"))


def one_round(number):
    before = pair.adapter()
    pids = netd_pids()
    connection = backend_connection(before["live"])
    # No such request: rte_vhost hangs up.
    connection.send(struct.pack("<III", 9999, 1, 0))
    connection.close()
    pair.within(5, "round %d: the ring starts again" % number,
                lambda: pair.adapter()["start"] > before["start"])
    pair.within(10, "round %d: redundant again" % number,
                lambda: sorted(p["phase"] for p in pair.adapter()["paths"].values()) == ["live", "ready"])
    assert netd_pids() == pids, "round %d: data planes were replaced: %s, now %s" % (number, pids, netd_pids())
    print("round %d: %s -> %s" % (number, before["live"], pair.adapter()["live"]), flush=True)


def main():
    pair.lab("up")
    with open(pair.DIR + "/ping", "w+", encoding="utf-8") as output:
        load = pair.lab_start("lpar1", "ping", "-n", "-q", "-i", "0.002", "10.99.0.1", stdout=output)
        watches = [Watch("vios1"), Watch("vios2")]
        for watch in watches:
            watch.start()
        for number in range(1, ROUNDS + 1):
            one_round(number)
            time.sleep(0.2)
        for watch in watches:
            watch.ended = True
            watch.join()
        load.send_signal(2)
        load.wait()
        output.seek(0)
        text = output.read()
    print(text)
    both = two_owners(*watches)
    assert not both, "two owners at a time: %s" % both[:5]
    assert all(watch.samples > 100 and watch.owned for watch in watches), "a data plane was not watched"
    sent, received = (int(text.split(" packets transmitted, ")[i].split()[-1 if i == 0 else 0]) for i in (0, 1))
    # 60 ms for each round, at most, and the noise of a busy machine.
    assert sent - received <= 30 * ROUNDS + 10, "%d of %d pings are lost" % (sent - received, sent)


try:
    main()
except BaseException:
    pair.lab("logs", check=False)
    print(pair.lab("logs", check=False))
    raise
finally:
    pair.lab("down")
