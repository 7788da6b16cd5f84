"""Assertions on what was asked of the sandbox, with texts that say what was asked instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict, Unpack

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.core.request_matching import RequestPattern
from lavaclient.sandbox.core.request_verification import Expectation, Verification, lines_of
from lavaclient.sandbox.faults.syntax import line_of
from lavaclient.sandbox.service import Sandbox

__all__ = ["Assertions", "RequestFilters"]


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
        at_most: int | None = None,
        in_order: bool = False,
        **filters: Unpack[RequestFilters],
    ) -> list[SeenRequest]:
        """See that something was asked for.

        Args:
            method: The method, in any case.
            path: What the path ends with, without the query; encoded, as it was sent.
            times: How often exactly.
            at_least: How often at the least; once if nothing is said.
            at_most: How often at the most.
            in_order: Only after the request that the last assertion with ``in_order`` was about.
            **filters: ``json``, ``query`` and ``headers``: parts of what it must say.

        Returns:
            The requests that are meant.

        Raises:
            AssertionError: There were none, or not so many. Its text shows those that come nearest
                and where they differ, and what else there was.
            ValueError: ``times``, ``at_least`` and ``at_most`` contradict each other.

        Example::

            body = {"cluster": {"name": "nightly"}}
            lava.clusters.create("nightly", "HDP2.3_Hadoop", "analyst", ["laptop"], wait=True)
            lava.clusters.delete("nightly")
            sandbox.assert_requested("POST", "/clusters", times=1, json=body)
            sandbox.assert_requested("GET", "/clusters", query={"marker": None}, in_order=True)
            sandbox.assert_requested("DELETE", in_order=True)
        """
        __tracebackhide__ = True
        expectation = Expectation(
            method, path, **filters, times=times, at_least=at_least, at_most=at_most
        )
        requests = list(self.sandbox.requests)
        if in_order:
            last = self._last_in_order
            begin = next((n for n, request in enumerate(requests, 1) if request is last), 0)
            requests = requests[begin:]
        after = " after the last in order" if in_order else ""
        verification = Verification(expectation, expectation.find(requests), requests, after)
        if not verification.passed:
            raise AssertionError(verification.failure())
        if in_order and verification.last is not None:
            self._last_in_order = verification.last
        return list(verification.matches)

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
            lines = [f"  {line}" for line in lines_of(self.sandbox.requests) or ["(none)"]]
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
