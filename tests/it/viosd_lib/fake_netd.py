#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A data plane without a data plane: lock, socket and answers of vios-netd, for viosd's tests. It misbehaves as
VIOS_DIR/fake.json says, read at each request: {"start": "exit", "hello": "mute"|"other-vios"|"no-fds"|"other-pidfd",
"configure": "error text"|"mute", "refused": [adapter], "link": "up"|"down", "workers": N}. What it was asked is appended to VIOS_DIR/fake.log."""
import fcntl
import json
import os
import secrets
import select
import signal
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rpc import Closed, Peer, Refused  # noqa: E402

ARGS = dict(zip(sys.argv[1::2], sys.argv[2::2]))
VIOS = ARGS["--vios"]
DIR = os.path.join(ARGS["--run"], VIOS)
INCARNATION = secrets.token_hex(8)
PAGE = os.memfd_create("page")
os.ftruncate(PAGE, 4096)
PINGS = [os.eventfd(0) for _ in range(16)]
PIDFD = os.pidfd_open(os.getpid())
STATE = {"configured": False, "adapters": [], "uplinks": [], "stop": False}


def faults():
    try:
        with open(os.path.join(DIR, "fake.json"), encoding="ascii") as f:
            return json.load(f)
    except FileNotFoundError:
        return {}


def log(event, **what):
    with open(os.path.join(DIR, "fake.log"), "a", encoding="ascii") as f:
        f.write(json.dumps(dict(what, event=event, pid=os.getpid(), incarnation=INCARNATION)) + "\n")


def hello(params, _):
    log("hello", **params)
    fault = faults().get("hello")
    if fault == "mute":
        return None
    workers = faults().get("workers", 1)
    result = {"vios": "vios9" if fault == "other-vios" else VIOS, "plane": "netd", "pid": os.getpid(),
              "incarnation": INCARNATION, "version": "fake", "workers": workers, "configured": STATE["configured"]}
    pidfd = os.pidfd_open(os.getppid()) if fault == "other-pidfd" else PIDFD
    return result, () if fault == "no-fds" else (pidfd, PAGE, *PINGS[:workers])


def configure(params, _):
    log("configure", **params)
    fault = faults().get("configure")
    if fault == "mute":
        return None
    if fault:
        raise Refused({"code": -32000, "message": fault})
    refused = faults().get("refused", [])
    STATE.update(configured=True, uplinks=params.get("uplinks", [params["uplink"]]), adapters=[a for a in params["adapters"] if a["adapter"] not in refused])
    return {"later": [], "refused": [{"adapter": name, "reason": "adapter %s: its mtu" % name} for name in refused]}


def netaddr(uplink):
    """Hosts of 10.0.0.0/8 answer."""
    asked = uplink.get("netaddr")
    return ("answers" if any(a.startswith("10.") for a in asked) else "silent") if asked else "none"


def status(_params, _):
    uplinks = [dict(one, link=faults().get("link", "unknown"), netaddr={"state": netaddr(one)}) for one in STATE["uplinks"]]
    return {"uplink": uplinks[0] if uplinks else None, "uplinks": uplinks, "adapters": STATE["adapters"],
            "workers": []}


def shutdown(_params, _):
    log("shutdown")
    STATE["stop"] = True
    return {}


def listen():
    path = os.path.join(DIR, "netd.sock")
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(8)
    return server


def main():
    if faults().get("start") == "exit":
        log("exit")
        sys.exit("vios-netd: told to fail")
    lock = open(os.path.join(DIR, "netd.lock"), "w", encoding="ascii")  # pylint: disable=consider-using-with
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log("refused")
        sys.exit("vios-netd: %s has one already" % VIOS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log("start", sid=os.getsid(0), fds=sorted(int(fd) for fd in os.listdir("/proc/self/fd")), argv=sys.argv[1:])
    server, peers = listen(), []
    handlers = {"hello": hello, "configure": configure, "status": status, "shutdown": shutdown}
    told = {}
    while not STATE["stop"]:
        readable, _, _ = select.select([server] + [p.sock for p in peers], [], [])
        for sock in readable:
            if sock is server:
                peers.append(Peer(server.accept()[0], handlers))
                continue
            peer = next(p for p in peers if p.sock is sock)
            try:
                peer.serve(*peer.receive(1.0))
                while b"\n" in peer.data:  # what came with it
                    peer.serve(*peer.receive(1.0))
            except (Closed, BrokenPipeError):
                peers.remove(peer)
                peer.close()
        for one in STATE["uplinks"]:
            name, state = one["name"], netaddr(one)
            if told.get(name, "none") == state:
                continue
            told[name] = state
            for peer in peers:
                try:
                    peer.note("netaddr", {"uplink": name, "state": state})
                except BrokenPipeError:
                    pass  # it is found out above


main()
