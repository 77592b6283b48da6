# SPDX-License-Identifier: BSD-3-Clause
# netd_front.py - a vhost-user front end with a virtio-net driver's two split rings, in plain Python, for tests that
# need to see and break what a real driver hides: the memory behind the rings, and every byte on the socket.
import hashlib
import mmap
import os
import select
import socket
import struct
import time

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL = 12, 13
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, SET_VRING_ENABLE = 15, 16, 18

F_MRG_RXBUF, F_INDIRECT, F_EVENT_IDX, F_PROTOCOL, F_VERSION_1 = 15, 28, 29, 30, 32
NET_FEATURES = 1 << F_VERSION_1 | 1 << F_MRG_RXBUF

RING = 256
RX, TX = 0, 1
GUEST_BASE, USER_BASE = 0x100000000, 0x7F0000000000
RING_BYTES = 0x4000
BUFFERS = 2 * RING_BYTES
BUFFER_BYTES = 2048
MEMORY_BYTES = BUFFERS + 2 * RING * BUFFER_BYTES
HEADER_BYTES = 12
USED_NO_NOTIFY = 1


class Front:
    """One connection, one memory, one queue pair. Rings are the driver's; the device side is under test."""

    def __init__(self, path, timeout_s=60):
        self.memfd = os.memfd_create('front', os.MFD_CLOEXEC)
        os.ftruncate(self.memfd, MEMORY_BYTES)
        self.memory = mmap.mmap(self.memfd, MEMORY_BYTES)
        # struct writes byte by byte; an index must change in one step.
        self.words = memoryview(self.memory).cast('H')
        self.kick = [os.eventfd(0), os.eventfd(0)]
        self.call = [os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0, os.EFD_NONBLOCK)]
        self.avail = [0, 0]
        self.seen = [0, 0]
        self.connect(path, timeout_s)
        self.fill_rx()

    def connect(self, path, timeout_s=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout_s)
        self.socket.connect(path)

    def close(self):
        self.socket.close()

    # --- messages ---

    def send_raw(self, data, fds=()):
        socket.send_fds(self.socket, [data], list(fds))

    def message(self, request, payload=b'', fds=(), flags=0):
        self.send_raw(struct.pack('<III', request, 1 | flags, len(payload)) + payload, fds)

    def _read(self, n):
        data = b''
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise EOFError('the back end hung up')
            data += part
        return data

    def ask(self, request, payload=b''):
        self.message(request, payload)
        return self.answer(request)

    def answer(self, request):
        got, _, size = struct.unpack('<III', self._read(12))
        assert got == request, f'answer to {got}, asked {request}'
        return self._read(size)

    def u64(self, request, value, fds=()):
        self.message(request, struct.pack('<Q', value), fds)

    def set_up(self, features=NET_FEATURES):
        """Everything short of KICK: a primed standby."""
        offered = struct.unpack('<Q', self.ask(GET_FEATURES))[0]
        features |= 1 << F_PROTOCOL
        assert offered & features == features, f'offered {offered:#x}, wanted {features:#x}'
        self.message(SET_OWNER)
        self.u64(SET_FEATURES, features)
        protocol = struct.unpack('<Q', self.ask(GET_PROTOCOL_FEATURES))[0]
        self.u64(SET_PROTOCOL_FEATURES, protocol & 1)
        self.memory_table()
        return offered, protocol

    def memory_table(self):
        self.message(SET_MEM_TABLE, struct.pack('<IIQQQQ', 1, 0, GUEST_BASE, MEMORY_BYTES, USER_BASE, 0),
                     [self.memfd])

    def start_ring(self, ring):
        """NUM, ADDR, CALL, BASE, KICK, ENABLE, from where the device left off."""
        at = USER_BASE + ring * RING_BYTES
        used = self.words[(ring * RING_BYTES + 0x2002) // 2]
        self.message(SET_VRING_NUM, struct.pack('<II', ring, RING))
        self.message(SET_VRING_ADDR, struct.pack('<IIQQQQ', ring, 0, at, at + 0x2000, at + 0x1000, 0))
        self.u64(SET_VRING_CALL, ring, [self.call[ring]])
        self.message(SET_VRING_BASE, struct.pack('<II', ring, used))
        self.u64(SET_VRING_KICK, ring, [self.kick[ring]])
        self.message(SET_VRING_ENABLE, struct.pack('<II', ring, 1))

    def start_rings(self):
        self.start_ring(RX)
        self.start_ring(TX)
        os.eventfd_write(self.kick[TX], 1)

    def stop_rings(self):
        return [struct.unpack('<II', self.ask(GET_VRING_BASE, struct.pack('<II', ring, 0)))[1] for ring in (RX, TX)]

    def wait_hangup(self, timeout_s=60):
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP)
        return bool(poll.poll(timeout_s * 1000))

    # --- rings (virtio 1.2, 2.7) ---

    def _buffer(self, ring, i):
        return BUFFERS + (ring * RING + i) * BUFFER_BYTES

    def _offer(self, ring, i, length, write):
        base = ring * RING_BYTES
        struct.pack_into('<QIHH', self.memory, base + 16 * i, GUEST_BASE + self._buffer(ring, i), length,
                         2 if write else 0, 0)
        struct.pack_into('<H', self.memory, base + 0x1004 + 2 * (self.avail[ring] % RING), i)
        self.avail[ring] = (self.avail[ring] + 1) & 0xFFFF
        self.words[(base + 0x1002) // 2] = self.avail[ring]

    def _used(self, ring):
        """Ids and lengths of what the device has finished since the last look."""
        base = ring * RING_BYTES + 0x2000
        idx = self.words[(base + 2) // 2]
        done = []
        while self.seen[ring] != idx:
            done.append(struct.unpack_from('<II', self.memory, base + 4 + 8 * (self.seen[ring] % RING)))
            self.seen[ring] = (self.seen[ring] + 1) & 0xFFFF
        return done

    def used_indexes(self):
        return [self.words[(ring * RING_BYTES + 0x2002) // 2] for ring in (RX, TX)]

    def fill_rx(self):
        for i in range(RING):
            self._offer(RX, i, BUFFER_BYTES, True)

    def in_flight(self, ring):
        return (self.avail[ring] - self.seen[ring]) & 0xFFFF

    def send(self, frame):
        """False: the ring is full."""
        self._used(TX)
        if self.in_flight(TX) >= RING:
            return False
        i = self.avail[TX] % RING
        at = self._buffer(TX, i)
        self.memory[at:at + HEADER_BYTES] = bytes(HEADER_BYTES)
        self.memory[at + HEADER_BYTES:at + HEADER_BYTES + len(frame)] = frame
        self._offer(TX, i, HEADER_BYTES + len(frame), False)
        if not self.words[(TX * RING_BYTES + 0x2000) // 2] & USED_NO_NOTIFY:
            os.eventfd_write(self.kick[TX], 1)
        return True

    def all_taken(self):
        """The device has finished with all that was sent."""
        self._used(TX)
        return self.in_flight(TX) == 0

    def receive(self):
        """The frames that have come; their buffers go back."""
        frames = []
        for i, length in self._used(RX):
            at = self._buffer(RX, i)
            frames.append(self.memory[at + HEADER_BYTES:at + length])
            self._offer(RX, i, BUFFER_BYTES, True)
        if frames:
            os.eventfd_write(self.kick[RX], 1)
        return frames

    def receive_until(self, wanted, timeout_s=60):
        """Frames until one holds wanted; None if none does in time."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            for frame in self.receive():
                if wanted in frame:
                    return frame
            time.sleep(0.001)
        return None

    def memory_hash(self):
        return hashlib.sha256(self.memory).hexdigest()
