#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 1200
# long: only
"""A real guest (stock QEMU, Debian's kernel) uses its adapter as a network man expects of any: packets of 9,000 bytes, a VLAN
sub-interface, IPv6, multicast groups, DHCP from a server outside. Each works at first, after a switch, and after a kill of the live data
plane; and each is seen to fail when it must. With VIOS_LONG=1 also: with a querier outside, groups go to who wants them alone.

The far end is the host outside (tests/lib/outside.py); in the VLAN it is a second client, with that PVID: after the switch the two
live on different VIOS, and what is between them is tagged on the uplinks.
"""
import json
import os
import signal
import subprocess
import sys
import time

os.environ["VIOS_LAB_CLIENTS"] = "2"
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import pair  # noqa: E402
import scene  # noqa: E402
from scene import ADAPTER, LONG, MAC, check, live  # noqa: E402

NETNS = "vios-%s-" % os.environ["VIOS_LAB"]
NAMES = ("vios1", "vios2")
MTU, VLAN = 9000, 7
# net_af_packet's ring holds frames of one size; four of these fill nine pages. The new device stands beside the old one for a moment.
DEVARGS = "net_af_packet1,iface=up0,framesz=9216,blocksz=36864,framecnt=512"
FEATURES = ("VIRTIO_NET_F_MTU", "VIRTIO_NET_F_MRG_RXBUF", "VIRTIO_F_INDIRECT_DESC", "VIRTIO_F_EVENT_IDX")
OUTSIDE, GUEST, LEASE = "10.99.0.1", "10.99.0.2", "10.99.0.77"
OUTSIDE6, GUEST6 = "fd99::1", "fd99::2"
VLAN_GUEST, VLAN_PEER, VLAN_GUEST6, VLAN_PEER6 = "10.7.0.1", "10.7.0.2", "fd07::1", "fd07::2"
# Not of one link alone: those go to all, always.
JOINED = ("239.1.2.3", "ff05::1:3")
STRANGE = ("239.1.2.4", "ff05::1:4")  # nobody joins them
OTHERS = 50  # frames to groups that neighbour discovery and the like may send beside what is counted
STORM_PER_S = 100
ON_LEASE = (r"""printf '#!/bin/sh\n[ "$1" != bound ] || ip addr add $ip/24 dev $interface 2> /dev/null\necho "$1 $ip" >> /tmp/lease\n'"""
            " > /tmp/lease.sh; chmod +x /tmp/lease.sh; : > /tmp/lease")


