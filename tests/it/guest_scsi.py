#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
"""
What a stock guest (Debian's kernel, QEMU) sees of a virtual disk, through the tools that operators use: what the disk says of itself in
each page, what its commands do, verified reads and writes; LUNs that come, grow and go under it. Its kernel log shows nothing else.
"""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import disks  # noqa: E402
from disks import check  # noqa: E402
from scsid_lib.rig import Rig, lun  # noqa: E402

# The commands that a disk must have (SBC-4, SPC-5), by code and service action.
COMMANDS = """00 03 08 0a 12 15 16 17 1a 1b 25 28 2a 2e 2f 34 35 41 42 55 56 57 5a 5e.0 5e.1 5e.2 5e.3 5f.0 5f.1 5f.2 5f.3 5f.4 5f.5 5f.6
88 89 8a 8b 8e 8f 90 91 93 9e.10 a0 a3.a a3.c a3.d a8 aa ae af""".split()


class Tools:
    """sg3-utils on one disk of the guest."""

    def __init__(self, guest, disk):
        self.guest, self.disk = guest, disk

    def run(self, command, expect=0):
        """`sg_inq -x`: with the disk as its last argument. What it says."""
        code, said = self.guest.run("%s /dev/%s 2>&1" % (command, self.disk), check=False)
        check(code == expect, "%s: exit %d instead of %d: %s" % (command, code, expect, said))
        return said

    def says(self, command, *patterns, expect=0):
        said = self.run(command, expect)
        for pattern in patterns:
            check(re.search(pattern, said, re.M), "%s: no %r in:\n%s" % (command, pattern, said))
        return said


def test_inquiry(tools):
    tools.says("sg_inq", r"PDT=0 .*version=0x06", r"Resp_data_format=2", r"TPGS=1", r"CmdQue=1", r"identification: VIOS", r"VDASD",
               r"serial number: S0$")
    tools.says("sg_inq -d", r"SAM-6", r"SPC-5", r"SBC-4")
    tools.run("sg_vpd --force -r -p 0x8f", expect=5)  # ILLEGAL REQUEST


def test_vpd(tools):
    listed = tools.says("sg_vpd -l -p 0x00", r"\[sv\]")
    pages = re.findall(r"^\s+0x([0-9a-f]{2})\s", listed, re.M)
    check(pages == "00 80 83 86 87 b0 b1 b2".split(), "other pages than expected:", listed)
    for page in pages:
        tools.run("sg_vpd -p 0x" + page)
    tools.says("sg_vpd -p di", r"^\s+0x6[0-9a-f]{31}$", r"Relative target port: 0x1", r"Target port group: 0x1",
               r"0x3000000000000001", r"vendor id: VIOS")
    tools.says("sg_vpd -p ei", r"SIMPSUP=1", r"\bV_SUP=1", r"LUICLR=1")
    tools.says("sg_vpd -p bl", r"WSNZ\): 1", r"compare and write length: 128 ", r"Maximum unmap LBA count: 1048576",
               r"unmap granularity: 8 blocks", r"write same length: 0x20000 ", r"length granularity: 8 blocks")
    tools.says("sg_vpd -p bdc", r"Non-rotating", r"FUAB=1")
    tools.says("sg_vpd -p lbpv", r"LBPU\): 1", r"LBPWS\): 1", r"LBPWS10\): 1", r"LBPRZ\): 1", r"Provisioning type: 2 ")
    tools.says("sg_readcap -l", r"lbpme=1, lbprz=1", r"Number of logical blocks=32768", r"Logical block length=512", r"exponent=3")


def test_luns(tools):
    said = tools.says("sg_luns", r"imples? 2 lun|imply 2 lun")
    check(re.findall(r"^\s+([0-9a-f]{16})$", said, re.M) == ["0" * 16, "0001" + "0" * 12], said)
    tools.says("sg_luns -s 2", r"^\s+c101000000000000$")
    tools.says("sg_luns -s 1", r"^\s+c101000000000000$")


def test_modes(tools):
    said = tools.says("sg_modes -a", r"WP=0, DpoFua=1", r"^>> Caching, page_control: current\n 00\s+[08]8 12 04 ",
                      r"^>> Control, .*\n 00\s+[08]a 0a 22 10 ", r"^>> Informational exceptions.*\n 00\s+[19]c 0a 08 ")
    check(said.count(">>") == 3, "other pages than expected:", said)
    tools.says("sg_modes -6 -a", r"MODE SENSE\(6\)", r"Block descriptor length=8")
    tools.says("sg_modes -a -c 1", r"^>> Caching.*\n 00\s+[08]8 12 04 00 ", r"^>> Control, .*\n 00\s+[08]a 0a 04 00 08 ")
    tools.run("sg_modes -p 0x3", expect=5)


