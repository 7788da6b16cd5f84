"""What all answers have in common: paths, methods, request ids, fault bodies."""

from __future__ import annotations

import io
from collections.abc import Callable
from wsgiref.util import setup_testing_defaults

import pytest

from lavaclient.sandbox import Fault, Sandbox
from lavaclient.sandbox.http.app import Application
from tests.support.sandbox_callers import PUBLIC_KEY, Caller, DirectCaller


@pytest.mark.parametrize("path", ["limits", "clusters/none", "nothing"])
def test_every_answer_has_a_request_id_of_its_own(caller: Caller, path: str) -> None:
    """Good or bad."""
    first, second = caller.get(path), caller.get(path)
    assert first.headers["X-Request-Id"].startswith("req-")
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert first.headers["Content-Type"] == "application/json"


def test_no_content_has_neither_length_nor_type(caller: Caller) -> None:
    """As HTTP has it for 204."""
    answer = caller.delete(f"scripts/{caller.script()}")
    assert answer.status == 204
    assert answer.body is None
    assert not {"Content-Length", "Content-Type"} & set(answer.headers)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing",
        "clusters/",
        "clusters//nodes",
        "clusters/a/b",
        "clusters/none/nodes",
        "clusters/..%2Fflavors",
        "clusters/a%2Fnodes",
        "distros/HDP9",
        "stacks/none",
    ],
)
def test_a_path_that_leads_nowhere_is_a_404(caller: Caller, path: str) -> None:
    """An encoded slash stays within its segment."""
    answer = caller.get(path)
    assert answer.status == 404
    assert answer.body["fault"]["code"] == 404


@pytest.mark.parametrize("path", ["/favicon.ico", "/dfw", "/dfw/v2", "/xyz/v2/123456/clusters"])
def test_a_path_outside_of_the_service_is_a_404(caller: Caller, path: str) -> None:
    """With a token or without one."""
    assert caller.ask("GET", path, headers={"X-Auth-Token": caller.sign_in()}).status == 404


def test_version_1_is_in_the_catalog_but_answers_404(caller: Caller) -> None:
    """So that a client which takes the wrong endpoint shows."""
    headers = {"X-Auth-Token": caller.sign_in()}
    answer = caller.ask("GET", "/dfw/v1.0/123456/clusters", headers=headers)
    assert answer.status == 404
    assert answer.body["fault"]["code"] == 404


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "clusters"), ("POST", "limits"), ("DELETE", "distros/HDP2.3")]
)
def test_a_method_that_a_path_does_not_know_is_a_405(
    caller: Caller, method: str, path: str
) -> None:
    """The message names those that it does."""
    answer = caller.call(method, path, {} if method != "DELETE" else None)
    assert answer.status == 405
    assert "is not allowed here" in answer.message


def test_the_region_may_be_written_in_any_case(caller: Caller) -> None:
    """In the URL."""
    caller.region = "Dfw"
    assert caller.get("limits").status == 200


def test_a_body_must_say_that_it_is_json(caller: Caller) -> None:
    """curl -d says something else by default."""
    headers = {"X-Auth-Token": caller.sign_in(), "Content-Type": "text/plain"}
    answer = caller.ask("POST", "/dfw/v2/123456/scripts", b"{}", headers)
    assert answer.status == 400
    assert answer.message == "Content-Type: must be application/json, not 'text/plain'"


def test_a_charset_beside_the_type_is_fine(caller: Caller) -> None:
    """As some libraries send it."""
    headers = {
        "X-Auth-Token": caller.sign_in(),
        "Content-Type": "application/json; charset=utf-8",
    }
    body = {"script": {"name": "n", "type": "POST_INIT", "url": "https://example.com"}}
    assert caller.ask("POST", "/dfw/v2/123456/scripts", body, headers).status == 200


@pytest.mark.parametrize("path", ["limits?limit=5", "clusters/x?a=b", "clusters?colour=red"])
def test_an_unknown_query_parameter_is_refused(caller: Caller, path: str) -> None:
    """So that an id which turned into a query shows."""
    answer = caller.get(path)
    assert answer.status == 400
    assert "there is no such query parameter" in answer.message


