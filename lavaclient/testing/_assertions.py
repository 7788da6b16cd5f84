"""Assertions on what was asked of the sandbox, with texts that say what was asked instead."""

from __future__ import annotations

import itertools
import json as json_module
from collections.abc import Iterable

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.service import Sandbox

__all__ = ["Assertions"]

_MOST_SHOWN = 20
_LONGEST = 300


class Assertions:
    """The part of a sandbox's handle that asserts on requests."""

    sandbox: Sandbox

    def assert_requested(
        self,
        method: str,
        path_end: str = "",
        *,
        times: int | None = None,
        json: object = None,
    ) -> list[SeenRequest]:
        """See that something was asked for.

        Args:
            method: The method, in any case.
            path_end: What the path ends with, without the query; encoded, as it was sent.
            times: How often; at least once if None.
            json: What the body says, as plain values; anything if None.

        Returns:
            The requests that are meant.

        Raises:
            AssertionError: There were none, or not so many. Its text shows what there was.

        Example::

            sandbox.assert_requested("POST", "/clusters", times=1)
            sandbox.assert_requested("DELETE", f"/clusters/{cluster_id}")
        """
        __tracebackhide__ = True
        requests = self._matching(method, path_end, json)
        if len(requests) != times if times is not None else not requests:
            expected = "at least one" if times is None else f"{times}"
            raise AssertionError(self._text(expected, len(requests), method, path_end, json))
        return requests

    def assert_not_requested(self, method: str, path_end: str = "", *, json: object = None) -> None:
        """See that something was not asked for.

        Args:
            method: The method, in any case.
            path_end: What the path ends with.
            json: What the body says; anything if None.

        Raises:
            AssertionError: It was. The text shows all that was asked for.
        """
        __tracebackhide__ = True
        self.assert_requested(method, path_end, times=0, json=json)

    def _matching(self, method: str, path_end: str, json: object) -> list[SeenRequest]:
        requests = self.sandbox.requests.matching(method.upper(), path_end)
        return requests if json is None else [r for r in requests if _has_body(r, json)]

    def _text(self, expected: str, count: int, method: str, path_end: str, json: object) -> str:
        place = f" with a path that ends in {path_end!r}" if path_end else ""
        body = "" if json is None else f" with the body {json_module.dumps(json)}"
        head = f"expected {expected} {method.upper()}{place}{body}, found {count}. Asked for was:"
        return "\n  ".join([head, *(_lines(self.sandbox.requests) or ["(nothing at all)"])])


def _has_body(request: SeenRequest, json: object) -> bool:
    try:
        return request.json() == json
    except ValueError:
        return False


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
