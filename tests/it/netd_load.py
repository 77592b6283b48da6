# SPDX-License-Identifier: BSD-3-Clause
# netd_load.py - traffic for tests of when vios-netd touches a client's rings, and the looks at that client's memory.
import struct
import threading
import time

from netd_rig import BROADCAST, OUTSIDE, frame, mac, wait_for


def datagram(n):
    """A broadcast of flow n: an uplink with several queues spreads flows over the workers."""
    ip = struct.pack('>BBHHHBBH4B4B', 0x45, 0, 108, 0, 0, 64, 17, 0, 10, 0, 0, n, 10, 0, 0, 254)
    udp = struct.pack('>HHHH', 5000 + n, 5000, 88, 0)
    return frame(BROADCAST, OUTSIDE[:5] + bytes([n]), ip + udp + b'load' * 20, b'\x08\x00')


class Load(threading.Thread):
    """Broadcasts from the outside as fast as Python can."""

    def __init__(self, rig):
        super().__init__(daemon=True)
        self.rig, self.ended, self.sent = rig, False, 0
        self.start()

    def run(self):
        load = [datagram(n) for n in range(1, 17)]
        while not self.ended:
            self.rig.outside.send(load[self.sent % len(load)])
            self.sent += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.join()


def both_ways(rig, front, n, mark):
    """A frame passes each way; under a load that overruns a ring, one of several."""
    assert front.send(frame(OUTSIDE, mac(n), b'out' + mark + b'.'))
    assert rig.outside_until(b'out' + mark + b'.'), f'nothing came out: {mark}'

    def sent_in():
        rig.outside.send(frame(mac(n), OUTSIDE, b'in' + mark + b'.'))
        return front.receive_until(b'in' + mark + b'.', 0.1)
    wait_for(f'{mark} comes in', sent_in)


def still(front, seconds=0.3):
    """Nothing in the client's memory changes, and none of what it offers is taken."""
    before = front.memory_hash()
    time.sleep(seconds)
    assert front.memory_hash() == before, 'memory behind a ring that nobody serves has changed'