def test_a_query_parameter_given_twice_is_refused(caller: Caller) -> None:
    """It is not clear which is meant."""
    assert "given twice" in caller.get("clusters?limit=1&limit=2").message


def test_the_request_log_shows_what_came(caller: Caller) -> None:
    """With method, path, query, headers, body and the status of the answer."""
    caller.get("clusters?limit=7")
    caller.key()
    listed, created = caller.sandbox.requests[-2:]
    assert (listed.method, listed.path) == ("GET", "/dfw/v2/123456/clusters")
    assert listed.query == "limit=7"
    assert listed.parameters == {"limit": "7"}
    assert listed.headers["x-auth-token"] == caller.token
    assert listed.status == 200
    assert created.json() == {"ssh_keys": {"key_name": "somekey", "public_key": PUBLIC_KEY}}
    assert created.status == 201
    assert caller.sandbox.requests.matching("POST", "/ssh_keys") == [created]


def test_the_request_log_shows_no_secrets_in_its_repr(direct: DirectCaller) -> None:
    """Neither tokens nor keys."""
    token = direct.sign_in()
    direct.get("limits")
    shown = repr(list(direct.sandbox.requests))
    assert token not in shown
    assert direct.sandbox.api_key not in shown


def test_the_request_log_forgets_the_oldest_of_very_many(direct: DirectCaller) -> None:
    """Some thousands are kept."""
    log = direct.sandbox.requests
    direct.get("limits")
    entry = log[-1]
    for _ in range(10_000):
        log.append(entry)
    assert 9_000 <= len(log) <= 10_000


def _ask_wsgi(sandbox: Sandbox, **environ: object) -> tuple[str, bytes]:
    started: list[str] = []

    def start(status: str, _headers: object, _error: object = None, /) -> Callable[[bytes], object]:
        started.append(status)
        return io.BytesIO().write

    setup_testing_defaults(environ)
    content = b"".join(Application(sandbox)(environ, start))
    return started[0], content


def test_it_is_a_wsgi_application(sandbox: Sandbox) -> None:
    """For any server, also one that hands on no raw URL."""
    body = b'{"auth": {"token": {"id": "x"}}}'
    status, content = _ask_wsgi(
        sandbox,
        REQUEST_METHOD="POST",
        PATH_INFO="/identity/v2.0/tokens",
        QUERY_STRING="a=b",
        CONTENT_TYPE="application/json",
        CONTENT_LENGTH=str(len(body)),
        HTTP_CLIENT_REQUEST_ID="abc",
        **{"wsgi.input": io.BytesIO(body)},
    )
    assert status == "401 Unauthorized"
    assert b"unauthorized" in content
    assert sandbox.requests[-1].query == "a=b"
    assert sandbox.requests[-1].headers["Client-Request-ID"] == "abc"


def test_as_wsgi_it_takes_the_raw_url_where_there_is_one(sandbox: Sandbox) -> None:
    """Decoded paths would merge segments."""
    _ask_wsgi(sandbox, PATH_INFO="/a/b", RAW_URI="/a%2Fb?c=d")
    assert sandbox.requests[-1].path == "/a%2Fb"
    assert sandbox.requests[-1].query == "c=d"


def test_a_status_that_http_has_no_name_for_is_sent_all_the_same(sandbox: Sandbox) -> None:
    """Proxies make some up."""
    sandbox.faults.add(Fault("status", code=599))
    assert _ask_wsgi(sandbox)[0] == "599 Unknown"


def test_a_path_alone_is_taken_for_one_of_the_base_url(direct: DirectCaller) -> None:
    """Its links then name the base URL."""
    direct.url = ""
    href = direct.get("distros").body["distros"][0]["links"][0]["href"]
    assert href == "http://127.0.0.1:8642/dfw/v2/123456/distros/HDP1.3"


def test_the_log_callback_gets_one_line_a_request(sandbox: Sandbox) -> None:
    """Readable, with the query and without any header."""
    lines: list[str] = []
    application = Application(sandbox, log=lines.append)
    application.handle("GET", "/dfw/v2/123456/clusters?limit=1")
    assert len(lines) == 1
    assert lines[0].startswith("GET /dfw/v2/123456/clusters?limit=1 401 ")
    assert "req-" in lines[0]
