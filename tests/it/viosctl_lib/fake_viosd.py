# SPDX-License-Identifier: BSD-3-Clause
"""A viosd that answers what it is told to, and keeps what it was asked: JSON-RPC 2.0 on RUN/VIOS/viosd.sock."""
import json
import os
import socket
import threading


class Fault(Exception):
    """An error answer."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.error = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


class FakeViosd:
    """answers: {method: result, Fault, or a function of the params}; asked: [(method, params)]."""

    def __init__(self, run, vios, answers):
        self.answers, self.asked, self.connections = answers, [], []
        self.changed = threading.Condition()
        self.path = os.path.join(run, vios, "viosd.sock")
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            for line in connection.makefile("rb"):
                request = json.loads(line)
                self.send(connection, dict(self.answer(request), id=request["id"]))
        except (OSError, ValueError):
            pass

    def answer(self, request):
        method, params = request["method"], request.get("params", {})
        with self.changed:
            self.asked.append((method, params))
            self.changed.notify_all()
        answer = self.answers.get(method, Fault(-32601, "no method " + method))
        try:
            if callable(answer):
                answer = answer(params)
            if isinstance(answer, Fault):
                raise answer
            return {"result": answer}
        except Fault as fault:
            return {"error": fault.error}

    def send(self, connection, message):
        connection.sendall(json.dumps(dict(message, jsonrpc="2.0")).encode() + b"\n")

    def event(self, **params):
        """To all that are connected."""
        for connection in self.connections:
            try:
                self.send(connection, {"method": "event", "params": params})
            except OSError:
                pass

    def wait_asked(self, method, times=1, within=30.0):
        with self.changed:
            return self.changed.wait_for(lambda: sum(m == method for m, _ in self.asked) >= times, within)

    def params_of(self, method):
        return [params for name, params in self.asked if name == method]

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()
        os.unlink(self.path)
