# SPDX-License-Identifier: BSD-3-Clause
"""A lab with Pacemaker as a drill of its cluster sees it: processes, Pacemaker's view, traffic and a disk that are looked at."""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET

import pair

NODES = ("vios1", "vios2")
HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 7007
OUTSIDE, CLIENT = "10.99.0.1", "10.99.0.2"
STOPPED = []  # by hang(): nothing may stay so


def within(seconds, what, condition):
    return pair.within(seconds, what, condition)


def in_node(node, *argv, timeout=120):
    """Its stdout, or None when it fails."""
    try:
        done = subprocess.run([pair.LAB, "exec", node, *argv], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


# ---- processes, as the frame sees them ----

def socket_owner(path):
    """The pid of whoever listens there; None."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(2)
            s.connect(os.path.join(pair.RUN, path))
            return struct.unpack("iii", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    except OSError:
        return None


def init_of(node):
    try:
        with open("%s/%s/init.pid" % (pair.DIR, node), encoding="ascii") as file:
            pid = int(file.read())
        os.stat("/proc/%d" % pid)
        return pid
    except (OSError, ValueError):
        return None


def in_namespace_of(init):
    found = []
    try:
        wanted = os.readlink("/proc/%d/ns/pid" % init)
    except OSError:  # powered off meanwhile
        return found
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink("/proc/%s/ns/pid" % pid) == wanted:
                found.append(int(pid))
        except OSError:
            continue
    return found


def node_process(node, name):
    """A program of that node; None."""
    init = init_of(node)
    for pid in in_namespace_of(init) if init else []:
        try:
            with open("/proc/%d/comm" % pid, encoding="ascii") as file:
                if file.read().strip() == name[:15]:
                    return pid
        except OSError:
            continue
    return None


def kill_and_see(what, find, seconds=90):
    """SIGKILL, and until there is another one. find() -> pid or None."""
    old = within(20, what, find)
    os.kill(old, signal.SIGKILL)
    within(seconds, "another " + what, lambda: find() not in (None, old))


def hang(node):
    for pid in in_namespace_of(init_of(node)):
        try:
            os.kill(pid, signal.SIGSTOP)
            STOPPED.append(pid)
        except ProcessLookupError:
            continue


# ---- what the pair and Pacemaker say ----

def status():
    """Of whichever VIOS answers; None."""
    for vios in NODES:
        try:
            return pair.status(vios)
        except (OSError, RuntimeError, ValueError):
            continue
    return None


def live(adapter="lpar1/eth0"):
    found = [a["live"] for a in (status() or {"adapters": []})["adapters"] if a["adapter"] == adapter]
    return found[0] if found else None


def pair_fault():
    """Why the pair is not redundant, or None. Both VIOS must say that it is: one alone may not have heard yet."""
    return next(filter(None, map(view_fault, NODES)), None)


def view_fault(by):
    try:
        now = pair.status(by)
    except (OSError, RuntimeError, ValueError) as e:
        return "viosd of %s does not answer: %s" % (by, e)
    for vios in now["vios"]:
        if vios["state"] != "online" or vios["netd"]["state"] != "up":
            return "%s is %s, its netd %s, says %s" % (vios["name"], vios["state"], vios["netd"]["state"], by)
    for adapter in now["adapters"]:
        phases = sorted(p["phase"] for p in adapter["paths"].values())
        if phases != ["live", "ready"]:
            return "%s: paths %s, says %s" % (adapter["adapter"], phases, by)
    return None if len(now["adapters"]) == 2 else "%d adapters, says %s" % (len(now["adapters"]), by)


def monitor():
    """{role: {node: role}, unwell: [node], by: node, dc: node} as Pacemaker on a node that answers has it; None."""
    for node in NODES:
        text = in_node(node, "crm_mon", "--one-shot", "--output-as=xml") if init_of(node) else None
        if text:
            try:
                top = ET.fromstring(text)
            except ET.ParseError:  # it was ended within it
                continue
            if top.find("nodes") is None:
                continue  # Pacemaker comes or goes there
            role = {r.find("node").get("name"): r.get("role") for r in top.iter("resource")
                    if r.get("id") == "vios" and r.find("node") is not None}
            unwell = [n.get("name") for n in top.find("nodes") if n.get("online") != "true" or n.get("unclean") == "true" or
                      n.get("pending") == "true"]
            dc = top.find("summary/current_dc")
            return {"role": role, "unwell": unwell, "by": node, "dc": dc.get("name") if dc is not None else None}
    return None


def is_idle(by, dc):
    """Nothing is left to do for the node that decides."""
    return "S_IDLE" in (in_node(by, "crmadmin", "--status", dc) or "") if dc else False


def promoted():
    now = monitor()
    found = [n for n, role in (now or {"role": {}})["role"].items() if role == "Promoted"]
    return found[0] if len(found) == 1 else None


def cluster_fault():
    """Why Pacemaker is not at rest with both VIOS, or None."""
    now = monitor()
    if not now:
        return "crm_mon does not answer"
    if now["unwell"] or sorted(now["role"].values()) != ["Promoted", "Unpromoted"]:
        return "nodes that are not well: %s; roles %s" % (now["unwell"], now["role"])
    if not is_idle(now["by"], now["dc"]):
        return "its DC (%s) is not idle" % now["dc"]
    first, second = live(), live("lpar1/scsi0")
    if first == second and now["role"].get(first) != "Promoted":
        return "clients are at %s, roles %s" % (first, now["role"])
    return None


# ---- what a client feels ----

class Child:
    """A program that is told by lines and answers with JSON; it ends with its stdin."""

    def __init__(self, argv, lab=True):
        self.process = subprocess.Popen(([pair.LAB, "exec"] if lab else []) + list(argv), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError("%s: no answer to %s" % (self.process.args, line))
        return json.loads(answer)

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()


class Load:
    """Numbered packets to the outside and back, and the drill's storage client, whose every block is verified."""

    def __init__(self, packets, requests):
        with open(pair.lab("env"), encoding="utf-8") as file:
            disk = json.load(file)["storage"]["command"]
        program = os.path.join(HERE, "numbered.py")
        self.children = [Child(["outside", sys.executable, program, "echo", OUTSIDE, str(PORT)])]
        self.net = Child(["lpar1", sys.executable, program, "send", OUTSIDE, str(PORT), str(packets)])
        self.disk = Child(disk + ["--rate", str(requests), "--depth", "4"], lab=False)
        self.children += [self.net, self.disk]
        self.ask("ready")

    def ask(self, line):
        answer = self.disk.tell(line)
        if answer["did"] != line or answer["error"]:
            raise AssertionError("the storage client to %s: %s" % (line, answer))
        return answer

    def begin(self):
        self.ask("start")
        self.ask("window")
        self.net.tell("window")

    def flows(self):
        """Requests end, and packets of this window have come back: a fault that nobody feels is over at once."""
        net = self.net.tell("report")
        return self.ask("report")["idle_ms"] < 1000 and net["sent"] > net["lost"]

    def finish(self):
        net, disk = self.net.tell("report"), self.ask("report")
        rest = self.ask("rest")
        return {"gap_ms": net["gap_ms"], "gap_at_ms": net["at_ms"], "packets": net["sent"], "lost": net["lost"],
                "stall_ms": round(disk["stall_ms"], 2), "requests": disk["requests"], "read_back": rest["read_back"],
                "io_errors": rest["io_errors"], "bad_reads": rest["bad_reads"], "retries": rest["retries"], "first": rest["first"]}

    def end(self):
        for child in self.children:
            child.end()
