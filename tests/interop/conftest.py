"""A way to sign in to the sandbox, and a way to run lines in a process of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from lavaclient import Lava
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.programs import run_python

Connect = Callable[[], Lava]
RunLines = Callable[..., str]


@pytest.fixture
def connect(sandbox: SandboxServer) -> Iterator[Connect]:
    """Signs in to the sandbox; nothing is tried twice."""
    with ExitStack() as stack:

        def sign_in() -> Lava:
            client = Lava(
                sandbox.sandbox.username,
                region="DFW",
                api_key=sandbox.sandbox.api_key,
                auth_url=sandbox.auth_url,
                max_retries=0,
            )
            return stack.enter_context(client)

        yield sign_in


@pytest.fixture
def run_lines(sandbox: SandboxServer) -> RunLines:
    """Runs a program whose environment leads to the sandbox, and returns what it printed."""

    def run(lines: str) -> str:
        service = sandbox.sandbox
        variables = {
            "LAVA_USERNAME": service.username,
            "LAVA_API_KEY": service.api_key,
            "LAVA_REGION_NAME": "DFW",
            "LAVA_AUTH_URL": sandbox.auth_url,
        }
        return run_python(lines, environ={**os.environ, **variables}).stdout

    return run
