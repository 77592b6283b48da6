#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The simulation must see broken rules: each rule of the judge is broken in a copy of its sources, one at a time, and the
simulation of that copy must fail. A mutant whose text is not found in the sources fails, too.

	mutants.py TOP CC SEEDS [NAME...]

Without names every fourth is tried, from one that changes with the time; all of them with VIOS_LONG=1.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time

SOURCES = ["judge.c", "judge_guard.c", "judge_step.c", "judge_ask.c", "judge_look.c", "judge_power.c", "silence.c"]

# name: (file, what is there, what is put there instead)
MUTANTS = {
    "kills without asking the other path":
        ("judge_guard.c", "return judge_guard_other_fresh(j, p, now_ns) &&", "return true ||"),
    "takes ticks of before the suspicion":
        ("judge_guard.c", "w->ticked_ns > since_ns;", "w->ticked_ns > 0 * since_ns;"),
    "takes ticks of one that hangs by now":
        ("judge_guard.c", "!w->lapsed && w->ticked_ns", "w->ticked_ns"),
    "any worker speaks for the other path":
        ("judge_guard.c", "if (!ticks(&q->worker[i], since_ns))\n\t\t\treturn false;",
         "if (ticks(&q->worker[i], since_ns))\n\t\t\treturn true;"),
    "no last resort":
        ("judge_guard.c", "if (judge_guard_last_resort(j, p, now_ns))", "if (judge_guard_last_resort(j, p, now_ns) && now_ns == 0)"),
    "last resort at once":
        ("judge_guard.c", "judge_guard_mute_ns(p) >= j->rules.last_resort_ns", "judge_guard_mute_ns(p) > 0"),
    "no hold-off":
        ("judge_guard.c", "if (judge_guard_holdoff_ns(j, p, now_ns) != 0)\n\t\treturn false;", ""),
    "two fencings at once":
        ("judge_guard.c", "if (q->state == J_CHECKING || q->state == J_DYING ||", "if ("),
    "sleepers have no moment more":
        ("judge_guard.c", "if (silence_asleep(s) || (s->idle &&", "if (0 * silence_asleep(s) || (s->idle &&"),
    "the moment begins with the doubt":
        ("judge_look.c", "\t\ts->doubt_ns = now_ns;", "\t\ts->doubt_ns = s->tried_ns = now_ns;"),
    "the moment is over at once":
        ("silence.c", "return 3 * rules->hang_ns / 10;", "return rules->hang_ns / 100;"),
    "the moment begins at the suspicion":
        ("judge_guard.c", "now_ns - s->tried_ns >= silence", "now_ns - p->since_ns >= silence"),
    "kills in state D":
        ("judge.c", "in_d ? J_SOME_IN_D : J_NONE_IN_D", "in_d ? J_NONE_IN_D : J_NONE_IN_D"),
    "does not notice its own sleep":
        ("judge_look.c", "return late_ns >= j->rules.hang_ns / 8 ? late_ns : 0;", "return 0 * late_ns;"),
    # That everybody has a moment more after a short sleep of the watcher's is not here: in the simulation they
    # all wake at the same instant. silence_test.c guards it.
    "does not void what it saw before its sleep":
        ("judge_look.c", "void_evidence(j, NULL, now_ns, out);", ";"),
    "does not forgive a common stall":
        ("judge_look.c", "if (back)\n", "if (back && now_ns == 0)\n"),
    "does not ask the other path before the suspicion":
        ("judge_look.c", "if (is_in_doubt(p) ||", "if ("),
    "never pings":
        ("judge_look.c", "judge_emit(out, JUDGE_PING)", "(out->n = out->n, &(struct judge_action){0})"),
    "does not ask the other path":
        ("judge_look.c", "if (is_witness(j, p, now_ns) ||", "if ("),
    "looks twice as often when idle":
        ("judge_look.c", "#define IDLE_PAIR_NS (55 * MS_NS)", "#define IDLE_PAIR_NS (25 * MS_NS)"),
    "looks rarely at workers at work":
        ("judge_look.c", "j->rules.hang_ns / 10, ASKING_NS", "j->rules.hang_ns / 4, ASKING_NS"),
    "half the hang time":
        ("silence.c", "s->quiet_ns + rules->hang_ns;", "s->quiet_ns + rules->hang_ns / 2;"),
    "hang time without a ping":
        ("silence.c", "|| s->pinged_ns == 0)\n\t\treturn UINT64_MAX;", ")\n\t\treturn UINT64_MAX;"),
    "one with few requests is idle between them":
        ("silence.c", "s->warm = s->matter && s->warmth_ns != 0;", "s->warm = s->matter && s->warmth_ns == 1;"),
    "one that waits for its disk is not warm":
        ("silence.c", "s->warm = s->matter && s->warmth_ns", "s->warm = s->matter && quiet && s->warmth_ns"),
    "looks rarely at one with few requests":
        ("silence.c", "s->active || s->warm ||", "s->active ||"),
    "forgets one with few requests that it asked":
        ("silence.c", "else if (s->pinged_ns == 0) /*", "else /*"),
    "requests that come and go put the ping off":
        ("silence.c", "\tif (begins)\n\t\ts->quiet_ns = now_ns;", "\tif (begins)\n\t\tsilence_rebase(s, now_ns);"),
    "forgets to give up an eviction":
        ("judge_look.c", "\t\tgive_up(j, p, now_ns, out);", "\t\t;"),
    "answers before the death":
        ("judge_step.c", "judge_emit(out, JUDGE_KILL)->slot = judge_slot(j, p);",
         "judge_emit(out, JUDGE_KILL)->slot = judge_slot(j, p);\n\tjudge_ask_settle(j, p, JUDGE_KILLED, 0, out);"),
    "powers off at once":
        ("judge_power.c", "now_ns - p->killed_ns >= j->rules.power_ns &&", ""),
    "powers off again and again":
        ("judge_power.c", "&& !was_powered(j, p)", ""),
    "never powers off":
        ("judge_power.c", "judge_emit(out, JUDGE_POWER)", "(&(struct judge_action){0})"),
    "powers off the last one":
        ("judge_power.c", "return judge_guard_ticks_since(j, judge_guard_other(j, q), since_ns, now_ns);",
         "return judge_guard_other(j, q) != NULL || since_ns + now_ns != 0;"),
    "powers off what may yet die":
        ("judge_power.c", "now_ns - p->killed_ns >= after_ns;", "now_ns - p->killed_ns + after_ns >= 0;"),
    "powers off while somebody else is":
        ("judge_power.c", "if (j->program_runs || judge_guard_other_fencing(j, p, now_ns))", "if (judge_guard_other_fencing(j, p, now_ns))"),
    "no answer to the fencing of one that is stuck":
        ("judge_power.c", "judge_ask_settle_fences(j, p->vios, verdict, 0, out) > 0", "now_ns == 0"),
    "no answer to the eviction of one that is stuck":
        ("judge_ask.c", "if (j->plane[slot].told_stuck) {", "if (now_ns == 0) {"),
    "no last resort for what is stuck":
        ("judge_power.c", "now_ns - q->killed_ns >= j->rules.last_resort_ns)", "now_ns == 0)"),
    "an eviction counts older evidence":
        ("judge_step.c", "p->since_ns = 0; /* the samples at hand are older", "(void)p; /* the samples at hand are older"),
}


