"""Servers that misbehave, and clients whose time is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from lavaclient import Lava
from tests.support.fake_identity import MovedClock
from tests.support.fault_server import FaultServer, Step

TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeed"

Serve = Callable[..., FaultServer]
Client = Callable[..., Lava]


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that are closed after the test."""
    with ExitStack() as stack:

        def start(*script: Step | str, **options: object) -> FaultServer:
            return stack.enter_context(FaultServer(*script, **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture(params=["through keystoneauth1", "without it"])
def way(request: pytest.FixtureRequest) -> None:
    """Both ways that a client's requests may go: see lavaclient._carrier."""
    if request.param == "without it":
        request.getfixturevalue("nobody_imported_keystoneauth1")


@pytest.fixture
def client(clock: MovedClock, way: None) -> Iterator[Client]:
    """Makes clients of a server, by token; nothing is sent for that."""
    moved = type("Moved", (Lava,), {"_clock": clock})
    with ExitStack() as stack:

        def make(server: FaultServer | str, **options: object) -> Lava:
            endpoint = server if isinstance(server, str) else server.endpoint
            made = {"token": TOKEN, "endpoint": endpoint, "retry_backoff": 0.1, **options}
            lava = moved("user", **made)
            assert isinstance(lava, Lava)
            return stack.enter_context(lava)

        yield make
