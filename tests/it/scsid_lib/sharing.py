# SPDX-License-Identifier: BSD-3-Clause
# sharing.py - clients that share a disk, each with a target on each VIOS, and what they say of reservations.
import struct

from scsid_lib.front import Front
from scsid_lib.rig import lun

REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT, IGNORE = range(7)
EXCLUSIVE, EXCLUSIVE_RO = 3, 6
CONFLICT, ABORTED = 0x18, 0x40
PREEMPTED, RELEASED, UNREGISTERED = (6, 0x2a, 3), (6, 0x2a, 4), (6, 0x2a, 5)
MORE_BYTES = 64 << 20  # of memory, that a look at it takes a while


class Client:
    """A client with a target on each VIOS and a front end of its own."""

    def __init__(self, rig, name, luns):
        self.rig, self.name, self.luns, self.start, self.at, self.front = rig, name, luns, 0, 0, None
        self.start_both()
        self.front.ready()

    def start_both(self):
        self.targets = [self.rig.target(f'vios{n + 1}', self.name).start(self.luns[n]) for n in (0, 1)]
        self.go()

    def live(self):
        return self.targets[self.at]

    def go(self):
        self.start += 1
        self.live().go(self.start)
        if self.front:
            self.front.close()
            self.front.connect(self.live().sock)
            self.front.start()
        else:
            self.front = Front(self.live().sock, more_bytes=MORE_BYTES).start()

    def move(self):
        """To the other VIOS; the target that it leaves is dead already, and gets a successor."""
        dead, self.at = self.at, self.at ^ 1
        self.go()
        self.targets[dead] = self.rig.target(f'vios{dead + 1}', self.name).start(self.luns[dead])

    def lose(self):
        self.live().kill()
        self.move()

    def out(self, action, key=0, service_key=0, kind=0):
        return [0x5f, action, kind, 0, 0, 0, 0, 0, 24, 0], struct.pack('>QQ8x', key, service_key)

    def pr(self, *what):
        return self.front.scsi(*self.out(*what)).status

    def keys(self):
        answer = self.front.scsi([0x5e, 0, 0, 0, 0, 0, 0, 0, 128, 0], in_bytes=128)
        assert answer.status == 0, answer
        return list(struct.unpack_from(f'>{answer.data[7] // 8}Q', answer.data, 8))

    def write(self, lba=0, data=b'w' * 512, **more):
        return self.front.write(lba, data, **more)

    def told(self):
        return self.front.scsi([0] * 6).key()


def clients(rig, nodes=1):
    """nodes 2: each VIOS has a node of its own of the disk; "loop": both have one, and it is a block device."""
    path = rig.loop(rig.disk('shared')) if nodes == 'loop' else rig.disk('shared')
    luns = [[lun(path, shared=True)]] * 2
    if nodes == 2:
        node = [rig.loop(path), rig.loop(path)]
        luns = [[lun(node[n], shared=True, other_path=node[n ^ 1], naa='6' + 31 * '1')] for n in (0, 1)]
    return [Client(rig, name, luns) for name in ('lpar1', 'lpar2')]
