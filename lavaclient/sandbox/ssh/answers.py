"""Answers to commands that a test has scripted, and the commands that were run."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

_MOST_COMMANDS = 10_000


class Outcome(NamedTuple):
    """What a command wrote, and its exit status."""

    stdout: str = ""
    stderr: str = ""
    status: int = 0


class SeenCommand(NamedTuple):
    """A command that was run on a node, and its exit status."""

    cluster_id: str
    node: str
    username: str
    command: str
    status: int


class _Script(NamedTuple):
    pattern: str
    node: str | None
    outcome: Outcome

    def fits(self, node: str, command: str) -> bool:
        # Everything but the asterisk stands for itself.
        pattern = re.sub(r"[?\[]", r"[\g<0>]", self.pattern)
        return self.node in {None, node} and fnmatchcase(command, pattern)


class ScriptedAnswers:
    """The scripted answers of nodes, before their own. May be used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripts: list[_Script] = []
        self._commands: deque[SeenCommand] = deque(maxlen=_MOST_COMMANDS)

    @property
    def commands(self) -> list[SeenCommand]:
        """The last commands that were run on nodes, oldest first."""
        with self._lock:
            return list(self._commands)

    @property
    def scripts(self) -> list[tuple[str, str | None, Outcome]]:
        """The patterns, nodes and outcomes that were scripted, the latest first."""
        with self._lock:
            return [(script.pattern, script.node, script.outcome) for script in self._scripts]

    def add(self, pattern: str, outcome: Outcome, node: str | None = None) -> None:
        """Script an answer; it takes precedence over those scripted earlier.

        Args:
            pattern: The whole command. `*` stands for any text, everything else for itself.
            outcome: What it writes, and its exit status.
            node: The name of the only node that answers so.

        Raises:
            ValueError: The status is not one of 0 to 255.
        """
        if not 0 <= outcome.status <= 255:
            raise ValueError(f"status: must be a number from 0 to 255, not {outcome.status}")
        with self._lock:
            self._scripts.insert(0, _Script(pattern, node, outcome))

    def find(self, node: str, command: str) -> Outcome | None:
        """The answer that is scripted for a command, if there is one."""
        with self._lock:
            scripts = list(self._scripts)
        return next((each.outcome for each in scripts if each.fits(node, command)), None)

    def note(self, command: SeenCommand) -> None:
        """Log a command that was run."""
        with self._lock:
            self._commands.append(command)

    def checkpoint(self) -> Callable[[], None]:
        """Return a function that restores scripts and commands as they are now."""
        with self._lock:
            scripts, commands = list(self._scripts), list(self._commands)

        def put_back() -> None:
            with self._lock:
                self._scripts[:] = scripts
                self._commands.clear()
                self._commands.extend(commands)

        return put_back

    def clear(self) -> None:
        """Remove all scripts and commands."""
        with self._lock:
            self._scripts.clear()
            self._commands.clear()
