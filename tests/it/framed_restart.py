#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 120
"""vios-framed restarted, misused and lied to; poison and quarantine; the witness."""
import ctypes
import os
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "framed_lib"))
from frame import ADAPTER, ADAPTER_ID, FRAMED, Closed, Frame, Peer, Plane, Refused, check, run_all  # noqa: E402

LONG = os.environ.get("VIOS_LONG") == "1"


def fails(peer, method, params, words, fds=()):
    try:
        peer.call(method, params, fds=fds)
    except Refused as refusal:
        check("%r says not %r" % (str(refusal), words), words in str(refusal))
        return
    raise AssertionError("%s %s was not refused" % (method, params))


def watched(plane):
    return lambda s: any(plane.is_me(p) and p["state"] == "watched" for p in s["planes"])


def it_adopts_whom_it_watched():
    with Frame() as frame:
        one, two = Plane(frame, "vios1"), Plane(frame, "vios2", "sleep")
        for signo in (signal.SIGKILL, signal.SIGTERM):
            frame.restart(signo)
            frame.wait_status(lambda s: watched(one)(s) and watched(two)(s))
        mux = frame.mux()
        one.signal(signal.SIGSTOP)
        mux.wait_note("dead", one.is_me)
        check("the wrong one died", two.alive())
        # An adopted one's death, too, is told by futex; who is kept from the processor sees the rest at once, so it may take a few.
        for attempt in range(5):
            two.signal(signal.SIGKILL)
            if mux.wait_note("dead", two.is_me)["proof"] == "futex":
                break
            check("not by futex", attempt < 4)
            two.process.wait()
            two = Plane(frame, "vios2", "sleep")
            frame.restart()
            frame.wait_status(watched(two))
            mux = frame.mux()


def it_tells_who_died_while_it_was_away():
    with Frame() as frame:
        one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
        frame.daemon.kill()
        frame.daemon.wait()
        one.signal(signal.SIGKILL)
        one.process.wait()
        frame.start()
        check("not told", any(one.is_me(d) for d in frame.mux().hello["dead"]))
        frame.wait_status(lambda s: watched(two)(s) and not any(one.is_me(p) for p in s["planes"]))


def a_reused_pid_is_not_taken_for_the_process():
    with Frame() as frame:
        one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
        frame.daemon.kill()
        frame.daemon.wait()
        path = frame.run + "/frame/state.json"
        with open(path, encoding="ascii") as f:
            text = f.read()
        # As if vios1's process had died and its pid had gone to vios2's.
        with open(path, "w", encoding="ascii") as f:
            f.write(text.replace('"pid": %d' % one.pid, '"pid": %d' % os.getpid()))
        frame.start()
        check("a stranger is watched", any(one.is_me(d) for d in frame.mux().hello["dead"]))
        frame.wait_status(watched(two))
        check("somebody was killed", one.alive() and two.alive())


def a_broken_state_file_is_survived():
    with Frame() as frame:
        one = Plane(frame, "vios1")
        fds = one.descriptors()
        for text in ("", "{", "[]", '{"boot":3}', "\0" * 100, '{"boot":"x","planes":[{"pid":1}],"poison":[[]]}'):
            frame.daemon.kill()
            frame.daemon.wait()
            with open(frame.run + "/frame/state.json", "w", encoding="ascii") as f:
                f.write(text)
            frame.start()
            check("watched by itself", not frame.status()["planes"])
        one.register(fds)
        frame.wait_status(watched(one))
        one.register(fds)  # idempotent
        check("twice", len(frame.status()["planes"]) == 1)