def test_opcodes(tools):
    said = tools.run("sg_opcodes")
    found = re.findall(r"^ ([0-9a-f]{2})  +(?:([0-9a-f]{1,2})  +)?(?:6|10|12|16|32) ", said, re.M)
    listed = [code + ("." + action if action else "") for code, action in found]
    missing = [c for c in COMMANDS if c not in listed]
    check(not missing, "sg_opcodes lists no %s:\n%s" % (missing, said))
    tools.says("sg_opcodes -o 0x2a", r"Write\(10\)", r"2a f8 ff ff ff ff 00 ff ff|cdb usage data: +2a")
    tools.says("sg_opcodes -t", *["^ +" + f for f in ("Abort task$", "Abort task set", "Clear task set", "Logical unit reset", "Query task$",
                                                      "I_T nexus reset")])


def test_groups(tools):
    for extended in ("", "-e "):
        tools.says("sg_rtpg %s-d" % extended, r"group id : 0x1 , Pref=1", r"state : 0x00 \(active/optimized\)",
                   r"target port count : 01\n.*Relative target port ids:\n\s+0x01$")
    tools.says("sg_rtpg -e", r"Implicit transition time: ")


def test_persist(tools):
    tools.says("sg_persist -c", r"\(PTPL_C\): 1", r"Type Mask Valid\(TMV\): 1", r"Exclusive Access, all registrants: 1")
    tools.says("sg_persist -k", r"NO registered reservation keys")
    tools.run("sg_persist --out --reserve --param-rk=0xabc --prout-type=5", expect=24)  # not registered: RESERVATION CONFLICT
    tools.run("sg_persist --out --register --param-sark=0xabc")
    tools.run("sg_persist --out --register --param-rk=0xdef --param-sark=0xabc", expect=24)
    tools.says("sg_persist -k", r"^\s+0xabc$")
    for kind, name in ((1, "Write Exclusive"), (3, "Exclusive Access"), (5, "Write Exclusive, registrants only"),
                       (6, "Exclusive Access, registrants only"), (7, "Write Exclusive, all registrants"),
                       (8, "Exclusive Access, all registrants")):
        tools.run("sg_persist --out --reserve --param-rk=0xabc --prout-type=%d" % kind)
        tools.says("sg_persist -r", r"type: %s$" % name)
        if kind == 1:
            tools.says("sg_persist -s", r"Key=0xabc", r"Reservation holder", r"Relative port address: 0x1")
        tools.run("sg_persist --out --release --param-rk=0xabc --prout-type=%d" % kind)
    tools.says("sg_persist -r", r"there is NO reservation held")
    tools.run("sg_persist --out --register-ignore --param-sark=0xdef")
    tools.run("sg_persist --out --clear --param-rk=0xdef")
    tools.says("sg_persist -k", r"NO registered reservation keys")


def put(tools, at, count=1):
    """Random blocks, also in /tmp/r."""
    tools.guest.run("dd if=/dev/urandom of=/tmp/r bs=512 count=%d 2> /dev/null && dd if=/tmp/r of=/dev/%s bs=512 seek=%d oflag=direct conv=notrunc "
                    "2> /dev/null" % (count, tools.disk, at))


def block(tools, at, count=1):
    """The MD5 sum of blocks."""
    return tools.guest.run("dd if=/dev/%s bs=512 skip=%d count=%d iflag=direct 2> /dev/null | md5sum" % (tools.disk, at, count))[1]


def file_sum(tools, command):
    return tools.guest.run(command + " | md5sum")[1]


