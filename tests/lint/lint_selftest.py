#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
lint_selftest.py CC - shows that each check fails on what it is for, and passes on the same thing without the fault.
"""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CC = sys.argv.pop(1).split()
HEAD = "/* SPDX-License-Identifier: BSD-3-Clause */\n/* x.c - a source that is there for the test alone. */\n"


def check(script, *args):
    run = subprocess.run([sys.executable, os.path.join(HERE, script), *args],
                         capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


class Tree(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="v-lint-")
        self.addCleanup(self.dir.cleanup)

    def write(self, path, text):
        path = os.path.join(self.dir.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class Purity(Tree):
    def archive(self, body):
        source = self.write("x.c", body)
        subprocess.run([*CC, "-O1", "-c", source, "-o", source + ".o"], check=True)
        subprocess.run(["ar", "rcs", source + ".a", source + ".o"], check=True)
        return source + ".a"

    def test_clean(self):
        code, out = check("purity.py", self.archive(
            "#include <string.h>\nextern const int t[]; const int t[] = {1};\n"
            "unsigned long f(const char *s); unsigned long f(const char *s) { return strlen(s); }\n"))
        self.assertEqual((code, "ok" in out), (0, True), out)

    def test_getpid(self):
        code, out = check("purity.py", self.archive(
            "#include <unistd.h>\nint f(void); int f(void) { return getpid(); }\n"))
        self.assertEqual(code, 1)
        self.assertIn("calls getpid()", out)

    def test_the_clock(self):
        code, out = check("purity.py", self.archive(
            "#include <time.h>\nlong f(void); long f(void) { return (long)time(0); }\n"))
        self.assertEqual(code, 1)
        self.assertIn("calls time()", out)

    def test_state(self):
        for body in ("static int n; int f(void); int f(void) { return ++n; }\n",
                     "int n = 7;\n", "_Thread_local int n;\n"):
            code, out = check("purity.py", self.archive(body))
            self.assertEqual(code, 1, body)
            self.assertIn("has a variable, n", out)

    def test_nothing_given(self):
        self.assertEqual(check("purity.py")[0], 1)


class Sizes(Tree):
    def run_with(self, path, text):
        self.write(path, text)
        return check("sizes.py", self.dir.name)

    def expect(self, path, text, fault):
        code, out = self.run_with(path, text)
        self.assertEqual(code, 1)
        self.assertIn(fault, out)

    def test_clean(self):
        code, out = self.run_with("a/x.c", HEAD + "static int f(void)\n{\n" + "\tg();\n" * 58 + "}\n")
        self.assertEqual(code, 0, out)

    def test_long_function(self):
        self.expect("a/x.c", "static int f(void)\n{\n" + "\tg();\n" * 59 + "}\n", "f() has 61 lines")
        self.expect("a/y.py", "def f():\n" + "    g()\n" * 60, "f() has 61 lines")
        self.expect("a/z.sh", "f() {\n" + "\tg\n" * 59 + "}\n", "f() has 61 lines")

    def test_long_file(self):
        self.expect("a/x.c", "\n" * 501, "501 lines; the limit is 500")

    def test_long_header(self):
        self.expect("a/x.h", "\n" * 101, "101 lines; the limit is 100")

    def test_long_line(self):
        self.expect("a/x.c", "\t" * 12 + "abcde\n", "101 columns")

    def test_mux(self):
        for i in range(6):
            self.write(f"ha/mux/x{i}.c", "int x; /* why */\n" * 450 + "\n/* not\ncounted */\n")
        code, out = check("sizes.py", self.dir.name)
        self.assertEqual(code, 1)
        self.assertIn("ha/mux: 2700 lines of code in all", out)


class Words(Tree):
    def expect(self, path, text, fault):
        path = self.write(path, text)
        code, out = check("words.py", self.dir.name)
        self.assertEqual(code, 1, text)
        self.assertIn(fault, out)
        os.unlink(path)

    def test_clean(self):
        self.write("x.c", HEAD)
        code, out = check("words.py", self.dir.name)
        self.assertEqual(code, 0, out)

    def test_faults(self):
        self.expect("x.md", "see .." + "/shared/x\n", "outside the tree")
        self.expect("x.c", HEAD + "/* DESIGN" + ".md */\n", "not in the tree")
        self.expect("x.c", HEAD + "/* issue" + " 7 */\n", "ticket")
        self.expect("x.py", "pass\n", "SPDX")
        self.expect("run", "#!/bin/sh\n", "SPDX")
        self.expect("x.c", "/* SPDX-License-Identifier: BSD-3-Clause */\nint x;\n", "does not open")


class Man(Tree):
    PAGE = (".TH X 8\n.SH NAME\nx \\- a program\n.SH OPTIONS\n.TP\n.BI \\-\\-run \" DIR\"\nThe directory.\n"
            ".TP\n.B \\-\\-help\nHelp.\n")

    def run_with(self, page, says):
        page = self.write("x.8", page)
        program = self.write("x", f"#!/bin/sh\necho '{says}'\n")
        os.chmod(program, 0o755)
        return check("man.py", page, "--", program)

    def test_true(self):
        code, out = self.run_with(self.PAGE, "--run DIR --help")
        self.assertEqual(code, 0, out)

    def test_untrue(self):
        self.assertIn("lacks --new, which x --help has", self.run_with(self.PAGE, "--run --help --new")[1])
        self.assertIn("has --run, which x --help lacks", self.run_with(self.PAGE, "--help")[1])
        self.assertEqual(self.run_with(self.PAGE, "--help")[0], 1)

    def test_ill_formed(self):
        code, out = self.run_with(self.PAGE + ".NOSUCH\n", "--run --help")
        self.assertEqual(code, 1)
        self.assertIn("NOSUCH", out)

    def test_no_page(self):
        program = self.write("y", "#!/bin/sh\n")
        self.assertIn("has no page y.8", check("man.py", "--", program)[1])


if __name__ == "__main__":
    unittest.main()
