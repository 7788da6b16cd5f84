"""Rows 1, 2, 33, 34, 37, 39 and 40: ids, signals, forks, logs, the environment."""

from __future__ import annotations

import gc
import http.client
import logging
import os
import pickle
import signal
import socket
import ssl
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from lavaclient import ConnectionError, InvalidError, Lava, LavaError, NotFoundError
from tests.faults.conftest import TOKEN, Client, Serve
from tests.support.fault_server import FaultServer, Step, answer, fin, raw
from tests.support.programs import run_python
from tests.support.threads import fork

IDS = {
    "a/b": "a%2Fb",
    "a?b": "a%3Fb",
    "a#b": "a%23b",
    "%2e%2e": "%252e%252e",
    "two words": "two%20words",
    "grün": "gr%C3%BCn",
    "a;b&c=d": "a%3Bb%26c%3Dd",
    "...": "...",
    "x" * 5000: "x" * 5000,
}


@pytest.mark.parametrize("segment", IDS)
def test_01_an_id_is_one_segment(segment: str, serve: Serve, client: Client) -> None:
    server = serve(answer(404, b'{"fault": {"message": "none"}}'))
    with pytest.raises(NotFoundError):
        client(server).distros.get(segment)
    assert [request.path for request in server.requests] == [f"/v2/123456/distros/{IDS[segment]}"]


@pytest.mark.parametrize(
    "identifier",
    [
        *("", ".", "..", "../x", "a/../b", "a/./b", "a/..", "..\\x", "a\nb", "a\x00", "\ud800"),
        *(None, b"id", ["id"], {"id": 1}, True, 1.5),
    ],
)
def test_02_what_is_no_id_is_an_invalid_error_and_not_sent(
    identifier: Any, serve: Serve, client: Client
) -> None:
    server = serve()
    lava = client(server)
    for call in (lava.distros.get, lava.clusters.get, lava.stacks.delete, lava.scripts.delete):
        with pytest.raises(InvalidError, match="_id"):
            call(identifier)
    with pytest.raises(InvalidError, match="node_id"):
        lava.nodes.delete("c-1", identifier)
    assert not server.connections


def test_02_an_int_of_too_many_digits_is_an_invalid_error(serve: Serve, client: Client) -> None:
    server, huge = serve(), 10**5000
    lava = client(server)
    create = partial(lava.clusters.create, "logs", username="ada", ssh_keys=["laptop"])
    tunnel = partial(lava.clusters.ssh_tunnel, "logs", remote_port=80, node_name="n")
    calls: dict[str, Callable[[], object]] = {
        "stack_id": lambda: create(huge),
        "user_scripts": lambda: create("s", user_scripts=[huge]),
        "cluster_id": lambda: lava.clusters.get(huge),
        "local_port": lambda: tunnel(local_port=huge),
        "tenant_id": lambda: Lava(None, "DFW", token="t0ken", tenant_id=huge),
    }
    for argument, call in calls.items():
        with pytest.raises(InvalidError, match=f"^{argument} "):
            call()
    assert not server.connections


def test_ints_and_uuids_are_ids(serve: Serve, client: Client) -> None:
    server = serve(answer(404, b""))
    own = uuid.uuid4()
    for identifier in (7, own):
        with pytest.raises(NotFoundError):
            client(server).distros.get(identifier)
    assert [request.path[-len(str(own)) :] for request in server.requests] == [
        "/v2/123456/distros/7"[-36:],
        str(own),
    ]


def test_33_ctrl_c_ends_a_request_and_the_client_goes_on(serve: Serve, client: Client) -> None:
    server = serve(lambda _: time.sleep(0.5), answer())
    lava = client(server)
    timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        lava.clusters.list()
    timer.join()
    assert lava.clusters.list() == []
    assert len(server.requests) == 2


def test_34_forked_children_get_their_own_answers() -> None:
    with FaultServer() as server:
        server.script = [_echo_of(server)]
        with Lava("user", token=TOKEN, endpoint=server.endpoint) as lava:
            for number in range(5):
                assert lava.distros.get(f"warm-{number}").id == f"warm-{number}"
            children = [_fork(lava, child) for child in range(4)]
            results = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
            assert results == [50, 50, 50, 50]
            assert lava.distros.get("still-mine").id == "still-mine"


def _echo_of(server: FaultServer) -> Step:
    def echo(connection: socket.socket) -> None:
        name = server.current().path.rpartition("/")[2]
        answer(body=f'{{"distro": {{"id": "{name}", "name": "n"}}}}'.encode())(connection)

    return echo


def _fork(lava: Lava, child: int) -> int:
    pid = fork()
    if pid:
        return pid
    right = 0
    try:
        for number in range(50):
            name = f"{child}-{number}"
            right += lava.distros.get(name).id == name
    finally:
        os._exit(right)


