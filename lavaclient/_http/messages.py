"""Requests and responses; no repr shows a header or a body."""

from __future__ import annotations

from collections.abc import Mapping

from lavaclient._http.redaction import Redactor

__all__ = ["OutgoingRequest", "Response"]

_REQUEST_IDS = (
    "x-request-id",
    "x-openstack-request-id",
    "x-compute-request-id",
    "Client-Request-ID",
)


class OutgoingRequest:
    """A request that is ready to be sent.

    Args:
        method: HTTP method.
        url: Absolute URL.
        path: The path that logs and errors show.
        headers: All headers but ``Client-Request-ID``, which each attempt sets itself.
        body: JSON, or None.
        redactor: Removes secrets from errors and logs.
        changes: Whether it changes something at the service; by default unless it is a GET.
    """

    __slots__ = ("body", "changes", "headers", "method", "path", "redactor", "url")

    def __init__(
        self,
        method: str,
        url: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        redactor: Redactor,
        changes: bool | None = None,
    ) -> None:
        self.method: str = method
        self.url: str = url
        self.path: str = path
        self.headers: Mapping[str, str] = headers
        self.body: bytes | None = body
        self.redactor: Redactor = redactor
        self.changes: bool = method != "GET" if changes is None else changes

    def __repr__(self) -> str:
        method, path = getattr(self, "method", None), getattr(self, "path", None)
        return f"<OutgoingRequest {method} {path}>"


class Response:
    """A complete HTTP response.

    Attributes:
        proxy: The proxy that may have answered in place of the service; "" for none.
    """

    __slots__ = ("_redactor", "_sent_id", "body", "headers", "method", "path", "proxy", "status")

    def __init__(
        self,
        method: str,
        path: str,
        status: int,
        headers: Mapping[str, str],
        *,
        body: bytes = b"",
        sent_id: str = "",
        redactor: Redactor,
    ) -> None:
        self.method: str = method
        self.path: str = path
        self.status: int = status
        self.headers: Mapping[str, str] = headers
        self.body: bytes = body
        self.proxy: str = ""
        self._sent_id = sent_id
        self._redactor = redactor

    @property
    def request_id(self) -> str:
        """The service's id of the request, without secrets, else the one that was sent."""
        request_id = next(filter(None, map(self.headers.get, _REQUEST_IDS)), self._sent_id)
        return self._redactor.sanitize(request_id)

    def __repr__(self) -> str:
        method, path = getattr(self, "method", None), getattr(self, "path", None)
        return f"<Response {getattr(self, 'status', None)} to {method} {path}>"
