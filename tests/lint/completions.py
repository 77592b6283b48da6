#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
completions.py [--write] VIOSCTL BASH ZSH - the completion files offer the verbs and options that viosctl has: their tables are those of
its --help. --write renews the tables; without it bash is asked what it would complete.
"""
import os
import re
import subprocess
import sys

import tree

BEGIN, END = "# table of viosctl: begin", "# table of viosctl: end"
# What completes the value that an option's help names.
ZSH_VALUES = {"DIR": "_directories", "FILE": "_files", "VIOS": "_viosctl_vios", "LEVEL": "(error warn info debug)",
              "CLIENT": "_viosctl_clients"}
ZSH_DEVICES = {"-dev", "-vtd", "-vdev", "-vadapter", "-d", "-sea"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def options(text):
    """[(option, value, what it does)] of a list of --help."""
    return re.findall(r"^  (--?[a-z][\w-]*)(?: (\S+))?  +(.*)$", text, re.M)


class Table:
    def __init__(self, viosctl):
        text = run(viosctl, "--help")
        self.verbs = re.findall(r"^  ([a-z]+)  +(.*)$", text, re.M)
        self.common = options(text)
        self.options = {}
        for verb, _ in self.verbs:
            own = re.search(r"^Options:\n(.*?)\n\n", run(viosctl, verb, "--help"), re.M | re.S)
            self.options[verb] = options(own[1] + "\n") if own else []

    def bash(self):
        lines = ["_viosctl_table() {", "\tcase $1 in", f'\tverbs) echo "{" ".join(v for v, _ in self.verbs)}" ;;',
                 f'\tcommon) echo "{" ".join(o for o, _, _ in self.common)}" ;;']
        for verb, own in self.options.items():
            if own:
                lines.append(f'\t{verb}) echo "{" ".join(o for o, _, _ in own)}" ;;')
        return lines + ["\tesac", "}"]

    def zsh_option(self, option, value, does):
        text = re.sub(r"([\[\]:])", r"\\\1", does.replace(" (needed)", "")).replace("'", "'\\''")
        spec = f"{option}[{text}]"
        if value:
            plain = "VIOS" if option == "--vios" else value.strip("[].")
            action = "_viosctl_devices" if option in ZSH_DEVICES else ZSH_VALUES.get(plain, " ")
            spec += f":{plain.replace(':', '')}:{action}"
        return f"\t\t'{spec}'"

    def zsh(self):
        lines = ["verbs=("] + [f"\t'{verb}:{does}'" for verb, does in self.verbs] + [")", "common=("]
        lines += [self.zsh_option(*o)[1:] for o in self.common] + [")", "case $verb in"]
        for verb, own in self.options.items():
            if own:
                lines += [f"{verb})", "\toptions=("] + [self.zsh_option(*o) for o in own] + ["\t)", "\t;;"]
        return lines + ["esac"]


def renew(path, lines, write, faults):
    text = tree.text(path)
    parts = re.match(rf"(.*^{BEGIN}\n)(.*)(^{END}\n.*)", text, re.M | re.S)
    wanted = "\n".join(lines) + "\n"
    if parts is None:
        faults.append(f"{path}: has no lines \"{BEGIN}\" and \"{END}\"")
    elif parts[2] != wanted and write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(parts[1] + wanted + parts[3])
    elif parts[2] != wanted:
        faults.append(f"{path}: its table is not that of viosctl --help; run tests/lint/completions.py --write VIOSCTL BASH ZSH")


def completed(bash, *words):
    script = '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _viosctl; printf "%s\\n" "${COMPREPLY[@]}"'
    return set(run("bash", "-c", script, "bash", bash, *words).split())


def check_bash(bash, table, faults):
    common = {o for o, _, _ in table.common}
    for verb, _ in table.verbs:
        if verb not in completed(bash, "viosctl", verb[:2]):
            faults.append(f"{bash}: does not complete the verb {verb}")
        wanted = common | {o for o, _, _ in table.options[verb]}
        found = completed(bash, "viosctl", "--run", "/nowhere", verb, "-")
        for option in sorted(wanted ^ found):
            faults.append(f"{bash}: {verb}: {option} is {'missing' if option in wanted else 'none of its options'}")


def main():
    write = "--write" in sys.argv
    viosctl, bash, zsh = [os.path.abspath(p) for p in sys.argv[1:] if p != "--write"]
    table, faults = Table(viosctl), []
    if len(table.verbs) < 20 or sum(len(o) for o in table.options.values()) < 50:
        faults.append(f"{viosctl}: only {len(table.verbs)} verbs were found in its help; mend this check")
    renew(bash, table.bash(), write, faults)
    renew(zsh, table.zsh(), write, faults)
    check_bash(bash, table, faults)
    tree.finish("completions", faults)


main()
