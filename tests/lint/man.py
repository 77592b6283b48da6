#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
man.py PAGE... -- PROGRAM... - manual pages: well-formed (groff warns of nothing), and true to the programs: each option of
a program's --help is in its page, each option in the page is in its help; frame.json(5) has every member of the schema, its
example is read without a fault by a program that reads such files; a resource agent's page has the parameters and actions of its meta-data.
"""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import tree

SCHEMA = ("vios-core/model/frame_config.c", "vios-core/model/adapter_schema.c")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z_-]+")
SHORT = re.compile(r"(?<![\w=/.-])-[a-z][a-z0-9]*(?![\w-])")  # as on AIX: -vdev


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def joined(macro, words):
    """What a line of man(7)'s font macros prints: .BR and the like leave no blank between their words."""
    parts = [quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', words)]
    return ("" if len(macro) == 2 else " ").join(parts) + " "


def plain(page):
    """The page's source as text: no fonts, no escaped hyphens."""
    source = re.sub(r"\\f.", "", tree.text(page)).replace("\\-", "-")
    return re.sub(r"^\.([BI][RIB]?) (.*)$", lambda m: joined(m[1], m[2]), source, flags=re.M)


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


def options_of(text, name):
    return set(OPTION.findall(text)) | (set(SHORT.findall(text)) if name == "viosctl" else set())


def check_verbs(program, page, faults):
    """What the help of a verb offers stands in the verb's own part of the page."""
    parts = dict(re.findall(r"^\.TP\n\.B ([a-z]+)\b(.*?)(?=^\.TP\n\.B [a-z]|^\.SH)", tree.text(page), re.M | re.S))
    for verb in re.findall(r"^  ([a-z]+)  +", run(program, "--help").stdout, re.M):
        if verb not in parts:
            faults.append(f"{page}: lacks the verb {verb}")
            continue
        offered = re.findall(r"^  (--?[a-z][\w-]*)", run(program, verb, "--help").stdout.split("\nOptions of every")[0], re.M)
        written = set(re.findall(r"--?[a-z][\w-]*", re.sub(r"\\f.", "", parts[verb]).replace("\\-", "-")))
        for option in offered:
            if option not in written:
                faults.append(f"{page}: {verb} lacks {option}, which its help has")


def check_program(program, page, faults):
    text, name = help_of(program), os.path.basename(program)
    if text is None:
        faults.append(f"{program}: --help says nothing or fails")
        return
    documented, offered = options_of(plain(page), name), options_of(text, name)
    for option in sorted(offered - documented):
        faults.append(f"{page}: lacks {option}, which {name} --help has")
    for option in sorted(documented - offered):
        faults.append(f"{page}: has {option}, which {name} --help lacks")
    if name == "viosctl":
        check_verbs(program, page, faults)


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


def check_agent(program, page, faults):
    """A resource agent's page has each parameter of its meta-data with its default, and each action."""
    data = xml.etree.ElementTree.fromstring(run(program, "meta-data").stdout)
    written = plain(page)
    for parameter in data.iter("parameter"):
        part = re.search(rf"^\.TP\n{parameter.get('name')} ?\n(.*?)(?=^\.TP|^\.SH)", written, re.M | re.S)
        default = parameter.find("content").get("default")
        if part is None:
            faults.append(f"{page}: lacks the parameter {parameter.get('name')}")
        elif default and os.path.basename(default) not in part[1]:
            faults.append(f"{page}: {parameter.get('name')} lacks its default {default}")
    for action in data.iter("action"):
        if not re.search(rf"^\.TP\n{action.get('name')} ?\n", written, re.M):
            faults.append(f"{page}: lacks the action {action.get('name')}")


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
        agent = "ocf_vios_" + os.path.basename(program) + ".7"
        if agent in pages:
            check_agent(program, pages[agent], faults)
        elif name in pages:
            check_program(program, pages[name], faults)
        else:
            faults.append(f"{program}: has no page {name}; write one in packaging/man")
    tree.finish("man", faults)


main()
