"""Rows of the sandbox: what a large state costs, and how many requests it answers in a second."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lavaclient.sandbox import Quotas, Sandbox
from lavaclient.sandbox.http.app import Application
from tests.benchmarks.rows import Row, interleaved

_MANY = 10_000
_CLIENTS = 32
_SECONDS = 3.0
_PLENTY = Quotas(node_count=10**7, ram=10**11, disk=10**11, vcpus=10**8)
_CLUSTER = {
    "name": "numbers",
    "username": "worker",
    "ssh_keys": ["laptop"],
    "stack_id": "HDP2.3_Kafka",
}
_KEY = {"ssh_keys": {"key_name": "laptop", "public_key": "ssh-rsa " + "A" * 60}}
_SERVICE = "/dfw/v2/123456"
# A sandbox, and werkzeug with an application that always answers alike.
_SANDBOX = """
import threading
from lavaclient.sandbox.http.server import SandboxServer
with SandboxServer() as server:
    print(server.url.rsplit(":", 1)[1], flush=True)
    threading.Event().wait()
"""
_BARE = """
from werkzeug.serving import make_server, WSGIRequestHandler
BODY = b'{"limits": {"absolute": {}}}'
class Quiet(WSGIRequestHandler):
    def log(self, *args):
        pass
def application(environ, start):
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
    return [BODY]
server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
"""


def _filled(count: int, path: Path | None = None) -> Application:
    sandbox = Sandbox(quotas=_PLENTY, state_path=path)
    sandbox.seed("POST", ["credentials", "ssh_keys"], _KEY)
    for _ in range(count):
        sandbox.seed("POST", ["clusters"], {"cluster": _CLUSTER})
    return Application(sandbox)


def _caller(application: Application, method: str, noun: str) -> Callable[[], None]:
    sandbox = application.sandbox
    key = {"username": sandbox.username, "apiKey": sandbox.api_key}
    body = json.dumps({"auth": {"RAX-KSKEY:apiKeyCredentials": key}}).encode()
    json_type = {"Content-Type": "application/json"}
    reply = application.handle("POST", "/identity/v2.0/tokens", json_type, body)
    headers = {**json_type, "X-Auth-Token": json.loads(reply.body)["access"]["token"]["id"]}
    content = json.dumps({"cluster": _CLUSTER}).encode() if method == "POST" else b""

    def call() -> None:
        status = application.handle(method, f"{_SERVICE}/{noun}", headers, content).status
        assert status in {200, 202}, status

    return call


def flavors_of_many(_url: str) -> float:
    many, single = _filled(_MANY), _filled(1)
    return interleaved(_caller(many, "GET", "flavors"), _caller(single, "GET", "flavors"), 500)


def create_among_many(_url: str) -> float:
    with TemporaryDirectory() as directory, ExitStack() as stack:
        applications = []
        for count in (_MANY, 1):
            application = _filled(count, Path(directory) / str(count))
            stack.callback(application.sandbox.close)
            applications.append(application)
        many, single = (_caller(application, "POST", "clusters") for application in applications)
        return interleaved(many, single, 200)


@contextmanager
def _serving(code: str) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def _token(port: int) -> str:
    key = {"username": "sandbox", "apiKey": Sandbox().api_key}
    body = json.dumps({"auth": {"RAX-KSKEY:apiKeyCredentials": key}})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/identity/v2.0/tokens", body, {"Content-Type": "application/json"})
    token: str = json.loads(connection.getresponse().read())["access"]["token"]["id"]
    connection.close()
    return token


def _rate(port: int, headers: dict[str, str]) -> float:
    """Requests in a second, from many clients that keep their connections where they may."""
    counts = [0] * _CLIENTS
    end = time.perf_counter() + _SECONDS

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while time.perf_counter() < end:
            connection.request("GET", f"{_SERVICE}/limits", headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / _SECONDS


def limits_from_many_clients(_url: str) -> float:
    with _serving(_SANDBOX) as ours, _serving(_BARE) as theirs:
        headers = {"X-Auth-Token": _token(ours)}
        return _rate(theirs, headers) / _rate(ours, headers)


SANDBOX_ROWS = [
    Row("sandbox: flavors, 10,000 clusters", "the same with 1 cluster", 1.30, flavors_of_many),
    Row("sandbox: create, 10,000 in a file", "the same with 1 cluster", 1.50, create_among_many),
    Row("sandbox: limits, 32 clients", "werkzeug and a constant", 2.00, limits_from_many_clients),
]
