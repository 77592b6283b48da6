# SPDX-License-Identifier: BSD-3-Clause
"""Random changes of clients, and what may be left of them: of each client every shape that it may have now."""
import random
import time

from rpc import Closed, Refused
from twins import UNAVAILABLE, connect, op

CLIENTS = 12  # names a side changes
ABSENT = None


def shape(state, client):
    """What there is of a client, or ABSENT: any half of a change gives another one."""
    one = [c for c in state["client"] if c["name"] == client]
    if not one:
        return ABSENT
    veths = tuple((v["name"], v["pvid"]) for v in state["veth"] if v["client"] == client)
    vhosts = sum(v["client"] == client for v in state["vhost"])
    return one[0]["allow_unsealed"], veths, vhosts


class Side:
    """n changes that one VIOS is asked for, and as many more until a quarter of n is done and enough() has happened meanwhile:
    how often a busy machine says no, or how long it takes to start again, is not known before. Each concerns one client of
    this side's own."""

    def __init__(self, vios, seed, n, pause_s, until_s, enough):  # pylint: disable=too-many-arguments
        self.vios, self.random, self.n, self.left, self.pause_s, self.enough = vios, random.Random(seed), n, n, pause_s, enough
        self.until = time.monotonic() + until_s
        self.names = ["%s-%d" % (vios, i) for i in range(CLIENTS)]
        self.may = {name: [ABSENT] for name in self.names}
        self.count = {"done": 0, "refused": 0, "unknown": 0, "away": 0}
        self.newest = (0, 0)
        self.said = set()
        self.peer = None
        self.history = {}  # of a client: what it was asked to be, and what came of it

    def roll(self):
        """A change, its base, and the shape it leaves; "bad": it must be refused."""
        certain = [name for name in self.names if len(self.may[name]) == 1]
        if not certain:  # all are in doubt: further ones
            self.names = [name + "x" for name in self.names]
            self.may.update({name: [ABSENT] for name in self.names})
            certain = self.names
        name = self.random.choice(certain)
        pvid, dice = self.random.randrange(2, 4000), self.random.random()
        (now,) = self.may[name]
        if now is ABSENT:
            n = self.random.randrange(1, 4)
            veths = tuple(("eth%d" % i, pvid + i) for i in range(n))
            ops = [op("add", "client", name), *(op("add", "veth", "%s/%s" % (name, v), pvid=p) for v, p in veths),
                   op("add", "vhost", client=name)]
            after = (False, veths, 1)
        elif dice < 0.3:
            ops, after = [op("remove", "client", name, cascade=True)], ABSENT
        else:
            unsealed = not now[0]
            veths = tuple((v, pvid + i) for i, (v, _) in enumerate(now[1]))
            ops = [op("set", "client", name, allow_unsealed=unsealed),
                   *(op("set", "veth", "%s/%s" % (name, v), pvid=p) for v, p in veths)]
            after = (unsealed, veths, now[2])
        if dice > 0.9:  # its last part is impossible
            ops, after = [*ops, op("set", "veth", "nobody/eth0", pvid=5)], "bad"
        return name, ops, after

    def take(self, name, ops, after):
        self.history.setdefault(name, []).append(after)
        try:
            self.peer = self.peer or connect(self.vios, within=0.1)
        except OSError:
            self.count["away"] += 1
            self.history[name].pop()
            return False
        try:
            done = self.peer.call("config_change", {"ops": ops}, 12.0)
            assert after != "bad", "an impossible change was taken: %s" % ops
            self.may[name] = [after]
            self.count["done"] += 1
            now = (done["epoch"], done["version"])
            assert now > self.newest, "%s was acknowledged after %s" % (now, self.newest)
            self.newest = now
            self.history[name].append("%s by %s" % (now, done["committed"]))
        except Refused as refused:
            unknown = refused.code == UNAVAILABLE
            self.count["unknown" if unknown else "refused"] += 1
            assert refused.code != -32602 or after == "bad", "%s: %s: %s" % (name, refused.data, self.history[name])
            self.history[name].append(str(refused))
            if unknown and after != "bad":
                self.may[name].append(after)
            self.said.add(str(refused))
        except (Closed, OSError) as e:  # a time-out, too
            self.history[name].append(repr(e))
            self.count["unknown"] += 1
            self.peer.close()
            self.peer = None
            if after != "bad":
                self.may[name].append(after)
        return True

    def wants_more(self):
        return self.left > 0 or self.count["done"] <= self.n // 4 or not self.enough()

    def run(self):
        try:
            while self.wants_more() and time.monotonic() < self.until:
                if self.take(*self.roll()):
                    self.left -= 1
                    time.sleep(self.random.random() * 2 * self.pause_s)
                else:
                    time.sleep(0.05)
        finally:
            if self.peer:
                self.peer.close()

    def judge(self, state):
        """All that may be, and nothing else."""
        faults = []
        for name, may in self.may.items():
            if shape(state, name) not in may:
                faults.append("%s is %s, not one of %s: %s" % (name, shape(state, name), may, self.history[name]))
        known = set(self.may)
        for kind, member in (("client", "name"), ("veth", "client"), ("vhost", "client")):
            strangers = {o[member] for o in state[kind] if o[member].startswith(self.vios + "-")} - known
            faults += ["%s %s was never asked for" % (kind, name) for name in strangers]
        return faults
