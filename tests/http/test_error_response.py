"""What error an answer without success becomes."""

from __future__ import annotations

import json

import pytest

from lavaclient import error
from lavaclient._config.secret import Secret
from lavaclient._http.error_response import error_from_response
from lavaclient._http.messages import OutgoingRequest, Response
from lavaclient._http.redaction import Redactor

KEY = "0123456789abcdef"


def failure(
    status: int = 400,
    body: bytes | dict[str, object] = b"",
    headers: dict[str, str] | None = None,
    method: str = "PUT",
    *,
    maybe_applied: bool = False,
    changes: bool = True,
) -> error.LavaError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    redactor = Redactor(Secret(KEY))
    response = Response(
        method, "clusters/c", status, headers or {}, body=data, sent_id="sent", redactor=redactor
    )
    return error_from_response(
        response, redactor, 0.0, maybe_applied=maybe_applied, changes=changes
    )


def test_all_of_an_answer_is_in_its_error() -> None:
    headers = {"x-request-id": "req-7", "Retry-After": "9"}
    told = failure(503, {"fault": {"message": "busy"}}, headers)
    assert type(told) is error.ServerError
    assert str(told) == "PUT clusters/c: 503 busy (request id req-7)"
    assert (told.message, told.code, told.method) == ("busy", 503, "PUT")
    assert (told.path, told.request_id, told.retry_after) == ("clusters/c", "req-7", 9.0)
    assert told.maybe_applied is False


@pytest.mark.parametrize(
    ("status", "headers", "earlier", "applied"),
    [
        (499, {}, False, False),
        (500, {}, False, True),
        (502, {"Retry-After": "1"}, False, True),
        (503, {}, False, True),
        (503, {"Retry-After": "0"}, False, False),
        (503, {"Retry-After": "soon"}, False, True),
        (503, {"Retry-After": "1"}, True, True),
        (429, {}, False, False),
        (404, {}, True, True),
    ],
)
def test_what_an_answer_or_an_earlier_attempt_leaves_open_is_told(
    status: int, headers: dict[str, str], earlier: bool, applied: bool
) -> None:
    told = failure(status, headers=headers, maybe_applied=earlier)
    assert told.maybe_applied is applied
    assert str(told).count("look before trying again") == applied


def test_a_get_and_what_changes_nothing_is_never_left_open() -> None:
    assert failure(500, method="GET", maybe_applied=True).maybe_applied is False
    assert failure(500, changes=False, maybe_applied=True).maybe_applied is False


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "a", "details": "b"}, "a"),
        ({"message": " ", "details": "b"}, "b"),
        ({"details": "b", "description": "c"}, "b"),
        ({"description": "c", "detail": "d"}, "c"),
        ({"detail": "d", "title": "t"}, "d"),
        ({"other": "o", "title": "t"}, "t"),
        ({"code": 7, "first": "f", "second": "s"}, "f"),
        ({"fault": {"code": 7}, "other": {"message": "in the second"}}, "in the second"),
        ({"fault": {"inner": {"message": "deep"}}, "text": "flat"}, "deep"),
        ({"message": {"message": "within"}}, "within"),
        ({"message": ["a", "list"]}, "Bad Request"),
        (b'"a text"', "a text"),
        (b"[1]", "Bad Request"),
        (b"400 Bad Request: nginx", "Bad Request: nginx"),
        (b"<h1>400 Bad Request</h1>nginx", "Bad Request nginx"),
        (b"<h1>400</h1><p>no such name", "no such name"),
        (b"4000 clusters", "4000 clusters"),
        (b"cluster 400 is gone", "cluster 400 is gone"),
        (b"<title> </title>body", "body"),
        (b"<TITLE lang='en'>A\n title</TITLE><p>body", "A title"),
        (b"a <b>bold</b> word<br", "a bold word"),
        (b"caf\xc3\xa9 \xff", "café \N{REPLACEMENT CHARACTER}"),
        (b"", "Bad Request"),
    ],
)
def test_30_the_message_is_the_first_that_says_something(
    body: bytes | dict[str, object], message: str
) -> None:
    assert failure(400, body).message == message


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (299, b"why", "why"),
        (300, b"why", "Multiple Choices: a redirect that is not followed, to /there"),
        (302, b"why", "Found: a redirect that is not followed, to /there"),
        (399, b"why", "no reason given: a redirect that is not followed, to /there"),
        (400, b"why", "why"),
        (101, b"why", "an interim status, where the final one is expected"),
        (199, b"why", "an interim status, where the final one is expected"),
        (200, b"why", "why"),
        (407, b"why", "the proxy wants a user name and a password"),
        (407, b"", "the proxy wants a user name and a password"),
        (500, b"", "Internal Server Error"),
        (599, b"", "no reason given"),
    ],
)
def test_44_some_statuses_say_all_themselves(status: int, body: bytes, message: str) -> None:
    assert failure(status, body, {"Location": "/there"}).message == message


