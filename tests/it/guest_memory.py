#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
"""Memory is plugged into a running guest: its network goes on meanwhile, in the new memory, after a switch and after the
loss of a VIOS too. More regions than a VIOS can take: QEMU refuses the memory by itself, since the mux offers no more; a
front end that sends more is refused with the limit in the mux's log, and nobody else notices."""

import array
import os
import signal
import socket
import struct
import sys
import time

os.environ["VIOS_LAB_CLIENTS"] = "2"
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import pair  # noqa: E402
import scene  # noqa: E402
from scene import check  # noqa: E402

GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, SET_MEM_TABLE, GET_MAX_MEM_SLOTS, ADD_MEM_REG = 15, 16, 5, 36, 37
VERSION, REPLY, NEED_REPLY = 1, 4, 8
REPLY_ACK, CONFIGURE_MEM_SLOTS = 3, 15
MIB = 1 << 20
REGIONS_MAX = 8
SILENCE_S = 2.0


class Front:
    """A front end that says what it likes, on lpar2's socket."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(pair.RUN + "/clients/lpar2/eth0.sock")

    def send(self, request, payload=b"", flags=0, fds=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([struct.pack("=III", request, VERSION | flags, len(payload)) + payload], rights)

    def answer(self):
        """The u64 that is answered; None: hung up."""
        try:
            got = self.socket.recv(20, socket.MSG_WAITALL)
        except ConnectionError:
            return None
        if not got:
            return None
        request, flags, size, value = struct.unpack("=IIIQ", got)
        check(flags & REPLY and size == 8, "not an answer to", request, flags, size)
        return value

    def negotiate(self):
        self.send(GET_PROTOCOL_FEATURES)
        offered = self.answer()
        self.send(SET_PROTOCOL_FEATURES, struct.pack("=Q", 1 << REPLY_ACK))
        return offered

    def regions(self, n):
        """A table of n regions of a MiB each, all good but for their number."""
        fds = [os.memfd_create("region", os.MFD_CLOEXEC) for _ in range(n)]
        for fd in fds:
            os.ftruncate(fd, MIB)
        table = struct.pack("=II", n, 0)
        table += b"".join(struct.pack("=QQQQ", i * MIB, MIB, 0x7f0000000000 + i * MIB, 0) for i in range(n))
        self.send(SET_MEM_TABLE, table, NEED_REPLY, fds)
        for fd in fds:
            os.close(fd)

    def close(self):
        self.socket.close()


def log_of_lpar2():
    with open(pair.DIR + "/log/mux-lpar2.log", encoding="utf-8", errors="replace") as f:
        return f.read()


def hostile_tables():
    """Another client's mux: what it offers, and what it says to too much."""
    front = Front()
    offered = front.negotiate()
    check(not offered >> CONFIGURE_MEM_SLOTS & 1, "CONFIGURE_MEM_SLOTS is offered: %#x" % offered)
    front.send(ADD_MEM_REG, struct.pack("=QQQQQ", 0, 0, MIB, 0x7f0000000000, 0), NEED_REPLY)
    check(front.answer() != 0, "ADD_MEM_REG was carried out")
    front.close()
    front = Front()
    front.negotiate()
    front.regions(REGIONS_MAX)
    check(front.answer() == 0, "%d regions were refused" % REGIONS_MAX)
    before = log_of_lpar2().count("client-refused")
    front.regions(REGIONS_MAX + 1)
    check(front.answer() is None, "%d regions were taken" % (REGIONS_MAX + 1))
    front.close()
    pair.within(5, "the refusal in the log", lambda: log_of_lpar2().count("client-refused") > before)
    said = [line for line in log_of_lpar2().splitlines() if "client-refused" in line][-1]
    check("SET_MEM_TABLE" in said and "at most %d memory regions" % REGIONS_MAX in said, "the limit is not named:", said)
    print("mux: " + said.split("viomuxd", 1)[1], flush=True)
    front = Front()
    check(front.negotiate() is not None, "the next front end is not served")
    front.close()


