"""What the tests of the resources share: the wire, and a clock that jumps."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lavaclient import Lava
from lavaclient._system.clock import use_clock
from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.http.server import SandboxServer

PUBLIC_KEY = "ssh-rsa " + "AAAAB3NzaC1yc2EAAAADAQABAAABgQ" * 3 + " ada@desk"


class Wire:
    """The requests that reached the sandbox's service."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self._sandbox = sandbox

    def clear(self) -> None:
        """Forget those so far."""
        self._sandbox.sandbox.requests.clear()

    @property
    def requests(self) -> list[SeenRequest]:
        """All of them, without those to identity."""
        return [seen for seen in self._sandbox.sandbox.requests if "/v2/" in seen.path]

    @property
    def lines(self) -> list[str]:
        """Method and path, relative to the endpoint, and query of each."""
        return [self._line(seen) for seen in self.requests]

    @property
    def last(self) -> tuple[str, object]:
        """The last one, with its body."""
        seen = self.requests[-1]
        return self._line(seen), json.loads(seen.body) if seen.body else None

    def _line(self, seen: SeenRequest) -> str:
        path = seen.path.partition(f"/v2/{self._sandbox.sandbox.tenant_id}/")[2]
        return f"{seen.method} {path}" + (f"?{seen.query}" if seen.query else "")


@pytest.fixture
def wire(sandbox: SandboxServer) -> Wire:
    """What was sent to the service."""
    return Wire(sandbox)


class JumpingClock:
    """The sandbox's clock for the client: a pause moves both, and takes no time."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self._clock = sandbox.sandbox.clock
        self.pauses: list[float] = []

    def time(self) -> float:
        """Tell the sandbox's time."""
        return self._clock.time()

    def monotonic(self) -> float:
        """Tell the same."""
        return self._clock.time()

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.pauses.append(seconds)
        self._clock.advance(seconds)


@pytest.fixture
def clock(sandbox: SandboxServer) -> JumpingClock:
    """The clock of `patient`."""
    return JumpingClock(sandbox)


@pytest.fixture
def patient(sandbox: SandboxServer, clock: JumpingClock) -> Iterator[Lava]:
    """A client whose pauses take no time."""
    service = sandbox.sandbox
    with (
        use_clock(clock),
        Lava(
            service.username, region="DFW", api_key=service.api_key, auth_url=sandbox.auth_url
        ) as client,
    ):
        yield client
