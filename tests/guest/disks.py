# SPDX-License-Identifier: BSD-3-Clause
"""What the tests with a guest's disks share: a guest with an HBA on each socket it is given, and how its disks are used.

Imported by tests in tests/it, after this folder is on the path.
"""
import os
import re
import subprocess
import time

from guest import SLOW, Guest, GuestError  # noqa: F401

TOP = os.environ["VIOS_TOP"]
KERNEL = TOP + "/build/guest"
LONG = os.environ.get("VIOS_LONG") == "1"
# What a guest's kernel says when its disk or HBA went wrong.
TROUBLE = re.compile(r"I/O error|Sense Key|FAILED Result|DID_|tag#|rejecting I/O|abort|reset|offline|timing out|blocked for|is not a head|"
                     r"BUG:|WARNING:|Oops|Call Trace|nobody cared|virtio_scsi.*(fail|unknown|bad)", re.I)
# At the start, of a disk without a bus or other things that a virtual one has not.
USUAL = re.compile(r"RDRAND|microcode|Spectre|TAA|MDS|mitigation|clocksource|hpet|Unknown kernel command|ACPI|PCI|usb|pnp|reset_delay|e820|"
                   r"x86/fpu|printk|No Cache|i8042|rtc|MP-BIOS bug", re.I)

# QEMU 7.2 makes the configuration space of vhost-user-scsi itself.
KNOWN = re.compile("backend supports VHOST_USER_PROTOCOL_F_CONFIG but QEMU does not")


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what))


def start(work, sockets, queues=2, **options):
    """It has an HBA on each of the vhost-user sockets; it boots."""
    subprocess.run([TOP + "/tests/guest/kernel.sh", KERNEL, os.environ.get("VIOS_BUILD", TOP + "/build/release"), "scsi"],
                   check=True, timeout=200)
    extra = []
    for i, path in enumerate(sockets):
        extra += ["-chardev", "socket,id=s%d,path=%s" % (i, path),
                  "-device", "vhost-user-scsi-pci,id=hba%d,chardev=s%d,num_queues=%d,addr=0x%x" % (i, i, queues, 8 + i)]
    guest = Guest(KERNEL, work, [], memory_mb=256, extra=extra, image="scsi", **options)
    try:
        guest.wait_boot()
    except Exception:
        guest.close()
        raise
    return guest


def disk_of(guest, lun, host=0, timeout=60, kind="block"):
    """The name of the guest's disk at this LUN: sda. kind "scsi_generic": sg0, which takes commands also of a write-protected disk."""
    until = time.monotonic() + timeout
    while True:
        found = guest.run("ls /sys/bus/scsi/devices/%d:0:0:%d/%s 2> /dev/null" % (host, lun, kind), check=False)[1]
        if found or time.monotonic() > until:
            check(found, "the guest sees no LUN %d" % lun)
            return found.split()[0]


def log_of(guest):
    """The lines of its kernel log."""
    return guest.run("dmesg")[1].splitlines()


def sound(guest, allowed=None):
    """At the end: neither QEMU nor the guest's kernel has noticed anything."""
    check(guest.alive(), "QEMU died")
    trouble = [line for line in log_of(guest) if TROUBLE.search(line) and not USUAL.search(line) and not (allowed and allowed.search(line))]
    check(not trouble, "the guest's kernel complains:", trouble[:8])
    with open(guest.work + "/qemu.log", encoding="utf-8", errors="replace") as f:
        said = [line for line in f if not KNOWN.search(line)]
    check(not said, "QEMU complains:", said[-5:])


class Load:
    """Verified I/O in the guest (tests/guest/diskio.c) on a disk full of zeroes."""

    def __init__(self, guest, device, jobs=4, megabytes=8):
        self.guest = guest
        guest.run("i=0; until [ -b /dev/%s ] || [ $i = 600 ]; do i=$((i + 1)); sleep 0.1; done" % device)  # its node comes a moment later
        guest.run("rm -f /tmp/p; (diskio /dev/%s %d %d /tmp/p > /tmp/io 2>&1; echo exit $? >> /tmp/io) & echo" % (device, jobs, megabytes))

    def requests(self):
        said = self.guest.run("cat /tmp/p 2> /dev/null", check=False)[1]
        return int(said) if said.isdigit() else 0

    def progress(self, n=100, timeout=120):
        until, wanted = time.monotonic() + timeout, self.requests() + n
        while self.requests() < wanted:
            check(time.monotonic() < until, "no progress of the guest's I/O:", self.guest.run("cat /tmp/io")[1])
            time.sleep(0.05)  # to ask costs the guest its one CPU

    def stop(self, timeout=120):
        """All is read back. (requests, longest wait in ms)"""
        self.guest.run("killall diskio")
        until = time.monotonic() + timeout
        while True:
            said = self.guest.run("cat /tmp/io")[1]
            if "exit" in said or time.monotonic() > until:
                break
            time.sleep(0.2)  # the guest has one CPU, and to ask costs it
        found = re.search(r"requests (\d+) errors 0 bad 0 stall_ms (\d+)\nexit 0", said)
        check(found, "the guest's I/O:", said[-1000:])
        return int(found.group(1)), int(found.group(2))