class Memory:
    def __init__(self, guest):
        self.guest, self.n = guest, 0

    def plug(self):
        """128 MiB; GuestError when QEMU does not want to."""
        name = "more%d" % self.n
        self.guest.qmp("object-add", **{"qom-type": "memory-backend-memfd", "id": name, "size": 128 * MIB, "share": True})
        try:
            self.guest.qmp("device_add", driver="pc-dimm", id="dimm%d" % self.n, memdev=name)
        except scene.GuestError:
            self.guest.qmp("object-del", id=name)
            raise
        self.n += 1

    def unplug_last(self):
        name = "dimm%d" % (self.n - 1)

        def gone():
            there = [d["data"]["id"] for d in self.guest.qmp("query-memory-devices")]
            if name in there:
                try:
                    self.guest.qmp("device_del", id=name)
                except scene.GuestError as e:
                    check("already in the process" in str(e), e)
            return name not in there
        pair.within(20, "the guest's consent to give back memory", gone)
        self.guest.qmp("object-del", id="more%d" % (self.n - 1))
        self.n -= 1

    def blocks(self):
        return set(self.guest.run("ls -d /sys/devices/system/memory/memory*")[1].split())

    def online_new(self, before):
        """As memory for everything, so that the network's buffers come from it: it is the highest zone."""
        new = pair.within(10, "the guest's sight of its memory", lambda: self.blocks() - before)
        for block in new:
            self.guest.run("grep -q ^online %s/state || echo online > %s/state" % (block, block))
        return new


def used_pages(guest):
    """Pages of the zone above 4 GiB, which is the new memory alone, that are in use."""
    zone = guest.run("sed -n '/zone *Normal/,/protection/p' /proc/zoneinfo")[1].split()
    return int(zone[zone.index("managed") + 1]) - int(zone[zone.index("free") + 1])


def silence(pinger, what):
    answers, longest_s, starved_s = pinger.finish()
    print("%-28s %4d pings answered, longest silence %4.0f ms, %4.0f ms without a processor" % (
        what, answers, longest_s * 1e3, starved_s * 1e3), flush=True)
    check(longest_s - starved_s < SILENCE_S, "the network stopped", what, longest_s)


def plug_and_use(guest, memory):
    blocks = memory.blocks()
    pinger = scene.Pinger(guest)
    memory.plug()
    new = memory.online_new(blocks)
    check(len(new) == 1, "blocks", new)
    scene.ping(guest, "plugging memory")
    silence(pinger, "memory plugged")
    # The driver takes its rings and buffers from there now.
    before = used_pages(guest)
    guest.run("cd /sys/bus/virtio/drivers/virtio_net && echo virtio0 > unbind && echo virtio0 > bind")
    scene.address(guest)
    scene.ping(guest, "a driver's start in the new memory")
    check(used_pages(guest) > before + 64, "the driver is not in the new memory:", before, used_pages(guest))


def moves(guest):
    pinger = scene.Pinger(guest)
    scene.switch()
    scene.ping(guest, "a switch, in the new memory")
    silence(pinger, "switched")
    before = scene.live()
    pinger = scene.Pinger(guest)
    os.kill(pair.netd_of(before), signal.SIGKILL)
    pair.within(5, "takeover", lambda: scene.live() == pair.other(before))
    scene.ping(guest, "the death of the live data plane")
    silence(pinger, "taken over")


def plug_until_refused(guest, memory):
    pinger = scene.Pinger(guest)
    why = None
    while why is None and memory.n <= REGIONS_MAX:
        try:
            memory.plug()
        except scene.GuestError as e:
            why = str(e)
    check(why and "slots" in why, "QEMU took %d pieces of memory, then: %s" % (memory.n, why))
    print("QEMU after %d pieces: %s" % (memory.n, why), flush=True)
    scene.ping(guest, "memory that was refused")
    silence(pinger, "plugged until refused")
    check("client-refused" not in scene.mux_log(), "QEMU sent what it must not")


def test():
    guest = scene.start(slots=12)
    try:
        guest.wait_boot()
        scene.address(guest)
        scene.ping(guest, "boot")
        pair.within(30, "a redundant pair", pair.redundant)
        memory = Memory(guest)
        plug_and_use(guest, memory)
        moves(guest)
        plug_until_refused(guest, memory)
        scene.switch()
        scene.ping(guest, "a switch with all the memory there can be")
        pinger = scene.Pinger(guest)
        memory.unplug_last()
        scene.ping(guest, "unplugging memory")
        silence(pinger, "memory unplugged")
        pair.lab("client", "stop", "lpar2")
        pinger = scene.Pinger(guest)
        hostile_tables()
        time.sleep(0.5)
        silence(pinger, "beside a hostile front end")
        check(scene.mux_log().count("client-connected") == 2, "the connection was made anew")
        scene.guest_sound(guest)
    finally:
        guest.close()


pair.run_with_pair(test)
