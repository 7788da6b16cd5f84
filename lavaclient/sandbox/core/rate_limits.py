"""Rate limits: how many requests of a kind a tenant may make in a time."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from lavaclient.sandbox.core.errors import over_rate

MINUTE = 60
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    """So many requests of a method, to one noun or to all, in so many seconds."""

    method: str
    noun: str | None
    count: int
    seconds: int


DEFAULT_RULES = (
    Rule("POST", "clusters", 2, MINUTE),
    Rule("POST", "clusters", 50, DAY),
    Rule("PUT", None, 2, MINUTE),
    Rule("DELETE", None, 5, MINUTE),
)


class Rates:
    """Counts requests, over windows that slide."""

    def __init__(self, rules: tuple[Rule, ...] = DEFAULT_RULES) -> None:
        self._rules = rules
        self._seen: dict[tuple[str, Rule], deque[float]] = {}

    def check(self, tenant_id: str, method: str, noun: str, now: float) -> None:
        """Count a request, unless it is one too many.

        Raises:
            ApiFault: 413 with the seconds after which it may be made.
        """
        rules = [r for r in self._rules if r.method == method and r.noun in {None, noun}]
        windows = [self._window(tenant_id, rule, now) for rule in rules]
        for rule, seen in zip(rules, windows, strict=True):
            if len(seen) >= rule.count:
                wait = math.ceil(seen[0] + rule.seconds - now)
                message = (
                    f"This request was rate-limited: {rule.count} {method} requests "
                    f"in {rule.seconds} seconds are allowed."
                )
                raise over_rate(message, max(wait, 1))
        for seen in windows:
            seen.append(now)

    def _window(self, tenant_id: str, rule: Rule, now: float) -> deque[float]:
        seen = self._seen.setdefault((tenant_id, rule), deque())
        while seen and seen[0] <= now - rule.seconds:
            seen.popleft()
        return seen
