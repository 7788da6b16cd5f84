"""The log of requests that came in, for tests to assert on."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import overload
from urllib.parse import parse_qsl
from wsgiref.headers import Headers

MOST_REQUESTS = 10_000
MOST_OF_A_BODY = 64 * 1024
MOST_BYTES = 64 * 1024 * 1024
HIDDEN = "(hidden)"
_SECRET_FIELDS = {"apiKey", "api_key", "access_secret_key", "password", "public_key"}


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as it arrived, and the status of its answer (0: the connection was reset).

    `headers` finds names in any case. `path` is as it was on the wire, still encoded. Of a body
    that is very long, the first 64 KiB are kept.
    """

    method: str
    path: str
    query: str
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    status: int
    time: float

    @property
    def parameters(self) -> dict[str, str]:
        """The query taken apart."""
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
            "body": self._shown_body(),
            "status": self.status,
            "time": self.time,
        }

    @property
    def size(self) -> int:
        """About how many bytes it takes to keep."""
        headers = sum(len(name) + len(value) for name, value in self.headers.items())
        return len(self.path) + len(self.query) + headers + len(self.body)

    def _shown_body(self) -> object:
        try:
            return _without_secrets(json.loads(self.body)) if self.body else None
        except (ValueError, RecursionError):
            return f"({len(self.body)} bytes that are not JSON)"


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
    """Whether a field of a body is one that nobody is shown."""
    return name in _SECRET_FIELDS or (name == "token" and isinstance(value, dict))


class RequestLog(Sequence[SeenRequest]):
    """The last requests, oldest first; not more than 64 MiB of them. Safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[SeenRequest] = deque()
        self._bytes = 0

    def append(self, request: SeenRequest) -> None:
        """Note a request; of very many, or very large ones, the oldest are forgotten."""
        if len(request.body) > MOST_OF_A_BODY:
            request = replace(request, body=request.body[:MOST_OF_A_BODY])
        with self._lock:
            self._requests.append(request)
            self._bytes += request.size
            while len(self._requests) > MOST_REQUESTS or self._bytes > MOST_BYTES:
                self._bytes -= self._requests.popleft().size

    def clear(self) -> None:
        """Forget them all."""
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


def headers_of(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Headers that are found in any case."""
    return Headers(list(pairs))
