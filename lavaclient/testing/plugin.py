"""pytest fixtures: ``lava_sandbox``, a sandbox of the service, and ``lava``, a client of it.

Switch them on in ``conftest.py`` with ``pytest_plugins = ["lavaclient.testing.plugin"]``, or on the
command line with ``-p lavaclient.testing.plugin``. Fixtures of a wider scope get a sandbox from
``make_lava_sandbox``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from lavaclient.client import Lava
from lavaclient.testing import LavaSandbox, MockLava, SandboxHandle

__all__ = ["MakeLavaSandbox", "lava", "lava_sandbox", "make_lava_sandbox"]


class MakeLavaSandbox(Protocol):
    """Makes a sandbox."""

    def __call__(self, *, server: bool = False, **options: object) -> SandboxHandle:
        """Make one that answers at once: in the process, or with ``server=True`` on a port.

        Args:
            server: Whether it is a ``LavaSandbox``.
            **options: Those of ``mock_lava``, or of ``LavaSandbox``.
        """


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "lava_world(source): the world that the lava_sandbox of a test begins with: the path of a"
        " world file, the name of one that comes along, or a dict.",
    )
    config.addinivalue_line(
        "markers",
        "lava_sandbox(server=False, **options): how the lava_sandbox of a test is made: with the"
        " options of mock_lava, or with server=True on a port, with those of LavaSandbox.",
    )


@pytest.fixture(scope="session")
def make_lava_sandbox() -> Iterator[MakeLavaSandbox]:
    """A function that makes sandboxes for fixtures of any scope; leave them in a ``with``.

    What was not left is closed at the end of the session.
    """
    with ExitStack() as stack:

        def make(*, server: bool = False, **options: object) -> SandboxHandle:
            kind = LavaSandbox if server else MockLava
            return stack.enter_context(kind(**options))  # type: ignore[arg-type]  # the user's own

        yield make


@pytest.fixture
def lava_sandbox(
    request: pytest.FixtureRequest, make_lava_sandbox: MakeLavaSandbox
) -> Iterator[SandboxHandle]:
    """A sandbox for one test, in its process.

    The marker ``lava_sandbox`` gives it options, ``lava_world`` a world to begin with.
    """
    options: dict[str, object] = {}
    for marker in request.node.iter_markers("lava_sandbox"):
        if marker.args:
            raise pytest.UsageError("lava_sandbox takes options by name, as in seed=1")
        # The nearest marker comes first, and wins.
        options = {**marker.kwargs, **options}
    world = request.node.get_closest_marker("lava_world")
    if world is not None:
        options["world"] = world.args[0]
    server = bool(options.pop("server", False))
    with make_lava_sandbox(server=server, **options) as sandbox:
        yield sandbox


@pytest.fixture
def lava(lava_sandbox: SandboxHandle) -> Lava:
    """A client that has signed in to ``lava_sandbox``, and lives in its time."""
    return lava_sandbox.lava()