def bad_registrations_are_refused():
    with Frame() as frame:
        one = Plane(frame, "vios1")
        fds = one.descriptors()
        peer, fresh = frame.connect(), lambda **k: dict({"vios": "vios2", "plane": "netd",
                                                         "incarnation": secrets.token_hex(8)}, **k)
        ok = fds
        page = os.memfd_create("page", os.MFD_ALLOW_SEALING)
        fails(peer, "register", fresh(), "must come with the message")
        fails(peer, "register", fresh(), "not a pidfd", [ok[1]] + ok[1:])
        fails(peer, "register", fresh(), "not a memfd", [ok[0], ok[0]] + ok[2:])
        fails(peer, "register", fresh(), "F_SEAL_SHRINK", [ok[0], page] + ok[2:])
        import fcntl
        fcntl.fcntl(page, 1033, 2)  # F_ADD_SEALS, F_SEAL_SHRINK
        fails(peer, "register", fresh(), "smaller than a page", [ok[0], page] + ok[2:])
        os.ftruncate(page, 4096)
        fails(peer, "register", fresh(), "magic", [ok[0], page] + ok[2:])
        os.pwrite(page, struct.pack("<IIII", 0x5649484B, 9, 2, 0), 0)
        fails(peer, "register", fresh(), "another version", [ok[0], page] + ok[2:])
        for workers in (0, 17, 0xffffffff):
            os.pwrite(page, struct.pack("<IIII", 0x5649484B, 1, workers, 0), 0)
            fails(peer, "register", fresh(), "no worker, or too many", [ok[0], page] + ok[2:])
        fails(peer, "register", fresh(), "one ping eventfd", ok[:3])
        fails(peer, "register", fresh(), "one ping eventfd", ok[:3] + [page])
        fails(peer, "register", fresh(vios="../x"), '"vios"', ok)
        fails(peer, "register", fresh(incarnation="0" * 16), '"incarnation"', ok)
        fails(peer, "register", fresh(plane="netd\n"), '"plane"', ok)
        dead = subprocess.Popen(["sleep", "60"])
        pidfd = os.pidfd_open(dead.pid)
        dead.kill()
        dead.wait()
        fails(peer, "register", fresh(), "dead", [pidfd] + ok[1:])
        check("the good one is gone", len(frame.status()["planes"]) == 1)


def hostile_messages_hurt_only_their_sender():
    with Frame() as frame:
        one, mux = Plane(frame, "vios1"), frame.mux()
        for line in (b"\n", b"{}\n", b'{"jsonrpc":"2.0","id":1,"method":"live","params":[]}\n', b"\xff\xfe\n",
                     b'{"jsonrpc":"2.0","method":"evict","params":{"incarnation":7}}\n', b"[" * 100000 + b"\n",
                     b"x" * (1 << 20) + b"\n"):
            peer = frame.connect()
            try:
                peer.sock.sendall(line)
                peer.receive(0.2)
            except (Closed, BrokenPipeError, ConnectionResetError, ValueError):
                pass
            peer.close()
        fails(mux, "live", {"adapter": "lpar2/eth0", "id": 9, "vios": None}, "only the mux")
        fails(mux, "live", {"adapter": ADAPTER, "id": 9 << 40, "vios": None}, '"id"')
        fails(mux, "live", {"adapter": "lpar1/eth1", "id": ADAPTER_ID, "vios": None}, "is adapter lpar1/eth0")
        fails(mux, "mux_hello", {"client": "a/b"}, '"client"')
        fails(mux, "fence", {"vios": "vios1", "action": "boil"}, '"action"')
        fails(mux, "quarantine_release", {"adapter": "eth0"}, '"adapter"')
        fails(mux, "nonsense", {}, "no method")
        check("killed", one.alive())


def crash(frame, mux, plane, signo, adapter):
    try:
        plane.rpc("fault", what="crash", signal=signo, adapter=adapter)
    except Closed:
        pass
    mux.wait_note("dead", plane.is_me)
    plane.process.wait()


