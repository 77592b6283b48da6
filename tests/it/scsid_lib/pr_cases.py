# SPDX-License-Identifier: BSD-3-Clause
# pr_cases.py - persistent reservations of several nexuses (SPC-5), case by case: of each type, who may read, write and
# release; who is told what by RELEASE, CLEAR, PREEMPT and by a holder that goes; what outlives the host.
import shutil
import struct

from scsid_lib.rig import Rig, lun
from scsid_lib.sharing import (CLEAR, CONFLICT, IGNORE, PREEMPT, PREEMPT_AND_ABORT, PREEMPTED, REGISTER, RELEASE,
                               RELEASED, RESERVE, UNREGISTERED, Client, clients)

WRITE_EX, EXCLUSIVE, WRITE_EX_RO, EXCLUSIVE_RO, WRITE_EX_AR, EXCLUSIVE_AR = TYPES = 1, 3, 5, 6, 7, 8
ALL_REGISTRANTS = WRITE_EX_AR, EXCLUSIVE_AR
CHECK = 2
INVALID_RELEASE, INVALID_PARAMETER = (5, 0x26, 4), (5, 0x26, 0)


def reservation(c):
    """(key, type) of it; None: there is none."""
    answer = c.front.scsi([0x5e, 1, 0, 0, 0, 0, 0, 0, 24, 0], in_bytes=24)
    assert answer.status == 0, answer
    if struct.unpack_from('>I', answer.data, 4)[0] == 0:
        return None
    return struct.unpack_from('>Q', answer.data, 8)[0], answer.data[21] & 15


def holders(c):
    """{key: (does it hold it, type)} of all registrants."""
    answer = c.front.scsi([0x5e, 3, 0, 0, 0, 0, 0, 2, 0, 0], in_bytes=512)
    assert answer.status == 0, answer
    length, = struct.unpack_from('>I', answer.data, 4)
    found, at = {}, 8
    while at < 8 + length:
        key, = struct.unpack_from('>Q', answer.data, at)
        found[key] = (bool(answer.data[at + 12] & 1), answer.data[at + 13] & 15)
        at += 24 + struct.unpack_from('>I', answer.data, at + 20)[0]
    return found


def may(c):
    """What it may do: (read, write)."""
    read, write = c.front.read(0, 1).status, c.write().status
    assert {read, write} <= {0, CONFLICT}, (read, write)
    return read == 0, write == 0


def good(c, *what):
    answer = c.front.scsi(*c.out(*what))
    assert answer.status == 0, (what, answer)


def refused(c, key, *what):
    answer = c.front.scsi(*c.out(*what))
    assert answer.status == CHECK and answer.key() == key, (what, answer)


def quiet(*who):
    for c in who:
        assert c.told() is None, c.name


def one_type(kind, a, b, c):
    """a has it, b is registered, c is not."""
    writes, shared = kind in (WRITE_EX, WRITE_EX_RO, WRITE_EX_AR), kind in TYPES[2:]
    everybody = kind in ALL_REGISTRANTS
    assert a.pr(RESERVE, 1, 0, kind) == CONFLICT, 'not registered'
    good(a, REGISTER, 0, 1)
    good(a, RESERVE, 1, 0, kind)
    assert reservation(b) == (0 if everybody else 1, kind)
    assert may(a) == (True, True) and may(b) == (writes, False) == may(c)
    assert b.pr(REGISTER, 7, 2) == CONFLICT, 'another key than it has'
    good(b, REGISTER, 0, 2)
    assert may(b) == (writes or shared, shared), kind
    assert may(c) == (writes, False)
    assert holders(c) == {1: (True, kind), 2: (everybody, kind if everybody else 0)}
    other = TYPES[(TYPES.index(kind) + 1) % 6]
    assert b.pr(RESERVE, 2, 0, kind) == (0 if everybody else CONFLICT), kind
    assert b.pr(RESERVE, 2, 0, other) == a.pr(RESERVE, 1, 0, other) == CONFLICT
    good(a, RESERVE, 1, 0, kind)  # again: as it is
    assert c.pr(RELEASE, 0, 0, kind) == a.pr(RELEASE, 2, 0, kind) == CONFLICT
    refused(a, INVALID_RELEASE, RELEASE, 1, 0, other)
    if not everybody:  # of one that has not got it: nothing happens
        good(b, RELEASE, 2, 0, kind)
    assert reservation(a) == (0 if everybody else 1, kind)
    quiet(a, b, c)
    good(a, RELEASE, 1, 0, kind)
    assert reservation(c) is None and may(c) == (True, True)
    assert b.told() == (RELEASED if shared else None), kind
    good(a, RELEASE, 1, 0, kind)  # again: nothing happens
    quiet(a, b, c)


def a_holder_goes(kind, a, b, c):
    """It takes its registration back: a reservation of its own ends, one of all registrants' with the last."""
    good(a, RESERVE, 1, 0, kind)
    good(a, REGISTER, 1, 0)
    if kind in ALL_REGISTRANTS:
        quiet(b)
        assert reservation(c) == (0, kind) and may(a)[1] is False and may(b) == (True, True)
    else:
        assert b.told() == (RELEASED if kind in TYPES[2:] else None), kind
        assert reservation(c) is None
    good(b, REGISTER, 2, 0)
    assert reservation(c) is None and c.keys() == []
    quiet(a, b, c)


