"""The part of the control API that tells of requests: shows, finds, counts and verifies them."""

from __future__ import annotations

import re

from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import not_found
from lavaclient.sandbox.core.request_matching import RequestPattern
from lavaclient.sandbox.core.request_verification import (
    Expectation,
    Verification,
    verify_in_order,
)
from lavaclient.sandbox.http.control_models import InOrder
from lavaclient.sandbox.service import Sandbox

_FAILED = 409
_NUMBER = re.compile(r"[0-9]{1,15}")


def show_requests(sandbox: Sandbox, _body: bytes) -> object:
    """Shows the requests, secrets left out."""
    return {"requests": [request.shown() for request in sandbox.requests]}


def show_request(sandbox: Sandbox, _body: bytes, number: str) -> object:
    """Shows one request with its answer."""
    request = sandbox.requests.numbered(int(number)) if _NUMBER.fullmatch(number) else None
    if request is None:
        raise not_found("Request", number)
    return {"request": request.shown()}


def forget_requests(sandbox: Sandbox, _body: bytes) -> None:
    """Forgets the requests."""
    sandbox.requests.clear()


def find_requests(sandbox: Sandbox, body: bytes) -> object:
    """Finds requests by method, path, query, headers and parts of the body."""
    matches = decode(body, RequestPattern).find(sandbox.requests)
    return {"requests": [request.shown() for request in matches]}


def count_requests(sandbox: Sandbox, body: bytes) -> object:
    """Counts such requests."""
    return {"count": len(decode(body, RequestPattern).find(sandbox.requests))}


def verify_requests(sandbox: Sandbox, body: bytes) -> object:
    """Sees that there were as many such requests as expected; 409 if not, with the nearest."""
    return _outcome(verify_in_order([decode(body, Expectation)], sandbox.requests))


def verify_requests_in_order(sandbox: Sandbox, body: bytes) -> object:
    """Sees that requests came one after the other; 409 where they did not."""
    return _outcome(verify_in_order(decode(body, InOrder).in_order, sandbox.requests))


def _outcome(verification: Verification) -> Answer:
    count = len(verification.matches)
    if verification.passed:
        return Answer(200, {"count": count})
    nearest = [
        {"request": miss.request.shown(), "differences": list(miss.differences)}
        for miss in verification.near_misses()
    ]
    failure = {
        "code": _FAILED,
        "message": verification.failure(),
        "count": count,
        "nearest": nearest,
    }
    return Answer(_FAILED, {"fault": failure})
