#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
# long: only
"""
iperf3 from a client whose kernel sends long TCP frames to the host outside, and back, while its adapter is switched to and fro: the
stream goes on, and TCP loses segments around a switch at most.
"""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/it")
import pair  # noqa: E402
from netd_kernel import Place, Pump  # noqa: E402

SWITCHES, REST_S = 4, 2
OFFLOADS = "MRG_RXBUF CSUM GUEST_CSUM GUEST_TSO4 GUEST_TSO6 HOST_TSO4 HOST_TSO6".split()
NETNS = "/run/netns/vios-%s-" % os.environ["VIOS_LAB"]


def driver():
    """A kernel with offloads in lpar1's place of the lab's client, which has none."""
    client = Place(NETNS + "lpar1")
    mac = json.loads(client.run("ip", "-j", "link", "show", "eth0"))[0]["address"]
    pair.lab("client", "stop", "lpar1")
    pair.lab("ctl", "chdev", "-dev", "lpar1/eth0", "-attr",
             "features=" + ",".join("VIRTIO_NET_F_" + name for name in OFFLOADS))
    client.run("ip", "link", "del", "eth0")
    tap = client.tap("tso0")
    client.run("ip", "link", "set", "tso0", "address", mac)

    def connect():
        try:
            return Pump(pair.RUN + "/clients/lpar1/eth0.sock", tap)
        except AssertionError as e:
            print(e, flush=True)
            return None
    pump = pair.within(30, "the mux offers the features", connect)
    pump.begin()
    client.run("ip", "addr", "add", "10.99.0.2/24", "dev", "tso0")
    client.run("ip", "link", "set", "tso0", "up")
    return client, pump


def stream(client, outside, *more):
    server = subprocess.Popen(outside.command("iperf3", "-s", "-1"), stdout=subprocess.DEVNULL)
    pair.within(10, "iperf3 listens", lambda: ":5201" in outside.run("ss", "-Hltn"))
    return server, subprocess.Popen(client.command("iperf3", "-J", "-c", "10.99.0.1", "-t", "600", "-w", "96K", "-b", "200M", *more),
                                    stdout=subprocess.PIPE, text=True)


def rest(client, outside, what):
    """Nothing is lost while nothing happens, and the stream goes on."""
    lost = client.lost() + outside.lost()
    segments = client.counter("TcpOutSegs") + outside.counter("TcpOutSegs")
    time.sleep(REST_S)
    assert client.lost() + outside.lost() <= lost, "%s: segments are lost at rest" % what
    assert client.counter("TcpOutSegs") + outside.counter("TcpOutSegs") > segments + 1000, "%s: the stream stands still" % what


def one_way(client, outside, name, *more):
    server, running = stream(client, outside, *more)
    try:
        rest(client, outside, name)
        for n in range(SWITCHES):
            to = pair.other(pair.live())
            lost = client.lost() + outside.lost()
            pair.lab("ctl", "switch", "lpar1/eth0", "--to", to)
            pair.within(10, "%s is live" % to, lambda: pair.live() == to)
            pair.within(30, "redundant again", pair.redundant)
            print("%s, switch %d to %s: %d segments lost" % (name, n, to, client.lost() + outside.lost() - lost), flush=True)
            rest(client, outside, "%s, after switch %d" % (name, n))
        assert running.poll() is None, "iperf3 has ended: " + running.communicate()[0]
    finally:
        for process in running, server:
            process.terminate()
            process.wait(10)


def test():
    (client, pump), outside = driver(), Place(NETNS + "out")
    for place in client, outside:
        place.no_probes()
    pair.within(30, "redundant with the new driver", pair.redundant)
    pair.within(30, "a ping", lambda: client.run("ping", "-c", "1", "-W", "1", "10.99.0.1"))
    one_way(client, outside, "from the client")
    assert pump.long_out > 1000 and pump.failure is None, (pump.long_out, pump.failure)
    one_way(client, outside, "to the client", "-R")
    pump.end()


pair.run_with_pair(test)
