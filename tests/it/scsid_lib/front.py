# SPDX-License-Identifier: BSD-3-Clause
# front.py - a vhost-user-scsi front end in plain Python, one request at a time: for tests that look at single answers,
# and for those that break what a real driver keeps: the memory behind the rings, every byte on the socket.
import mmap
import os
import socket
import struct
import time

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL = 12, 13
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, GET_QUEUE_NUM, SET_VRING_ENABLE = 15, 16, 17, 18
GET_CONFIG, SET_CONFIG, GET_INFLIGHT_FD, SET_INFLIGHT_FD = 24, 25, 31, 32
NEED_REPLY = 8
P_MQ, P_REPLY_ACK, P_CONFIG, P_INFLIGHT = 1 << 0, 1 << 3, 1 << 9, 1 << 12
F_PROTOCOL = 1 << 30

RING = 128
GUEST, USER = 0x100000000, 0x7F0000000000
RING_BYTES = 0x2000
DESC, AVAIL, USED = 0, 0x1000, 0x1800
CONTROL, EVENT, REQUEST = 0, 1, 2
NEXT, WRITE, INDIRECT = 1, 2, 4
HEADER, RESPONSE, DATA = 0, 0x200, 0x1000
AREA = 0x20000


class Answer:
    def __init__(self, raw, data, written):
        self.sense_len, self.residual, _, self.status, self.response = struct.unpack_from('<IIHBB', raw)
        self.sense, self.data, self.written = raw[12:12 + self.sense_len], data, written

    def key(self):
        """(sense key, ASC, ASCQ), fixed format."""
        s = self.sense
        return (s[2] & 15, s[12], s[13]) if len(s) >= 14 else None

    def __repr__(self):
        return f'response {self.response} status {self.status:#x} sense {self.key()} residual {self.residual}'