def poison_is_quarantined_after_two():
    with Frame() as frame:
        mux = frame.mux()
        mux.wait_note("quarantine")
        one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
        plane = one
        try:
            plane.rpc("fault", what="crash", signal=signal.SIGABRT, adapter=ADAPTER_ID)
        except Closed:
            pass
        # The notes' order counts: a mux that hears of the death must know already who is held.
        order = []
        while len(order) < 2:
            message, _ = mux.receive()
            order.append(message["method"])
        check("the death came first: %s" % order, order == ["quarantine", "dead"])
        one.process.wait()
        check("not held", mux.call("quarantine_list")["held"] == [ADAPTER])
        check("a new mux does not know", frame.mux().hello["held"] == [ADAPTER])
        frame.restart()
        mux = frame.mux()
        check("forgotten", mux.hello["held"] == [ADAPTER])
        three = Plane(frame, "vios1")  # it ticks: no longer held
        mux.wait_note("quarantine", lambda p: p["held"] == [] and p["adapters"] == [])
        frame.restart()
        mux = frame.mux()
        frame.wait_status(watched(two))
        crash(frame, mux, two, signal.SIGSEGV, ADAPTER_ID)
        frame.restart()
        mux = frame.mux()
        check("not quarantined", mux.hello["adapters"] == [ADAPTER])
        viosd = three.register(three.descriptors())  # viosds are told, too
        viosd.wait_note("quarantine", lambda p: p["adapters"] == [ADAPTER])
        check("release", mux.call("quarantine_release", {"adapter": ADAPTER}) == {"adapter": ADAPTER})
        viosd.wait_note("quarantine", lambda p: p["adapters"] == [])
        fails(mux, "quarantine_release", {"adapter": ADAPTER}, "neither held")


def adapters_that_frame_json_does_not_know():
    """A viosd and a mux name them; the names are kept as long as their quarantine, also beside the name's next bearer."""
    with Frame() as frame:
        viosd, mux = frame.connect(), frame.mux("lpar7")
        viosd.call("adapters", {"adapters": [{"adapter": "lpar7/eth0", "id": 77}]})
        fails(viosd, "adapters", {"adapters": [{"adapter": "lpar7/eth0"}]}, '"id"')
        fails(viosd, "adapters", {"adapters": 7}, '"adapters"')
        fails(mux, "adapters", {"adapters": []}, "own client")
        mux.call("live", {"adapter": "lpar7/eth1", "id": 78, "vios": None})
        fails(mux, "live", {"adapter": "lpar7/eth2", "id": 77, "vios": None}, "lpar7/eth0")
        one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
        frame.wait_status(lambda s: watched(one)(s) and watched(two)(s))
        crash(frame, mux, one, signal.SIGABRT, 78)
        check("not held", mux.call("quarantine_list")["held"] == ["lpar7/eth1"])
        Plane(frame, "vios1")
        mux.wait_note("quarantine", lambda p: p["held"] == [])
        crash(frame, mux, two, signal.SIGSEGV, 78)
        frame.restart()
        mux = frame.mux("lpar7")
        check("forgotten: %s" % mux.hello, mux.hello["adapters"] == ["lpar7/eth1"] and mux.hello["adapter_ids"] == [78])
        mux.call("live", {"adapter": "lpar7/eth1", "id": 79, "vios": None})
        check("its next bearer", mux.call("quarantine_list")["adapter_ids"] == [78])
        fails(mux, "quarantine_release", {"id": 79}, "lpar7/eth1 is neither held")
        fails(mux, "quarantine_release", {"id": 99}, "?/99 is neither held")
        check("release", mux.call("quarantine_release", {"id": 78}) == {"adapter": "lpar7/eth1"})
        check("still there", mux.call("quarantine_list")["adapter_ids"] == [])


def sigkill_blames_nobody():
    with Frame() as frame:
        mux = frame.mux()
        for signo in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            plane = Plane(frame, "vios1")
            crash(frame, mux, plane, signo, ADAPTER_ID)
        check("blamed", mux.call("quarantine_list") == {"adapters": [], "adapter_ids": [], "held": [], "held_ids": []})
        plane = Plane(frame, "vios1")
        crash(frame, mux, plane, signal.SIGSEGV, 0)
        check("blamed adapter 0", mux.call("quarantine_list")["held"] == [])


