# SPDX-License-Identifier: BSD-3-Clause
"""A test guest: stock QEMU under TCG with the project's initramfs, driven over its serial console and QMP.

Every wait has a limit; the guest dies with the process that started it.
"""
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
# A host that stops QEMU for a while is not the guest's trouble: its kernel is not to look for lost time ...
SLOW_IS_NO_FAULT = "nowatchdog tsc=nowatchdog rcupdate.rcu_cpu_stall_suppress=1"
# ... and what it still says of it is not looked at.
SLOW = re.compile(r"hrtimer: interrupt took|clocksource|perf: interrupt took too long|sched: RT throttling|hogged CPU")


class GuestError(Exception):
    pass


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def connect(path, deadline):
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            if time.monotonic() > deadline:
                raise GuestError("%s: nobody listens" % path)
            time.sleep(0.02)


class Guest:
    """kernel_dir: made by kernel.sh, with the image. nics: [(vhost-user socket, mac)]. work: a folder for sockets and the log.
    mtu: what the NICs tell their driver; 0: nothing."""

    def __init__(self, kernel_dir, work, nics, memory_mb=192, queue_pairs=1, slots=4, extra=(), image="net", mtu=0):
        self.work, self.count = work, 0
        os.makedirs(work, exist_ok=True)
        self.serial_path, self.qmp_path = work + "/serial", work + "/qmp"
        # One CPU, but not for ever: where there can be no second one QEMU 7.2's TCG leaves memory barriers out (QEMU commit c914d46d0a64),
        # and a driver's wish for an interrupt, or its kick, passes the other side's look at the ring unseen: its requests hang.
        argv = ["qemu-system-x86_64", "-accel", "tcg", "-M", "pc", "-smp", "1,maxcpus=2", "-nodefaults", "-display", "none",
                "-m", "%d,slots=%d,maxmem=3G" % (memory_mb, slots),
                "-object", "memory-backend-memfd,id=mem,size=%dM,share=on" % memory_mb, "-numa", "node,memdev=mem",
                "-kernel", kernel_dir + "/vmlinuz", "-initrd", "%s/%s.cpio.gz" % (kernel_dir, image),
                "-append", "console=ttyS0 quiet panic=-1 net.ifnames=0 " + SLOW_IS_NO_FAULT,
                "-serial", "unix:%s,server=on,wait=off" % self.serial_path,
                "-qmp", "unix:%s,server=on,wait=off" % self.qmp_path]
        for i, (path, mac) in enumerate(nics):
            # vectors=0: with MSI-X, QEMU 7.2's vhost-user under TCG crashes in msix_set_vector_notifiers.
            argv += ["-chardev", "socket,id=c%d,path=%s" % (i, path),
                     "-netdev", "vhost-user,id=n%d,chardev=c%d,queues=%d" % (i, i, queue_pairs),
                     "-device", "virtio-net-pci,netdev=n%d,mac=%s,mq=%s,vectors=0%s" % (
                         i, mac, "on" if queue_pairs > 1 else "off", ",host_mtu=%d" % mtu if mtu else "")]
        self.log = open(work + "/qemu.log", "ab")
        self.process = subprocess.Popen(argv + list(extra), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        preexec_fn=_die_with_parent)
        deadline = time.monotonic() + 60
        try:
            self.serial = connect(self.serial_path, deadline)
            self.qmp_socket = connect(self.qmp_path, deadline)
            self.qmp_file = self.qmp_socket.makefile("r")
            self._qmp_read(deadline)
            self.qmp("qmp_capabilities")
        except Exception:
            self.close()
            raise
        self.seen = b""

    def alive(self):
        return self.process.poll() is None

    def _qmp_read(self, deadline):
        self.qmp_socket.settimeout(max(0.1, deadline - time.monotonic()))
        return json.loads(self.qmp_file.readline())

    def qmp(self, command, timeout=60, **arguments):
        deadline = time.monotonic() + timeout
        self.qmp_socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            answer = self._qmp_read(deadline)
            if "error" in answer:
                raise GuestError("%s: %s" % (command, answer["error"]))
            if "return" in answer:
                return answer["return"]

    def wait_for(self, pattern, timeout):
        """Reads the console until the pattern (bytes) matches; the match. What came before it is dropped."""
        deadline = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.seen, re.S)
            if found:
                self.seen = self.seen[found.end():]
                return found
            self.serial.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.serial.recv(65536)
            except socket.timeout:
                data = None
            if not data:
                raise GuestError("the guest did not say %r within %g s; last: %r" % (pattern, timeout, self.seen[-400:]))
            self.seen += data

    def wait_boot(self, timeout=240):
        self.wait_for(rb"GUEST-READY\n", timeout)

    def run(self, command, timeout=120, check=True):
        """Runs one line in the guest's shell; (exit code, output)."""
        self.count += 1
        self.serial.sendall(("%d\n%s\n" % (self.count, command)).encode())
        found = self.wait_for(rb"^(.*?)\n?@%d@(\d+)@\n" % self.count, timeout)
        code, output = int(found.group(2)), found.group(1).decode(errors="replace").strip()
        if check and code:
            raise GuestError("%s: exit %d: %s" % (command, code, output))
        return code, output

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()
        for name in ("serial", "qmp_socket"):
            if hasattr(self, name):
                getattr(self, name).close()
