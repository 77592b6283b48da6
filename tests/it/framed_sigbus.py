#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 180
"""A client that truncates its memory under the data plane (SIGBUS), again and again: it alone stops. The whole pair."""
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
os.environ.update(VIOS_LAB_CLIENTS="2")
os.environ.setdefault("VIOS_LAB_HANG_MS", "2000")  # this test is not about hangs
sys.path.insert(0, os.path.join(os.environ["VIOS_TOP"], "tests/lib"))
from netd_front import TX, Front  # noqa: E402
from pair import LAB, RUN, Rpc, adapter, lab, run_with_pair, status, within  # noqa: E402

SOCKET = RUN + "/clients/lpar1/eth0.sock"


def framed(method, **params):
    rpc = Rpc("frame/framed.sock")
    try:
        return rpc.call(method, **params)
    finally:
        rpc.close()


def incarnations():
    return [v["netd"]["incarnation"] for v in status()["vios"]]


def planes_up():
    return all(v["netd"]["state"] == "up" for v in status()["vios"])


def answers(client):
    """How many of three pings were answered."""
    done = subprocess.run([LAB, "exec", client, "ping", "-q", "-c", "3", "-i", "0.1", "-W", "1", "10.99.0.1"],
                          stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    return int(done.stdout.split(" packets transmitted, ")[1].split()[0])


def new_client():
    """A driver of lpar1's NIC with rings in memory that can be truncated."""
    front = within(10, "the mux takes a client", connect)
    front.set_up()
    front.start_rings()
    return front


def connect():
    try:
        return Front(SOCKET)
    except OSError:
        return None


def truncate(front):
    """From here on nothing may touch front.memory: it would be our own SIGBUS."""
    os.ftruncate(front.memfd, 0)
    os.eventfd_write(front.kick[TX], 1)


def one_try(held_or_more):
    before = incarnations()
    front = new_client()
    within(10, "the client is served", lambda: adapter()["live"])
    truncate(front)
    within(10, "a data plane has died", lambda: incarnations() != before)
    within(10, "it is blamed", held_or_more)
    within(10, "its successor is up", planes_up)
    return front


def lists(where):
    return framed("quarantine_list")[where] == ["lpar1/eth0"]


def test():
    lab("client", "stop", "lpar1")
    within(10, "the driver is gone", lambda: not adapter()["client_connected"])
    within(10, "the other client works", lambda: answers("lpar2") == 3)
    one_try(lambda: lists("held") or lists("adapters")).close()
    within(15, "it has been given another chance", lambda: not lists("held"))
    if not lists("adapters"):  # else its rings went to the other VIOS and killed that one, too
        one_try(lambda: lists("adapters")).close()
    within(10, "both data planes are up", planes_up)
    stays = incarnations()
    for _ in range(3):  # it may try as often as it likes
        front = new_client()
        truncate(front)
        time.sleep(0.5)
        front.close()
    assert incarnations() == stays, "a data plane has died of an adapter in quarantine"
    within(10, "the other client works", lambda: answers("lpar2") == 3)
    assert adapter()["live"] is None
    framed("quarantine_release", adapter="lpar1/eth0")
    front = new_client()
    within(10, "a good driver is served again", lambda: adapter()["live"])
    front.close()
    assert framed("quarantine_list")["adapters"] == []


run_with_pair(test)
