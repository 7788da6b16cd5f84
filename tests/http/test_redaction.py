"""What is never shown."""

from __future__ import annotations

import copy
import html
import json
import time
import traceback

import pytest
import requests

from lavaclient import error
from lavaclient._config.secret import Secret
from lavaclient._http.error_response import error_from_response
from lavaclient._http.messages import Response
from lavaclient._http.redaction import Redactor, without_frames, without_library_frames
from lavaclient._system.escaping import escape_html
from lavaclient.error import plain_line

KEY = "0123456789abcdef"


def test_31_a_key_is_hidden_after_any_number_of_renewals() -> None:
    redactor = Redactor(Secret(KEY), None)
    for number in range(500):
        redactor.remember(Secret(f"token-{number:04d}"))
    sanitized = redactor.sanitize(f"{KEY} token-0499 token-0498")
    assert sanitized == "[hidden] [hidden] [hidden]"


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


@pytest.mark.parametrize("inner", ["abcdef", "and-more", "zz-in-it"])
def test_31_a_secret_within_another_does_not_save_it(inner: str) -> None:
    outer = "abcdef-zz-in-it-and-more"
    assert Redactor(Secret(inner), Secret(outer)).sanitize(outer) == "[hidden]"


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


@pytest.mark.parametrize(
    ("secret", "written"),
    [
        ("slash/plus+=", "slash%2Fplus%2B%3D"),
        ("slash/plus+=", "slash%2fplus%2b%3d"),
        ("slash/plus+=", "slash/plus%2B%3D"),
        ("slash/plus+=", "slash/plus%2b%3d"),
        ("slash/plus+=", "slash\\/plus+="),
        ("two words", "two%20words"),
        ("two words", "two+words"),
        ("two/words too", "two%2Fwords%20too"),
        ("two/words too", "two%2fwords%20too"),
        ("two/words too", "two/words%20too"),
        ("two/words too", "two%2Fwords+too"),
        ("déjà-vu-12", "d%C3%A9j%C3%A0-vu-12"),
        ("déjà-vu-12", "d\\u00e9j\\u00e0-vu-12"),
        ("déjà-vu-12", "d\\u00E9j\\u00E0-vu-12"),
        ('d\u00e9j\u00e0"vu-12', 'd\u00e9j\u00e0\\"vu-12'),
        ('quote"d-text', 'quote\\"d-text'),
        ('quote"d-text', "quote&quot;d-text"),
        ("<angle&amp>", "&lt;angle&amp;amp&gt;"),
        ("don't-show", "don&#x27;t-show"),
        ("don't-show", "don&#39;t-show"),
        ("don't & 'go'", "don't &amp; 'go'"),
    ],
)
def test_31_a_secret_is_hidden_in_each_encoding(secret: str, written: str) -> None:
    redactor = Redactor(Secret(secret))
    assert redactor.scrub(f"before {written} after") == "before [hidden] after"
    assert redactor.contains_secret(written)


@pytest.mark.parametrize(
    "between", ["\n", "\r\n", "\r\n    ", " \n\t", "\x00", "\u200b", "\u2028", "\x1b", "\ufeff"]
)
def test_31_a_secret_that_is_broken_over_lines_is_hidden(between: str) -> None:
    for cut in (1, 8, len(KEY) - 1):
        shown = Redactor(Secret(KEY)).sanitize(f"key {KEY[:cut]}{between}{KEY[cut:]} is odd")
        assert shown == "key [hidden] is odd"


@pytest.mark.parametrize("odd", [" ", "\n", "\u2028 ", "\x00"])
def test_30_a_text_of_blanks_alone_takes_no_time(odd: str) -> None:
    started = time.process_time()
    assert Redactor(Secret(KEY)).sanitize(odd * 10**5 + "x") == "x"
    assert time.process_time() - started < 0.5


def test_31_a_secret_that_is_broken_by_tags_is_hidden() -> None:
    redactor = Redactor(Secret(KEY))
    page = f"<p>key {KEY[:8]}<wbr>\n{KEY[8:]} ".encode()
    response = Response("GET", "x", 400, {}, body=page, redactor=redactor)
    assert error_from_response(response, redactor, 0.0).message == "key [hidden]"


