"""What is never shown."""

from __future__ import annotations

import copy
import json
import time

import pytest

from lavaclient import error
from lavaclient._config.secret import Secret
from lavaclient._http.error_response import error_from_response
from lavaclient._http.messages import Response
from lavaclient._http.redaction import Redactor
from lavaclient._system.text import plain_line

KEY = "0123456789abcdef"


def test_31_a_key_is_hidden_after_any_number_of_renewals() -> None:
    redactor = Redactor(Secret(KEY), None)
    for number in range(500):
        redactor.remember(Secret(f"token-{number:04d}"))
    said = redactor.sanitize(f"{KEY} token-0499 token-0498")
    assert said == "[hidden] [hidden] [hidden]"


@pytest.mark.parametrize(
    "secret", ['quote"and\\slash', "<angle&amp>", "slash/plus+=", "déjà-vu-12"]
)
def test_31_a_secret_is_hidden_however_it_is_written(secret: str) -> None:
    redactor = Redactor(Secret(secret))
    assert redactor.contains_secret(json.dumps(secret))
    body = json.dumps({"fault": f"not {secret} here"})[:-1]  # cut, so that it is read as text
    response = Response(
        "GET",
        "x",
        400,
        {"x-request-id": secret},
        body=body.encode(),
        sent_id="sent",
        redactor=redactor,
    )
    failure = error_from_response(response, redactor, 0.0)
    assert json.dumps(secret)[1:-1] not in str(failure)
    assert secret not in str(failure)
    assert failure.request_id == "[hidden]"


def test_31_a_text_of_under_six_characters_is_no_secret() -> None:
    assert Redactor(Secret("abc")).sanitize("abc and abcdef") == "abc and abcdef"


def test_31_a_secret_within_another_does_not_save_it() -> None:
    assert (
        Redactor(Secret("abcdef"), Secret("abcdef-and-more")).sanitize("abcdef-and-more")
        == "[hidden]"
    )


def test_31_what_a_request_carried_is_hidden_with_tokens_that_come_later() -> None:
    redactor = Redactor(Secret(KEY))
    both = redactor.extended(Secret("the-password"))
    redactor.remember(Secret("token-of-later"))
    assert both.sanitize(f"the-password token-of-later {KEY}") == "[hidden] [hidden] [hidden]"
    assert not redactor.contains_secret("the-password")


def test_31_half_a_secret_at_the_end_of_what_is_read_is_not_shown() -> None:
    redactor = Redactor(Secret(KEY))
    response = Response(
        "GET",
        "x",
        400,
        {},
        body=b"<p>" + b"<b></b>" * 1168 + b" refused: " + KEY.encode() * 100,
        redactor=redactor,
    )
    assert KEY[:6] not in str(error_from_response(response, redactor, 0.0))


@pytest.mark.parametrize("tag", ["<script ", "<title>", "<title ", "<", "<style>", "</"])
def test_30_a_page_of_open_tags_takes_no_time(tag: str) -> None:
    response = Response("GET", "x", 500, {}, body=(tag * 10**6).encode(), redactor=Redactor())
    started = time.process_time()
    error_from_response(response, Redactor(), 0.0)
    assert time.process_time() - started < 1


def test_30_styles_and_scripts_of_a_page_are_no_message() -> None:
    response = Response(
        "GET",
        "x",
        502,
        {},
        body=b"<style>p {}</style><h1>Bad day</h1><script>let x = 1 < 2",
        redactor=Redactor(),
    )
    assert error_from_response(response, Redactor(), 0.0).message == "Bad day"


def test_30_a_text_becomes_one_short_line() -> None:
    assert plain_line("a\r\n\tb\x00\u202ec") == "a b c"
    assert len(plain_line("x" * 10_000)) == 500


def test_a_copied_error_is_equal_and_of_its_own() -> None:
    first = error.ServerError("it failed", code=500)
    first.__cause__ = ValueError()
    twin = first.copy()
    assert (str(twin), twin.code, twin.__cause__) == ("it failed", 500, first.__cause__)
    twin.mark_maybe_applied()
    assert twin.maybe_applied
    assert str(twin).endswith("look before trying again")
    text = str(twin)
    twin.mark_maybe_applied()
    assert str(twin) == text
    assert not first.maybe_applied
    assert str(copy.copy(first)) == "it failed"