def the_witness_is_raised_by_one_at_a_time():
    with Frame() as frame:
        zero = {"epoch": 0, "version": 0, "digest": ""}
        first = {"epoch": 1, "version": 5, "digest": "ab12"}
        one, two = frame.connect(), frame.connect()
        check("not at 0", one.call("witness_get") == dict(zero, holder=None, changed=[]))
        ask = dict(first, vios="vios1", expect=zero, changed=[7, 9])
        check("not raised", one.call("witness_raise", ask)["holder"] == "vios1")
        fails(two, "witness_raise", dict(ask, vios="vios2"), "is at epoch 1 version 5")
        fails(two, "witness_raise", dict(ask, vios="vios2", expect=first), "above that")
        fails(two, "witness_raise", dict(ask, vios="vios2", expect=first, version=6), "take epoch 2")
        frame.restart()
        two = frame.connect()
        second = dict(first, version=6, digest="cd")
        got = two.call("witness_raise", dict(second, vios="vios1", expect=first, changed=[9, 11]))
        check("changes are not joined: %s" % got, got["changed"] == [7, 9, 11])
        third = dict(second, epoch=2)
        got = two.call("witness_raise", dict(third, vios="vios2", expect=second, changed="all"))
        check("not all", got["changed"] == "all" and got["holder"] == "vios2")
        got = two.call("witness_raise", dict(third, vios="vios1", expect=third, changed=[], in_step=True))
        check("not in step", got == dict(third, changed=[], holder=None))


def the_witness_outlives_the_run_directory():
    """As after a power failure of the host: what is below the run directory has gone, what --witness names has not."""
    kept = "/tmp/vios-%s-witness" % os.environ.get("VIOS_LAB", "v-framed-%d" % os.getpid())
    zero = {"epoch": 0, "version": 0, "digest": ""}
    mark = {"epoch": 3, "version": 9, "digest": "ab12"}
    try:
        for turn in range(2):
            with Frame(args=["--witness", kept]) as frame:
                one = frame.connect()
                if turn == 0:
                    one.call("witness_raise", dict(mark, vios="vios1", expect=zero, changed=[7]))
                got = one.call("witness_get")
                check("forgotten: %s" % got, got == dict(mark, holder="vios1", changed=[7]))
                check("in the run directory", not os.path.exists(frame.run + "/frame/witness"))
    finally:
        shutil.rmtree(kept, ignore_errors=True)


def a_corrupt_witness_is_named_and_recovered():
    with Frame() as frame:
        zero = {"epoch": 0, "version": 0, "digest": ""}
        peer, path = frame.connect(), frame.run + "/frame/witness"
        peer.call("witness_raise", {"vios": "vios1", "expect": zero, "epoch": 3, "version": 9, "digest": "ab", "changed": []})
        with open(path, "r+b") as f:
            text = f.read()
        for bad in (text.replace(b"epoch 3", b"epoch 2"), text[:-9], b"", text + b"x", b"\0" * 5000):
            with open(path, "wb") as f:
                f.write(bad)
            for method, params in (("witness_get", {}), ("witness_raise", {
                    "vios": "vios1", "expect": zero, "epoch": 9, "version": 9, "digest": "ab", "changed": []})):
                fails(peer, method, params, path + " is corrupt")
                fails(peer, method, params, "--witness-reset")
        subprocess.run([FRAMED, "--run", frame.run, "--witness-reset"], check=True, stdout=subprocess.PIPE, timeout=10)
        check("not new", peer.call("witness_get") == dict(zero, holder=None, changed="all"))
        check("not kept", os.path.exists(path + ".corrupt"))
        got = peer.call("witness_raise", {"vios": "vios1", "expect": zero, "epoch": 4, "version": 9, "digest": "ab", "changed": []})
        check("not raised", got["epoch"] == 4)


def killed_while_raising_it_keeps_the_old_or_the_new():
    with Frame() as frame:
        mark = {"epoch": 0, "version": 0, "digest": ""}
        for round_ in range(40 if LONG else 8):
            peer = frame.connect()
            mark = {k: peer.call("witness_get")[k] for k in ("epoch", "version", "digest")}
            acknowledged = mark["version"]
            end = time.monotonic() + 0.02 + round_ % 5 * 0.011
            while time.monotonic() < end:
                wanted = {"epoch": mark["epoch"] + 1, "version": mark["version"] + 1, "digest": secrets.token_hex(8)}
                peer.call("witness_raise", dict(wanted, vios="vios1", expect=mark, changed=[1]))
                mark, acknowledged = wanted, wanted["version"]
            wanted = {"epoch": mark["epoch"] + 1, "version": mark["version"] + 1, "digest": secrets.token_hex(8)}
            peer.send({"id": 999, "method": "witness_raise", "params": dict(wanted, vios="vios1", expect=mark, changed=[])})
            frame.restart()
            now = frame.connect().call("witness_get")["version"]
            check("acknowledged %d, found %d" % (acknowledged, now), now in (acknowledged, acknowledged + 1))


