#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 180
# scsid_reserve.py - one disk, two clients, a target of each VIOS for each: what one client reserves binds the other one,
# whichever target has it and whoever is killed; what is preempted or reset is aborted and has drained before the answer,
# so none of it lands later; each client is told, once, also by the successor of the target that heard of it.
import os
import random
import struct
import time

from scsid_lib.group_cases import (test_a_client_sets_its_groups, test_only_if_it_is_allowed,
                                   test_who_dies_meanwhile_leaves_it)
from scsid_lib.pr_cases import test_kept_over_a_start_of_the_host, test_types_of_reservations
from scsid_lib.rig import Rig, main, quietest, wait_for
from scsid_lib.sharing import (ABORTED, CLEAR, CONFLICT, EXCLUSIVE, EXCLUSIVE_RO, IGNORE, PREEMPT, PREEMPT_AND_ABORT,
                               PREEMPTED, RELEASE, RELEASED, RESERVE, UNREGISTERED, clients)

ROUNDS = 60 if os.environ.get('VIOS_LONG') == '1' else 6


def test_a_reservation_binds_the_other_target():
    with Rig() as rig:
        a, b = clients(rig)
        assert b.write().status == 0
        assert a.pr(IGNORE, 0, 1) == 0 and a.pr(RESERVE, 1, 0, EXCLUSIVE) == 0
        assert b.keys() == [1] and b.write().status == CONFLICT and b.front.read(0, 8).status == CONFLICT
        assert a.write().status == 0
        for c in (a, b, a):  # whoever dies, and wherever they are
            c.lose()
            assert b.write().status == CONFLICT and a.write().status == 0
        assert b.pr(IGNORE, 0, 2) == 0 and a.keys() == [1, 2]
        assert b.write().status == CONFLICT
        assert b.pr(PREEMPT, 2, 1, EXCLUSIVE_RO) == 0
        assert a.told() == UNREGISTERED and a.told() is None, 'told once'
        assert a.write().status == CONFLICT and a.keys() == [2] and b.write().status == 0
        # told by the successor of who heard it
        assert a.pr(IGNORE, 0, 1) == 0 and a.write().status == 0
        assert b.pr(RELEASE, 2, 0, EXCLUSIVE_RO) == 0
        a.lose()
        assert a.told() == RELEASED and a.told() is None
        a.lose()
        assert a.told() is None, 'told again'
        assert b.pr(CLEAR, 2) == 0
        assert a.told() == PREEMPTED and a.keys() == []
        # RESERVE and RELEASE of old; the end of the nexus ends it, in every target
        assert a.front.scsi([0x16, 0, 0, 0, 0, 0]).status == 0 and b.write().status == CONFLICT
        assert a.front.task(4) == 0, 'I_T NEXUS RESET'
        assert b.write().status == 0


def test_both_gone_and_come():
    with Rig() as rig:
        a, b = clients(rig)
        assert a.pr(IGNORE, 0, 1) == 0 and a.pr(RESERVE, 1, 0, EXCLUSIVE) == 0
        for c in (a, b):
            for t in c.targets:
                t.kill()
        for c in (a, b):
            c.start_both()
        assert b.write().status == CONFLICT and a.write().status == 0


def delayed(target, ms=400):
    target.rpc.call('fault', disk='delay', lun=0, ms=ms)


