"""Expected requests: their number and order, and the nearest misses where one is missing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.core.request_matching import RequestPattern

_MOST_SHOWN = 20
_MOST_NEAR = 3
_MOST_DIFFERENCES = 5
_LONGEST = 300

Count = Annotated[int, Meta(ge=0)]


class Expectation(RequestPattern, frozen=True, forbid_unknown_fields=True):
    """A pattern and the number of requests that must match it; by default at least one.

    Attributes:
        times: How many exactly; without `at_least` and `at_most`.
        at_least: How many at the least.
        at_most: How many at the most.

    Raises:
        ValueError: The numbers contradict each other.
    """

    times: Count | None = None
    at_least: Count | None = None
    at_most: Count | None = None

    def __post_init__(self) -> None:
        """Check that the numbers do not contradict each other."""
        if self.times is not None and (self.at_least, self.at_most) != (None, None):
            raise ValueError("give either times or at_least and at_most, and not both")
        if self.at_most is not None and self.least > self.at_most:
            raise ValueError(f"at_most: {self.at_most} is less than at_least, {self.least}")

    @property
    def least(self) -> int:
        """The least number of requests."""
        if self.times is not None:
            return self.times
        if self.at_least is not None:
            return self.at_least
        return 1 if self.at_most is None else 0

    @property
    def most(self) -> int | None:
        """The greatest number of requests; None for no limit."""
        return self.at_most if self.times is None else self.times

    def __str__(self) -> str:
        """The expectation in words."""
        if self.least == self.most:
            return f"{self.least} {super().__str__()}"
        parts = [f"at least {self.least}"] if self.least or self.most is None else []
        parts += [] if self.most is None else [f"at most {self.most}"]
        return f"{' and '.join(parts)} {super().__str__()}"

    def met_by(self, count: int) -> bool:
        """Whether the number of requests is allowed."""
        return self.least <= count and (self.most is None or count <= self.most)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A request that nearly matches, and a line for each difference."""

    request: SeenRequest
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of an expectation.

    Attributes:
        expectation: The expectation.
        matches: The requests that are like its pattern, oldest first.
        requests: All that were looked at.
        after: Where they began: words for the end of a sentence.
    """

    expectation: Expectation
    matches: Sequence[SeenRequest]
    requests: Sequence[SeenRequest]
    after: str = ""

    @property
    def passed(self) -> bool:
        """Whether the number of matches is as expected."""
        return self.expectation.met_by(len(self.matches))

    @property
    def last(self) -> SeenRequest | None:
        """The request at which the expectation is first met: what comes in order comes after."""
        if not self.matches:
            return None
        needed = self.expectation.least if self.expectation.times is None else len(self.matches)
        return self.matches[max(needed, 1) - 1]

    def near_misses(self) -> list[NearMiss]:
        """The requests that differ least, of those with the path, or the method."""
        if self.matches:
            return []
        pattern = self.expectation
        candidates = [
            NearMiss(request, tuple(pattern.differences(request)))
            for request in reversed(self.requests)
            if (
                request.path.endswith(pattern.path)
                if pattern.path
                else pattern.method in {None, request.method}
            )
        ]
        return sorted(candidates, key=lambda miss: len(miss.differences))[:_MOST_NEAR]

    def failure(self) -> str:
        """The expected and the actual requests, in a few lines."""
        lines = [f"expected {self.expectation}{self.after}, found {len(self.matches)}."]
        near = self.near_misses()
        lines += ["Nearest:"] if near else []
        for miss in near:
            lines.append(f"  {line_of(miss.request)}")
            lines += [f"    {line}" for line in miss.differences[:_MOST_DIFFERENCES]]
        lines += ["Requests:", *(f"  {line}" for line in lines_of(self.requests) or ["(none)"])]
        return "\n".join(lines)


def verify_in_order(
    expectations: Sequence[Expectation], requests: Iterable[SeenRequest]
) -> Verification:
    """Look for what is expected, each after the request at which the one before it was met.

    Args:
        expectations: At least one.
        requests: The requests, oldest first.

    Returns:
        The first that failed, or the last.
    """
    rest, after = list(requests), ""
    for expectation in expectations:
        verification = Verification(expectation, expectation.find(rest), rest, after)
        if not verification.passed:
            break
        position = next((n for n, request in enumerate(rest, 1) if request is verification.last), 0)
        rest, after = rest[position:], " after the last in order"
    return verification


def lines_of(requests: Iterable[SeenRequest]) -> list[str]:
    """A line for each of some requests; of many, the last ones."""
    lines: list[str] = []
    for line, same in itertools.groupby(map(line_of, requests)):
        times = len(list(same))
        lines.append(line if times == 1 else f"{line} ({times} times)")
    omitted = len(lines) - _MOST_SHOWN
    return lines if omitted <= 0 else [f"({omitted} lines before these)", *lines[omitted:]]


def line_of(request: SeenRequest) -> str:
    """A request as one line, without its secrets."""
    query = f"?{request.query}" if request.query else ""
    body = request.shown()["body"]
    text = "" if body is None else f" {json.dumps(body)}"
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"{request.method} {request.path}{query} -> {request.status or 'reset'}{shown}"
