"""Rate limits: how many requests of a kind a tenant may make to clusters in a time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MINUTE = 60
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    """So many requests of a method, to clusters, in so many seconds."""

    method: str
    count: int
    seconds: int


DEFAULT_RULES = (
    Rule("POST", 2, MINUTE),
    Rule("POST", 50, DAY),
    Rule("PUT", 2, MINUTE),
    Rule("DELETE", 5, MINUTE),
)


class RateLimits:
    """Counts requests over sliding windows."""

    def __init__(self, rules: tuple[Rule, ...] = DEFAULT_RULES) -> None:
        self._rules = rules
        self._moments: dict[tuple[str, Rule], deque[float]] = {}

    def check(self, tenant_id: str, method: str, now: float) -> tuple[Rule, float] | None:
        """Count a request, unless it exceeds a limit.

        Returns:
            The rule that is against it, and the seconds after which it may be made.
        """
        rules = [rule for rule in self._rules if rule.method == method]
        windows = [self._window(tenant_id, rule, now) for rule in rules]
        for rule, moments in zip(rules, windows, strict=True):
            if len(moments) >= rule.count:
                return rule, moments[0] + rule.seconds - now
        for moments in windows:
            moments.append(now)
        return None

    def _window(self, tenant_id: str, rule: Rule, now: float) -> deque[float]:
        moments = self._moments.setdefault((tenant_id, rule), deque())
        while moments and moments[0] <= now - rule.seconds:
            moments.popleft()
        # Requests later than a clock that was set back are dropped.
        while moments and moments[-1] > now:
            moments.pop()
        return moments
