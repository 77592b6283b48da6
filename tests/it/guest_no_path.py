#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 500
"""A real guest while no VIOS is there: QEMU is answered at once, the guest boots with its NIC, resets it, reboots, is killed
and started again. When a VIOS comes back its network works by itself: nobody touches the guest, whichever VIOS it is."""

import os
import sys
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/lib")
sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import pair  # noqa: E402
import scene  # noqa: E402
from scene import LONG, check  # noqa: E402

# Each is a real guest's own work under emulation; a mux that let QEMU wait for a VIOS would never answer.
QEMU_ANSWERS_S = 60.0


def both_off():
    pair.lab("kill", "vios1")
    pair.lab("kill", "vios2")
    check(not pair.lab_processes("vios-netd"), "a data plane lives")


def qemu_answers(guest, what):
    """QEMU's main loop, which speaks to the mux, is free."""
    began = time.monotonic()
    running = guest.qmp("query-status", timeout=QEMU_ANSWERS_S)["running"]
    check(running, "the guest does not run after", what)
    print("  %-34s QEMU answers within %3.0f ms" % (what, (time.monotonic() - began) * 1e3), flush=True)


def nic_there(guest, what):
    """The device is up in the guest's eyes, and the other end is not reached."""
    check(scene.MAC in guest.run("ip link show eth0")[1], "no NIC after", what)
    check("UP" in guest.run("ip link show up eth0")[1], "the NIC is down after", what)
    check(guest.run("ping -c 1 -W 1 10.99.0.1 > /dev/null", check=False)[0] != 0, "ping without a VIOS after", what)


def back(guest, vios, what):
    """One VIOS alone comes back; nothing is done to the guest."""
    began = time.monotonic()
    pair.lab("boot", vios)
    pair.within(30, "a live path", lambda: live_of(vios) == vios)
    scene.ping(guest, what)
    print("  %-34s works again %.1f s after the start of %s" % (what, time.monotonic() - began, vios), flush=True)


def live_of(vios):
    try:
        return next(a["live"] for a in pair.status(vios)["adapters"] if a["adapter"] == scene.ADAPTER)
    except (OSError, StopIteration):
        return None


def boots(guest, what):
    guest.wait_boot()
    scene.address(guest)
    qemu_answers(guest, what)
    nic_there(guest, what)


def rebind(guest, what):
    guest.run("cd /sys/bus/virtio/drivers/virtio_net && echo virtio0 > unbind && echo virtio0 > bind")
    scene.address(guest)
    qemu_answers(guest, what)
    nic_there(guest, what)


def reboot(guest, what):
    guest.qmp("system_reset", timeout=QEMU_ANSWERS_S)
    boots(guest, what)


def plug(guest, what):
    guest.qmp("object-add", **{"qom-type": "memory-backend-memfd", "id": "more", "size": 128 << 20, "share": True})
    guest.qmp("device_add", timeout=QEMU_ANSWERS_S, driver="pc-dimm", id="dimm", memdev="more")
    qemu_answers(guest, what)


def killed_and_started(guest, what):
    guest.close()
    guest = scene.start()
    boots(guest, what)
    return guest


def sound(guest):
    scene.guest_sound(guest)
    check("client-refused" not in scene.mux_log(), "the mux refused QEMU")


def test():
    both_off()
    guest = scene.start()
    try:
        boots(guest, "booted without a VIOS")
        back(guest, "vios2", "after that boot")
        both_off()
        rebind(guest, "its driver reset without a VIOS")
        plug(guest, "memory plugged without a VIOS")
        back(guest, "vios1", "after that reset")
        both_off()
        nic_there(guest, "the loss of the last VIOS")
        back(guest, "vios2", "after that loss")
        both_off()
        if LONG:
            reboot(guest, "rebooted without a VIOS")
            back(guest, "vios1", "after that reboot")
            both_off()
        sound(guest)
        guest = killed_and_started(guest, "killed, started without a VIOS")
        back(guest, "vios1", "after that start")
        pair.lab("boot", "vios2")
        pair.within(30, "a redundant pair", pair.redundant)
        scene.switch()
        scene.ping(guest, "a switch")
        sound(guest)
    finally:
        guest.close()


pair.run_with_pair(test)
