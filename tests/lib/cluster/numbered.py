#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
numbered.py echo ADDRESS PORT | send ADDRESS PORT RATE - numbered UDP packets to and back. send obeys lines on stdin, each answered by one of
JSON: window (what follows counts), report {gap_ms, at_ms, sent, lost}. A gap is the longest time between two arrivals of the window by the
receiving kernel's clock. Both end when their stdin does.
"""
import json
import os
import select
import socket
import struct
import sys
import time

SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
QUEUE = 1 << 20
LATE_S = 0.5  # what was sent so lately is not called lost


class Window:
    """Arrivals since a moment. Pure: whoever calls says what time it is."""

    def __init__(self, now_s, next_number):
        self.begin_s, self.last_s, self.first = now_s, now_s, next_number
        self.gap_s, self.at_s, self.got = 0.0, 0.0, set()

    def arrived(self, at_s, number):
        if at_s - self.last_s > self.gap_s:
            self.gap_s, self.at_s = at_s - self.last_s, self.last_s - self.begin_s
        self.last_s = max(self.last_s, at_s)
        self.got.add(number)

    def report(self, now_s, next_number, rate):
        due = max(next_number - int(LATE_S * rate), self.first)
        lost = sum(1 for n in range(self.first, due) if n not in self.got)
        open_s = now_s - self.last_s
        gap_s, at_s = (open_s, self.last_s - self.begin_s) if open_s > self.gap_s else (self.gap_s, self.at_s)
        return {"gap_ms": round(gap_s * 1e3, 2), "at_ms": round(at_s * 1e3, 1), "sent": due - self.first, "lost": lost}


def ended(poll):
    return any(fd == sys.stdin.fileno() for fd, _ in poll)


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, QUEUE)  # more than rmem_max
    except PermissionError:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE)
    s.setblocking(False)
    return s


def echo(address, port):
    s = udp()
    s.bind((address, port))
    poll = select.poll()
    poll.register(s, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    while not ended(poll.poll()):
        try:
            data, sender = s.recvfrom(64)
            s.sendto(data, sender)
        except OSError:
            continue  # as a network does


def receive(s, window):
    while True:
        try:
            data, extra, _, _ = s.recvmsg(64, 64)
        except OSError:  # empty, or what a network without a way says
            return
        stamp = next((d for level, kind, d in extra if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS), None)
        seconds, ns = struct.unpack("qq", stamp) if stamp else (time.time(), 0)
        window.arrived(seconds + ns / 1e9, struct.unpack("!Q", data[:8])[0])


def send(address, port, rate):
    s = udp()
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    s.connect((address, port))
    poll = select.poll()
    poll.register(s, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    number, begin_s = 0, time.monotonic()
    window = Window(time.time(), 0)
    while True:
        due_s = begin_s + number / rate - time.monotonic()
        if ended(poll.poll(max(0, due_s * 1000))):
            line = sys.stdin.readline()
            if not line:
                return
            answer = {}
            if line == "window\n":
                window = Window(time.time(), number)
            else:
                receive(s, window)
                answer = window.report(time.time(), number, rate)
            print(json.dumps(answer), flush=True)
        receive(s, window)
        # one that was kept from running does not make up for it in a burst
        begin_s = max(begin_s, time.monotonic() - (number + 4) / rate)
        while begin_s + number / rate <= time.monotonic():
            try:
                s.send(struct.pack("!Q", number))
            except OSError:
                pass
            number += 1


def first_in_line():
    """As the client's NIC driver and the storage client are: a gap is the network's, not the time this program waits for a processor."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass


if __name__ == "__main__":
    first_in_line()
    if sys.argv[1] == "echo":
        echo(sys.argv[2], int(sys.argv[3]))
    else:
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
