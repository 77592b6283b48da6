# SPDX-License-Identifier: BSD-3-Clause
"""A drill's result as a page of text that is kept: when, on what machine, with which seed, each step, what came out."""
import os
import platform

HEAD = "%4s  %-16s %-7s %9s %9s %6s %7s %8s %5s  %-8s %s" % (
    "step", "fault", "victim", "gap ms", "stall ms", "lost", "back s", "whole s", "load", "fenced", "promoted")


def machine():
    """The class of machine: what figures depend on, nothing that names it."""
    cpu = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            cpu = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), cpu)
        gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (OSError, ValueError):
        gib = 0
    return "%s, %d processors, %.0f GiB, Linux %s" % (cpu, os.cpu_count() or 0, gib, platform.release())


def step_line(number, step):
    return "%4d  %-16s %-7s %9.1f %9.1f %6d %7.1f %8.1f %5.1f  %-8s %s" % (
        number, step["fault"], step["victim"] + ("*" if step["was_live"] else ""), step["gap_ms"], step["stall_ms"], step["lost"],
        step["recover_ms"] / 1000, (step["made_ms"] + step["recover_ms"]) / 1000, step["load"], ",".join(step["fenced"]) or "-",
        ",".join(step["promoted"]) or "-")


def text(record, command, date, on):
    """Pure."""
    lines = ["# The last result of:  %s" % command,
             "# %s; %s" % (date, on),
             "# *: the victim served. back: redundant again, from the fault's end (limit %d s); whole: from its beginning." %
             record["recover_limit_s"],
             "# load: how many processes wanted a processor at the step's end, by the machine's average of a minute.", ""]
    plain = [(k, v) for k, v in record.items() if k not in ("records", "recover_limit_s")]
    lines += ["%-18s %s" % (k, "none" if v is None else v) for k, v in plain]
    lines += ["", HEAD]
    for number, step in enumerate(record.get("records", []), 1):
        lines.append(step_line(number, step))
        lines += ["      WRONG: " + why for why in step["wrong"]]
    return "\n".join(lines) + "\n"
