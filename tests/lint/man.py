#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
man.py PAGE... -- PROGRAM... - manual pages: well-formed (groff warns of nothing), and true to the programs: each option of
a program's --help is in its page, each option in the page is in its help; frame.json(5) has every member of the schema, its
example is read without a fault by a program that reads such files.
"""
import os
import re
import subprocess
import sys
import tempfile

import tree

SCHEMA = ("vios-core/model/frame_config.c", "vios-core/model/adapter_schema.c")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def plain(page):
    """The page's source as text: no fonts, no escaped hyphens."""
    source = re.sub(r"\\f.", "", tree.text(page)).replace("\\-", "-")
    source = re.sub(r"^\.[BI][RI]? (.*)$", lambda m: re.sub(r'[" ]', "", m[1]) + " ", source, flags=re.M)
    return source


def check_form(page, faults):
    # -rHY=0, wide: hyphenation and narrow columns are not what is checked.
    result = run("groff", "-man", "-Tutf8", "-ww", "-z", "-rLL=120n", page)
    for line in (result.stderr or "").splitlines():
        faults.append(f"{page}: {line}")
    if result.returncode != 0:
        faults.append(f"{page}: groff ends with {result.returncode}")


def help_of(program):
    """Its own help and that of its verbs, where it has some."""
    result = run(program, "--help")
    text = result.stdout
    if result.returncode != 0 or not text:
        return None
    for verb in re.findall(r"^  ([a-z]+)  ", text, re.M):
        text += run(program, verb, "--help").stdout
    return text


def check_program(program, page, faults):
    text = help_of(program)
    if text is None:
        faults.append(f"{program}: --help says nothing or fails")
        return
    documented, offered = set(OPTION.findall(plain(page))), set(OPTION.findall(text))
    for option in sorted(offered - documented):
        faults.append(f"{page}: lacks {option}, which {os.path.basename(program)} --help has")
    for option in sorted(documented - offered):
        faults.append(f"{page}: has {option}, which {os.path.basename(program)} --help lacks")
    for verb in re.findall(r"^  ([a-z]+)  +", text, re.M):
        if not re.search(rf"^\.B.*\b{verb}\b", tree.text(page), re.M):
            faults.append(f"{page}: lacks the verb {verb}")


def check_schema(page, faults):
    members = set(re.findall(r'^\t\{"([a-z]\w*)", ', "".join(map(tree.text, SCHEMA)), re.M))
    if len(members) < 25:
        faults.append(f"{', '.join(SCHEMA)}: only {len(members)} members were found; mend this check")
    for member in sorted(members):
        if not re.search(rf"^\.BR? {member}\b", tree.text(page), re.M):
            faults.append(f"{page}: lacks the member {member}")


def check_example(page, viosd, faults):
    """viosd reads the whole file before it looks for a VIOS that is not there."""
    example = re.search(r"^\.nf\n(\{.*?\n\})\n\.fi", tree.text(page), re.M | re.S)
    if example is None:
        faults.append(f"{page}: has no example between .nf and .fi")
        return
    with tempfile.TemporaryDirectory(prefix="v-lint-") as where:
        path = os.path.join(where, "frame.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(example[1])
        result = run(viosd, "--vios", "nobody", "--run", where, "--frame", path, "--netd", sys.executable)
    if result.returncode != 1 or "nobody is not in" not in result.stderr:
        faults.append(f"{page}: its example is refused: {result.stderr.strip()}")


def main():
    split = sys.argv.index("--")
    pages = {os.path.basename(p): os.path.abspath(p) for p in sys.argv[1:split]}
    programs = [os.path.abspath(p) for p in sys.argv[split + 1:]]
    faults = []
    for name, page in pages.items():
        check_form(page, faults)
        if name == "frame.json.5":
            check_schema(page, faults)
            for program in programs:
                if program.endswith("/viosd"):
                    check_example(page, program, faults)
    for program in programs:
        name = os.path.basename(program) + ".8"
        if name in pages:
            check_program(program, pages[name], faults)
        else:
            faults.append(f"{program}: has no page {name}; write one in packaging/man")
    tree.finish("man", faults)


main()