def bad_command_lines_and_places():
    def run(*args):
        done = subprocess.run([FRAMED, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        return done.returncode, done.stderr

    with Frame() as frame:
        code, err = run("--run", frame.run)
        check("second instance: %s" % err, code == 1 and err.count("\n") == 1 and "framed.lock" in err)
        check("disturbed", frame.status()["hang_ms"] > 0)
        code, err = run("--run", frame.dir + "/" + "x" * 120)
        check("long: %s" % err, code == 1 and err.count("\n") == 1 and "too long" in err)
        os.makedirs(frame.dir + "/" + "y" * 80)
        check("usage", run("--nonsense")[0] == 2 and run("extra")[0] == 2 and run("--log-level", "loud")[0] == 2)
        check("help", run("--help")[0] == 0 and run("--version")[0] == 0)
        other = frame.dir + "/other"
        os.makedirs(other)
        code, err = run("--run", other)
        check("no frame.json: %s" % err, code == 1 and "frame.json" in err)
        with open(other + "/frame.json", "w", encoding="ascii") as f:
            f.write("{")
        code, err = run("--run", other)
        check("broken frame.json: %s" % err, code == 1 and "frame.json" in err)
        open(frame.dir + "/file", "w", encoding="ascii").close()
        code, err = run("--run", frame.dir + "/file")
        check("not a directory: %s" % err, code == 1 and err.count("\n") == 1)


SO_PEERPIDFD = 77


def refuse_peerpidfd():
    """In the child: getsockopt(SOL_SOCKET, SO_PEERPIDFD) fails with ENOPROTOOPT, as before Linux 6.5."""
    rules = [(0x20, 0, 0, 0), (0x15, 0, 5, 55),  # syscall number: getsockopt
             (0x20, 0, 0, 24), (0x15, 0, 3, 1),  # its level: SOL_SOCKET
             (0x20, 0, 0, 32), (0x15, 0, 1, SO_PEERPIDFD), (0x06, 0, 0, 0x00050000 | 92), (0x06, 0, 0, 0x7fff0000)]
    code = b"".join(struct.pack("<HBBI", *rule) for rule in rules)
    program = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("<HxxxxxxQ", len(rules), ctypes.addressof(program))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.create_string_buffer(header), 0, 0) != 0:
        raise OSError("no seccomp")
    a, _ = socket.socketpair(socket.AF_UNIX)
    try:
        a.getsockopt(socket.SOL_SOCKET, SO_PEERPIDFD, 4)
        raise OSError("the filter does nothing")
    except OSError as error:
        if error.errno != 92:
            raise


def it_needs_no_peerpidfd():
    with Frame() as frame:
        frame.daemon.kill()
        frame.daemon.wait()
        with open(frame.log_path, "a", encoding="ascii") as log:
            frame.daemon = subprocess.Popen([FRAMED, "--run", frame.run], stderr=log, preexec_fn=refuse_peerpidfd)
        Peer.connect(frame.run + "/frame/framed.sock").close()
        one, two = Plane(frame, "vios1"), Plane(frame, "vios2")
        with open("/proc/%d/status" % frame.daemon.pid, encoding="ascii") as f:
            check("no filter", re.search(r"Seccomp:\t2", f.read()))
        mux = frame.mux()
        one.signal(signal.SIGSTOP)
        mux.wait_note("dead", one.is_me)
        check("the wrong one died", two.alive())


run_all([it_adopts_whom_it_watched, it_tells_who_died_while_it_was_away, a_reused_pid_is_not_taken_for_the_process,
         a_broken_state_file_is_survived, bad_registrations_are_refused, hostile_messages_hurt_only_their_sender,
         poison_is_quarantined_after_two, adapters_that_frame_json_does_not_know, sigkill_blames_nobody,
         the_witness_is_raised_by_one_at_a_time, the_witness_outlives_the_run_directory,
         a_corrupt_witness_is_named_and_recovered, killed_while_raising_it_keeps_the_old_or_the_new,
         bad_command_lines_and_places, it_needs_no_peerpidfd])