def cleared(kind, a, b, c):
    """By one that has not got it, and goes by the key of its own."""
    good(a, REGISTER, 0, 1)
    good(b, REGISTER, 0, 2)
    good(a, RESERVE, 1, 0, kind)
    assert c.pr(CLEAR, 1) == b.pr(CLEAR, 1) == CONFLICT
    good(b, CLEAR, 2)
    assert reservation(c) is None and c.keys() == []
    assert a.told() == PREEMPTED
    quiet(a, b, c)


def preempted(action, kind, a, b, c):
    """a's reservation is taken over by b, as another type; c, which is only registered, is told if it may do less."""
    other = TYPES[(TYPES.index(kind) + 1) % 6]
    everybody = kind in ALL_REGISTRANTS
    for n, one in enumerate((a, b, c)):
        good(one, REGISTER, 0, n + 1)
    good(a, RESERVE, 1, 0, kind)
    assert b.pr(action, 2, 9, kind) == CONFLICT, 'a key that nobody has'
    assert b.pr(action, 7, 1, kind) == CONFLICT, 'not its key'
    if everybody:
        good(b, action, 2, 3, kind)  # one of them is unregistered, and that is all
        assert reservation(a) == (0, kind) and a.keys() == [1, 2] and c.told() == UNREGISTERED
        good(c, REGISTER, 0, 3)
        good(b, action, 2, 0, other)
        assert b.keys() == [2] and c.told() == UNREGISTERED
    else:
        refused(b, INVALID_PARAMETER, action, 2, 0, kind)
        good(b, action, 2, 1, other)
        assert b.keys() == [2, 3] and c.told() == RELEASED
    assert a.told() == UNREGISTERED
    assert reservation(b) == (0 if other in ALL_REGISTRANTS else 2, other)
    assert may(b) == (True, True) and may(a)[1] is False
    quiet(a, b, c)
    good(b, CLEAR, 2)
    assert c.told() == (None if everybody else PREEMPTED)
    quiet(a, b, c)


def only_unregistered(a, b, c):
    """By the one that has it, and by one that has not: the reservation stays."""
    for n, one in enumerate((a, b, c)):
        good(one, REGISTER, 0, n + 1)
    good(a, RESERVE, 1, 0, WRITE_EX_RO)
    good(a, PREEMPT, 1, 2, EXCLUSIVE)
    assert b.told() == UNREGISTERED and reservation(b) == (1, WRITE_EX_RO) and may(b) == (True, False)
    good(b, IGNORE, 0, 3)  # the key that c has, too
    good(a, PREEMPT, 1, 3, EXCLUSIVE)
    assert b.told() == c.told() == UNREGISTERED and a.keys() == [1]
    good(a, IGNORE, 0, 5)  # another key: the same registration
    assert reservation(b) == (5, WRITE_EX_RO) and a.pr(RELEASE, 1, 0, WRITE_EX_RO) == CONFLICT
    good(a, CLEAR, 5)
    quiet(a, b, c)


def test_types_of_reservations():
    with Rig() as rig:
        three = clients(rig)
        three.append(Client(rig, 'lpar3', three[0].luns))
        for kind in TYPES:
            one_type(kind, *three)
            a_holder_goes(kind, *three)
            cleared(kind, *three)
            for action in (PREEMPT, PREEMPT_AND_ABORT):
                preempted(action, kind, *three)
        only_unregistered(*three)


def start_host(rig, who, kept):
    """All targets end, what they share in memory is gone, and what is on the disk is of another boot."""
    rig.end_targets()
    shutil.rmtree(f'{rig.dir}/luns')
    with open(kept, 'r+b') as f:
        f.seek(20)
        f.write(b'another boot')
    for c in who:
        c.start_both()
        c.front.ready()


def test_kept_over_a_start_of_the_host():
    """APTPL: of two nexuses, by whichever of them it is set or taken back."""
    with Rig() as rig:
        path, kept = rig.disk('shared'), f'{rig.dir}/reservations'
        luns = [[lun(path, shared=True, reservations=kept)]] * 2
        a, b = two = [Client(rig, name, luns) for name in ('lpar1', 'lpar2')]

        def persist(c, *what):
            cdb, params = c.out(*what)
            answer = c.front.scsi(cdb, params[:20] + b'\1' + params[21:])
            assert answer.status == 0, answer

        persist(a, IGNORE, 0, 1)
        persist(b, IGNORE, 0, 2)
        good(a, RESERVE, 1, 0, EXCLUSIVE)
        start_host(rig, two, kept)
        assert b.keys() == [1, 2] and reservation(b) == (1, EXCLUSIVE)
        assert may(b) == (False, False) and may(a) == (True, True)
        good(b, PREEMPT, 2, 1, WRITE_EX_RO)  # what is changed since is kept, too
        assert a.told() == UNREGISTERED
        start_host(rig, two, kept)
        assert a.keys() == [2] and reservation(a) == (2, WRITE_EX_RO) and may(a) == (True, False)
        good(a, IGNORE, 0, 1)  # without APTPL: from now on for none
        start_host(rig, two, kept)
        assert a.keys() == [] and reservation(a) is None and may(b) == (True, True)