def test_preempt_and_abort_drains(nodes=1):
    """A write of the other one is in flight: the answer waits for it, and it is answered as aborted."""
    with Rig() as rig:
        a, b = clients(rig, nodes)
        path = a.luns[0][0]['path']
        if nodes == 2:
            b.lose()
        assert a.pr(IGNORE, 0, 1) == 0 and b.pr(IGNORE, 0, 2) == 0 and b.pr(RESERVE, 2, 0, EXCLUSIVE) == 0
        delayed(b.live())
        before = b.live().taken()
        b.front.put(struct.pack('>BBQIBB', 0x8a, 0, 64, 1, 0, 0), b'b' * 512, slot=3)
        wait_for('it is taken', lambda: b.live().taken() > before)
        began = time.monotonic()
        assert a.pr(PREEMPT_AND_ABORT, 1, 2, EXCLUSIVE) == 0
        took = time.monotonic() - began
        with open(path, 'rb') as f:
            f.seek(64 * 512)
            landed = f.read(1)
        assert landed == b'b', f'answered after {took:.3f} s, while a write was under way'
        assert b.front.get(slot=3).status == ABORTED
        assert a.write(64, b'a' * 512).status == 0
        assert b.told() == UNREGISTERED and b.write(64).status == CONFLICT
        # a reset is for all, too
        live = b.live()
        b.front.ready()
        live.rpc.call('fault', disk='stuck', lun=0)
        b.front.put([0x88] + [0] * 12 + [8, 0, 0], in_bytes=4096, slot=3)
        assert b.front.get(slot=3).status == CONFLICT
        assert a.pr(RELEASE, 1, 0, EXCLUSIVE) == 0
        b.front.put([0x88] + [0] * 12 + [8, 0, 0], in_bytes=4096, slot=3)
        live.takes(1)
        a.front.task(5, wait=False)
        time.sleep(0.2)
        assert a.front.used_index(0) == a.front.seen[0], 'LOGICAL UNIT RESET: answered before the other one has drained'
        live.rpc.call('fault', disk='none', lun=0)
        a.front.wait(0)
        assert b.front.get(slot=3).response == 4  # RESET
        assert b.told() == (6, 0x29, 3) and a.told() == (6, 0x29, 3)


def test_taken_before_it_was_preempted():
    """No reservation forbids it: but what a dead target had taken is aborted with the rest, and not done again."""
    with Rig() as rig:
        a, b = clients(rig)
        assert a.pr(IGNORE, 0, 1) == 0 and b.pr(IGNORE, 0, 2) == 0
        b.live().rpc.call('fault', disk='stuck', lun=0)
        for slot in (3, 4):
            b.front.put(struct.pack('>BBQIBB', 0x8a, 0, 60 + slot, 1, 0, 0), b'b' * 512, slot=slot)
        b.live().takes(2)
        b.live().kill()
        assert a.pr(PREEMPT_AND_ABORT, 1, 2, EXCLUSIVE) == 0
        b.move()
        answers = [b.front.get(slot=slot) for slot in (3, 4)]
        assert answers[0].key() == UNREGISTERED and answers[1].status == ABORTED, answers
        assert a.front.read(63, 2).data == bytes(1024), 'it was done'
        assert b.write(64).status == 0


def test_by_two_nodes():
    if os.geteuid() == 0:
        test_preempt_and_abort_drains(2)


