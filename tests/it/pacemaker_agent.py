#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# beside: others
# timeout: 120
"""The resource agents without a cluster: viosd with a fake data plane, a fake mux, Pacemaker's tools as scripts that note calls."""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "viosd_lib"))
from frame import BUILD, FAKE_NETD, VIOSD, Case, alive, until  # noqa: E402

AGENT = os.path.join(BUILD, "ha/pacemaker/vios")
CLIENT = os.path.join(BUILD, "ha/pacemaker/client")
VIOMUXD = os.path.join(BUILD, "ha/mux/viomuxd")
OK, GENERIC, UNIMPLEMENTED, INSTALLED, CONFIGURED, NOT_RUNNING, PROMOTED, FAILED_PROMOTED = 0, 1, 3, 5, 6, 7, 8, 9


class Agents(Case):
    def setUp(self):
        super().setUp()
        self.tools = os.path.join(self.frame.dir, "tools")
        os.mkdir(self.tools)
        for name in ("crm_attribute", "attrd_updater"):
            path = os.path.join(self.tools, name)
            with open(path, "w", encoding="ascii") as f:
                f.write("#!/bin/sh\necho %s \"$@\" >> %s/calls\n" % (name, self.tools))
            os.chmod(path, 0o755)
        self.said = ""
        self.addCleanup(lambda: self.call("stop", vios="vios1"))

    def run_agent(self, agent, action, params, interval, timeout_s, level):
        env = {"PATH": self.tools + ":" + os.environ["PATH"], "OCF_RESOURCE_INSTANCE": "vios",
               "OCF_RESKEY_CRM_meta_timeout": str(timeout_s * 1000), "OCF_RESKEY_CRM_meta_interval": str(interval * 1000)}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        env.update({"OCF_RESKEY_" + name: value for name, value in params.items() if value is not None})
        if level:
            env["OCF_CHECK_LEVEL"] = str(level)
        done = subprocess.run([agent, action], env=env, capture_output=True, text=True, timeout=60, check=False)
        self.said = done.stdout + done.stderr
        return done.returncode

    def call(self, action, interval=0, timeout_s=20, level=0, **params):
        params = {"vios": "vios1", "run": self.frame.run, "viosd": VIOSD, "state": os.path.join(self.frame.dir, "state"),
                  "options": "--netd %s --no-cluster" % FAKE_NETD, **params}
        return self.run_agent(AGENT, action, params, interval, timeout_s, level)

    def expect(self, rc, *args, **kwargs):
        self.assertEqual(self.call(*args, **kwargs), rc, self.said)

    def calls(self):
        """What Pacemaker was told since the last time."""
        path = os.path.join(self.tools, "calls")
        try:
            with open(path, encoding="ascii") as f:
                text = f.read()
        except FileNotFoundError:
            return ""
        os.unlink(path)
        return text

    def viosd_pid(self):
        return self.frame.status()["vios"][0]["viosd_pid"]

    def role(self):
        with open(self.frame.path("vios1", "pacemaker.role"), encoding="ascii") as f:
            return f.readline().strip()

    def test_a_life(self):
        self.expect(NOT_RUNNING, "monitor")
        self.expect(OK, "validate-all")
        self.expect(OK, "start")
        netd = self.frame.netd()
        self.assertIn("crm_attribute --promotion --lifetime reboot --update 50", self.calls())  # no vios-framed: yellow
        self.expect(OK, "monitor", interval=10)
        self.assertEqual(self.calls(), "", "nothing has changed")
        self.expect(OK, "start")
        self.assertEqual(self.frame.netd(), netd, "started twice is started once")
        self.expect(OK, "promote")
        self.expect(PROMOTED, "monitor", interval=9)
        self.assertEqual(self.role(), "role promoted")
        self.expect(PROMOTED, "monitor", interval=59, level=10)
        self.expect(OK, "demote")
        self.expect(OK, "monitor", interval=10)
        self.expect(OK, "notify")
        self.expect(OK, "reload-agent")
        self.assertEqual(self.frame.netd(), netd, "roles restart nothing")
        viosd = self.viosd_pid()
        self.expect(OK, "stop")
        until(lambda: not alive(viosd) and not alive(netd), "viosd and its data plane end")
        self.assertIn("--promotion --lifetime reboot --delete", self.calls())
        self.assertFalse(os.path.exists(self.frame.path("vios1", "pacemaker.role")))
        self.expect(NOT_RUNNING, "monitor")
        self.expect(OK, "stop")
        self.expect(NOT_RUNNING, "promote")

    def test_node_attributes_follow(self):
        """Each by itself: the colour of the health is the same while the uplink comes back."""
        def told():
            return dict(re.findall(r"attrd_updater --name (\S+) --update (\S+)", self.calls()))

        def seen(link):
            until(lambda: self.frame.status()["vios"][0]["uplink"]["link"] == link and self.frame.netd(), "the link is " + link)

        self.frame.fault(link="down")
        self.expect(OK, "start")
        seen("down")
        self.expect(OK, "monitor", interval=10)
        self.assertEqual(told(), {"#health-vios": "yellow", "vios-uplink": "down", "vios-disks": "ok"})
        self.frame.fault(link="up")
        os.kill(self.frame.netd(), signal.SIGKILL)
        seen("up")
        self.expect(OK, "monitor", interval=10)
        self.assertEqual(told().get("vios-uplink"), "up")
        self.expect(OK, "monitor", interval=10)
        self.assertEqual(told(), {}, "nothing has changed")

    def test_a_dead_viosd_is_revived_in_place(self):
        self.expect(OK, "start")
        netd = self.frame.netd()
        self.expect(OK, "promote")
        for times in range(1, 4):
            os.kill(self.viosd_pid(), signal.SIGKILL)
            until(lambda: self.call("monitor") == PROMOTED, "a probe reports what was set")
            self.assertFalse(self.answers(), "and changes nothing")
            self.expect(PROMOTED, "monitor", interval=9)
            self.assertIn("times=%d" % times, self.said)
            self.assertEqual(self.frame.netd(), netd, "its data plane serves on")
        os.kill(self.viosd_pid(), signal.SIGKILL)
        self.expect(FAILED_PROMOTED, "monitor", interval=9)
        self.assertIn("again and again", self.said)
        self.expect(OK, "stop")
        until(lambda: not alive(netd), "an orphaned data plane is stopped, too")

    def answers(self):
        return self.frame.ctl("status").returncode == 0

    def test_a_hung_viosd_fails_and_can_be_stopped(self):
        self.expect(OK, "start")
        netd, viosd = self.frame.netd(), self.viosd_pid()
        os.kill(viosd, signal.SIGSTOP)
        self.expect(GENERIC, "monitor", interval=10)
        self.assertIn("does not answer", self.said)
        self.expect(OK, "stop", timeout_s=30)
        until(lambda: not alive(viosd) and not alive(netd), "both are gone")

    def test_the_data_plane_counts_at_depth(self):
        self.expect(OK, "start")
        netd = self.frame.netd()
        self.frame.fault(start="exit")
        os.kill(netd, signal.SIGKILL)
        until(lambda: self.frame.status()["vios"][0]["netd"]["state"] != "up", "netd is down")
        self.expect(OK, "monitor", interval=10)
        self.assertIn("--update 10", self.calls(), "the score tells it")
        self.expect(GENERIC, "monitor", interval=61, level=10)

    def test_promote_is_a_switch(self):
        self.expect(OK, "start")
        self.frame.netd()
        asked = []

        def switch(params, _fds=None):
            asked.append(params)
            self.report(mux, params["to"])
            return {"adapter": params["adapter"], "from": "vios2", "to": params["to"]}

        mux, _ = self.frame.mux(handlers={"switch": switch})
        self.report(mux, "vios2")
        until(lambda: self.frame.status()["adapters"][0]["live"] == "vios2", "the report is heard")
        ended = threading.Event()
        serve = threading.Thread(target=self.serve, args=(mux, ended))
        serve.start()
        try:
            self.expect(OK, "promote")
        finally:
            ended.set()
            serve.join()
        self.assertEqual(asked, [{"adapter": "lpar1/eth0", "to": "vios1"}])
        self.expect(PROMOTED, "monitor", interval=9)
        self.report(mux, "vios2")  # the pair has switched by itself
        until(lambda: self.frame.status()["adapters"][0]["live"] == "vios2", "the report is heard")
        self.calls()
        self.expect(PROMOTED, "monitor", interval=9)
        self.assertRegex(self.calls(), r"--update 50\n", "which is a lower score and not another role")

    @staticmethod
    def serve(mux, ended):
        while not ended.is_set():
            message, fds = mux.receive(0.2)
            if message:
                mux.serve(message, fds)

    @staticmethod
    def report(mux, live):
        mux.note("adapter_status", {
            "adapter": "lpar1/eth0", "id": 1, "live": live, "start": 3, "client_connected": True, "paths": {
                vios: {"phase": "live" if vios == live else "ready", "state": "active/optimized", "generation": 1}
                for vios in ("vios1", "vios2")}})

    def test_the_last_one_is_stopped_or_not_as_told(self):
        self.expect(OK, "start")
        mux, _ = self.frame.mux()
        self.report(mux, "vios1")
        until(lambda: self.frame.status()["adapters"][0]["live"] == "vios1", "the report is heard")
        began = time.monotonic()
        self.expect(GENERIC, "stop", timeout_s=8, drain_wait="true")
        self.assertLess(time.monotonic() - began, 8, "within its timeout")
        self.assertIn("vios1 is not stopped while it serves 1 adapters: the other VIOS is not online", self.said)
        self.assertTrue(self.answers())
        self.expect(OK, "stop")
        self.assertIn("stopped-undrained", self.said)

    def test_what_is_wrong_is_said(self):
        self.expect(CONFIGURED, "start", vios="vios7")
        self.assertIn("ocf-exit-reason:%s/frame.json is missing, or has no VIOS vios7" % self.frame.run, self.said)
        self.expect(CONFIGURED, "start", run="here")
        self.expect(CONFIGURED, "validate-all", drain_wait="perhaps")
        self.expect(INSTALLED, "validate-all", viosd="/nonexistent/viosd")
        self.expect(NOT_RUNNING, "monitor", vios="vios7")
        self.expect(CONFIGURED, "monitor", vios="vios7", interval=10)
        self.expect(OK, "stop", vios="vios7")
        self.expect(UNIMPLEMENTED, "boil")
        self.expect(GENERIC, "start", options="--netd /nonexistent/netd")
        self.assertIn("viosd of vios1 ended with 1; see", self.said)

    def test_a_client(self):
        def call(action, **params):
            return self.run_agent(CLIENT, action, {"client": "lpar1", "run": self.frame.run, "viomuxd": VIOMUXD, **params},
                                  0, 20, 0)
        self.addCleanup(call, "stop")
        self.assertEqual(call("monitor"), NOT_RUNNING)
        self.assertEqual(call("validate-all", client=None), CONFIGURED)
        self.assertEqual(call("start"), OK, self.said)
        self.assertEqual(call("monitor"), OK)
        self.assertTrue(os.path.exists(self.frame.path("clients", "lpar1", "eth0.sock")))
        self.assertEqual(call("start"), OK)
        self.assertEqual(call("stop"), OK, self.said)
        self.assertEqual(call("monitor"), NOT_RUNNING)
        self.assertEqual(call("stop"), OK)

    def test_metadata_is_the_schemas(self):
        schema = "/usr/share/resource-agents/metadata.rng"
        for agent in (AGENT, CLIENT):
            self.assertEqual(self.run_agent(agent, "meta-data", {}, 0, 5, 0), OK)
            if not os.path.exists(schema):
                continue
            path = os.path.join(self.frame.dir, "meta.xml")
            with open(path, "w", encoding="ascii") as f:
                f.write(self.said)
            done = subprocess.run(["xmllint", "--noout", "--relaxng", schema, path], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    if not os.path.exists(AGENT):
        print("%s is not built" % json.dumps(AGENT))
        sys.exit(1)
    unittest.main(failfast=True)
