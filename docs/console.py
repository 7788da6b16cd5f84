"""Runs the ``console`` blocks of a page, each command in a terminal, beside a sandbox."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from sybil import Example

from lavaclient.sandbox import Sandbox, SystemClock, Timings
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.terminal import Terminal

__all__ = ["Console", "run_block"]

_COLUMNS = 88
_PROMPT = re.compile(r"(?P<words>.*(?:\[[^\]]+\]|API key|known\)):)(?: (?P<answer>\w+))?")


class Console:
    """A shell with ``lava``, and a sandbox in which a cluster is built at once.

    Args:
        public_key: What stands in ``~/.ssh/id_ed25519.pub``.
    """

    def __init__(self, public_key: str) -> None:
        self._folder = TemporaryDirectory()
        home = Path(self._folder.name)
        self.sandbox = Sandbox(
            SystemClock(),
            timings=Timings(build=0.001, resize=0.001, update=0.001, delete=0.001),
            seed=7,
        )
        self._server = SandboxServer(self.sandbox)
        (home / ".ssh").mkdir()
        (home / ".ssh" / "id_ed25519.pub").write_text(public_key)
        programs = home / "bin"
        programs.mkdir()
        for name, arguments in (("lava", " -m lavaclient.cli"), ("python", "")):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{arguments} "$@"\n')
            program.chmod(0o700)
        self.environ = {
            **self._server.environ(),
            "HOME": str(home),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._server.close()
        self._folder.cleanup()

    def run(self, command: str, shown: str) -> str | None:
        """Run a command as the page shows it; return what is wrong with its output, or None."""
        line = f"cd && {command}"
        with Terminal(["bash", "-c", line], self.environ, _COLUMNS) as terminal:
            for prompt in filter(None, map(_PROMPT.fullmatch, shown.splitlines())):
                terminal.expect(prompt["words"].rpartition("...")[2])
                default = self.sandbox.api_key if prompt["words"] == "API key:" else ""
                terminal.type((prompt["answer"] or default) + "\n")
            status = terminal.end()
        got = "".join(f"{part.rstrip()}\n" for part in terminal.text.splitlines())
        if status and "Error: " not in shown:
            return f"{command}\nended with status {status}:\n{got}"
        options = ELLIPSIS | NORMALIZE_WHITESPACE
        if shown and not OutputChecker().check_output(shown, got, options):
            return f"{command}\nshould print:\n{shown}\nbut printed:\n{got}"
        return None


def _commands(block: str) -> Iterator[tuple[str, str]]:
    """Give the commands of a block, each with the output that is shown for it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        count = 1
        while lines[count - 1].endswith("\\\n"):
            count += 1
        yield "".join(lines[:count]).rstrip("\n"), "".join(lines[count:])


def run_block(example: Example) -> str | None:
    """Run a block beside the sandbox of its page; return what is wrong with it, or None."""
    names = example.namespace
    if "console" not in names:
        names["console"] = names["_stack"].enter_context(Console(names["public_key"]))
    console = names["console"]
    for command, shown in _commands(example.parsed):
        if wrong := console.run(command, shown):
            return wrong
    return None
