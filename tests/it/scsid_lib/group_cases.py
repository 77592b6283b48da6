# SPDX-License-Identifier: BSD-3-Clause
# group_cases.py - SET TARGET PORT GROUPS at a target whose viosd is the test: what is asked of viosd, what the client
# is answered, who is told.
import json
import struct

from scsid_lib.front import Front
from scsid_lib.rig import Rig, lun, wait_for

CHECK, BUSY = 2, 8
CHANGED, FAILED, BAD_FIELD, LENGTH, NO_COMMAND, INQUIRY_CHANGED = (
    (6, 0x2a, 6), (4, 0x67, 0xa), (5, 0x26, 0), (5, 0x1a, 0), (5, 0x20, 0), (6, 0x3f, 3))


def groups(best, by_command=False):
    return [{'id': i + 1, 'port': i + 1, 'state': 'active/optimized' if i == best else 'active/non-optimized',
             'preferred': i == best, 'by_command': by_command} for i in range(2)]


def set_groups(*asked):
    """(CDB, parameters)"""
    params = bytes(4) + b''.join(struct.pack('>BBH', state, 0, group) for group, state in asked)
    return [0xa4, 0x0a, 0, 0, 0, 0, 0, 0, 0, len(params), 0, 0], params


def states(front, number=0):
    """{group: (state, PREF, status code)} as REPORT TARGET PORT GROUPS has them."""
    answer = front.scsi([0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0], in_bytes=128, lun=number)
    assert answer.status == 0, answer
    length, = struct.unpack_from('>I', answer.data)
    return {struct.unpack_from('>H', answer.data, at + 2)[0]: (answer.data[at] & 15, answer.data[at] >> 7, answer.data[at + 5])
            for at in range(4, 4 + length, 12)}


def tpgs(front):
    answer = front.scsi([0x12, 0, 0, 0, 36, 0], in_bytes=36)
    assert answer.status == 0, answer
    return answer.data[5] >> 4 & 3


class Viosd:
    """The test's connection to a target: answers what it is asked."""

    def __init__(self, target):
        self.rpc = target.rpc

    def asked(self):
        while True:
            message = self.rpc._message(10)
            if message.get('method') == 'set_groups':
                return message

    def answer(self, message, error=None):
        answer = {'error': {'code': -32000, 'message': error}} if error else {'result': {}}
        self.rpc.socket.sendall(json.dumps(dict(answer, jsonrpc='2.0', id=message['id'])).encode() + b'\n')


def luns_of(path, best=0, **more):
    return [lun(path, shared=True, groups=groups(best, **more), explicit_alua=True), lun(path + '2', 1, groups=groups(best), explicit_alua=True)]


def set_up(rig):
    path = rig.disk('disk')
    rig.disk('disk2')
    target = rig.target().start(luns_of(path)).go(1)
    front = Front(target.sock).start()
    front.ready()
    front.ready(1)
    return path, target, front, Viosd(target)


def told(front, number=0):
    return front.scsi([0] * 6, lun=number).key()


def test_a_client_sets_its_groups():
    with Rig() as rig:
        path, target, front, viosd = set_up(rig)
        assert tpgs(front) == 3 and states(front) == {1: (0, 1, 2), 2: (1, 0, 2)}
        # what is refused is not asked
        for key, asked in ((BAD_FIELD, [(3, 0)]), (BAD_FIELD, [(2, 2)]), (BAD_FIELD, [(2, 15)]), (BAD_FIELD, [(1, 0), (2, 0)]),
                           (BAD_FIELD, [(1, 1), (2, 1)])):
            answer = front.scsi(*set_groups(*asked))
            assert answer.status == CHECK and answer.key() == key, (asked, answer)
        cdb, params = set_groups((2, 0))
        cdb[9] = 6
        assert front.scsi(cdb, params[:6]).key() == LENGTH
        assert front.scsi(*set_groups((1, 0))).status == 0, 'it is so'
        # asked, and answered when viosd has answered
        front.put(*set_groups((2, 0)), slot=3)
        message = viosd.asked()
        assert message['params'] == {'adapter': 'lpar1/scsi0', 'lun': 0, 'group': 2}, message
        assert front.scsi(*set_groups((2, 0))).status == BUSY, 'one at a time'
        assert front.read(0, 8).status == 0, 'the rest goes on'
        viosd.answer(message)
        assert front.get(slot=3).status == 0
        assert states(front) == {1: (1, 0, 1), 2: (0, 1, 1)}, 'altered by the command'
        target.configure(luns_of(path, 1, by_command=True))
        assert told(front) is None, 'the client that asked'
        assert told(front, 1) == CHANGED, 'of its other LUN'
        assert states(front) == {1: (1, 0, 1), 2: (0, 1, 1)}
        # the configuration is there before the answer
        front.put(*set_groups((1, 0)), slot=3)
        message = viosd.asked()
        target.configure(luns_of(path, 0, by_command=True))
        viosd.answer(message)
        assert front.get(slot=3).status == 0 and told(front) is None
        # refused
        front.put(*set_groups((2, 0)), slot=3)
        viosd.answer(viosd.asked(), 'the other VIOS is away')
        answer = front.get(slot=3)
        assert answer.key() == FAILED and states(front)[1] == (0, 1, 1), answer
        # aborted
        front.put(*set_groups((2, 0)), slot=3)
        message = viosd.asked()
        assert front.task(5) == 0 and front.get(slot=3).response == 4, 'LOGICAL UNIT RESET'
        viosd.answer(message)
        front.ready()
        assert states(front)[1][0] == 0
        # somebody else's change
        target.configure(luns_of(path, 1))
        assert told(front) == CHANGED and states(front) == {1: (1, 0, 2), 2: (0, 1, 2)}
        # nobody to ask
        target.rpc.socket.close()
        wait_for('without viosd', lambda: front.scsi(*set_groups((1, 0)), timeout_s=30).key() == FAILED)


def test_only_if_it_is_allowed():
    with Rig() as rig:
        path, target, front, _ = set_up(rig)
        allowed, forbidden = luns_of(path), luns_of(path)
        for one in forbidden:
            del one['explicit_alua']
        target.configure(forbidden)
        assert told(front) == INQUIRY_CHANGED and tpgs(front) == 1
        assert front.scsi(*set_groups((2, 0))).key() == NO_COMMAND
        target.configure(allowed)
        assert told(front) == INQUIRY_CHANGED and tpgs(front) == 3


def test_who_dies_meanwhile_leaves_it():
    """Its successor asks again."""
    with Rig() as rig:
        path, target, front, viosd = set_up(rig)
        front.put(*set_groups((2, 0)), slot=3)
        viosd.asked()
        target.kill()
        other = rig.target('vios2').start(luns_of(path)).go(2)
        front.close()
        front.connect(other.sock)
        front.start()
        viosd = Viosd(other)
        viosd.answer(viosd.asked())
        assert front.get(slot=3).status == 0 and states(front)[2] == (0, 1, 1)