def preempted_while_killed(rig, c, path, n):
    """Client b writes as fast as it can; a preempts it while a target of either dies. After the answer: no write of b."""
    a, b = c
    assert a.pr(IGNORE, 0, 1) == 0 and b.pr(IGNORE, 0, 2) == 0
    assert b.pr(RESERVE, 2, 0, EXCLUSIVE) == 0
    if random.random() < 0.5:
        delayed(b.live(), random.randint(1, 30))
    for slot in range(8):
        b.front.put(struct.pack('>BBQIBB', 0x8a, 0, 64 + 8 * slot, 8, 0, 0), b'b' * 4096, slot=slot)
    if n % 3 == 1:
        a.live().rpc.call('fault', place='agreed', after=1)
    a.front.put(*a.out(PREEMPT_AND_ABORT, 1, 2, EXCLUSIVE), slot=9)
    time.sleep(random.random() * 0.004)
    if n % 3 != 1:
        b.live().kill()
    if n % 3 == 1:
        assert a.live().process.wait(30) == 3, 'the fault did not happen'
        a.move()
    answer = a.front.get(slot=9)
    assert answer.status == 0 or answer.key()[0] == 0xb and n % 3 == 1, answer
    assert a.keys() == [1]
    mark = bytes([n]) * 4096
    for slot in range(8):
        assert a.write(64 + 8 * slot, mark, slot=slot).status == 0
    if n % 3 != 1:
        b.move()
    answers = []
    for _ in range(8):
        head, _ = b.front.wait(2)
        answers.append(b.front.memory[b.front.area(head // 4) + 0x200 + 10])
    assert set(answers) <= {0, 2, CONFLICT, ABORTED}, answers
    b.live().rpc.call('fault', disk='none', lun=0)
    with open(path, 'rb') as f:
        f.seek(64 * 512)
        assert f.read(8 * 4096) == mark * 8, f'round {n}: a write of the preempted client came later: {answers}'
    b.front.ready()
    assert a.pr(CLEAR, 1) == 0
    return answers


def test_preempt_and_abort_during_kills():
    with Rig() as rig:
        seed = int(os.environ.get('VIOS_SEED') or time.time_ns() % 1000000)
        random.seed(seed)
        print(f'  VIOS_SEED={seed}', flush=True)
        c = clients(rig)
        seen = {}
        for n in range(1, ROUNDS + 1):
            for status in preempted_while_killed(rig, c, c[0].luns[0][0]['path'], n):
                seen[status] = seen.get(status, 0) + 1
        print(f"  {ROUNDS} rounds: answers to the preempted client's writes by status {seen}")


def stale_write_is_seen(delay_ms):
    with Rig() as rig:
        a, b = clients(rig)
        path = a.luns[0][0]['path']
        assert a.pr(IGNORE, 0, 1) == 0 and b.pr(IGNORE, 0, 2) == 0 and b.pr(RESERVE, 2, 0, EXCLUSIVE) == 0
        a.live().rpc.call('fault', place='undrained', after=1)
        delayed(b.live(), delay_ms)
        before = b.live().taken()
        b.front.put(struct.pack('>BBQIBB', 0x8a, 0, 64, 1, 0, 0), b'b' * 512, slot=3)
        wait_for('it is taken', lambda: b.live().taken() > before)
        assert a.pr(PREEMPT_AND_ABORT, 1, 2, EXCLUSIVE) == 0 and a.write(64, b'a' * 512).status == 0
        b.front.get(slot=3)
        with open(path, 'rb') as f:
            f.seek(64 * 512)
            return f.read(1) == b'b'


def test_which_notices_that_nobody_is_waited_for():
    """What the test of draining looks for is there when a change is answered at once, and the next write is quicker than the delay."""
    assert any(stale_write_is_seen(ms) for ms in (400, 1600, 6400)), 'no stale write to be seen'


def test_idle_targets_sleep():
    """A change wakes who must hear of it; else everybody sleeps."""
    with Rig() as rig:
        a, b = clients(rig)
        worst = 0
        for n in range(20):
            began = time.monotonic()
            assert a.pr(IGNORE, 0, n + 1) == 0
            worst = max(worst, time.monotonic() - began)
        print(f'  a change is answered in {worst * 1000:.1f} ms at worst while the other target sleeps')

        def ticks():
            before = b.live().status()['workers'][1]['ticks']
            time.sleep(0.5)
            return b.live().status()['workers'][1]['ticks'] - before
        time.sleep(0.2)
        assert quietest(ticks, 199) < 200


if __name__ == '__main__':
    main(test_types_of_reservations, test_kept_over_a_start_of_the_host, test_a_client_sets_its_groups,
         test_only_if_it_is_allowed, test_who_dies_meanwhile_leaves_it, test_a_reservation_binds_the_other_target, test_both_gone_and_come, test_preempt_and_abort_drains, test_by_two_nodes, test_taken_before_it_was_preempted,
         test_which_notices_that_nobody_is_waited_for, test_preempt_and_abort_during_kills, test_idle_targets_sleep)