def test_31_a_secret_of_words_is_hidden_however_its_blanks_are_written() -> None:
    redactor = Redactor(Secret("correct horse battery"))
    assert redactor.sanitize("weak: correct\r\n horse\tbattery!") == "weak: [hidden]!"


def test_31_a_text_without_a_secret_keeps_its_words_apart() -> None:
    assert Redactor(Secret(KEY)).sanitize("one\ntwo\r\n\tthree") == "one two three"


def test_31_six_characters_are_a_secret_and_five_are_not() -> None:
    assert Redactor(Secret("s3cr3t")).scrub("s3cr3t") == "[hidden]"
    assert Redactor(Secret("s3cr3")).scrub("s3cr3") == "s3cr3"


def test_of_the_tokens_the_newest_64_are_known() -> None:
    redactor = Redactor(Secret(KEY))
    for number in range(65):
        redactor.remember(Secret(f"token-{number:04d}"))
    assert not redactor.contains_secret("token-0000")
    assert redactor.contains_secret("token-0001")
    assert redactor.contains_secret("token-0064")
    assert redactor.contains_secret(KEY)


def test_what_is_extended_by_nothing_is_the_same() -> None:
    redactor = Redactor(Secret(KEY))
    assert redactor.extended() is redactor


def test_52_a_line_has_500_characters_at_most_and_says_where_it_was_cut() -> None:
    letters = "".join(chr(ord("a") + number % 26) for number in range(501))
    assert plain_line(letters[:500]) == letters[:500]
    assert plain_line(letters) == letters[:499] + "…"


@pytest.mark.parametrize(
    "odd", ["\x7f", "\x85", "\x9f", "\u200f", "\u202a", "\u202e", "\ue000", "\U000e0001", "\xad"]
)
def test_52_what_cannot_be_printed_is_a_blank(odd: str) -> None:
    assert plain_line(f" a{odd}{odd}b ") == "a b"


def test_43_without_frames_no_link_of_a_chain_has_any() -> None:
    def fail() -> None:
        try:
            raise ValueError("first")
        except ValueError:
            raise KeyError("second") from OSError("third")

    with pytest.raises(KeyError) as caught:
        fail()
    failure = caught.value
    cause, inner = failure.__cause__, failure.__context__
    assert cause is not None
    assert inner is not None
    cause.__traceback__ = failure.__traceback__
    assert without_frames(failure) is failure
    assert (failure.__traceback__, cause.__traceback__) == (None, None)
    failure.__cause__ = None
    assert without_frames(failure) is failure
    assert inner.__traceback__ is None


def _modules(failure: BaseException) -> list[str]:
    return [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(failure.__traceback__)]


def test_43_the_frames_of_libraries_are_cut_off_and_those_of_others_stay() -> None:
    with pytest.raises(requests.exceptions.MissingSchema) as caught:
        requests.Session().get("no-url")
    assert _modules(caught.value)[1:]
    first = caught.value.__traceback__
    caught.value.__traceback__ = without_library_frames(first)
    assert _modules(caught.value) == [__name__]
    assert caught.value.__traceback__ is not None
    assert first is not None
    assert caught.value.__traceback__.tb_lineno == first.tb_lineno


@pytest.mark.parametrize(
    ("module", "stays"),
    [
        ("keystoneauth1.session", False),
        ("requests", False),
        ("urllib3.connectionpool", False),
        ("http.client", False),
        ("lavaclient._http.exchange", False),
        ("requests_of_mine", True),
        ("lavaclient.api.clusters", True),
        ("http.server", True),
    ],
)
def test_43_the_frames_that_hold_a_request_are_those_of_its_libraries_alone(
    module: str, stays: bool
) -> None:
    space: dict[str, object] = {"__name__": module}
    exec("def fail():\n    raise ValueError", space)
    with pytest.raises(ValueError) as caught:
        space["fail"]()  # type: ignore[operator]
    caught.value.__traceback__ = without_library_frames(caught.value.__traceback__)
    assert _modules(caught.value) == [__name__, *([module] if stays else [])]


@pytest.mark.parametrize("quote", [True, False])
def test_text_is_escaped_as_the_standard_library_does(quote: bool) -> None:
    text = "".join(map(chr, range(0x250))) + "&amp;<a href='b'>"
    assert escape_html(text, quote=quote) == html.escape(text, quote=quote)