class Outside:
    """The host outside, at work."""

    def __init__(self):
        self.process = pair.lab_start("outside", "/usr/bin/python3", pair.TOP + "/tests/lib/outside.py", "out0", OUTSIDE, LEASE, MAC,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        check(self.process.stdout.readline().strip() == "ready", "the host outside does not start")

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        check(line, "the host outside has ended")
        return json.loads(line)

    def close(self):
        self.process.kill()
        self.process.wait()


def ctl(*words):
    pair.lab("ctl", *words)


def adapter(*attrs):
    ctl("chdev", "-dev", ADAPTER, "-attr", *attrs)


def netd(vios):
    rpc = pair.Rpc(vios + "/netd.sock")
    try:
        return rpc.call("status")
    finally:
        rpc.close()


def served():
    """The guest's adapter, and the uplink, as the live data plane sees them."""
    seen = netd(live())
    return next(a for a in seen["adapters"] if a["adapter"] == ADAPTER), seen["uplink"]


CABLES = (("sw", "vios1up"), ("sw", "vios2up"), ("sw", "outside"), ("vios1", "up0"), ("vios2", "up0"), ("out", "out0"))


def cables(mtu, which=CABLES):
    """Of what a jumbo frame passes on its way outside."""
    for place, device in which:
        subprocess.run(["ip", "-n", NETNS + place, "link", "set", device, "mtu", str(mtu)], check=True, timeout=60)


def configure():
    """As an operator does, before there is a guest."""
    pair.lab("client", "stop", "lpar1")
    cables(MTU)
    for vios in NAMES:
        ctl("chdev", "--vios", vios, "-dev", "ent0", "-attr", "devargs=" + DEVARGS)
    ctl("chdev", "-dev", "sea0", "-attr", "mtu=%d" % MTU, "vlans=%d" % VLAN)
    ctl("chdev", "-dev", "lpar2/eth0", "-attr", "pvid=%d" % VLAN)
    adapter("mtu=%d" % MTU, "vlans=%d" % VLAN, "features=" + ",".join(FEATURES))

    def taken(vios):
        seen = netd(vios)
        named = {a["adapter"]: a for a in seen["adapters"]}
        return seen["uplink"] and seen["uplink"]["devargs"] == DEVARGS and ADAPTER in named and named[ADAPTER]["mtu"] == MTU and \
            named["lpar2/eth0"]["pvid"] == VLAN
    for vios in NAMES:
        pair.eventually(vios + " takes its configuration", lambda v=vios: taken(v))
    for place, device, address in (("outside", "out0", OUTSIDE6), ("lpar2", "eth0", VLAN_PEER6)):
        pair.lab("exec", place, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0", "net.ipv6.conf.default.disable_ipv6=0")
        pair.lab("exec", place, "ip", "-6", "addr", "add", address + "/64", "dev", device)
    pair.lab("exec", "lpar2", "ip", "addr", "add", VLAN_PEER + "/24", "dev", "eth0")


def prepare(guest):
    scene.address(guest)
    scene.ping(guest, "boot")
    check(guest.run("cat /sys/class/net/eth0/mtu")[1] == str(MTU), "the guest was not told its MTU")
    for command in (
            "ip -6 addr add %s/64 dev eth0" % GUEST6,
            "ip link add link eth0 name eth0.%d type vlan id %d" % (VLAN, VLAN),
            "ip addr add %s/24 dev eth0.%d" % (VLAN_GUEST, VLAN),
            "ip -6 addr add %s/64 dev eth0.%d" % (VLAN_GUEST6, VLAN),
            "ip link set eth0.%d up" % VLAN,
            "head -c 100000 /dev/urandom > /tmp/blob; md5sum < /tmp/blob > /tmp/sum", ON_LEASE):
        guest.run(command)
    for group, name in zip(JOINED, ("four", "six")):
        guest.run("group eth0 %s 5007 > /tmp/%s 2>&1 &" % (group, name))


def from_guest(guest, to, *options):
    return guest.run("ping -c 1 -W 2 %s %s > /dev/null 2>&1" % (" ".join(options), to), check=False)[0] == 0


def from_place(place, to, *options):
    return " 0% packet loss" in pair.lab("exec", place, "ping", "-q", "-n", "-c", "1", "-W", "3", *options, to, check=False)


def both_ways(guest, what, place, its, guests, *options):
    pair.eventually("%s: from the guest" % what, lambda: from_guest(guest, its, *options))
    pair.eventually("%s: to the guest" % what, lambda: from_place(place, guests, *options))


def fragments(snmp):
    names, values = (line.split()[1:] for line in snmp.strip().splitlines())
    ip = dict(zip(names, map(int, values)))
    return ip["FragCreates"] + ip["ReasmReqds"]


def all_fragments(guest):
    ask = ("grep", "^Ip:", "/proc/net/snmp")
    return fragments(guest.run(" ".join(ask))[1]), fragments(pair.lab("exec", "outside", *ask))


def jumbo(guest, outside, _):
    """One frame a packet: nobody has cut or joined any. TCP's segments are as long, and right."""
    before = all_fragments(guest)
    both_ways(guest, "9,000 bytes", "outside", OUTSIDE, GUEST, "-s", str(MTU - 28))
    pair.eventually("9,000 bytes that must not be cut", lambda: from_place("outside", GUEST, "-M", "do", "-s", str(MTU - 28)))
    check(all_fragments(guest) == before, "packets were cut:", all_fragments(guest), before)
    outside.ask("look")
    guest.run('[ "$(timeout 100 nc %s 5002 < /tmp/blob | md5sum)" = "$(cat /tmp/sum)" ]' % OUTSIDE)
    mss = outside.ask("look")["mss"]
    check(len(mss) == 1 and MTU - 80 < mss[0] < MTU, "TCP's segments:", mss)


def vlan(guest, outside, _):
    """Tagged by the guest, untagged at the client with this PVID; on the wire outside it has its tag."""
    device = "eth0.%d" % VLAN
    outside.ask("look")
    guest.run("ip neigh flush dev " + device)
    both_ways(guest, "in the VLAN", "lpar2", VLAN_PEER, VLAN_GUEST)
    both_ways(guest, "long ones in the VLAN", "lpar2", VLAN_PEER, VLAN_GUEST, "-s", "1472")
    seen = set()

    def tagged():
        guest.run("ip neigh flush dev " + device)
        from_guest(guest, VLAN_PEER)
        seen.update(outside.ask("look")["vlans"])
        return VLAN in seen
    pair.eventually("the guest's broadcasts in the VLAN outside", tagged)
    check(seen <= {0, VLAN}, "tags outside:", seen)


def ipv6(guest, _outside, _):
    """Each side has to find the other anew."""
    for device, place, its, end, guests in (("eth0", "outside", OUTSIDE6, "out0", GUEST6),
                                            ("eth0.%d" % VLAN, "lpar2", VLAN_PEER6, "eth0", VLAN_GUEST6)):
        guest.run("ip -6 neigh flush dev " + device)
        pair.lab("exec", place, "ip", "-6", "neigh", "flush", "dev", end)
        both_ways(guest, "IPv6 on " + device, place, its, guests)
        found = pair.lab("exec", place, "ip", "-6", "neigh", "show", guests, "dev", end)
        check(MAC in found, "%s finds the guest as: %s" % (place, found))
    # Its own question whether an address is free does not come back to it.
    for line in guest.run("grep '^fd' /proc/net/if_inet6")[1].splitlines():
        check(int(line.split()[4], 16) & 0x48 == 0, "an address of the guest's is not good:", line)


def heard(guest, name, text):
    return int(guest.run("grep -cx %s /tmp/%s; true" % (text, name))[1])


def multicast(guest, outside, what):
    """Who has joined hears it, once; without a querier what nobody wants comes to the guest's adapter, once each, and no further."""
    for joined, strange, name in zip(JOINED, STRANGE, ("four", "six")):
        sent, text = [], "%s-%s" % (name, what)

        def arrives(group=joined, file=name, said=text, n=sent):
            n.append(outside.ask("send", group, 1, said))
            return heard(guest, file, said)
        before = served()[0]["tx_flooded"]["multicast"]
        outside.ask("send", strange, OTHERS, "strange")
        pair.eventually("%s reaches who has joined" % joined, arrives)
        check(heard(guest, name, text) <= len(sent), "heard twice in", joined)
        pair.eventually("what nobody wants is flooded", lambda n=before: served()[0]["tx_flooded"]["multicast"] - n >= OTHERS)
        more = served()[0]["tx_flooded"]["multicast"] - before
        check(more <= 2 * OTHERS + len(sent), "%d frames of %d" % (more, OTHERS))
        check(heard(guest, name, "strange") == 0, "the guest hears a group that it has not joined")


def events(guest, event):
    return int(guest.run("grep -c '^%s ' /tmp/lease; true" % event)[1])


def renew(guest, outside, what):
    before, asked = events(guest, "renew"), outside.ask("look")["dhcp"]["renewed"]

    def renewed():
        guest.run("kill -USR1 $(cat /tmp/udhcpc.pid)")
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and events(guest, "renew") == before:
            time.sleep(0.2)
        return events(guest, "renew") > before
    pair.eventually("the lease is renewed " + what, renewed)
    check(outside.ask("look")["dhcp"]["renewed"] > asked, "no renewal was sent to the server alone")


def dhcp(guest, outside, what):
    """A client that starts, answered by broadcasts and by unicasts; and one that has had its address since the beginning."""
    for option, counter in ("-B", "to_all"), ("", "to_one"):
        before = outside.ask("look")["dhcp"]
        pair.eventually("an address (%s)" % counter, lambda words=option: guest.run(
            "udhcpc -f -n -q -t 10 -T 3 -i eth0 -s /tmp/lease.sh %s > /tmp/udhcpc.log 2>&1" % words, check=False)[0] == 0)
        after = outside.ask("look")["dhcp"]
        check(after[counter] >= before[counter] + 2 and after["discover"] > before["discover"], "DHCP %s: %s, before %s" % (
            counter, after, before))
    if what == "at first":
        guest.run("udhcpc -f -t 100 -T 3 -i eth0 -s /tmp/lease.sh > /tmp/udhcpc.log 2>&1 & echo $! > /tmp/udhcpc.pid")
        pair.eventually("a lease", lambda: events(guest, "bound") >= 3)
    pair.eventually("the leased address answers", lambda: from_place("outside", LEASE))
    renew(guest, outside, what)


CHECKS = (jumbo, vlan, ipv6, multicast, dhcp)


def all_work(guest, outside, what):
    scene.ping(guest, what)
    for one in CHECKS:
        began = time.monotonic()
        one(guest, outside, what.replace(" ", "-") if one is multicast else what)
        print("%-14s %-9s ok %5.1f s" % (what, one.__name__, time.monotonic() - began), flush=True)


def storm(outside):
    """What a group is sent beyond the SEA's limit is dropped, and counted; the rest is what the guest gets."""
    ctl("chdev", "-dev", "sea0", "-attr", "storm_per_s=%d" % STORM_PER_S)
    (was, uplink), sent = served(), [0]
    dropped = uplink["drops"].get("storm_multicast", 0)

    def over():
        outside.ask("send", STRANGE[0], 200, "strange")
        sent[0] += 200
        return served()[1]["drops"].get("storm_multicast", 0) - dropped > 100
    pair.eventually("a storm is held back", over)
    now, uplink = served()
    got, held = now["tx_flooded"]["multicast"] - was["tx_flooded"]["multicast"], uplink["drops"]["storm_multicast"] - dropped
    check(got <= sent[0] - held + OTHERS, "%d frames, %d held back, but %d for the guest" % (sent[0], held, got))
    ctl("chdev", "-dev", "sea0", "-attr", "storm_per_s=0")
    print("storm: of %d frames to a group %d held back" % (sent[0], held), flush=True)


def drops(reason):
    return served()[0]["drops"].get(reason, 0)


def can_fail(guest, outside):
    """What the checks above look for does not come when it must not."""
    check(not from_place("lpar2", OUTSIDE), "a client reaches another VLAN")
    adapter("vlans=%d" % (VLAN + 1))
    pair.eventually("the VLAN is taken away", lambda: not from_guest(guest, VLAN_PEER) and drops("vlan"))
    pair.eventually("the other VLAN is still there", lambda: from_guest(guest, OUTSIDE))
    adapter("vlans=%d" % VLAN)
    both_ways(guest, "the VLAN is back", "lpar2", VLAN_PEER, VLAN_GUEST)
    cables(1500, (("sw", "outside"),))
    check(not from_guest(guest, OUTSIDE, "-s", str(MTU - 28)), "9,000 bytes pass where 1,500 do")
    pair.eventually("1,400 bytes", lambda: from_guest(guest, OUTSIDE, "-s", "1400"))
    cables(MTU)
    both_ways(guest, "9,000 bytes again", "outside", OUTSIDE, GUEST, "-s", str(MTU - 28))
    adapter("allowed_ips=" + GUEST)
    pair.eventually("IPv6 is taken away", lambda: not from_guest(guest, OUTSIDE6) and drops("spoofed_ip") + drops("spoofed_nd"))
    pair.eventually("the allowed address", lambda: from_guest(guest, OUTSIDE))
    check(not from_place("outside", LEASE), "an address that is not allowed answers")
    asked = outside.ask("look")["dhcp"]["renewed"]
    guest.run("kill -USR1 $(cat /tmp/udhcpc.pid)")
    time.sleep(2)
    check(outside.ask("look")["dhcp"]["renewed"] == asked, "a renewal from an address that is not allowed")
    adapter("allowed_ips=none")
    both_ways(guest, "IPv6 again", "outside", OUTSIDE6, GUEST6)
    print("all that must fail fails", flush=True)


def pruned(guest, outside):
    """With a querier groups go to who wants them, once the guest's adapter has been here for so long that this is known."""
    began, asked = time.monotonic(), [0.0]

    def confined():
        if time.monotonic() - asked[0] > 30:
            asked[0] = time.monotonic()
            outside.ask("query")
        groups = served()[0]["multicast"]
        return groups["groups"] >= 1 and not groups["gets_all"]
    pair.within(600, "the guest's groups are known", confined)
    was, uplink = served()
    unwanted = uplink["drops"].get("no_listener", 0)
    outside.ask("send", STRANGE[0], 2 * OTHERS, "strange")
    pair.eventually("what nobody wants is dropped", lambda: served()[1]["drops"].get("no_listener", 0) - unwanted >= 2 * OTHERS)
    check(served()[0]["tx_flooded"]["multicast"] - was["tx_flooded"]["multicast"] < OTHERS, "and comes to the guest")
    pair.eventually("who has joined hears it", lambda: outside.ask("send", JOINED[0], 1, "pruned") is None and heard(guest, "four", "pruned"))
    print("pruned after %.0f s" % (time.monotonic() - began), flush=True)


def reports(guest, outside):
    """The guest's wish for its groups is heard outside."""
    for name in ("four", "six"):
        pair.eventually("the guest joins", lambda file=name: heard(guest, file, "joined"))
    seen = set()
    pair.eventually("reports of groups outside", lambda: seen.update(outside.ask("look")["groups"]) or seen >= set(JOINED))
    check(not seen & set(STRANGE), "reports of other groups:", seen)


def kill():
    before = live()
    os.kill(pair.netd_of(before), signal.SIGKILL)
    pair.within(5, "takeover", lambda: live() == pair.other(before))
    pair.within(30, "a redundant pair", pair.redundant)


def test():
    configure()
    guest = scene.start(mtu=MTU)
    outside = None
    try:
        guest.wait_boot()
        outside = Outside()
        prepare(guest)
        reports(guest, outside)
        pair.within(30, "a redundant pair", pair.redundant)
        all_work(guest, outside, "at first")
        scene.switch()
        all_work(guest, outside, "after a switch")
        kill()
        all_work(guest, outside, "after a kill")
        storm(outside)
        can_fail(guest, outside)
        if LONG:
            pruned(guest, outside)
        scene.guest_sound(guest)
    finally:
        if outside:
            outside.close()
        guest.close()


pair.run_with_pair(test)