class Suite:
    """What is broken (FOLDER/SOURCES), and what must notice (SIMULATION, run with a number of seeds)."""

    def __init__(self, folder, sources, mutants, simulation, libraries=()):
        self.folder, self.sources, self.mutants = folder, sources, mutants
        self.simulation, self.libraries = simulation, list(libraries)

    def edited(self, text, name):
        _, old, new = self.mutants[name]
        if old not in text:
            raise SystemExit("mutants: %s: its text is not in %s any more" % (name, self.mutants[name][0]))
        return text.replace(old, new)

    def compile(self, compiler, top, source, work):
        out = os.path.join(work, os.path.basename(source) + ".o")
        subprocess.run(compiler + ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-w", "-I" + top, "-c", "-o", out, source],
                       check=True, timeout=60)
        return out

    def sound(self, compiler, top, work):
        """The objects of what is not broken: {source: object}."""
        paths = [os.path.join(self.folder, s) for s in self.sources] + list(self.simulation)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = pool.map(lambda p: self.compile(compiler, top, os.path.join(top, p), work), paths)
            return dict(zip(paths, done))

    def run(self, top, compiler, seeds, objects, name):
        """The last lines of the simulation when it did not notice, else None."""
        source = self.mutants[name][0]
        with tempfile.TemporaryDirectory(prefix="v-mutant-") as work:
            path = os.path.join(work, source)
            with open(os.path.join(top, self.folder, source), encoding="ascii") as f:
                text = self.edited(f.read(), name)
            with open(path, "w", encoding="ascii") as f:
                f.write(text)
            broken = dict(objects)
            broken[os.path.join(self.folder, source)] = self.compile(compiler, top, path, work)
            program = os.path.join(work, "sim")
            subprocess.run(compiler + ["-o", program] + list(broken.values()) + self.libraries, check=True, timeout=60)
            # One that spins is noticed. That is judged by its CPU time: beside others it would be by theirs.
            done = subprocess.run(["sh", "-c", 'ulimit -t 120; exec "$@"', "sh", program, "--seeds", seeds],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
            return None if done.returncode != 0 else done.stdout

    def some(self):
        names = list(self.mutants)
        return names if os.environ.get("VIOS_LONG") == "1" else names[int(time.time()) % 4::4]

    def main(self):
        top, compiler, seeds = os.path.abspath(sys.argv[1]), sys.argv[2].split(), sys.argv[3]
        names = sys.argv[4:] or self.some()
        alive = 0
        for name, (source, _, _) in self.mutants.items():
            with open(os.path.join(top, self.folder, source), encoding="ascii") as f:
                self.edited(f.read(), name)
        with tempfile.TemporaryDirectory(prefix="v-mutants-") as work, concurrent.futures.ThreadPoolExecutor(2) as pool:
            objects = self.sound(compiler, top, work)
            for name, out in zip(names, pool.map(lambda n: self.run(top, compiler, seeds, objects, n), names)):
                alive += out is not None
                print("%-45s %s" % (name, "noticed" if out is None else "NOT NOTICED: " + out.strip()), flush=True)
        sys.exit(alive != 0)


if __name__ == "__main__":
    Suite("ha/frame", SOURCES, MUTANTS, ["tests/sim/judge_sim.c", "tests/sim/promises.c", "tests/sim/world.c"]).main()
