#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
arrows.py INTRO_TARGETS - includes point one way: folder to folder (arrows.txt), foreign libraries to the one folder that
knows them (foreign.txt), pure sources to headers without a system behind them (pure_headers.txt). INTRO_TARGETS is
meson-info/intro-targets.json of a build: it says which sources are pure.
"""
import fnmatch
import json
import os
import re
import sys

import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def includes(path):
    return [(kind == "<", name) for kind, name in INCLUDE.findall(tree.text(path) or "")]


def folder_of(path, folders):
    """The longest listed folder that holds path."""
    return max((f for f in folders if path.startswith(f + "/")), key=len, default=None)


def check_arrows(path, arrows, faults):
    if path.startswith("tests/"):
        return
    home = folder_of(path, arrows)
    if home is None:
        faults.append(f"{path}: its folder is not in arrows.txt; add the folder with what it may include")
        return
    for system, name in includes(path):
        if system:
            continue
        if not os.path.exists(os.path.join(tree.TOP, name)):
            faults.append(f'{path}: "{name}" is not written from the top of the tree')
        elif folder_of(name, arrows) not in [home] + arrows[home]:
            faults.append(f"{path}: {home} may not include {name}")


def check_foreign(path, foreign, faults):
    if path.startswith("tests/"):
        return
    for _, name in includes(path):
        for pattern, places in foreign:
            known = any(path == p or path.startswith(p + "/") for p in places)
            if fnmatch.fnmatchcase(name, pattern) and not known:
                faults.append(f"{path}: {name} belongs into {' or '.join(places)} alone")


def reach(path):
    """{system header: through which file} of a source and the project's headers behind it."""
    found, seen, todo = {}, set(), [path]
    while todo:
        at = todo.pop()
        seen.add(at)
        for system, name in includes(at):
            if system:
                found.setdefault(name, at)
            elif name not in seen and os.path.exists(os.path.join(tree.TOP, name)):
                todo.append(name)
    return found, seen


def pure_sources(intro):
    with open(intro, encoding="utf-8") as file:
        targets = json.load(file)
    found = []
    for target in targets:
        if target["name"].endswith("_pure"):
            for group in target["target_sources"]:
                found += [os.path.relpath(s, tree.TOP) for s in group.get("sources", [])]
    return sorted(found)


def check_pure(path, arrows, allowed, faults):
    home = folder_of(path, arrows)
    system, ours = reach(path)
    for name, via in sorted(system.items()):
        if name not in allowed:
            faults.append(f"{path}: is pure and reaches <{name}> (in {via})")
    named = arrows.get("pure:" + home, [])
    for name in sorted(ours):
        if folder_of(name, arrows) not in (home, "vios-core/model") and name not in named:
            faults.append(f"{path}: is pure and reaches {name}; only {home} and vios-core/model are open to it")


def main():
    arrows = {row[0]: row[1:] for row in tree.table("arrows.txt")}
    foreign = [(row[0], row[1:]) for row in tree.table("foreign.txt")]
    allowed = {word for row in tree.table("pure_headers.txt") for word in row}
    pure = pure_sources(sys.argv[1])
    faults = []
    for path in tree.files():
        if path.endswith((".c", ".h")):
            check_arrows(path, arrows, faults)
            check_foreign(path, foreign, faults)
    for path in pure:
        check_pure(path, arrows, allowed, faults)
    if len(pure) < 5:
        faults.append(f"only {len(pure)} pure sources in {sys.argv[1]}; the check sees the wrong build")
    tree.finish("arrows", faults)


main()
