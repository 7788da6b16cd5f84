"""Faults on demand: which requests are to go wrong, how, and how often."""

from __future__ import annotations

import difflib
import threading
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from lavaclient.sandbox.faults.patterns import compiled

Kind = Literal[
    "latency",
    "reset_before",
    "reset_after",
    "status",
    "cut",
    "wrong_body",
    "expired_token",
    "endless_pages",
]
Body = Literal["html", "empty", "list", "types"]

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One way for requests to go wrong.

    Attributes:
        kind: What happens. `latency` answers late, `reset_before` breaks the connection before
            the request is carried out, `reset_after` once it is, `status` refuses it, `cut` sends
            half of the body, `wrong_body` sends another one, `expired_token` lets the token that
            came with the request expire, `endless_pages` gives a list no end.
        method: A method, or several as in `GET|PUT`; `*` is any.
        path: What is to be found in the path, e.g. `/clusters$`: `^` is the path's start, `$` its
            end, `*` a part without a slash, `**` any part.
        times: How many requests it hits; None is all.
        after: How many requests that fit are let through first.
        seconds: For `latency`.
        code: For `status`.
        retry_after: For `status`: the value of its `Retry-After` header.
        body: For `wrong_body`: a proxy's page, nothing, a list, or numbers for everything.

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

    def __post_init__(self) -> None:
        """See that there is a meaning to every field, whoever made it."""
        _check_kind(self.kind)
        for name, kind in _FIELDS.items():
            try:
                msgspec.convert(getattr(self, name), kind)
            except msgspec.ValidationError as error:
                message = f"{name}: {error}"
                raise ValueError(message) from error
        unknown = [name for name in self._methods() if name not in METHODS]
        if unknown:
            message = f"method: there is no {unknown[0]!r}; there are {', '.join(METHODS)} and *"
            raise ValueError(message)
        if not compiled(self.path).reachable:
            message = f"path: the service has no path that {self.path!r} is found in"
            raise ValueError(message)

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault is for."""
        return (not self._methods() or method in self._methods()) and (
            compiled(self.path).matches(path)
        )

    def _methods(self) -> list[str]:
        return [] if self.method == "*" else self.method.split("|")


_FIELDS: dict[str, Any] = {
    "method": str,
    "path": str,
    "times": Annotated[int, Meta(ge=1)] | None,
    "after": Annotated[int, Meta(ge=0)],
    "seconds": Annotated[float, Meta(ge=0, le=3600)],
    "code": Annotated[int, Meta(ge=300, le=599)],
    "retry_after": str | None,
    "body": Body,
}


def _check_kind(kind: str) -> None:
    kinds = get_args(Kind)
    if kind in kinds:
        return
    near = difflib.get_close_matches(str(kind).replace("-", "_"), kinds, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(kinds)}"
    message = f"kind: there is no {kind!r}; {hint}"
    raise ValueError(message)


class Faults:
    """The faults in force. May be used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hits: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force, after those that are already."""
        with self._lock:
            self._hits.append((fault, [0]))

    def clear(self) -> None:
        """Let all requests go right again."""
        with self._lock:
            self._hits.clear()

    def list(self) -> tuple[Fault, ...]:
        """The faults that can still hit."""
        with self._lock:
            return tuple(fault for fault, hits in self._hits if not _spent(fault, hits[0]))

    def missed(self) -> tuple[Fault, ...]:
        """The faults that have hit no request so far."""
        with self._lock:
            return tuple(fault for fault, hits in self._hits if hits[0] <= fault.after)

    def take(self, method: str, path: str) -> tuple[Fault, ...]:
        """The faults for a request, which count it: late ones, and at most one of the others."""
        taken: dict[bool, Fault] = {}
        with self._lock:
            for fault, hits in self._hits:
                late = fault.kind == "latency"
                if late in taken or _spent(fault, hits[0]) or not fault.fits(method, path):
                    continue
                hits[0] += 1
                if hits[0] > fault.after:
                    taken[late] = fault
        return tuple(taken[late] for late in (True, False) if late in taken)


def _spent(fault: Fault, hits: int) -> bool:
    return fault.times is not None and hits >= fault.after + fault.times
