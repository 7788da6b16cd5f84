"""A way to sign in to the sandbox, and a way to run lines in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lavaclient import Lava
from lavaclient.sandbox.http.server import SandboxServer

Connect = Callable[[], Lava]
RunLines = Callable[..., str]

ROOT = Path(__file__).parents[2]


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
        ran = subprocess.run(
            [sys.executable, "-c", lines],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return run
