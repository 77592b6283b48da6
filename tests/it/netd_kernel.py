# SPDX-License-Identifier: BSD-3-Clause
# netd_kernel.py - clients of vios-netd whose network stack is the kernel's: a TAP device with offloads in a namespace of
# its own, and a driver that passes what the kernel wants done to a frame (virtio_net_hdr) on as it is, both ways.
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import threading

from netd_front import BUFFER_BYTES, GUEST_BASE, HEADER_BYTES, NET_FEATURES, RING, RING_BYTES, RX, TX, Front
from netd_rig import CLONE_NEWNET, HOPELESS_S, wait_for

CSUM, GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, HOST_TSO4, HOST_TSO6 = (1 << n for n in (0, 1, 7, 8, 11, 12))
OFFLOADS = NET_FEATURES | CSUM | GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | HOST_TSO4 | HOST_TSO6
TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D0, 0x400454D8
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
FRAME_MAX = 14 + 65535
SLOT = -(-(HEADER_BYTES + FRAME_MAX) // BUFFER_BYTES)  # buffers that a frame of any length fits into


class Place:
    """A network namespace that somebody else has made."""

    def __init__(self, path):
        self.path = path

    def command(self, *argv):
        return ['nsenter', f'--net={self.path}', *argv]

    def run(self, *argv):
        return subprocess.run(self.command(*argv), check=True, timeout=2 * HOPELESS_S, capture_output=True, text=True).stdout

    def counter(self, name):
        """One of nstat's."""
        lines = self.run('nstat', '-asz', name).splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1])

    def lost(self):
        """Segments that were sent twice although the first one had not come: of the others the peer says so (RFC 2883)."""
        return self.counter('TcpRetransSegs') - self.counter('TcpExtTCPDSACKRecvSegs')

    def no_probes(self):
        """TCP sends nothing twice only because it is late."""
        self.run('sysctl', '-qw', 'net.ipv4.tcp_early_retrans=0')

    def tap(self, name):
        """Its descriptor; frames have a virtio_net_hdr of virtio 1 in front of them."""
        libc = ctypes.CDLL(None, use_errno=True)
        home, there = os.open('/proc/self/ns/net', os.O_RDONLY), os.open(self.path, os.O_RDONLY)
        if libc.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'setns')
        try:
            fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        finally:
            libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
        fcntl.ioctl(fd, TUNSETVNETHDRSZ, struct.pack('i', HEADER_BYTES))
        fcntl.ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
        return fd


class Station(Place):
    """One of our own, for as long as a process of it lives."""

    def __init__(self):
        self.process = subprocess.Popen(['unshare', '--net', 'sleep', 'infinity'])
        super().__init__(f'/proc/{self.process.pid}/ns/net')
        mine = os.readlink('/proc/self/ns/net')
        wait_for('a namespace', lambda: os.readlink(self.path) != mine)
        self.run('ip', 'link', 'set', 'lo', 'up')
        self.run('sysctl', '-qw', 'net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(10)


class Pump(Front):
    """Between a TAP device and rings, in a thread of its own. Counts long frames."""

    def __init__(self, path, tap):
        super().__init__(path)
        self.set_up(OFFLOADS)
        self.tap, self.long_in, self.long_out, self.failure = tap, 0, 0, None
        self.free = list(range(0, RING - SLOT + 1, SLOT))
        self.stop_fd = os.eventfd(0)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def begin(self):
        self.start_rings()
        self.thread.start()

    def end(self):
        os.eventfd_write(self.stop_fd, 1)
        self.thread.join(HOPELESS_S)
        os.close(self.tap)
        if self.failure:
            raise self.failure

    def _from_tap(self):
        """While there is room, as a driver stops its queue."""
        self.free += [i for i, _ in self._used(TX)]
        before = self.avail[TX]
        while self.free:
            at = self._buffer(TX, self.free[-1])
            try:
                n = os.readv(self.tap, [memoryview(self.memory)[at:at + SLOT * BUFFER_BYTES]])
            except BlockingIOError:
                break
            i, base = self.free.pop(), TX * RING_BYTES
            self.long_out += n > HEADER_BYTES + 1514
            struct.pack_into('<QIHH', self.memory, base + 16 * i, GUEST_BASE + at, n, 0, 0)
            struct.pack_into('<H', self.memory, base + 0x1004 + 2 * (self.avail[TX] % RING), i)
            self.avail[TX] = (self.avail[TX] + 1) & 0xFFFF
            self.words[(base + 0x1002) // 2] = self.avail[TX]
        if before != self.avail[TX]:
            os.eventfd_write(self.kick[TX], 1)

    def _to_tap(self):
        """The pieces of a frame lie where the driver has taken them: in the order of its buffers."""
        pieces, left, done = [], 0, self._used(RX)
        for i, length in done:
            at = self._buffer(RX, i)
            pieces.append(self.memory[at:at + length])
            if not left:
                left = struct.unpack_from('<H', pieces[0], 10)[0]
            left -= 1
            if not left:
                data = b''.join(pieces)
                self.long_in += len(data) > HEADER_BYTES + 1514
                os.write(self.tap, data)
                pieces = []
            self._offer(RX, i, BUFFER_BYTES, True)
        assert not left
        if done:
            os.eventfd_write(self.kick[RX], 1)

    def _run(self):
        try:
            poll = select.epoll()
            for fd in self.stop_fd, self.tap, self.call[RX], self.call[TX]:
                poll.register(fd, select.EPOLLIN)
            while True:
                ready = {fd for fd, _ in poll.poll(0.1)}
                if self.stop_fd in ready:
                    return
                for fd in ready & {self.call[RX], self.call[TX]}:
                    os.eventfd_read(fd)
                self._to_tap()
                self._from_tap()
                # A full ring: the TAP is readable all the time, and must not keep us awake.
                poll.modify(self.tap, select.EPOLLIN if self.free else 0)
        except BaseException as e:
            self.failure = e
