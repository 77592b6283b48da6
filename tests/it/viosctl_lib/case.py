# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of viosctl's verbs share: a fake viosd in a directory of its own, and viosctl run against it."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from fake_viosd import FakeViosd

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
VIOSCTL = os.path.join(os.environ.get("VIOS_BUILD", os.path.join(TOP, "build/release")), "vios-core/cli/viosctl")
DATA = os.path.join(TOP, "tests/unit/vios-core/cli")


def answers():
    with open(os.path.join(DATA, "frame.json"), encoding="utf-8") as file:
        scene = json.load(file)
    scene["config_get"] = scene.pop("config")
    entries = scene.pop("errlog")["entries"]
    scene["errlog"] = lambda p: {"entries": [e for e in entries if e["seq"] >= p["since"]][:1],
                                 "next": max([p["since"]] + [e["seq"] + 1 for e in entries if e["seq"] >= p["since"]][:1])}
    scene["config_change"] = changed
    return scene


def changed(params):
    created, given = [], {"vhost": "vhost2", "vtd": "vtscsi3", "sea": "sea0", "veth": "lpar1/eth1"}
    for op in params["ops"]:
        if op["op"] == "add":
            created.append({"kind": op["kind"], "name": op.get("name", given.get(op["kind"]))})
    return {"epoch": 3, "version": 42, "digest": "0" * 64, "created": created, "committed": "pair", "changed": True}


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="vios-verbs-")
        self.run_dir = os.path.join(self.dir, "run")
        os.mkdir(self.run_dir)
        self.viosds = {}

    def tearDown(self):
        for viosd in self.viosds.values():
            viosd.close()
        shutil.rmtree(self.dir)

    def viosd(self, vios="vios1", **more):
        self.viosds[vios] = FakeViosd(self.run_dir, vios, answers() | more)
        return self.viosds[vios]

    def ctl(self, line, code=0):
        done = subprocess.run([VIOSCTL, "--run", self.run_dir, *line.split()], capture_output=True, text=True, timeout=60,
                              check=False, env=dict(os.environ, TZ="UTC"))
        self.assertEqual(done.returncode, code, f"{line}: {done.stdout}{done.stderr}")
        said = done.stderr
        if "diff" not in line:
            self.assertEqual(bool(said), code != 0, f"{line}: {said}")
        return done

    def refused(self, line, says, code):
        """One line on stderr, nothing on stdout."""
        done = self.ctl(line, code)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), f"{line}: {done.stderr}")
        self.assertTrue(done.stderr.startswith("viosctl: "), done.stderr)
        self.assertIn(says, done.stderr)
