"""The token cache that the documented page shows, run as it stands."""

from __future__ import annotations

import json
import os.path
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import responses

from lavaclient import Lava
from lavaclient._config.urls import DEFAULT_AUTH_URL
from tests.support.fake_cloud import KEY, TENANT, USER, FakeCloud, Reply
from tests.support.recorder import SentRequest

EXAMPLE = """
def make_client(username, region, api_key, tenant_id):
    if os.path.isfile(TOKEN_CACHE):
        with open(TOKEN_CACHE, 'r') as f:
            token = f.read().strip()
    else:
        token = None

    client = Lava(username,
                  token=token,
                  region=region,
                  api_key=api_key,
                  tenant_id=tenant_id)

    with open(TOKEN_CACHE, 'w') as f:
        f.write(client.token)

    return client
"""


@pytest.fixture
def rackspace(cloud: FakeCloud) -> Iterator[FakeCloud]:
    """The cloud, with identity at the default URL and all of it over HTTPS."""
    cloud.url = "https://cloud.example"

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        body = request.body if isinstance(request.body, bytes) else b""
        sent = SentRequest(
            str(request.method),
            request.path_url,
            {name: str(value) for name, value in request.headers.items()},
            body,
        )
        cloud.requests.append(sent)
        reply = cloud.answer(sent)
        assert isinstance(reply, Reply)
        return reply.status, {}, json.dumps(reply.body)

    with responses.RequestsMock() as mock:
        mock.add_callback("GET", f"{cloud.endpoint()}/limits", callback=answer)
        mock.add_callback("POST", f"{DEFAULT_AUTH_URL}/tokens", callback=answer)
        yield cloud


@pytest.fixture
def make_client(tmp_path: Path) -> Callable[[], Lava]:
    names: dict[str, object] = {
        "Lava": Lava,
        "os": os,
        "TOKEN_CACHE": str(tmp_path / "lava_token"),
    }
    exec(EXAMPLE, names)
    make_client = names["make_client"]
    assert callable(make_client)

    def call() -> Lava:
        client: Lava = make_client(USER, "DFW", KEY, int(TENANT))
        return client

    return call


def sign_in_bodies(cloud: FakeCloud) -> list[str]:
    """How identity was asked: by key or by token."""
    bodies = [
        json.loads(request.body)["auth"]
        for request in cloud.requests
        if request.path.endswith("/tokens")
    ]
    return ["token" if "token" in body else "key" for body in bodies]


def test_the_page_with_no_cached_token(
    rackspace: FakeCloud, make_client: Callable[[], Lava], tmp_path: Path
) -> None:
    with make_client() as client:
        assert client.limits.get().ram.limit == 10
        assert (tmp_path / "lava_token").read_text() == client.token
    assert sign_in_bodies(rackspace) == ["key"]


def test_the_page_with_a_good_cached_token(
    rackspace: FakeCloud, make_client: Callable[[], Lava], tmp_path: Path
) -> None:
    make_client().close()
    with make_client() as client:
        assert client.limits.get().ram.limit == 10
        assert (tmp_path / "lava_token").read_text() == client.token
    assert sign_in_bodies(rackspace) == ["key", "token"]


def test_the_page_with_a_dead_cached_token(
    rackspace: FakeCloud, make_client: Callable[[], Lava], tmp_path: Path
) -> None:
    make_client().close()
    rackspace.kill()
    with make_client() as client:
        assert client.limits.get().ram.limit == 10
        assert client.token in rackspace.good
        assert (tmp_path / "lava_token").read_text() == client.token
    assert sign_in_bodies(rackspace) == ["key", "token", "key"]
