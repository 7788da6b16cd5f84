"""The sandbox under test, asked in-process and over a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.sandbox_callers import Caller, DirectCaller, SocketCaller


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still, at 2015-10-16T12:53:20Z."""
    return ManualClock(1_445_000_000.0)


@pytest.fixture
def sandbox(clock: ManualClock) -> Sandbox:
    """A sandbox whose ids are the same each time."""
    return Sandbox(clock, seed=1)


@pytest.fixture
def direct(sandbox: Sandbox) -> DirectCaller:
    """Asks the sandbox without sockets."""
    return DirectCaller(sandbox)


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    """The sandbox on a port."""
    with SandboxServer(sandbox) as server:
        yield server


@pytest.fixture(params=["direct", "socket"])
def caller(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Caller]:
    """Asks the sandbox, in-process in one run of the test and over a socket in the other."""
    if request.param == "direct":
        yield DirectCaller(sandbox)
        return
    with SandboxServer(sandbox) as server, requests.Session() as session:
        session.trust_env = False
        yield SocketCaller(server, session)
