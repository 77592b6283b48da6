#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""lab-supervise: starts again, stops what is taken away, kills what ignores SIGTERM, leaves no descendant."""
import math
import os
import signal
import subprocess
import sys
import tempfile
import time


class Supervisor:
    def __init__(self, program, directory):
        self.dir = directory
        os.mkdir(directory + "/children")
        self.process = subprocess.Popen([program, directory], stderr=subprocess.DEVNULL)

    def want(self, name, *argv):
        with open("%s/.%s" % (self.dir, name), "w", encoding="utf-8") as child:
            child.write("\n".join(["%s/%s.log" % (self.dir, name), *argv]) + "\n")
        os.rename("%s/.%s" % (self.dir, name), "%s/children/%s" % (self.dir, name))

    def pid(self, name):
        try:
            with open("%s/pids/%s" % (self.dir, name), encoding="utf-8") as text:
                return int(text.read())
        except (OSError, ValueError):
            return 0


def within(what, condition):
    """Not forever: what has not come by then, on a machine that is busy with other things, never does."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def check_restart(s):
    s.want("a", "sleep", "600")
    within("a does not start", lambda: s.pid("a"))
    first = s.pid("a")
    os.kill(first, signal.SIGKILL)
    within("a does not start again", lambda: s.pid("a") not in (0, first))
    return s.pid("a")


def check_backoff(s):
    """A child that ends at once is not started in a busy loop."""
    def starts():
        try:
            with open(s.dir + "/b.log", encoding="utf-8") as log:
                return len(log.readlines())
        except OSError:
            return 0
    began = time.monotonic()
    s.want("b", "sh", "-c", "echo started")
    within("b is not started again", lambda: starts() >= 2)
    time.sleep(1.0)
    found, took_s = starts(), time.monotonic() - began
    # after 50 ms, then after twice as long each time
    assert found <= 3 + math.log2(1 + took_s / 0.05), "b was started %d times within %.1f s" % (found, took_s)
    os.unlink(s.dir + "/children/b")


def check_stop(s):
    s.want("c", "sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.2; done")
    within("c does not start", lambda: os.path.exists(s.dir + "/c.log") and s.pid("c"))
    within("c is not ready", lambda: os.path.getsize(s.dir + "/c.log"))
    pid = s.pid("c")
    os.unlink(s.dir + "/children/c")
    within("c, which ignores SIGTERM, does not end", lambda: not alive(pid) and not s.pid("c"))
    time.sleep(0.3)
    assert not s.pid("c"), "c was started again although it was taken away"


def check_end(s, sleeper):
    """A descendant that left for a session of its own, and whose parent is gone, ends too."""
    s.want("d", "sh", "-c", "setsid sleep 601 & echo $! > %s/orphan; exit 0" % s.dir)
    within("no orphan", lambda: os.path.exists(s.dir + "/orphan") and os.path.getsize(s.dir + "/orphan"))
    with open(s.dir + "/orphan", encoding="utf-8") as text:
        orphan = int(text.read())
    assert alive(orphan)
    os.unlink(s.dir + "/children/d")
    s.process.terminate()
    s.process.wait(60)
    within("descendants survive", lambda: not alive(orphan) and not alive(sleeper))


def main():
    with tempfile.TemporaryDirectory() as directory:
        s = Supervisor(sys.argv[1], directory)
        try:
            sleeper = check_restart(s)
            check_backoff(s)
            check_stop(s)
            check_end(s, sleeper)
        finally:
            s.process.terminate()
            s.process.wait(60)


main()
