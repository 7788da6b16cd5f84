"""What the tests of the program share: a run of it, and a service to run it against."""

from __future__ import annotations

import io
import json
import logging
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lavaclient._system.clock import use_clock
from lavaclient.cli import main
from lavaclient.cli.options.account import _LOGGERS as LOGGERS
from lavaclient.sandbox.http.server import SandboxServer
from tests.api.conftest import PUBLIC_KEY
from tests.support.clock import MovedClock
from tests.support.recorder import Wire

CREATE = "clusters create {} HDP2.3_Hadoop --ssh-key laptop --username analyst"


class Ran(NamedTuple):
    """What one run left."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed."""
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        """The same, read as JSON."""
        return json.loads(self.out)


class Program:
    """The program, in this process."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._capture = capture

    def __call__(self, line: str, *more: str, answers: str = "") -> Ran:
        """Run a command line, with this as its input."""
        self._patch.setattr("sys.stdin", io.StringIO(answers))
        self._capture.readouterr()
        status = main([*shlex.split(line), *more])
        return Ran(status, *self._capture.readouterr())

    def ok(self, line: str, *more: str, answers: str = "") -> Ran:
        """Run one that succeeds."""
        ran = self(line, *more, answers=answers)
        assert ran.status == 0, ran.err
        return ran


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the terminal reaches a test, and no level of logging that it sets stays."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "_LAVA_COMPLETE"):
        monkeypatch.delenv(name, raising=False)
    levels = {logger: logger.level for logger in map(logging.getLogger, LOGGERS)}
    yield
    for logger, level in levels.items():
        logger.setLevel(level)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Program:
    """The program without any settings."""
    return Program(monkeypatch, capfd)


@pytest.fixture
def run(
    sandbox: SandboxServer, offline: Program, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Program]:
    """The program, whose environment points to the sandbox and whose pauses take no time."""
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    with use_clock(MovedClock(sandbox=sandbox.sandbox.clock)):
        yield offline


@pytest.fixture
def wire(sandbox: SandboxServer) -> Wire:
    """What was sent to the service."""
    return Wire(sandbox)


@pytest.fixture
def key(run: Program, tmp_path: Path) -> str:
    """A public key that the service has."""
    path = tmp_path / "laptop.pub"
    path.write_text(PUBLIC_KEY)
    run.ok(f"credentials create-ssh-key laptop {path}")
    return "laptop"


@pytest.fixture
def building(run: Program, key: str) -> str:
    """The id of a cluster in progress, called logs."""
    return run.ok(CREATE.format("logs") + " -q").out.strip()


@pytest.fixture
def logs(building: str, sandbox: SandboxServer, wire: Wire) -> str:
    """The id of an active cluster called logs."""
    sandbox.sandbox.clock.advance(900)
    wire.clear()
    return building
