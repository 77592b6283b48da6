#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
purity.py ARCHIVE... - pure archives call nothing but each other and what purity_allow.txt lists (nm -u), and keep no
state of their own: no variable that can be written.
"""
import fnmatch
import os
import re
import subprocess
import sys

import tree

# Sections that hold variables; .data.rel.ro is constant once it is relocated.
STATE = (".data", ".bss", ".tdata", ".tbss", "COMMON", "*COM*")


def nm(archive, *options):
    run = subprocess.run(["nm", *options, archive], check=True, capture_output=True, text=True)
    return run.stdout.splitlines()


def undefined(archive):
    """{symbol: object file}"""
    found, member = {}, "?"
    for line in nm(archive, "-u"):
        if line.endswith(":"):
            member = line[:-1]
        elif line.split()[:1] in (["U"], ["w"]):
            found.setdefault(line.split()[1], member)
    return found


def defined(archive):
    return {line.split()[-1] for line in nm(archive, "--defined-only", "-g") if line.count(" ") == 2}


def is_state(section):
    return any(section == s or section.startswith(s + ".") for s in STATE) and \
        not section.startswith(".data.rel.ro")


def variables(archive):
    """Names of what can be written: rows of the sysv format end in the section."""
    found, member = [], "?"
    for line in nm(archive, "-f", "sysv"):
        if line.startswith("Symbols from "):
            member = line.split("[")[-1].split("]")[0]
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 7 and is_state(cells[6]) and not cells[0].startswith(("__", ".")):
            found.append((cells[0], member))
    return found


def main():
    archives = sys.argv[1:]
    if not archives:
        tree.finish("purity", ["no archive was given: nothing was checked"])
    words = {word for row in tree.table("purity_allow.txt") for word in row}
    patterns = re.compile("|".join(fnmatch.translate(word) for word in words if "*" in word))
    ours = set().union(*(defined(a) for a in archives))
    faults = []
    for archive in archives:
        name = os.path.basename(archive)
        for symbol, member in sorted(undefined(archive).items()):
            if symbol not in ours and symbol not in words and not patterns.match(symbol):
                faults.append(f"{name}({member}) calls {symbol}(); pass in what it would tell, or return an action")
        for symbol, member in variables(archive):
            faults.append(f"{name}({member}) has a variable, {symbol}; keep state in the caller's objects")
    tree.finish("purity", faults)


main()
