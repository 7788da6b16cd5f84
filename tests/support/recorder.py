"""What was sent: one form of a recorded request, and a view of those that reached a sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from requests.structures import CaseInsensitiveDict

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.http.server import SandboxServer

__all__ = ["SentRequest", "Wire", "recorded"]


class SentRequest(NamedTuple):
    """A request as it arrived at a fake: `path` with its query, headers in any case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body, decoded."""
        return json.loads(self.body)


def recorded(method: str, path: str, headers: Mapping[str, str], body: bytes) -> SentRequest:
    """Return a request whose headers are found in any case."""
    return SentRequest(method, path, CaseInsensitiveDict(headers), body)


class Wire:
    """The requests that reached the sandbox's service."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self._sandbox = sandbox

    def clear(self) -> None:
        """Forget those so far."""
        self._sandbox.sandbox.requests.clear()

    @property
    def requests(self) -> list[SeenRequest]:
        """All of them, without those to identity."""
        return [request for request in self._sandbox.sandbox.requests if "/v2/" in request.path]

    @property
    def lines(self) -> list[str]:
        """Method and path, relative to the endpoint, and query of each."""
        return [self._line(request) for request in self.requests]

    @property
    def last(self) -> tuple[str, object]:
        """The last one, with its body."""
        request = self.requests[-1]
        return self._line(request), json.loads(request.body) if request.body else None

    def _line(self, request: SeenRequest) -> str:
        path = request.path.partition(f"/v2/{self._sandbox.sandbox.tenant_id}/")[2]
        return f"{request.method} {path}" + (f"?{request.query}" if request.query else "")
