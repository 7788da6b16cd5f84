"""The testing kit under test: the same handle, in-process in one run and on a port in the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lavaclient import Lava
from lavaclient.testing import LavaSandbox, SandboxHandle, mock_lava


@pytest.fixture(params=["mock", "server"])
def handle(request: pytest.FixtureRequest) -> Iterator[SandboxHandle]:
    """A sandbox whose ids are the same each time, in both ways."""
    with mock_lava(seed=1) if request.param == "mock" else LavaSandbox(seed=1) as handle:
        yield handle


@pytest.fixture
def lava(handle: SandboxHandle) -> Lava:
    """A client that has signed in."""
    return handle.lava()
