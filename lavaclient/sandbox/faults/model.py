"""Faults: which requests fail, how, and how often."""

from __future__ import annotations

import copy
import difflib
import math
import random
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from lavaclient.sandbox.faults.patterns import compiled, is_reachable

Kind = Literal[
    "latency",
    "reset_before",
    "reset_after",
    "status",
    "cut",
    "wrong_body",
    "expired_token",
    "endless_pages",
    "dribble",
    "interim",
    "fail_build",
    "fail_resize",
    "fail_script",
    "fail_node",
    "ssh_refused",
    "ssh_lost",
]
Body = Literal["html", "empty", "list", "types"]
Region = Literal["DFW", "ORD", "IAD", "LON"]
Seconds = Annotated[float, Meta(ge=0, le=1e10)]

# What the kinds that are about work, not about an answer, can hit: a method, or commands.
_WORK = {
    "fail_build": {"POST"},
    "fail_resize": {"PUT"},
    "fail_script": {"POST", "PUT"},
    "fail_node": {"POST", "PUT"},
}
SSH_KINDS = frozenset({"ssh_refused", "ssh_lost"})
LATER_KINDS = SSH_KINDS | _WORK.keys()
"""The kinds that are not about a request's own answer."""

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One way in which requests fail.

    Attributes:
        kind: What happens. `latency` answers late, `reset_before` breaks the connection before
            the request is carried out, `reset_after` once it is, `status` refuses it, `cut` sends
            half of the body, `wrong_body` sends another one, `expired_token` lets the token that
            came with the request expire, `endless_pages` gives a list no end, `dribble` sends the
            body piece by piece, `interim` an answer of status 102 before the real one.
            `fail_build` and `fail_resize` let the cluster break while it is built or resized,
            `fail_script` while its scripts run; with `fail_node` its newest node is in `ERROR` and
            the cluster ends up `IMPAIRED`. They hit requests that begin such work. `ssh_refused`
            refuses an ssh connection to a node, `ssh_lost` breaks it once the command has run.
        method: A method, or several as in `GET|PUT`; `*` is any.
        path: What is to be found in the path, e.g. `/clusters$`: `^` is the path's start, `$` its
            end, `*` a part without a slash, `**` any part.
        times: How many requests it hits; None is all.
        after: How many requests that fit are let through first.
        seconds: For `latency` and `dribble`; for `fail_build` and `fail_resize` when the cluster
            breaks, on the sandbox's clock: at the latest just before it would be done.
        code: For `status`.
        retry_after: For `status`: the value of its `Retry-After` header.
        body: For `wrong_body`: a proxy's page, nothing, a list, or numbers for everything.
        spread: For `latency` and `dribble`: they take up to so many seconds more, drawn each time.
        probability: How likely it hits a request that fits; drawn, by the sandbox's seed.
        region: Only requests to Cloud Big Data in this region.
        username: Only requests with a token of this user.
        begins: Seconds of the sandbox's clock from when it was added until it is in force.
        lasts: Seconds for which it then is; None is for ever.
        node: For `ssh_refused` and `ssh_lost`: only the node of this name.

    Raises:
        ValueError: A field is not understood, or the service has no path that fits.
    """

    kind: Kind
    method: str = "*"
    path: str = ""
    times: Annotated[int, Meta(ge=1)] | None = 1
    after: Annotated[int, Meta(ge=0)] = 0
    seconds: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    code: Annotated[int, Meta(ge=300, le=599)] = 503
    retry_after: str | None = None
    body: Body = "html"
    spread: Seconds = 0.0
    probability: Annotated[float, Meta(gt=0, le=1)] = 1.0
    region: Region | None = None
    username: str | None = None
    begins: Seconds = 0.0
    lasts: Seconds | None = None
    node: str | None = None

    def __post_init__(self) -> None:
        """Check all fields and their combination."""
        _check_kind(self.kind)
        for name, kind in _FIELDS.items():
            try:
                msgspec.convert(getattr(self, name), kind)
            except msgspec.ValidationError as error:
                raise ValueError(f"{name}: {error}") from error
        unknown = [name for name in self._methods() if name not in METHODS]
        if unknown:
            message = f"method: there is no {unknown[0]!r}; there are {', '.join(METHODS)} and *"
            raise ValueError(message)
        if not is_reachable(self.path):
            raise ValueError(f"path: the service has no path that {self.path!r} is found in")
        self._check_work()

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault is for."""
        return (not self._methods() or method in self._methods()) and (
            compiled(self.path).matches(path)
        )

    def _check_work(self) -> None:
        methods = _WORK.get(self.kind)
        if methods and self._methods() and not methods.intersection(self._methods()):
            raise ValueError(f"method: {self.kind} hits {' and '.join(sorted(methods))} alone")
        if self.kind in SSH_KINDS and (self.method, self.path, self.username) != ("*", "", None):
            raise ValueError(f"method, path and username: {self.kind} hits no requests")
        if self.kind not in SSH_KINDS and self.node is not None:
            raise ValueError("node: only ssh_refused and ssh_lost have one")

    def _methods(self) -> list[str]:
        return [] if self.method == "*" else self.method.split("|")


# A struct that Python makes is not checked by msgspec.
_FIELDS = get_type_hints(Fault, include_extras=True)


def _check_kind(kind: str) -> None:
    kinds = get_args(Kind)
    if kind in kinds:
        return
    near = difflib.get_close_matches(str(kind).replace("-", "_"), kinds, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(kinds)}"
    raise ValueError(f"kind: there is no {kind!r}; {hint}")


