# SPDX-License-Identifier: BSD-3-Clause
"""How long processes were ready to run and did not: what other processes took from them is not theirs to answer for."""
import os


def waited_ns(pid):
    """Of all threads of a process that it has now, since each began; none: it is gone."""
    total = 0
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, task), encoding="ascii") as f:
                total += int(f.read().split()[1])
    except (OSError, IndexError):
        pass
    return total


class Starved:
    """Since it was made, of these processes and the calling one."""

    def __init__(self, *pids):
        self.before = {pid: waited_ns(pid) for pid in (*pids, os.getpid())}

    def ms(self):
        return sum(max(0, waited_ns(pid) - before) for pid, before in self.before.items()) / 1e6
