#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""outside.py DEVICE OWN LEASE MAC: the host outside of tests/it/guest_l2.py, run in its namespace: a DHCP server that has the one address
LEASE, a TCP port that echoes, a sender to multicast groups, their querier, and one who looks at what a client with this MAC sends.

A command a line on standard input, for each a line of JSON:
  send GROUP N TEXT   N datagrams with TEXT to the group
  query               asks for all IPv4 groups (IGMP 3)
  look                what was seen since it was last asked
Ends when its input does.
"""
import collections
import json
import select
import socket
import struct
import sys
import threading

GROUP_PORT, ECHO_PORT, SERVER, CLIENT = 5007, 5002, 67, 68
BROADCAST = b"\xff" * 6
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
LEASE_S = 3600
JOINS = (2, 4)  # records of a report: is, or changes to, "exclude" nobody
SOL_PACKET, PACKET_AUXDATA, VLAN_VALID = 263, 8, 0x10
IP_PKTINFO = 8


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, source, to, body, options=b"", ttl=64):
    def head(total):
        return struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(body), 0, 0, ttl, protocol, total,
                           source, to) + options
    return head(checksum(head(0))) + body


def udp(source, to, body):
    pseudo = source + to + struct.pack(">HH", 17, 8 + len(body))
    head = struct.pack(">HHH", SERVER, CLIENT, 8 + len(body))
    return ipv4(17, source, to, head + struct.pack(">H", checksum(pseudo + head + b"\0\0" + body) or 0xFFFF) + body)


def records(body, size):
    """The groups that a report (IGMP 3, MLD 2) joins or is in."""
    at, found = 8, []
    for _ in range(struct.unpack(">H", body[6:8])[0]):
        kind, more, sources = struct.unpack(">BBH", body[at:at + 4])
        if kind in JOINS:
            found.append(socket.inet_ntop(socket.AF_INET if size == 4 else socket.AF_INET6, body[at + 4:at + 4 + size]))
        at += 4 + size + sources * size + more * 4
    return found


def reported(frame):
    if frame[12:14] == b"\x08\0" and frame[23] == 2:
        body = frame[14 + (frame[14] & 15) * 4:]
        return records(body, 4) if body[0] == 0x22 else []
    if frame[12:14] == b"\x86\xdd" and frame[20] == 0 and frame[54] == 58:  # behind a hop-by-hop header
        body = frame[54 + (frame[55] + 1) * 8:]
        return records(body, 16) if body[0] == 143 else []
    return []


class Wire:
    """Frames as they are; the kernel puts tags aside."""

    def __init__(self, device, own, client):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.bind((device, 3))
        self.mac, self.own, self.client = self.socket.getsockname()[4], own, client
        self.clear()

    def clear(self):
        self.vlans, self.groups = set(), set()

    def hear(self):
        frame, ancillary, _, _ = self.socket.recvmsg(65536, 256)
        if frame[6:12] != self.client:
            return
        vlan = 0
        for level, kind, data in ancillary:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tag, _ = struct.unpack("=IIIHHHH", data[:20])
                vlan = tag & 0xFFF if status & VLAN_VALID else 0
        self.vlans.add(vlan)
        if not vlan:
            self.groups.update(reported(frame))

    def send(self, to, packet):
        self.socket.send((to + self.mac + b"\x08\0" + packet).ljust(60, b"\0"))

    def query(self):
        body = struct.pack(">BBH4sBBH", 0x11, 10, 0, bytes(4), 2, 125, 0)
        body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
        everybody = socket.inet_aton("224.0.0.1")
        self.send(b"\x01\0\x5e\0\0\x01", ipv4(2, self.own, everybody, body, options=b"\x94\x04\0\0", ttl=1))


Asked = collections.namedtuple("Asked", "xid flags own mac options")


def asked(data):
    xid, _, flags, own = struct.unpack(">IHH4s", data[4:16])
    options, at = {}, 240
    while at + 1 < len(data) and data[at] != 255:
        if data[at]:
            options[data[at]] = data[at + 2:at + 2 + data[at + 1]]
        at += 2 + data[at + 1] if data[at] else 1
    return Asked(xid, flags, own, data[28:34], options)


class Dhcp:
    """Who has an address answers a renewal at it; others are answered as they wish: at the address that they shall have, or all."""

    def __init__(self, device, wire, lease):
        self.wire, self.lease = wire, lease
        self.counts = dict.fromkeys(("discover", "request", "renewed", "to_all", "to_one"), 0)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self.socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.socket.bind(("", SERVER))

    def serve(self):
        data, ancillary, _, _ = self.socket.recvmsg(2048, 256)
        if len(data) < 240 or data[0] != 1 or data[28:34] != self.wire.client:
            return
        request = asked(data)
        kind = (request.options.get(53) or b"\0")[0]
        to = next((part[8:12] for level, option, part in ancillary if option == IP_PKTINFO), b"")
        if kind == DISCOVER:
            self.counts["discover"] += 1
            self.answer(request, OFFER)
        elif kind == REQUEST:
            self.counts["request"] += 1
            # A renewal is sent to the server alone.
            self.counts["renewed"] += request.own == self.lease and to == self.wire.own
            self.answer(request, ACK)

    def answer(self, request, kind):
        body = struct.pack(">BBBBIHH4s4s4s4s", 2, 1, 6, 0, request.xid, 0, request.flags, request.own, self.lease, self.wire.own, bytes(4))
        body += request.mac + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63" + bytes([53, 1, kind, 54, 4]) + self.wire.own
        body += bytes([51, 4]) + struct.pack(">I", LEASE_S) + bytes([1, 4, 255, 255, 255, 0, 255])
        body = body.ljust(300, b"\0")
        if request.own != bytes(4):
            self.socket.sendto(body, (socket.inet_ntoa(request.own), CLIENT))
            return
        to_all = bool(request.flags & 0x8000)
        self.counts["to_all" if to_all else "to_one"] += 1
        self.wire.send(BROADCAST if to_all else request.mac,
                       udp(self.wire.own, b"\xff" * 4 if to_all else self.lease, body))


class Echo:
    def __init__(self, own):
        self.mss = []
        self.server = socket.create_server((socket.inet_ntoa(own), ECHO_PORT))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            one = self.server.accept()[0]
            self.mss.append(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
            threading.Thread(target=self.serve, args=(one,), daemon=True).start()

    @staticmethod
    def serve(one):
        with one:
            try:
                while data := one.recv(65536):
                    one.sendall(data)
            except OSError:
                pass


class Senders:
    """One for each family, whose datagrams leave by the device."""

    def __init__(self, device, own):
        self.four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
        self.four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
        self.six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(device))
        self.six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 4)

    def send(self, group, n, text):
        for _ in range(n):
            (self.six if ":" in group else self.four).sendto(text.encode(), (group, GROUP_PORT))


def main():
    device, own, lease, client = sys.argv[1:]
    wire = Wire(device, socket.inet_aton(own), bytes.fromhex(client.replace(":", "")))
    dhcp, senders, echo = Dhcp(device, wire, socket.inet_aton(lease)), Senders(device, wire.own), Echo(wire.own)

    def look():
        seen = {"vlans": sorted(wire.vlans), "groups": sorted(wire.groups), "dhcp": dhcp.counts, "mss": list(echo.mss)}
        wire.clear()
        echo.mss.clear()
        return seen

    commands = {"send": lambda group, n, text: senders.send(group, int(n), text), "query": wire.query, "look": look}
    print("ready", flush=True)
    while True:
        ready = select.select([sys.stdin, wire.socket, dhcp.socket], [], [])[0]
        if wire.socket in ready:
            wire.hear()
        if dhcp.socket in ready:
            dhcp.serve()
        if sys.stdin in ready:
            words = sys.stdin.readline().split()
            if not words:
                return
            print(json.dumps(commands[words[0]](*words[1:])), flush=True)


main()