def test_provisioning(tools, path):
    zero = file_sum(tools, "dd if=/dev/zero bs=512 count=1 2> /dev/null")
    put(tools, 4096, 64)
    check(block(tools, 4096) != zero, "nothing was written")
    held = os.stat(path).st_blocks
    tools.run("sg_unmap --force --lba=4096 --num=64")
    check(block(tools, 4096) == block(tools, 4159) == zero, "unmapped blocks do not read as zeroes")
    check(os.stat(path).st_blocks < held, "nothing was given back")
    tools.run("sg_unmap --force --lba=4096,4100 --num=0,0")
    tools.run("sg_unmap --force --lba=32768 --num=1", expect=22)  # beyond the end
    put(tools, 100)
    one = block(tools, 100)
    tools.run("sg_write_same --in=/tmp/r --lba=200 --num=300")
    check(one == block(tools, 200) == block(tools, 499) and block(tools, 500) == zero, "WRITE SAME wrote something else")
    tools.run("sg_write_same --16 --unmap --lba=200 --num=100")
    check(block(tools, 200) == block(tools, 299) == zero and block(tools, 300) == one, "WRITE SAME with UNMAP")
    tools.run("sg_write_same --10 --in=/tmp/r --lba=32767 --num=2", expect=22)


def test_compare_and_write(tools):
    put(tools, 1000)
    tools.guest.run("cp /tmp/r /tmp/old; dd if=/dev/urandom of=/tmp/new bs=512 count=1 2> /dev/null; cat /tmp/old /tmp/new > /tmp/both")
    tools.run("sg_compare_and_write --in=/tmp/both --lba=1000 --num=1")
    new = file_sum(tools, "cat /tmp/new")
    check(block(tools, 1000) == new, "COMPARE AND WRITE has not written")
    tools.says("sg_compare_and_write --in=/tmp/both --lba=1000 --num=1", r"[Mm]iscompare at byte offset: 0 ", expect=14)
    check(block(tools, 1000) == new, "COMPARE AND WRITE has written in spite of a difference")


def test_io(guest, disk):
    load = disks.Load(guest, disk)
    load.progress(400)
    print("  verified I/O: %d requests, longest %d ms" % load.stop(), flush=True)


def sectors(guest, disk):
    return int(guest.run("cat /sys/block/%s/size" % disk)[1])


def within(seconds, what, condition):
    until = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < until, "not within %d s: %s" % (seconds, what))
        time.sleep(0.1)


def test_luns_come_grow_and_go(guest, target, luns, new):
    target.configure(luns + [lun(new, 200)])
    disk = disks.disk_of(guest, 200)
    check(sectors(guest, disk) == 16384, "its size is", sectors(guest, disk))
    put(Tools(guest, disk), 16000)
    os.truncate(new, 12 << 20)
    target.configure(luns + [lun(new, 200)])
    # QEMU 7.2 does not pass VIRTIO_SCSI_F_CHANGE on, so the guest hears of it by a unit attention; udev would look again then.
    guest.run("sg_turs /dev/%s; true" % disk)
    within(60, "CAPACITY DATA HAS CHANGED in the guest's log", lambda: any("apacity data has changed" in l for l in disks.log_of(guest)))
    guest.run("echo 1 > /sys/block/%s/device/rescan" % disk)
    within(60, "the new size", lambda: sectors(guest, disk) == 24576)
    put(Tools(guest, disk), 24000)
    target.configure(luns)
    within(60, "the removed disk has gone", lambda: guest.run("ls /sys/block/%s" % disk, check=False)[0])


failed = []


def run(one, *args):
    """The others follow in any case: a guest takes long to boot."""
    try:
        one(*args)
        print("ok", one.__name__, flush=True)
    except (AssertionError, disks.GuestError) as e:
        print("FAILED %s: %s" % (one.__name__, e), flush=True)
        failed.append(one.__name__)


def test():
    with Rig(faults=False) as rig:
        paths = [rig.disk("disk%d" % i) for i in range(2)]
        luns = [lun(path, i) for i, path in enumerate(paths)]
        target = rig.target().start(luns).go(1)
        began = time.monotonic()
        guest = disks.start(rig.dir + "/guest", [target.sock])
        try:
            tools = Tools(guest, disks.disk_of(guest, 0))
            print("  guest up after %.1f s" % (time.monotonic() - began), flush=True)
            for one in (test_inquiry, test_vpd, test_luns, test_modes, test_opcodes, test_groups, test_persist, test_compare_and_write):
                run(one, tools)
            run(test_provisioning, tools, paths[0])
            run(test_io, guest, disks.disk_of(guest, 1))
            run(test_luns_come_grow_and_go, guest, target, luns, rig.disk("new", 8))
            # The driver flushes what is taken from under it.
            disks.sound(guest, re.compile("reservation conflict|0:0:0:200: .*(Synchronize Cache.10. failed|Sense Key : Illegal|Add. Sense: Logical unit not)"))
            check(not failed, "; ".join(failed))
        finally:
            guest.close()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
test()
