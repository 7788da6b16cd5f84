"""Hooks: functions of a test that see each request before it is carried out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.faults.model import LATER_KINDS, Fault
from lavaclient.sandbox.faults.patterns import PathPattern, compiled

RequestHook = Callable[[SeenRequest], Fault | str | None]
"""Gets a request, and returns the fault to inject, if any."""


class _Entry(NamedTuple):
    hook: RequestHook
    method: str | None
    pattern: PathPattern

    def fits(self, request: SeenRequest) -> bool:
        return self.method in {None, request.method} and self.pattern.matches(request.path)


class RequestHooks:
    """The hooks of a sandbox, in the order in which they were added. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def add(self, hook: RequestHook, method: str | None = None, path: str = "") -> None:
        """Add a hook.

        Args:
            hook: The function.
            method: Only for requests with this method, in any case; with any if None.
            path: Only for those whose path this pattern is found in, as in faults.

        Raises:
            ValueError: The path is no pattern.
        """
        entry = _Entry(hook, None if method is None else method.upper(), compiled(path))
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Remove all hooks."""
        with self._lock:
            self._entries.clear()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._entries)

    def run(self, request: SeenRequest) -> list[Fault]:
        """Call the hooks for a request.

        Returns:
            The faults that they say it meets.

        Raises:
            ValueError: A hook returned a line that is no fault, or a fault of work or of ssh.
            Exception: What a hook raises.
        """
        with self._lock:
            entries = [entry for entry in self._entries if entry.fits(request)]
        returned = [entry.hook(request) for entry in entries]
        faults = [syntax.as_fault(fault) for fault in returned if fault is not None]
        for fault in faults:
            if fault.kind in LATER_KINDS:
                raise ValueError(f"a hook cannot return {fault.kind}, which hits no answer")
        return faults
