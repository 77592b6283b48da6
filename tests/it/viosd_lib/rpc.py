# SPDX-License-Identifier: BSD-3-Clause
"""A small JSON-RPC 2.0 peer for tests: one object a line, descriptors beside the line. Blocking, with time limits."""
import array
import json
import os
import socket
import time


# How long an answer may take when nothing else is said: on a machine that is busy with other things; no answer is one that
# never comes. What must not come is waited for with a time of its own.
PATIENCE_S = 30.0


class Refused(Exception):
    """An error answer."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.data = error["code"], error.get("data")


class Closed(Exception):
    """The peer has hung up."""


class Peer:
    def __init__(self, sock, handlers=None):
        self.sock, self.handlers, self.data, self.fds = sock, handlers or {}, b"", []
        self.next_id, self.notes = 1, []

    @classmethod
    def connect(cls, path, handlers=None, within=PATIENCE_S):
        end = time.monotonic() + within
        while True:
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(path)
                return cls(sock, handlers)
            except OSError:
                sock.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def send(self, message, fds=()):
        line = json.dumps(dict(message, jsonrpc="2.0")).encode() + b"\n"
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        sent = self.sock.sendmsg([line], ancillary)
        self.sock.sendall(line[sent:])

    def receive(self, within=PATIENCE_S):
        """One message and the descriptors that came with it; None after the time."""
        end = time.monotonic() + within
        while b"\n" not in self.data:
            left = end - time.monotonic()
            if left <= 0:
                return None, []
            self.sock.settimeout(left)
            try:
                data, fds, _, _ = socket.recv_fds(self.sock, 1 << 16, 32)
            except TimeoutError:
                return None, []
            except ConnectionResetError:
                data, fds = b"", []
            if not data:
                raise Closed()
            self.data += data
            self.fds += fds
        line, self.data = self.data.split(b"\n", 1)
        fds, self.fds = self.fds, []
        return json.loads(line), fds

    def serve(self, message, fds):
        """Answers a request by its handler: a result, or a Refused."""
        handler = self.handlers.get(message["method"])
        if "id" not in message:
            self.notes.append((message["method"], message.get("params", {})))
            if handler:
                handler(message.get("params", {}), fds)
            return
        try:
            if handler is None:
                raise Refused({"code": -32601, "message": "no method " + message["method"]})
            answer = handler(message.get("params", {}), fds)
            if answer is None:
                return  # mute
            result, out = answer if isinstance(answer, tuple) else (answer, ())
            self.send({"id": message["id"], "result": result}, out)
        except Refused as refused:
            self.send({"id": message["id"], "error": {"code": refused.code, "message": str(refused)}})

    def call(self, method, params=None, within=PATIENCE_S, fds=()):
        number, self.next_id = self.next_id, self.next_id + 1
        self.send({"id": number, "method": method, "params": params or {}}, fds)
        end = time.monotonic() + within
        while True:
            message, came = self.receive(end - time.monotonic())
            if message is None:
                raise TimeoutError(method)
            if "method" in message:
                self.serve(message, came)
            elif message.get("id") == number:
                for fd in came:
                    os.close(fd)
                if "error" in message:
                    raise Refused(message["error"])
                return message["result"]

    def note(self, method, params=None):
        self.send({"method": method, "params": params or {}})

    def wait_note(self, method, good=lambda params: True, within=PATIENCE_S):
        """The first note of that name, heard already or to come, for which good() holds; earlier ones are dropped."""
        end = time.monotonic() + within
        while True:
            while self.notes:
                name, params = self.notes.pop(0)
                if name == method and good(params):
                    return params
            message, came = self.receive(end - time.monotonic())
            if message is None:
                raise TimeoutError("note " + method)
            if "method" in message:
                self.serve(message, came)

    def close(self):
        self.sock.close()
