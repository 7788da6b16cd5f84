"""Rows 31 and 43: a token is hidden wherever it came from, and whoever repeats it."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token

from lavaclient import Lava, error
from lavaclient.identity import RackspaceApiKey
from tests.auth.test_answers import shown
from tests.support.fake_cloud import KEY, USER, FakeCloud, Reply
from tests.support.recorder import SentRequest

ODD = "t0ken/with+odd=letters"


class EchoingCloud(FakeCloud):
    """Repeats, once told to, the token that it has got in what it refuses."""

    echoes = False

    def answer(self, request: SentRequest, /) -> object:
        if not self.echoes:
            return super().answer(request)
        if request.path.endswith("/tokens"):
            return Reply(401, {"unauthorized": {"message": f"no {' '.join(sorted(self.good))}"}})
        token = request.headers["X-Auth-Token"]
        quoted = urllib.parse.quote(token)
        message = f"odd: {token} {quoted} {token[:9]}\n{token[9:]}"
        return Reply(400, {"fault": {"message": message}}, {"x-request-id": token})


@pytest.fixture
def cloud() -> Iterator[EchoingCloud]:
    with EchoingCloud() as started:
        yield started


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


Make = Callable[[EchoingCloud, Path, ExitStack], Lava]


def outside(plugin: BaseAuthPlugin, cloud: EchoingCloud, stack: ExitStack) -> Lava:
    session = Session(auth=plugin)
    stack.callback(session.session.close)
    options: dict[str, object] = {"api_key": None, "auth_url": None, "region": None}
    return cloud.client(**options, session=session, endpoint=cloud.endpoint())


def from_cache(cloud: EchoingCloud, path: Path, stack: ExitStack) -> Lava:
    cloud.client(token_cache=path / "token").close()
    return cloud.client(token_cache=path / "token")


def from_cache_with_endpoint(cloud: EchoingCloud, path: Path, stack: ExitStack) -> Lava:
    options: dict[str, object] = {"region": None, "endpoint": cloud.endpoint()}
    cloud.client(token_cache=path / "token", **options).close()
    return cloud.client(token_cache=path / "token", **options)


def from_caller(cloud: EchoingCloud, path: Path, stack: ExitStack) -> Lava:
    cloud.good.add(ODD)
    return cloud.client(api_key=None, region=None, token=ODD, endpoint=cloud.endpoint())


def from_outside(cloud: EchoingCloud, path: Path, stack: ExitStack) -> Lava:
    cloud.good.add(ODD)
    return outside(Token(cloud.endpoint(), ODD), cloud, stack)


def from_auth_state(cloud: EchoingCloud, path: Path, stack: ExitStack) -> Lava:
    cloud.clock.now = 4_000_000_000.0  # the plugins go by the machine's own clock
    first, second = (RackspaceApiKey(USER, KEY, cloud.auth_url) for _ in range(2))
    session = Session(auth=first)
    stack.callback(session.session.close)
    session.get_token()
    second.set_auth_state(first.get_auth_state())
    return outside(second, cloud, stack)


WAYS: dict[str, Make] = {
    "sign-in": lambda cloud, path, stack: cloud.client(),
    "cache": from_cache,
    "cache and endpoint": from_cache_with_endpoint,
    "caller": from_caller,
    "outside session": from_outside,
    "auth state": from_auth_state,
}


@pytest.mark.parametrize("way", WAYS)
def test_31_a_token_is_hidden_wherever_it_came_from(
    cloud: EchoingCloud, tmp_path: Path, stack: ExitStack, way: str
) -> None:
    with WAYS[way](cloud, tmp_path, stack) as lava:
        lava.limits.get()
        (token,) = cloud.good
        assert lava.token == token
        sign_ins = cloud.sign_ins
        cloud.echoes = True
        with pytest.raises(error.BadRequestError) as caught:
            lava.limits.get()
    assert cloud.sign_ins == sign_ins
    assert caught.value.request_id == "[hidden]"
    assert caught.value.message.count("[hidden]") == 3
    for part in (token, token[:9], token[9:], urllib.parse.quote(token)):
        assert part not in shown(caught.value)


def test_31_identity_that_repeats_a_cached_token_does_not_show_it(
    cloud: EchoingCloud, tmp_path: Path
) -> None:
    cloud.client(token_cache=tmp_path / "token").close()
    cloud.echoes = True
    with (
        cloud.client(token_cache=tmp_path / "token") as lava,
        pytest.raises(error.AuthorizationError) as caught,
    ):
        lava.reauthenticate()
    assert caught.value.message == "no [hidden]"


def test_31_identity_that_repeats_the_token_of_an_auth_state_does_not_show_it(
    cloud: EchoingCloud,
) -> None:
    first, second = (RackspaceApiKey(USER, KEY, cloud.auth_url) for _ in range(2))
    session = Session(auth=first)
    session.get_token()
    second.set_auth_state(first.get_auth_state())
    cloud.echoes = True
    second.invalidate()
    with pytest.raises(error.AuthorizationError) as caught:
        second.get_token(session)
    session.session.close()
    assert caught.value.message == "no [hidden]"


def test_31_the_secrets_of_a_request_are_hidden_in_each_way_that_an_answer_may_write_them(
    cloud: EchoingCloud,
) -> None:
    password = 'p&ss/"wörd" 12'
    with cloud.client() as lava:
        for written in (
            password,
            json.dumps(password)[1:-1],
            urllib.parse.quote(password),
            urllib.parse.quote_plus(password).lower(),
            password.replace(" ", "\r\n "),
        ):
            reply = Reply(400, {"message": f"weak: {written}"})
            cloud.answer = lambda request, reply=reply: reply  # type: ignore[method-assign,misc]
            for send in (lava.credentials.create_ambari, lava.credentials.update_ambari):
                with pytest.raises(error.BadRequestError) as caught:
                    send("admin", password)
                assert caught.value.message == "weak: [hidden]"
