"""pytest fixtures: ``lava_sandbox``, a sandbox of the service, and ``lava``, a client of it.

Switch them on in ``conftest.py`` with ``pytest_plugins = ["lavaclient.testing.plugin"]``, or on the
command line with ``-p lavaclient.testing.plugin``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lavaclient.client import Lava
from lavaclient.testing import LavaSandbox, MockLava, SandboxHandle

__all__ = ["lava", "lava_sandbox"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "lava_sandbox(server=False, **options): how the lava_sandbox of a test is made: with the"
        " options of mock_lava, or with server=True on a port, with those of LavaSandbox.",
    )


@pytest.fixture
def lava_sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxHandle]:
    """A sandbox for one test, in its process; the marker ``lava_sandbox`` gives it options."""
    options: dict[str, object] = {}
    for marker in request.node.iter_markers("lava_sandbox"):
        if marker.args:
            raise pytest.UsageError("lava_sandbox takes options by name, as in seed=1")
        # The nearest marker comes first, and wins.
        options = {**marker.kwargs, **options}
    maker = LavaSandbox if options.pop("server", False) else MockLava
    with maker(**options) as sandbox:  # type: ignore[arg-type]  # the user's own
        yield sandbox


@pytest.fixture
def lava(lava_sandbox: SandboxHandle) -> Lava:
    """A client that has signed in to ``lava_sandbox``, and lives in its time."""
    return lava_sandbox.lava()
