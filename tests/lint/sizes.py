#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
sizes.py [TOP] - files of at most 500 lines, headers of 100, functions of 60, lines of C no wider than COLUMNS (tabs of 8), and ha/mux of
2,500 lines of code in all (blank lines and comments are not counted). Tables listed in sizes_exempt.txt may have longer files; nothing else is exempt.
"""
import ast
import re
import sys

import tree

FILE, HEADER, FUNCTION, COLUMNS, MUX = 500, 100, 60, 100, 2499
SOURCES = (".c", ".h", ".py", ".sh")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
SHELL_FUNCTION = re.compile(r"^(\w[\w-]*) ?\(\)")


def c_functions(lines):
    """(name, lines from its brace to the closing one): the style puts both in column 0."""
    start, name = None, "?"
    for number, line in enumerate(lines):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield name, number - start + 1
            start = None
        elif start is None and re.match(r"\w", line) and "(" in line:
            name = line.split("(")[0].split()[-1].lstrip("*")


def shell_functions(lines):
    start, name = None, "?"
    for number, line in enumerate(lines):
        match = SHELL_FUNCTION.match(line)
        if match:
            start, name = number, match[1]
        elif line.startswith(("}", ")")) and start is not None:
            yield name, number - start + 1
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.end_lineno - node.lineno + 1


def functions(path, text, lines):
    if path.endswith((".c", ".h")):
        return c_functions(lines)
    if path.endswith(".py") or lines[:1] and "python3" in lines[0]:
        return python_functions(text)
    return shell_functions(lines)


def check_columns(path, lines, faults):
    """Tables are exempt: between clang-format off and on."""
    table = False
    for number, line in enumerate(lines, 1):
        table = "clang-format off" in line or (table and "clang-format on" not in line)
        columns = len(line.expandtabs(8))
        if columns > COLUMNS and not table:
            faults.append(f"{path}:{number}: {columns} columns; the limit is {COLUMNS}")


def code_lines(text):
    return sum(1 for line in COMMENT.sub("", text).splitlines() if line.strip())


def check(path, text, exempt, faults):
    lines = text.splitlines()
    limit = HEADER if path.endswith(".h") else FILE
    if len(lines) > limit and path not in exempt:
        faults.append(f"{path}: {len(lines)} lines; the limit is {limit}")
    for name, length in functions(path, text, lines):
        if length > FUNCTION:
            faults.append(f"{path}: {name}() has {length} lines; the limit is {FUNCTION}")
    if path.endswith((".c", ".h")):
        check_columns(path, lines, faults)


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else tree.TOP
    exempt = {row[0] for row in tree.table("sizes_exempt.txt")}
    faults, mux, mux_all = [], 0, 0
    paths = tree.files(top)
    for path in paths:
        text = tree.text(path, top)
        if text is None or not (path.endswith(SOURCES) or text.startswith("#!")):
            continue
        check(path, text, exempt, faults)
        if path.startswith("ha/mux/") and path.endswith((".c", ".h")):
            mux += code_lines(text)
            mux_all += len(text.splitlines())
    print(f"sizes: ha/mux has {mux} lines of code of {MUX} ({mux_all} with comments and blank lines)")
    if mux > MUX:
        faults.append(f"ha/mux: {mux} lines of code in all; the limit is {MUX}: it is what a guest can attack")
    if top == tree.TOP:
        faults += [f"sizes_exempt.txt: {path} is not there" for path in sorted(exempt - set(paths))]
    tree.finish("sizes", faults)


main()