def test_44_what_squid_calls_its_page_is_told() -> None:
    page = b"<title>ERROR: The requested URL could not be retrieved</title>"
    message = failure(503, page, {"X-Squid-Error": "ERR_CONNECT_FAIL 111"}).message
    assert message == "ERROR: The requested URL could not be retrieved (ERR_CONNECT_FAIL 111)"


def test_56_a_date_to_wait_for_counts_from_the_wall_clock() -> None:
    told = failure(429, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:10 GMT"})
    assert told.retry_after == 10.0


def test_a_redirect_that_leads_nowhere_names_no_place() -> None:
    assert failure(302).message == "Found: a redirect that is not followed"


def test_31_the_place_that_a_redirect_names_is_scrubbed() -> None:
    told = failure(302, headers={"Location": f"https://evil.example/?key={KEY}"})
    assert told.message.endswith("to https://evil.example/?key=[hidden]")


def test_30_of_a_page_of_8_kib_all_is_read_and_of_more_whole_words() -> None:
    page = b"<p>" + b" " * (8 * 2**10 - 8) + b"words"
    assert len(page) == 8 * 2**10
    assert failure(400, page).message == "words"
    assert failure(400, page + b"-cut").message == "Bad Request"
    assert failure(400, b"<p>first and second" + page).message == "first and second"


def test_a_class_of_the_callers_goes_before_the_one_of_the_status() -> None:
    redactor = Redactor()
    response = Response("POST", "tokens", 404, {}, redactor=redactor)
    kind = error.AuthenticationError
    assert type(error_from_response(response, redactor, 0.0, kind=kind)) is kind


def test_no_repr_shows_a_header_or_a_body() -> None:
    headers = {"X-Auth-Token": KEY}
    request = OutgoingRequest(
        "PUT", "https://a.example/c", "c", headers=headers, body=KEY.encode(), redactor=Redactor()
    )
    response = Response("PUT", "c", 200, headers, body=KEY.encode(), redactor=Redactor())
    assert repr(request) == "<OutgoingRequest PUT c>"
    assert repr(response) == "<Response 200 to PUT c>"


@pytest.mark.parametrize(
    ("method", "changes", "meant"),
    [("GET", None, False), ("POST", None, True), ("POST", False, False), ("GET", True, True)],
)
def test_what_changes_something_is_all_but_a_get_unless_it_says_so(
    method: str, changes: bool | None, meant: bool
) -> None:
    request = OutgoingRequest(
        method, "https://a.example/c", "c", headers={}, redactor=Redactor(), changes=changes
    )
    assert request.changes is meant


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({}, "sent"),
        ({"x-request-id": ""}, "sent"),
        ({"Client-Request-ID": "echo"}, "echo"),
        ({"Client-Request-ID": "echo", "x-compute-request-id": "compute"}, "compute"),
        ({"x-compute-request-id": "compute", "x-openstack-request-id": "stack"}, "stack"),
        ({"x-openstack-request-id": "stack", "x-request-id": "req"}, "req"),
        ({"x-request-id": f"a\n{KEY}\x1b[31m"}, "a [hidden] [31m"),
    ],
)
def test_the_services_id_of_a_request_goes_before_the_one_that_was_sent(
    headers: dict[str, str], request_id: str
) -> None:
    assert failure(400, headers=headers).request_id == request_id
