# SPDX-License-Identifier: BSD-3-Clause
"""tree.py - what the checks share: the tree's own files, and how a check reports."""
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIP_DIRS = {".git", "build", "__pycache__"}


def files(top=TOP):
    """Paths relative to top of all files that belong to the project, sorted; no corpus."""
    found = []
    for where, dirs, names in os.walk(top):
        dirs[:] = sorted(d for d in dirs if d not in SKIP_DIRS and not d.endswith("_corpus"))
        found += [os.path.relpath(os.path.join(where, n), top) for n in names]
    return sorted(f for f in found if not os.path.islink(os.path.join(top, f)))


def text(path, top=TOP):
    """The file's text, or None for what is none."""
    try:
        with open(os.path.join(top, path), encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        return None


def table(name):
    """Rows of a table file beside this one: words of each line, without comments."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, encoding="utf-8") as file:
        lines = [line.split("#")[0].split() for line in file]
    return [words for words in lines if words]


def finish(name, faults):
    """One line a fault on stderr; the exit status is the verdict."""
    for fault in faults:
        print(f"{name}: {fault}", file=sys.stderr)
    print(f"{name}: {len(faults)} faults" if faults else f"{name}: ok")
    sys.exit(1 if faults else 0)
