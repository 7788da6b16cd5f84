"""One HTTP exchange: the parsed request, and the answer as bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from wsgiref.headers import Headers

import msgspec

from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.core.urls import Target
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.http.event_stream import EventStream

MAX_BODY = 8 * 1024 * 1024
"""The longest body of a request, in bytes."""

_IDENTITY_KINDS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    413: "overLimit",
    503: "serviceUnavailable",
}


class File(NamedTuple):
    """A body that is not JSON: what it is, and its bytes."""

    content_type: str
    data: bytes


class Reply(NamedTuple):
    """An answer on the wire. A body shorter than its `Content-Length` is truncated.

    `seconds` is what the body takes to be sent, `interim` whether another answer comes before,
    `stream` what follows the body.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float = 0.0
    interim: bool = False
    stream: EventStream | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request that has come in.

    Attributes:
        faults: The faults that it has met so far.
    """

    method: str
    target: Target
    headers: Headers
    body: bytes
    faults: list[Fault] = field(default_factory=list)

    @property
    def token(self) -> str | None:
        """The token that came with it."""
        return self.headers["X-Auth-Token"]

    @property
    def is_identity(self) -> bool:
        """Whether it is for identity, whose errors have another form."""
        return self.target.segments[0] in {"identity", "v2.0"}

    @property
    def is_control(self) -> bool:
        """Whether it is for the control API or its page."""
        return self.target.segments[0] == "_sandbox"

    @property
    def is_root(self) -> bool:
        """Whether it is for the root, which leads to the page."""
        return self.target.path == "/"


def encode(answer: Answer, request_id: str) -> Reply:
    """An answer as status, headers and bytes."""
    if isinstance(answer.body, EventStream):
        headers = [("X-Request-Id", request_id), ("Content-Type", answer.body.content_type)]
        headers += [("Cache-Control", "no-store"), ("Connection", "close")]
        return Reply(answer.status, headers, b"", stream=answer.body)
    if isinstance(answer.body, File):
        return raw(answer, answer.body.data, request_id, answer.body.content_type)
    body = b"" if answer.body is None else msgspec.json.encode(answer.body)
    return raw(answer, body, request_id)


def raw(
    answer: Answer, body: bytes, request_id: str, content_type: str = "application/json"
) -> Reply:
    """A reply with a body of its own."""
    headers = [("X-Request-Id", request_id), *answer.headers.items()]
    if answer.status != 204:
        headers += [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return Reply(answer.status, headers, body)


def fault_answer(fault: ApiFault, *, identity: bool) -> Answer:
    """A fault as an answer; a 401 has identity's form everywhere."""
    details = {"code": fault.code, "message": fault.message}
    kind = fault.kind or _IDENTITY_KINDS.get(fault.code, "identityFault")
    key = kind if identity or fault.code == 401 else "fault"
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.allow:
        headers["Allow"] = ", ".join(fault.allow)
    return Answer(fault.code, {key: details}, headers)
