#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""initramfs.py [--own PROGRAM]... [--program PATH]... [--file PATH[=FROM]]... MODULES_DIR OUT [MODULE...]: a small initramfs for test guests.

Busybox (static), --own programs (tests/guest, built, static) in /bin, this machine's --programs with the libraries they are linked with, --files,
the named kernel modules with what they depend on, in load order, and tests/guest/init. MODULES_DIR is lib/modules/VERSION of an unpacked kernel
package. Writes the newc format itself, so that nothing has to be installed for it.
"""
import argparse
import gzip
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUSYBOX = "/bin/busybox"


def depends_of(path):
    """The modules that this one needs, from its .modinfo section."""
    with open(path, "rb") as f:
        found = re.search(rb"\0depends=([^\0]*)\0", f.read())
    return [d for d in found.group(1).decode().split(",") if d] if found else []


def modules_in_order(modules_dir, wanted):
    known = {}
    for folder, _, names in os.walk(modules_dir):
        for name in names:
            if name.endswith(".ko"):
                known[name[:-3].replace("-", "_")] = os.path.join(folder, name)
    order = []

    def add(name):
        path = known.get(name.replace("-", "_"))
        if path is None:
            sys.exit("initramfs: %s: no such module under %s" % (name, modules_dir))
        for need in depends_of(path):
            add(need)
        if path not in order:
            order.append(path)

    for name in wanted:
        add(name)
    return order


class Cpio:
    """The "new ASCII" format of cpio(5)."""

    def __init__(self, out):
        self.out, self.inode, self.names = out, 0, set()

    def entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(name) + 1, 0]
        self.padded(b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0")
        self.padded(data)

    def padded(self, data):
        self.out.write(data + b"\0" * (-len(data) % 4))

    def folder(self, name):
        """With those above it, once."""
        if name and name not in self.names:
            self.folder(os.path.dirname(name))
            self.names.add(name)
            self.entry(name, 0o040755)

    def file(self, name, path, mode=0o100644):
        name = name.lstrip("/")
        if name in self.names:
            return
        self.names.add(name)
        self.folder(os.path.dirname(name))
        with open(path, "rb") as f:
            self.entry(name, mode, f.read())

    def close(self):
        self.entry("TRAILER!!!", 0)


def libraries_of(path):
    """What the program or plug-in is linked with, and with it; static: nothing."""
    done = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=20)
    return re.findall(r"(?:=> |^\s+)(/\S+) \(0x", done.stdout, re.M)


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("own", "program", "file"):
        parser.add_argument("--" + name, action="append", default=[])
    parser.add_argument("modules_dir")
    parser.add_argument("out")
    parser.add_argument("modules", nargs="*")
    return parser.parse_args()


def fill(cpio, asked, order):
    for folder in ("bin", "dev", "proc", "sys", "run", "tmp", "etc", "modules"):
        cpio.folder(folder)
    cpio.entry("dev/console", 0o020600, rdev=(5, 1))
    cpio.file("bin/busybox", BUSYBOX, 0o100755)
    cpio.file("init", os.path.join(HERE, "init"), 0o100755)
    for path in asked.own:
        cpio.file("bin/" + os.path.basename(path).removeprefix("guest-"), path, 0o100755)
    for path in asked.program:
        for one in [path] + libraries_of(path):
            cpio.file(one, one, 0o100755)
    for both in asked.file:
        name, _, path = both.partition("=")
        cpio.file(name, path or name)
    for path in order:
        cpio.file("modules/" + os.path.basename(path), path)
    cpio.entry("modules/order", 0o100644, "".join(os.path.basename(p) + "\n" for p in order).encode())
    cpio.close()


def main():
    asked = arguments()
    order = modules_in_order(asked.modules_dir, asked.modules)
    new = "%s.%d" % (asked.out, os.getpid())  # two tests may make it at once
    with gzip.open(new, "wb", compresslevel=1) as f:
        fill(Cpio(f), asked, order)
    os.rename(new, asked.out)


main()
