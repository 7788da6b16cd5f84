"""Making one exchange go wrong in the way a fault says."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.http.messages import Reply, Request, encode, fault_answer, raw
from lavaclient.sandbox.service import Sandbox

Carry = Callable[[Request], Answer]
"""Carries a request out."""

_PAGE = b"<html><head><title>Bad gateway</title></head><body>The proxy has no answer.</body></html>"


def inject_fault(
    sandbox: Sandbox, fault: Fault, request: Request, carry: Carry, request_id: str
) -> Reply:
    """Carry a request out as far as the fault lets it be.

    Raises:
        ConnectionResetError: For the two kinds of reset.
    """
    if fault.kind == "reset_before":
        raise ConnectionResetError("the connection was reset before the request was carried out")
    if fault.kind == "status":
        return encode(_status(fault, request), request_id)
    if fault.kind == "expired_token":
        sandbox.expire_token(request.token)
        return encode(carry(request), request_id)
    if fault.kind == "endless_pages":
        return encode(_add_endless_page(request, carry), request_id)
    if fault.kind == "dribble":
        seconds = sandbox.faults.draw(fault)
        return encode(carry(request), request_id)._replace(seconds=seconds)
    return _corrupt(fault, carry(request), request_id)


def _corrupt(fault: Fault, answer: Answer, request_id: str) -> Reply:
    if fault.kind == "reset_after":
        raise ConnectionResetError("the connection was reset after the request was carried out")
    if fault.kind == "wrong_body":
        return _replace_body(fault, answer, request_id)
    reply = encode(answer, request_id)
    if fault.kind == "interim":
        return reply._replace(interim=True)
    return reply._replace(body=reply.body[: len(reply.body) // 2])


def _status(fault: Fault, request: Request) -> Answer:
    error = ApiFault(fault.code, "A fault that was asked for")
    answer = fault_answer(error, identity=request.is_identity)
    if fault.retry_after is None:
        return answer
    return dataclasses.replace(answer, headers={"Retry-After": fault.retry_after})


def _replace_body(fault: Fault, answer: Answer, request_id: str) -> Reply:
    # A body can be wrong only where there is one.
    answer = dataclasses.replace(answer, status=200 if answer.status == 204 else answer.status)
    if fault.body == "html":
        return raw(answer, _PAGE, request_id, "text/html")
    if fault.body == "empty":
        return raw(answer, b"", request_id)
    body: object = [answer.body]
    if fault.body == "types" and isinstance(answer.body, dict):
        body = dict.fromkeys(answer.body, 42)
    return encode(dataclasses.replace(answer, body=body), request_id)


def _add_endless_page(request: Request, carry: Carry) -> Answer:
    first = dataclasses.replace(request, target=dataclasses.replace(request.target, query=()))
    answer = carry(first)
    if not isinstance(answer.body, dict) or "links" not in answer.body:
        return answer
    href = f"{request.target.urls.base}{request.target.path}?limit=100&marker={uuid.uuid4()}"
    body = {**answer.body, "links": [{"rel": "next", "href": href}]}
    return dataclasses.replace(answer, body=body)