@dataclass(slots=True)
class _Entry:
    """A fault in force: when it was added, and how many requests it let through and hit."""

    fault: Fault
    added: float
    passed: int = 0
    hits: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.hits >= self.fault.times

    @property
    def ends(self) -> float:
        lasts = math.inf if self.fault.lasts is None else self.fault.lasts
        return self.added + self.fault.begins + lasts

    def is_due(self, now: float) -> bool:
        return self.added + self.fault.begins <= now < self.ends

    def is_over(self, now: float) -> bool:
        return now >= self.ends

    def rest(self, now: float) -> Fault:
        fault, begins = self.fault, max(self.added + self.fault.begins - now, 0.0)
        return msgspec.structs.replace(
            fault,
            times=None if fault.times is None else fault.times - self.hits,
            after=fault.after - self.passed,
            begins=begins,
            lasts=None if fault.lasts is None else self.ends - max(now, now + begins),
        )


class Faults:
    """The faults in force. May be used from many threads.

    Args:
        seed: What the draws of probabilities and latencies follow from.
        now: Tells the time; faults that begin and end by it count from when they were added.
        tell: Is told what happens: `added` or `hit` and the fault, or `cleared`.
    """

    def __init__(
        self,
        seed: int | None = None,
        now: Callable[[], float] = time.time,
        tell: Callable[[str, Fault | None], None] = lambda _action, _fault: None,
    ) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []
        self._random = random.Random(seed)  # noqa: S311 (troubles, not secrets)
        self._now = now
        self._tell = tell

    def add(self, fault: Fault) -> None:
        """Add a fault after those in force."""
        with self._lock:
            self._entries.append(_Entry(fault, self._now()))
        self._tell("added", fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            entries, self._entries = self._entries, []
        if entries:
            self._tell("cleared", None)

    def list(self) -> tuple[Fault, ...]:
        """The faults that can still hit."""
        with self._lock:
            return tuple(entry.fault for entry in self._entries if not entry.spent)

    def remaining(self) -> tuple[Fault, ...]:
        """What is still to come of the faults that can still hit, as if it were added now."""
        with self._lock:
            now = self._now()
            entries = [entry for entry in self._entries if not entry.spent]
            return tuple(entry.rest(now) for entry in entries if not entry.is_over(now))

    def checkpoint(self) -> Callable[[], None]:
        """Return what puts the faults and their hits back as they are now."""
        with self._lock:
            entries = [copy.copy(entry) for entry in self._entries]

        def put_back() -> None:
            with self._lock:
                self._entries = entries

        return put_back

    def hits(self) -> tuple[tuple[Fault, int], ...]:
        """All faults since they were last cleared, and how many requests each has hit."""
        with self._lock:
            return tuple((entry.fault, entry.hits) for entry in self._entries)

    def missed(self) -> tuple[Fault, ...]:
        """The faults that have hit no request so far."""
        return tuple(fault for fault, hits in self.hits() if hits == 0)

    def take(
        self, method: str, path: str, region: str | None = None, username: str | None = None
    ) -> tuple[Fault, ...]:
        """The faults for a request, which count it: late ones, and at most one of the others.

        Args:
            method: The request's method.
            path: Its path, as it is on the wire.
            region: The region of Cloud Big Data that it is for, if it is.
            username: Whose token came with it, if one did.
        """

        def place(fault: Fault) -> str | None:
            if fault.kind in LATER_KINDS or not fault.fits(method, path):
                return None
            return "first" if fault.kind == "latency" else "then"

        taken = self._take(place, region, username)
        return tuple(taken[name] for name in ("first", "then") if name in taken)

    def take_each(
        self,
        kinds: Collection[str],
        method: str,
        path: str,
        region: str | None = None,
        username: str | None = None,
    ) -> tuple[Fault, ...]:
        """The faults for work that a request has begun, which count it: at most one of a kind.

        Args:
            kinds: The kinds that can happen to it.
            method: The request's method.
            path: Its path.
            region: Its region.
            username: Whose token came with it.
        """

        def place(fault: Fault) -> str | None:
            return fault.kind if fault.kind in kinds and fault.fits(method, path) else None

        return tuple(self._take(place, region, username).values())

    def take_ssh(self, kind: str, node: str, region: str) -> bool:
        """Whether a fault of a kind hits a command on a node; it then counts it."""

        def place(fault: Fault) -> str | None:
            return kind if fault.kind == kind and fault.node in {None, node} else None

        return bool(self._take(place, region))

    def draw(self, fault: Fault) -> float:
        """How many seconds a latency or a dribble takes this time."""
        with self._lock:
            return fault.seconds + fault.spread * self._random.random()

    def _take(
        self,
        place: Callable[[Fault], str | None],
        region: str | None,
        username: str | None = None,
    ) -> dict[str, Fault]:
        """Return the first fault in force that strikes for each place; None is no place."""
        taken: dict[str, Fault] = {}
        with self._lock:
            now = self._now()
            for entry in self._entries:
                fault = entry.fault
                concerned = fault.region in {None, region} and fault.username in {None, username}
                if not concerned or entry.spent or not entry.is_due(now):
                    continue
                name = place(fault)
                if name is not None and name not in taken and self._strikes(entry):
                    taken[name] = fault
        for fault in taken.values():
            self._tell("hit", fault)
        return taken

    def _strikes(self, entry: _Entry) -> bool:
        if entry.passed < entry.fault.after:
            entry.passed += 1
            return False
        # No draw where there is nothing to draw: what others draw must not depend on it.
        if entry.fault.probability < 1 and self._random.random() >= entry.fault.probability:
            return False
        entry.hits += 1
        return True
