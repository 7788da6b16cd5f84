"""The log of requests that came in, for tests to assert on."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import overload
from urllib.parse import parse_qsl
from wsgiref.headers import Headers

MOST_REQUESTS = 10_000
MOST_OF_A_BODY = 64 * 1024
MOST_BYTES = 64 * 1024 * 1024
HIDDEN = "(hidden)"
_LONGEST = 1_000
_SECRET_FIELDS = {"apiKey", "api_key", "access_secret_key", "password", "public_key"}


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as it arrived, and the status of its answer (0: the connection was reset).

    `headers` finds names in any case. `path` is as it was on the wire, still encoded. Of a body
    or an answer that is very long, the first 64 KiB are kept.

    Attributes:
        answer: The body of the answer.
        seconds: How long the answer took.
        faults: The faults that hit the request, as lines.
        number: Requests are counted from 1, from the log's first.
    """

    method: str
    path: str
    query: str
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    status: int
    time: float
    answer: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    faults: tuple[str, ...] = ()
    number: int = 0

    @property
    def message(self) -> str | None:
        """The message of the error that answered the request, if one did."""
        if self.status < 400:
            return None
        try:
            message = next(iter(json.loads(self.answer).values()))["message"]
        except (ValueError, RecursionError, TypeError, LookupError, AttributeError, StopIteration):
            return None
        return message if isinstance(message, str) else None

    @property
    def parameters(self) -> dict[str, str]:
        """The parsed query."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def json(self) -> object:
        """The body, decoded.

        Raises:
            ValueError: It is not JSON, or is longer than what was kept of it.
        """
        decoded: object = json.loads(self.body)
        return decoded

    def shown(self) -> dict[str, object]:
        """The request as a dict without its secrets."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": [
                (name, HIDDEN if name.lower() == "x-auth-token" else value)
                for name, value in self.headers.items()
            ],
            "body": _shown(self.body),
            "status": self.status,
            "time": self.time,
            "answer": _shown(self.answer),
            "seconds": round(self.seconds, 6),
            "faults": self.faults,
            "message": self.message,
            "number": self.number,
        }

    def summary(self) -> dict[str, object]:
        """The request in brief, for a list of them."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path[:_LONGEST],
            "query": self.query[:_LONGEST],
            "status": self.status,
            "seconds": round(self.seconds, 6),
            "faults": self.faults,
            "message": None if self.message is None else self.message[:_LONGEST],
        }

    @property
    def size(self) -> int:
        """About how many bytes it takes to keep."""
        headers = sum(len(name) + len(value) for name, value in self.headers.items())
        return len(self.path) + len(self.query) + headers + len(self.body) + len(self.answer)


def _shown(body: bytes) -> object:
    try:
        return _without_secrets(json.loads(body)) if body else None
    except (ValueError, RecursionError):
        return f"({len(body)} bytes that are not JSON)"


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: HIDDEN if is_secret(name, inner) else _without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value


def is_secret(name: str, value: object) -> bool:
    """Whether a field of a body is a secret."""
    return name in _SECRET_FIELDS or (name == "token" and isinstance(value, dict))


class RequestLog(Sequence[SeenRequest]):
    """The last requests, oldest first; not more than 64 MiB of them. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[SeenRequest] = deque()
        self._bytes = 0
        self._count = 0

    def append(self, request: SeenRequest) -> SeenRequest:
        """Log a request; above 10,000, or 64 MiB, the oldest are dropped.

        Returns:
            The request as it is kept.
        """
        with self._lock:
            self._count += 1
            request = replace(
                request,
                body=request.body[:MOST_OF_A_BODY],
                answer=request.answer[:MOST_OF_A_BODY],
                number=self._count,
            )
            self._requests.append(request)
            self._bytes += request.size
            while len(self._requests) > MOST_REQUESTS or self._bytes > MOST_BYTES:
                self._bytes -= self._requests.popleft().size
        return request

    def numbered(self, number: int) -> SeenRequest | None:
        """The request of this number, if it is still kept."""
        with self._lock:
            place = number - (self._count - len(self._requests)) - 1
            return self._requests[place] if 0 <= place < len(self._requests) else None

    def clear(self) -> None:
        """Remove all requests."""
        with self._lock:
            self._requests.clear()
            self._bytes = 0

    def matching(self, method: str, path_end: str = "") -> list[SeenRequest]:
        """Those with this method whose path ends so."""
        return [r for r in self if r.method == method and r.path.endswith(path_end)]

    @overload
    def __getitem__(self, index: int) -> SeenRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SeenRequest]: ...
    def __getitem__(self, index: int | slice) -> SeenRequest | Sequence[SeenRequest]:
        """One request, or several in a list."""
        with self._lock:
            return (
                list(self._requests)[index] if isinstance(index, slice) else self._requests[index]
            )

    def __len__(self) -> int:
        """How many there are."""
        return len(self._requests)

    def __iter__(self) -> Iterator[SeenRequest]:
        """Go through those that are there now."""
        return iter(self[:])
