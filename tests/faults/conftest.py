"""Servers that misbehave, and clients whose time is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from lavaclient import Lava
from lavaclient._system.clock import use_clock
from tests.support.clock import MovedClock
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


@pytest.fixture
def client(clock: MovedClock) -> Iterator[Client]:
    """Makes clients of a server, by token; nothing is sent for that."""
    with ExitStack() as stack, use_clock(clock):

        def make(server: FaultServer | str, **options: object) -> Lava:
            endpoint = server if isinstance(server, str) else server.endpoint
            arguments = {"token": TOKEN, "endpoint": endpoint, "retry_backoff": 0.1, **options}
            return stack.enter_context(Lava("user", **arguments))  # type: ignore[arg-type]

        yield make
