"""Row 44: with ``-d`` the program shows what led to an error."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Program
from tests.support.fault_server import dead_port

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("debug", [True, False])
def test_44_the_causes_of_an_error_are_shown_on_request(offline: Program, debug: bool) -> None:
    with dead_port() as port:
        arguments = ["--user", "ada", "--api-key", KEY, "--region", "DFW", "--retries", "0"]
        arguments += ["--auth-url", f"http://127.0.0.1:{port}", "clusters", "list"]
        result = offline("-d" if debug else "", *arguments)
    assert result.status == 1
    causes = [line for line in result.err.splitlines() if line.startswith("caused by ")]
    assert bool(causes) is debug
    if debug:
        assert causes[0].startswith("caused by AuthenticationError: POST tokens: could not sign in")
        # To the innermost, which what stands before it was raised in the handling of.
        assert causes[-1].startswith("caused by ConnectionRefusedError: ")
    assert KEY not in result.err
