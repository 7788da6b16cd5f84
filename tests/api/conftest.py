"""What the tests of the resources share: the wire, and a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lavaclient import Lava
from lavaclient._system.clock import use_clock
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.clock import MovedClock
from tests.support.recorder import Wire

PUBLIC_KEY = "ssh-rsa " + "AAAAB3NzaC1yc2EAAAADAQABAAABgQ" * 3 + " ada@desk"


@pytest.fixture
def wire(sandbox: SandboxServer) -> Wire:
    """What was sent to the service."""
    return Wire(sandbox)


@pytest.fixture
def clock(sandbox: SandboxServer) -> MovedClock:
    """The clock of `patient`."""
    return MovedClock(sandbox=sandbox.sandbox.clock)


@pytest.fixture
def patient(sandbox: SandboxServer, clock: MovedClock) -> Iterator[Lava]:
    """A client whose pauses take no time."""
    service = sandbox.sandbox
    with (
        use_clock(clock),
        Lava(
            service.username, region="DFW", api_key=service.api_key, auth_url=sandbox.auth_url
        ) as client,
    ):
        yield client
