"""Rows 43 and 59: what shows frames and objects when something fails shows no secret."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType

import pytest
import requests
from keystoneauth1.session import Session

import lavaclient
from lavaclient import InvalidError, Lava
from lavaclient.identity import RackspaceApiKey
from tests.faults.conftest import Serve
from tests.support.fake_cloud import FakeCloud, Reply
from tests.support.fault_server import FaultServer, answer, cut, raw, reset, stall

HERE = os.path.dirname(os.path.dirname(__file__))
KEY = "0123456789abcdef-the-key"
TOKEN = "f00dfeedf00dfeed-the-token"
PASSWORD = "the-password-of-ambari"
PUBLIC_KEY = "ssh-rsa " + "AAAAB3NzaC1yc2EAAAADAQABAAABgQ" * 3 + " ada@desk"
SECRETS = (KEY, TOKEN, PASSWORD, PUBLIC_KEY)


def frames(trace: TracebackType | None) -> Iterator[tuple[str, dict[str, object]]]:
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_frame.f_locals
        trace = trace.tb_next


def shown(failure: BaseException) -> str:
    """All that a tool may print of a failure: texts, and every variable of every frame."""
    parts: list[str] = []
    waiting: list[BaseException | None] = [failure]
    known: set[int] = set()
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in known:
            continue
        known.add(id(link))
        parts += [str(link), repr(link), repr(vars(link))]
        for filename, variables in frames(link.__traceback__):
            if not filename.startswith(HERE):  # a test's own frames are the test's
                parts += [f"{filename} {name}={value!r}" for name, value in variables.items()]
        waiting += [link.__cause__, link.__context__]
    return "\n".join(parts)


def check(failing: Callable[[], object], *secrets: str) -> BaseException:
    with pytest.raises(BaseException) as caught:
        failing()
    text = shown(caught.value)
    lines = [line for line in text.splitlines() for secret in secrets or SECRETS if secret in line]
    assert lines == []
    return caught.value


def by_key(server: FaultServer | str = "http://localhost:1", **options: object) -> Lava:
    url = server if isinstance(server, str) else server.url
    values = {"api_key": KEY, "auth_url": url, "max_retries": 0, **options}
    return Lava("ada", "DFW", **values)  # type: ignore[arg-type]


def by_token(server: FaultServer, **options: object) -> Lava:
    return Lava("ada", token=TOKEN, endpoint=server.endpoint, max_retries=0, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1},
        {"token_cache": 5},
        {"auth_url": "ftp://x"},
        {"auth_url": "https://x/v3"},
        {"verify_ssl": "/no/such/file"},
        {"endpoint": "https://x/v2"},
        {"tenant_id": []},
        {"api_key": KEY + "\n"},
        {"token": TOKEN + "\x00"},
        {"username": None},
        {"session": Session()},
    ],
)
def test_43_a_wrong_option_shows_no_secret(options: dict[str, object]) -> None:
    values = {"username": "ada", "region": "DFW", "api_key": KEY, "token": TOKEN, **options}
    check(lambda: Lava(**values))  # type: ignore[arg-type]


def test_43_a_wrong_environment_shows_no_secret() -> None:
    environ = {"LAVA_API_KEY": KEY, "LAVA_AUTH_TOKEN": TOKEN}
    check(lambda: Lava.from_env(environ))
    check(lambda: Lava.from_env({**environ, "LAVA_REGION_NAME": "DFW", "LAVA_TIMEOUT": "soon"}))
    check(lambda: Lava.from_env(environ, region="DFW", timeout=-1))


SIGN_INS = {
    "refused": answer(401, b"{}"),
    "html": answer(200, b"<html>" + TOKEN.encode()),
    "nonsense": answer(200, b'{"access": {"token": {"id": "%s", "expires": 5}}}' % TOKEN.encode()),
    "no catalog": answer(200, b'{"access": {"token": {"id": "%s"}}}' % TOKEN.encode()),
    "echo": answer(400, KEY.encode()),
    "down": answer(503, b""),
    "reset": reset,
    "cut": cut,
    "garbage": raw(b"SSH-2.0\r\n\r\n"),
    "silence": stall,
}


@pytest.mark.parametrize("kind", SIGN_INS)
def test_43_a_sign_in_that_fails_shows_no_secret(kind: str, serve: Serve) -> None:
    server = serve(SIGN_INS[kind])
    check(lambda: by_key(server, timeout=0.5))
    if kind != "echo":  # which repeats a key that this client does not know
        check(lambda: by_key(server, timeout=0.5, api_key=None, token=TOKEN))
    if kind != "silence":
        with requests.Session() as wire:
            plain = Session(auth=RackspaceApiKey("ada", KEY, server.url), session=wire)
            check(plain.get_token)


def test_43_where_nothing_listens_no_secret_is_shown() -> None:
    check(lambda: by_key("http://127.0.0.1:1"))
    check(lambda: by_key("https://127.0.0.1:1"))


CALLS: dict[str, Callable[[Lava], object]] = {
    "create_ambari": lambda lava: lava.credentials.create_ambari("ada", PASSWORD),
    "update_ambari": lambda lava: lava.credentials.update_ambari("ada", PASSWORD),
    "create_cloud_files": lambda lava: lava.credentials.create_cloud_files("ada", PASSWORD),
    "create_ssh_key": lambda lava: lava.credentials.create_ssh_key("desk", PUBLIC_KEY),
    "list": lambda lava: lava.clusters.list(),
    "get": lambda lava: lava.clusters.get("c"),
    "resize": lambda lava: lava.clusters.resize("c", {"slave": {"count": 3}}),
}
ANSWERS = {
    "refused": answer(401, b"{}"),
    "failed": answer(500, b"{}"),
    "echo": answer(400, TOKEN.encode()),
    "html": answer(200, b"<html>"),
    "wrong": answer(200, b'{"clusters": 5}'),
    "gzip": answer(200, b"no gzip", {"Content-Encoding": "gzip"}),
    "redirect": answer(302, b"", {"Location": "https://elsewhere.example/"}),
    "reset": reset,
    "cut": cut,
    "garbage": raw(b"220 mail\r\n"),
    "silence": stall,
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("call", CALLS)
def test_43_a_call_that_fails_shows_no_secret(kind: str, call: str, serve: Serve) -> None:
    with by_token(serve(ANSWERS[kind]), timeout=0.3) as lava:
        check(lambda: CALLS[call](lava))


@pytest.mark.parametrize("call", [name for name in CALLS if name.endswith(("_ambari", "_files"))])
def test_43_a_password_that_is_echoed_is_not_shown(call: str, serve: Serve) -> None:
    with by_token(serve(answer(400, f"bad: {PASSWORD}".encode()))) as lava:
        check(lambda: CALLS[call](lava))


@pytest.mark.parametrize(
    "call",
    [
        lambda lava: lava.credentials.create_ambari("ad", PASSWORD),
        lambda lava: lava.credentials.create_cloud_files("ada", PASSWORD * 10),
        lambda lava: lava.credentials.create_s3("short", PASSWORD),
        lambda lava: lava.credentials.create_ssh_key("d", PUBLIC_KEY),
        lambda lava: lava.credentials.update_ambari("ada", PASSWORD * 100),
    ],
)
def test_43_a_wrong_argument_shows_no_secret(call: Callable[[Lava], object], serve: Serve) -> None:
    with by_token(serve()) as lava:
        assert isinstance(check(lambda: call(lava)), InvalidError)


def test_43_a_refresh_that_fails_shows_no_secret() -> None:
    with FakeCloud() as cloud, cloud.client() as lava:
        cloud.kill()
        cloud.outage = Reply(500, {})
        check(lava.clusters.list, lava.token, "807895ec1ec4ca255e49ccc6715bf29f")


def test_43_what_a_hook_raises_passes_without_the_frames_that_hold_the_request(
    serve: Serve,
) -> None:
    def hook(response: requests.Response, **options: object) -> None:
        response.close()
        raise LookupError("a bug of the hook's")

    with by_token(serve()) as lava:
        lava.session.session.hooks["response"].append(hook)
        failure = check(lava.clusters.list)
    assert isinstance(failure, LookupError)
    names = [line.name for line in traceback.extract_tb(failure.__traceback__)]
    assert names[-1] == "hook"


def test_43_no_object_shows_a_secret(serve: Serve) -> None:
    with by_token(serve(), token_cache="/nonexistent/x") as lava:
        for thing in (lava, lava.session, lava.session.auth, lava._connection):
            assert TOKEN not in repr(thing) + repr(vars(thing))
        assert TOKEN not in repr(lava._options) + repr(lava._connection.token())


@pytest.mark.parametrize("cls", [Lava, RackspaceApiKey])
def test_59_an_object_whose_construction_failed_half_way_has_a_repr(
    cls: type[Lava | RackspaceApiKey],
) -> None:
    assert cls.__name__ in repr(cls.__new__(cls))


def test_59_locals_can_be_captured_when_the_construction_fails() -> None:
    with pytest.raises(InvalidError) as caught:
        Lava("ada", "DFW", api_key=KEY, timeout=-1)
    captured = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(captured.format())
    assert os.path.dirname(lavaclient.__file__) in text
