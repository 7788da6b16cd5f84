"""Assertions on what was asked of the sandbox, with texts that say what was asked instead."""

from __future__ import annotations

import itertools
import json as json_module
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypedDict, Unpack

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.core.request_matching import RequestPattern
from lavaclient.sandbox.faults.syntax import line_of
from lavaclient.sandbox.service import Sandbox

__all__ = ["Assertions", "RequestFilters"]

_MOST_SHOWN = 20
_MOST_NEAR = 3
_MOST_DIFFERENCES = 5
_LONGEST = 300


class RequestFilters(TypedDict, total=False):
    """What a request must say, beside its method and path.

    Attributes:
        json: What the body must hold, as plain values. Objects may hold more than is named; lists
            and other values must be the same.
        query: Parameters that it must have; None for one that it must not have.
        headers: Headers that it must have, in any case; None for one that it must not have.
    """

    json: object
    query: Mapping[str, object]
    headers: Mapping[str, str | None]


class Assertions:
    """The part of a sandbox's handle that asserts on requests."""

    sandbox: Sandbox
    _last_in_order: SeenRequest | None = None

    def assert_requested(
        self,
        method: str,
        path: str = "",
        *,
        times: int | None = None,
        at_least: int | None = None,
        in_order: bool = False,
        **filters: Unpack[RequestFilters],
    ) -> list[SeenRequest]:
        """See that something was asked for.

        Args:
            method: The method, in any case.
            path: What the path ends with, without the query; encoded, as it was sent.
            times: How often exactly.
            at_least: How often at the least; once if neither is given.
            in_order: Only after the request that the last assertion with ``in_order`` was about.
            **filters: ``json``, ``query`` and ``headers``: parts of what it must say.

        Returns:
            The requests that are meant.

        Raises:
            AssertionError: There were none, or not so many. Its text shows those that come nearest
                and where they differ, and what else there was.
            ValueError: Both ``times`` and ``at_least`` are given.

        Example::

            sandbox.assert_requested("POST", "/clusters", times=1, json={"cluster": {"name": "a"}})
            sandbox.assert_requested("GET", "/clusters", query={"marker": None}, in_order=True)
            sandbox.assert_requested("DELETE", f"/clusters/{cluster_id}", in_order=True)
        """
        __tracebackhide__ = True
        if times is not None and at_least is not None:
            raise ValueError("give either times or at_least, and not both")
        pattern = RequestPattern(method, path, **filters)
        requests = list(self.sandbox.requests)
        if in_order:
            requests = requests[self._position(requests) :]
        matches = pattern.find(requests)
        least = 1 if at_least is None else at_least
        if len(matches) < least if times is None else len(matches) != times:
            count = f"at least {least}" if times is None else f"{times}"
            raise AssertionError(_failure(count, pattern, matches, requests, in_order=in_order))
        if in_order and matches:
            self._last_in_order = matches[least - 1 if times is None else -1]
        return matches

    def assert_not_requested(
        self, method: str, path: str = "", **filters: Unpack[RequestFilters]
    ) -> None:
        """See that something was not asked for.

        Args:
            method: The method, in any case.
            path: What the path ends with.
            **filters: As those of ``assert_requested``.

        Raises:
            AssertionError: It was. The text shows all that was asked for.
        """
        __tracebackhide__ = True
        self.assert_requested(method, path, times=0, **filters)

    def assert_faults_hit(self) -> None:
        """See that each fault that was added has hit a request.

        Raises:
            AssertionError: One has not. Its text shows which, and the requests.
        """
        __tracebackhide__ = True
        missed = [f"  {line_of(fault)}" for fault in self.sandbox.faults.missed()]
        if missed:
            lines = [f"  {line}" for line in _lines(self.sandbox.requests) or ["(none)"]]
            raise AssertionError(
                "\n".join(["these faults hit no request:", *missed, "Requests:", *lines])
            )

    def find_requests(
        self, method: str | None = None, path: str = "", **filters: Unpack[RequestFilters]
    ) -> list[SeenRequest]:
        """Return the requests that were made, oldest first.

        Args:
            method: Those with this method; with any if None.
            path: Those whose path ends so.
            **filters: As those of ``assert_requested``.
        """
        return RequestPattern(method, path, **filters).find(self.sandbox.requests)

    def _position(self, requests: Sequence[SeenRequest]) -> int:
        """Return where the requests begin that an assertion in order is about."""
        last = self._last_in_order
        return next((n for n, request in enumerate(requests, 1) if request is last), 0)


def _failure(
    count: str,
    pattern: RequestPattern,
    matches: Sequence[SeenRequest],
    requests: Sequence[SeenRequest],
    *,
    in_order: bool,
) -> str:
    after = " after the last in order" if in_order else ""
    lines = [f"expected {count} {pattern}{after}, found {len(matches)}."]
    near = [] if matches else list(_near_misses(pattern, requests))
    if near:
        lines += ["Nearest:", *(f"  {line}" for line in near)]
    lines += ["Requests:", *(f"  {line}" for line in _lines(requests) or ["(none)"])]
    return "\n".join(lines)


def _near_misses(pattern: RequestPattern, requests: Sequence[SeenRequest]) -> Iterator[str]:
    """Return lines on the requests that differ least, of those with the path, or the method."""
    candidates = [
        (list(pattern.differences(request)), request)
        for request in reversed(requests)
        if (
            request.path.endswith(pattern.path)
            if pattern.path
            else pattern.method == request.method
        )
    ]
    for differences, request in sorted(candidates, key=lambda pair: len(pair[0]))[:_MOST_NEAR]:
        yield _line(request)
        yield from (f"  {line}" for line in differences[:_MOST_DIFFERENCES])


def _lines(requests: Iterable[SeenRequest]) -> list[str]:
    lines: list[str] = []
    for line, same in itertools.groupby(map(_line, requests)):
        times = len(list(same))
        lines.append(line if times == 1 else f"{line} ({times} times)")
    omitted = len(lines) - _MOST_SHOWN
    return lines if omitted <= 0 else [f"({omitted} lines before these)", *lines[omitted:]]


def _line(request: SeenRequest) -> str:
    query = f"?{request.query}" if request.query else ""
    body = request.shown()["body"]
    text = "" if body is None else f" {json_module.dumps(body)}"
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"{request.method} {request.path}{query} -> {request.status or 'reset'}{shown}"