class Front:
    def __init__(self, path, queues=2, features=1 << 32 | 1 << 28 | 1 << 29 | 3 << 1, inflight=True, memory=None,
                 unsealed=False, outcomes=True, more_bytes=0):
        self.queues, self.n = queues, 2 + queues
        self.features, self.inflight_fd = features, None
        self.bytes = self.n * RING_BYTES + 16 * AREA + more_bytes
        self.memfd = os.memfd_create('front', os.MFD_CLOEXEC | 2)
        os.ftruncate(self.memfd, self.bytes)
        if not unsealed:
            import fcntl
            fcntl.fcntl(self.memfd, 1033, 2)  # F_ADD_SEALS, F_SEAL_SHRINK
        self.memory = mmap.mmap(self.memfd, self.bytes)
        self.words = memoryview(self.memory).cast('H')
        self.avail, self.seen = [0] * self.n, [0] * self.n
        self.kick = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(self.n)]
        self.call = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(self.n)]
        self.want_inflight, self.outcomes = inflight, outcomes
        if path:
            self.connect(path)

    # --- messages ---

    def connect(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)

    def close(self):
        self.socket.close()

    def message(self, request, payload=b'', fds=(), flags=0):
        socket.send_fds(self.socket, [struct.pack('<III', request, 1 | flags, len(payload)) + payload], list(fds))

    def _read(self, n):
        data = b''
        while len(data) < n:
            part, fds, _, _ = socket.recv_fds(self.socket, n - len(data), 8)
            if not part:
                raise EOFError('the target hung up')
            data += part
            self.fds = fds or self.fds
        return data

    def ask(self, request, payload=b'', fds=(), flags=0):
        self.message(request, payload, fds, flags)
        self.fds = []
        got, _, size = struct.unpack('<III', self._read(12))
        assert got == request, f'answer to {got}, asked {request}'
        return self._read(size)

    def tell(self, request, payload=b'', fds=()):
        """With an acknowledgement; whether it was a good one."""
        return struct.unpack('<Q', self.ask(request, payload, fds, NEED_REPLY))[0] == 0

    def u64(self, request, value, fds=()):
        assert self.tell(request, struct.pack('<Q', value), fds)

    def negotiate(self):
        self.offered, = struct.unpack('<Q', self.ask(GET_FEATURES))
        self.protocol, = struct.unpack('<Q', self.ask(GET_PROTOCOL_FEATURES))
        self.message(SET_PROTOCOL_FEATURES, struct.pack(
            '<Q', self.protocol & (P_MQ | P_REPLY_ACK | P_CONFIG | (P_INFLIGHT if self.want_inflight else 0))))
        self.queue_num, = struct.unpack('<Q', self.ask(GET_QUEUE_NUM))
        self.message(SET_OWNER)

    def share_inflight(self):
        if self.inflight_fd is None:
            answer = self.ask(GET_INFLIGHT_FD, struct.pack('<QQHHI', 0, 0, self.n, RING, 0))
            self.inflight_bytes, = struct.unpack_from('<Q', answer)
            if not self.outcomes:  # what vhost-user asks for, and no more
                self.inflight_bytes = self.n * ((16 + 16 * RING + 63) // 64 * 64)
            self.inflight_fd = self.fds[0]
            self.inflight = mmap.mmap(self.inflight_fd, self.inflight_bytes)
        assert self.tell(SET_INFLIGHT_FD, struct.pack('<QQHHI', self.inflight_bytes, 0, self.n, RING, 0),
                         [self.inflight_fd])

    def prime(self):
        self.u64(SET_FEATURES, self.features | F_PROTOCOL)
        self.mem_table()
        if self.want_inflight:
            self.share_inflight()

    def mem_table(self, regions=None):
        regions = regions or [(GUEST, self.bytes, USER, 0)]
        payload = struct.pack('<II', len(regions), 0) + b''.join(struct.pack('<QQQQ', *r) for r in regions)
        assert self.tell(SET_MEM_TABLE, payload, [self.memfd] * len(regions))

    def start_ring(self, i, base=None):
        at = USER + i * RING_BYTES
        base = self.used_index(i) if base is None else base
        for request, value in ((SET_VRING_NUM, RING), (SET_VRING_BASE, base)):
            assert self.tell(request, struct.pack('<II', i, value))
        assert self.tell(SET_VRING_ADDR, struct.pack('<IIQQQQ', i, 0, at + DESC, at + USED, at + AVAIL, 0))
        self.u64(SET_VRING_CALL, i, [self.call[i]])
        self.u64(SET_VRING_KICK, i, [self.kick[i]])
        assert self.tell(SET_VRING_ENABLE, struct.pack('<II', i, 1))
        os.eventfd_write(self.kick[i], 1)

    def start(self):
        self.negotiate()
        self.prime()
        for i in range(self.n):
            self.start_ring(i)
        return self

    def stop_ring(self, i):
        return struct.unpack('<II', self.ask(GET_VRING_BASE, struct.pack('<II', i, 0)))[1]

    # --- rings ---

    def ring(self, i):
        return i * RING_BYTES

    def used_index(self, i):
        return self.words[(self.ring(i) + USED) // 2 + 1]

    def used_element(self, i, index):
        return struct.unpack_from('<II', self.memory, self.ring(i) + USED + 4 + 8 * (index % RING))

    def desc_at(self, offset, address, length, flags, following=0):
        struct.pack_into('<QIHH', self.memory, offset, address, length, flags, following)

    def desc(self, i, n, address, length, flags, following=0):
        self.desc_at(self.ring(i) + DESC + 16 * n, address, length, flags, following)

    def offer(self, i, head, kick=True):
        at = self.ring(i) + AVAIL
        self.words[at // 2 + 2 + self.avail[i] % RING] = head
        self.avail[i] = (self.avail[i] + 1) & 0xffff
        self.words[at // 2 + 1] = self.avail[i]
        if kick:
            os.eventfd_write(self.kick[i], 1)

    def area(self, n):
        return self.n * RING_BYTES + n * AREA

    def wait(self, i, timeout_s=60):
        """The next used element: (head, bytes written)."""
        until = time.monotonic() + timeout_s
        while self.used_index(i) == self.seen[i]:
            if time.monotonic() > until:
                raise TimeoutError(f'ring {i}: nothing came back')
            time.sleep(0.0005)
        element = self.used_element(i, self.seen[i])
        self.seen[i] = (self.seen[i] + 1) & 0xffff
        return element

    # --- requests ---

    @staticmethod
    def address(lun):
        return bytes([1, 0, lun >> 8 | (0x40 if lun > 255 else 0), lun & 255, 0, 0, 0, 0])

    def put(self, cdb, data_out=b'', in_bytes=0, lun=0, ring=REQUEST, slot=0, tag=0, skew=0, address=None):
        """Offers a request in slot: descriptors 4 * slot on."""
        area, head = self.area(slot), 4 * slot
        header = (address or self.address(lun)) + struct.pack('<QBBB', tag, 0, 0, 0) + bytes(cdb).ljust(32, b'\0')
        self.memory[area:area + len(header)] = header
        chain = [(area + HEADER, len(header), 0)]
        data = area + DATA + skew
        if data_out:
            self.memory[data:data + len(data_out)] = data_out
            chain.append((data, len(data_out), 0))
        chain.append((area + RESPONSE, 108, WRITE))
        if in_bytes:
            chain.append((data, in_bytes, WRITE))
        for k, (at, length, flags) in enumerate(chain):
            last = k == len(chain) - 1
            self.desc(ring, head + k, GUEST + at, length, flags | (0 if last else NEXT), head + k + 1)
        self.offer(ring, head)

    def get(self, in_bytes=0, ring=REQUEST, slot=0, skew=0, timeout_s=60):
        head, written = self.wait(ring, timeout_s)
        assert head == 4 * slot, f'head {head} came back, not {4 * slot}'
        area = self.area(slot)
        data = area + DATA + skew
        return Answer(bytes(self.memory[area + RESPONSE:area + RESPONSE + 108]),
                      bytes(self.memory[data:data + in_bytes]), written)

    def scsi(self, cdb, data_out=b'', in_bytes=0, timeout_s=60, skew=0, **more):
        self.put(cdb, data_out, in_bytes, skew=skew, **more)
        more = {k: v for k, v in more.items() if k in ('ring', 'slot')}
        return self.get(in_bytes, timeout_s=timeout_s, skew=skew, **more)

    def ready(self, lun=0):
        """Past the unit attentions of the start."""
        for _ in range(4):
            if self.scsi([0] * 6, lun=lun).status == 0:
                return
        raise AssertionError('not ready')

    def read(self, lba, blocks, block=512, **more):
        return self.scsi(struct.pack('>BBQIBB', 0x88, 0, lba, blocks, 0, 0), in_bytes=blocks * block, **more)

    def write(self, lba, data, block=512, fua=False, **more):
        return self.scsi(struct.pack('>BBQIBB', 0x8a, 8 if fua else 0, lba, len(data) // block, 0, 0), data, **more)

    def task(self, function, lun=0, tag=0, slot=15, wait=True):
        """Task management; its response code."""
        area = self.area(slot)
        header = struct.pack('<II', 0, function) + self.address(lun) + struct.pack('<Q', tag)
        self.memory[area:area + 24] = header
        self.memory[area + RESPONSE] = 0xee
        self.desc(CONTROL, 0, GUEST + area, 24, NEXT, 1)
        self.desc(CONTROL, 1, GUEST + area + RESPONSE, 1, WRITE)
        self.offer(CONTROL, 0)
        if wait:
            self.wait(CONTROL)
            return self.memory[area + RESPONSE]

    def offer_events(self, n=4):
        for k in range(n):
            self.desc(EVENT, k, GUEST + self.area(14) + 16 * k, 16, WRITE)
            self.offer(EVENT, k)

    def event(self, timeout_s=60):
        """(event, lun, reason)."""
        head, _ = self.wait(EVENT, timeout_s)
        event, raw, reason = struct.unpack_from('<I8sI', self.memory, self.area(14) + 16 * head)
        return event, raw[2] << 8 | raw[3], reason
