#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
words.py [TOP] - the tree stands alone: it names no file outside itself and no ticket; every source has its licence line, every
C file says at the top what it is.
"""
import re
import sys

import tree

# Written so that this file does not match itself.
FORBIDDEN = [
    (re.compile(r"\.\./" + r"shared|/work/" + r"shared"), "a path outside the tree"),
    (re.compile(r"\b(?:DESIGN|STYLE|MACHINE)" + r"\.md"), "a document that is not in the tree"),
    (re.compile(r"\b[Ii]ssue" + r"s? ?#?\d"), "a ticket's number"),
    (re.compile(r"(?:[Ff]ix(?:es)?|[Cc]loses?|[Ss]ee) " + r"#\d"), "a ticket's number"),
]
SPDX = "SPDX-License-Identifier: " + "BSD-3-Clause"
OPENING = re.compile(r"/[/*] " + SPDX + r"(?: \*/)?\n+/\*(?:(?!\*/).){30,}?", re.S)
LICENSED = (".c", ".h", ".py", ".sh")


def check_words(path, text, faults):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in FORBIDDEN:
            if pattern.search(line):
                faults.append(f"{path}:{number}: names {what}: {pattern.search(line)[0]!r}")


def check_head(path, text, faults):
    head = text.splitlines()[:3]
    script = text.startswith("#!")
    if (path.endswith(LICENSED) or script) and not any(SPDX in line for line in head):
        faults.append(f"{path}: the first lines lack {SPDX}")
    if path.endswith(".c") and not OPENING.match(text):
        faults.append(f"{path}: does not open with a comment: what it does, which thread, who owns what")


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else tree.TOP
    faults = []
    for path in tree.files(top):
        text = tree.text(path, top)
        if text is not None:
            check_words(path, text, faults)
            check_head(path, text, faults)
    tree.finish("words", faults)


main()
