# SPDX-License-Identifier: BSD-3-Clause
"""What logs tell of a fault: who owned rings (the muxes), who was powered off (vios-framed), how often the role moved (Pacemaker)."""
import re

OWNS = ("live", "releasing")
PATH = re.compile(r" path adapter=(\S+) vios=(\S+) phase=(\S+) start=(\d+)")
FENCED = re.compile(r" powered vios=(\S+) step=off")
FAILED = re.compile(r" power-failed ")
PROMOTED = re.compile(r"Result of promote operation for vios on (\S+): ok")
LEFT = re.compile(r"Group crmd event \d+: (\S+) \(node \d+(?: pid \d+\)|\) duplicate pid \d+) left")
START = re.compile(r" pacemakerd .*Starting Pacemaker ")
ASKED = re.compile(r"Requesting fencing \(\w+\) of node (\S+)")


class Log:
    """A file that grows: the lines that are new. One that ends within a line is read on later."""

    def __init__(self, path):
        self.path, self.at, self.rest = path, 0, ""

    def lines(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.at)
                data = file.read()
        except FileNotFoundError:
            return []
        self.at += len(data)
        *whole, self.rest = (self.rest + data.decode(errors="replace")).split("\n")
        return whole


class Owners:
    """
    Of each adapter's rings, by the log of its mux (level debug: every phase of every path). A path that becomes live while another one
    owns the rings is a fault, but for the one line that may be late: paths are logged in the order of the VIOS, and of two that change in
    one step the one that lets go may come second. Start numbers only grow.
    """

    def __init__(self):
        self.phase, self.start, self.doubt, self.faults, self.turns = {}, {}, {}, [], 0

    def feed(self, lines):
        for line in lines:
            match = PATH.search(line)
            if match:
                self.path(match[1], match[2], match[3], int(match[4]), line)

    def path(self, adapter, vios, phase, start, line):
        phases = self.phase.setdefault(adapter, {})
        new = phase == "live" and phases.get(vios) != "live"
        phases[vios] = phase
        owners = [v for v in phases if phases[v] in OWNS]
        if len(owners) > 1 and adapter in self.doubt:
            self.faults.append("%s has two owners, %s: %s" % (adapter, " and ".join(sorted(owners)), self.doubt.pop(adapter)))
        elif len(owners) > 1:
            self.doubt[adapter] = line
        else:
            self.doubt.pop(adapter, None)
        if new:
            self.turns += 1
            if start <= self.start.get(adapter, 0):
                self.faults.append("%s: start %d is not above %d: %s" % (adapter, start, self.start[adapter], line))
            self.start[adapter] = start

    def settle(self):
        """At rest: nothing is late any more. All faults since the last time."""
        found = self.faults + ["%s has two owners: %s" % pair for pair in self.doubt.items()]
        self.faults, self.doubt = [], {}
        return found


class Told:
    """Of a frame's logs, since the last take()."""

    def __init__(self, top, nodes, clients):
        self.framed = Log(top + "/log/framed.log")
        self.pacemaker = {n: Log("%s/%s/log/pacemaker/pacemaker.log" % (top, n)) for n in nodes}
        self.muxes = [Log("%s/log/mux-%s.log" % (top, c)) for c in clients]
        self.owners = Owners()
        self.forget()

    def forget(self):
        self.fenced, self.refused, self.promoted, self.owners.turns = [], 0, [], 0
        self.left = []  # (the node whose Pacemaker says so, who left)
        self.asked = {}  # of each node whose Pacemaker was started: whom it wants to be fenced since then

    def look(self):
        for line in self.framed.lines():
            self.fenced += FENCED.findall(line)
            self.refused += bool(FAILED.search(line))
        for node, log in self.pacemaker.items():
            for line in log.lines():
                self.promoted += PROMOTED.findall(line)
                self.left += [(node, whom) for whom in LEFT.findall(line)]
                if START.search(line):
                    self.asked[node] = []
                self.asked.get(node, []).extend(ASKED.findall(line))
        for log in self.muxes:
            self.owners.feed(log.lines())

    def take(self):
        self.look()
        found = {"fenced": self.fenced, "fencing_failed": self.refused, "promoted": self.promoted, "ring_turns": self.owners.turns,
                 "ring_faults": self.owners.settle()}
        self.forget()
        return found
