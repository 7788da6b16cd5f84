"""Assertions on what was asked of the sandbox, with texts that say what was asked instead."""

from __future__ import annotations

import itertools
import json as json_module
from collections.abc import Iterable

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.service import Sandbox

__all__ = ["Asserting"]

_MOST_SHOWN = 20
_LONGEST = 300


class Asserting:
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
        found = self._matching(method, path_end, json)
        if len(found) != times if times is not None else not found:
            wanted = "at least one" if times is None else f"{times}"
            raise AssertionError(self._text(wanted, len(found), method, path_end, json))
        return found

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
        found = self.sandbox.requests.matching(method.upper(), path_end)
        return found if json is None else [seen for seen in found if _says(seen, json)]

    def _text(self, wanted: str, count: int, method: str, path_end: str, json: object) -> str:
        place = f" with a path that ends in {path_end!r}" if path_end else ""
        body = "" if json is None else f" with the body {json_module.dumps(json)}"
        head = f"expected {wanted} {method.upper()}{place}{body}, found {count}. Asked for was:"
        return "\n  ".join([head, *(_lines(self.sandbox.requests) or ["(nothing at all)"])])


def _says(seen: SeenRequest, json: object) -> bool:
    try:
        return seen.json() == json
    except ValueError:
        return False


def _lines(requests: Iterable[SeenRequest]) -> list[str]:
    lines: list[str] = []
    for line, same in itertools.groupby(map(_line, requests)):
        times = len(list(same))
        lines.append(line if times == 1 else f"{line} ({times} times)")
    left_out = len(lines) - _MOST_SHOWN
    return lines if left_out <= 0 else [f"({left_out} lines before these)", *lines[left_out:]]


def _line(seen: SeenRequest) -> str:
    query = f"?{seen.query}" if seen.query else ""
    body = seen.shown()["body"]
    said = "" if body is None else f" {json_module.dumps(body)}"
    shown = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
    return f"{seen.method} {seen.path}{query} -> {seen.status or 'reset'}{shown}"
