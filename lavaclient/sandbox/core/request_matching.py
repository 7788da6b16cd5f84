"""Finding requests by their content, and describing how others differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from lavaclient.sandbox.core.request_log import HIDDEN, SeenRequest, is_secret

_LONGEST = 80


class RequestPattern(Struct, frozen=True, forbid_unknown_fields=True):
    """A pattern for requests. None or an empty field matches anything.

    Attributes:
        method: The method, in any case.
        path: What the path ends with, encoded, as it was sent.
        query: Parameters that it must have, and what each says; None for one that it must not.
        headers: Headers that it must have, by names in any case; None for one that it must not.
        json: What the body must hold. Objects may hold more than is named; lists and other
            values must be the same.
    """

    method: str | None = None
    path: str = ""
    query: Mapping[str, object] = {}
    headers: Mapping[str, str | None] = {}
    json: object = None

    def __str__(self) -> str:
        """The pattern in words."""
        parts = [self.method.upper() if self.method else "request"]
        parts += [f"with a path that ends in {self.path!r}"] if self.path else []
        parts += [f"with the query {dict(self.query)}"] if self.query else []
        parts += [f"with the headers {dict(self.headers)}"] if self.headers else []
        parts += [f"with {json.dumps(self.json)} in its body"] if self.json is not None else []
        return " ".join(parts)

    def matches(self, request: SeenRequest) -> bool:
        """Whether a request matches."""
        return next(self.differences(request), None) is None

    def find(self, requests: Iterable[SeenRequest]) -> list[SeenRequest]:
        """The requests that match."""
        return [request for request in requests if self.matches(request)]

    def differences(self, request: SeenRequest) -> Iterator[str]:
        """A line for each difference of a request; secrets are hidden."""
        if self.method and request.method != self.method.upper():
            yield f"method: is {request.method}"
        if not request.path.endswith(self.path):
            yield f"path: is {request.path}"
        for name, value in self.query.items():
            text = None if value is None else str(value)
            yield from _difference(f"query: {name}", request.parameters.get(name), text)
        for name, text in self.headers.items():
            value = request.headers[name]
            if value != text:
                hidden = value is not None and name.lower() == "x-auth-token"
                yield from _difference(f"headers: {name}", HIDDEN if hidden else value, text)
        if self.json is not None:
            yield from _body_differences(self.json, request)


def _difference(place: str, value: object, expected: object) -> Iterator[str]:
    if value == expected:
        return
    if expected is None:
        yield f"{place}: is there, and must not be"
    elif value is None:
        yield f"{place}: is missing"
    else:
        yield f"{place}: is {_short(value)}, not {_short(expected)}"


def _body_differences(expected: object, request: SeenRequest) -> Iterator[str]:
    try:
        body = request.json()
    except (ValueError, RecursionError):
        yield "json: the body is empty" if not request.body else "json: the body is not JSON"
        return
    yield from _json_differences("json", expected, body)


def _json_differences(place: str, expected: object, value: object) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(value, Mapping):
        for name, inner in expected.items():
            if name not in value:
                yield f"{place}.{name}: is missing"
            elif is_secret(name, inner):
                yield from [] if inner == value[name] else [f"{place}.{name}: differs {HIDDEN}"]
            else:
                yield from _json_differences(f"{place}.{name}", inner, value[name])
    elif isinstance(expected, list | tuple) and isinstance(value, list):
        if len(expected) != len(value):
            yield f"{place}: has {len(value)} items, not {len(expected)}"
        for number, (wanted, inner) in enumerate(zip(expected, value, strict=False)):
            yield from _json_differences(f"{place}[{number}]", wanted, inner)
    elif expected != value or isinstance(expected, bool) != isinstance(value, bool):
        yield f"{place}: is {_short(value)}, not {_short(expected)}"


def _short(value: object) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