def test_37_no_socket_is_left_open_under_warnings_as_errors() -> None:
    lines = """
import gc, sys
from lavaclient import Lava, LavaError
lava = Lava("user", token="t" * 32, endpoint=sys.argv[1], max_retries=0)
lava.clusters.list()
try:
    lava.clusters.list()
except LavaError:
    pass
del lava
gc.collect()
"""
    with FaultServer(answer(), fin) as server:
        ran = run_python(lines, server.endpoint, flags=("-X", "dev", "-W", "error"))
    assert ran.stderr == ""


SECRET = "a-secret-of-the-request-4711"


@pytest.mark.parametrize("kind", ["status line", "header", "body", "reset"])
def test_39_no_secret_is_logged_or_raised(
    kind: str,
    serve: Serve,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    echo = f"{TOKEN} {SECRET}".encode()
    steps = {
        "status line": raw(b"HTTP/1.1 " + echo + b"\r\n\r\n"),
        "header": raw(b"HTTP/1.1 400 " + echo + b"\r\nX-Request-Id: " + echo + b"\r\n\r\n"),
        "body": answer(400, b'{"message": "' + echo + b'"}'),
        "reset": fin,
    }
    server = serve(steps[kind])
    with caplog.at_level(logging.DEBUG), pytest.raises(LavaError) as caught:
        client(server).credentials.create_ambari("admin", SECRET)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    chain: BaseException | None = caught.value
    while chain is not None:
        shown += str(chain) + repr(chain.args)
        chain = chain.__cause__ or chain.__context__
    shown += str(pickle.loads(pickle.dumps(caught.value)).__dict__)
    shown += "".join(record.getMessage() for record in caplog.records) + "".join(capfd.readouterr())
    # The tests' own lines stand in the traceback, but they name no value.
    assert TOKEN not in shown
    assert SECRET not in shown


def test_a_request_is_one_debug_line(
    serve: Serve, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    lava = client(serve(answer(headers={"X-Request-Id": "req-9"})))
    with caplog.at_level(logging.DEBUG, "lavaclient"):
        lava.clusters.list()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "lavaclient"]
    assert line.startswith("GET clusters 200 ")
    assert line.endswith(" ms req-9")


def test_the_log_is_silent_by_default() -> None:
    lines = """
import sys
from lavaclient import Lava, LavaError
try:
    Lava("user", token="t" * 32, endpoint=sys.argv[1], max_retries=0).clusters.list()
except LavaError:
    pass
"""
    with FaultServer(fin) as server:
        ran = run_python(lines, server.endpoint)
    assert ran.stdout + ran.stderr == ""


def test_40_netrc_is_not_used(
    serve: Serve, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine localhost login somebody password hunter222\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve()
    lava = client(server)
    lava.clusters.list()
    lava.session.get(f"{server.endpoint}/x", params={"a": "b"}, authenticated=False)
    assert [request.headers.get("authorization") for request in server.requests] == [None, None]
    assert server.requests[1].path == "/v2/123456/x?a=b"


def test_40_proxy_variables_are_honoured(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = serve(), serve()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    client(server).clusters.list()
    assert [request.path for request in proxy.requests] == [f"{server.endpoint}/clusters"]
    assert not server.requests
    monkeypatch.setenv("NO_PROXY", "localhost")
    client(server).clusters.list()
    assert len(server.requests) == 1


def test_40_a_proxy_that_refuses_a_tunnel_was_never_asked_to_send(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(answer(407, b""))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    with pytest.raises(ConnectionError) as caught:
        client("https://dfw.example/v2/123456", max_retries=2).clusters.services("stop", "c", [])
    assert not caught.value.maybe_applied
    assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert len(proxy.requests) == 3


def test_40_the_environments_bundle_is_used(
    serve: Serve, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    server = serve(context=context)
    assert client(server).clusters.list() == []


def test_cookies_are_not_kept(serve: Serve, client: Client) -> None:
    server = serve(answer(headers={"Set-Cookie": "who=me; Path=/"}))
    lava = client(server)
    lava.clusters.list()
    lava.clusters.list()
    assert "cookie" not in server.requests[1].headers


def test_64_threads_share_the_pool_without_a_word(serve: Serve, client: Client) -> None:
    server = serve()
    lava = client(server)
    failures: list[BaseException] = []

    def call() -> None:
        try:
            for _ in range(5):
                lava.clusters.list()
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=call) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert server.connections <= 64
    assert len(server.requests) == 320


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("act", ["close", "call and close", "forget"])
def test_34_a_child_that_closes_leaves_its_parents_connections_open(
    secure: bool, act: str, serve: Serve, client: Client, tmp_path: Path
) -> None:
    context = None
    options: dict[str, object] = {}
    if secure:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        options["verify_ssl"] = str(tmp_path / "ca.pem")
    server = serve(answer(), context=context)
    lava = client(server, **options)
    lava.clusters.list()
    pid = fork()
    if not pid:
        try:
            if act == "call and close":
                lava.clusters.list()
            if act != "forget":
                lava.close()
            lava.session.session.adapters.clear()
            gc.collect()
        except BaseException:  # noqa: BLE001 (a child of the tests' process ends here, however)
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert lava.clusters.list() == []
    assert server.connections == (2 if act == "call and close" else 1)
