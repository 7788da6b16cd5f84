"""The terminal of the tests is like one that somebody has opened."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.support.terminal import Terminal


@pytest.fixture(params=[signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def ignored(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that this process ignores, as under nohup."""
    number: signal.Signals = request.param
    before = signal.signal(number, signal.SIG_IGN)
    yield number
    signal.signal(number, before)


def test_a_program_obeys_what_the_shell_left_ignored(ignored: signal.Signals) -> None:
    with Terminal(["sh", "-c", "echo ready; exec sleep 60"], {}) as terminal:
        terminal.expect("ready")
        terminal.signal(ignored)
        assert terminal.end() == -ignored
