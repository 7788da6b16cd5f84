"""Tolerant decoding, from bytes to objects."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Required, TypeAlias, TypedDict

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lavaclient._decode.nesting import is_too_deep
from lavaclient._decode.reader import UnreadableError, decode, decode_untyped, read
from lavaclient._decode.types import Names, Number, Text, Timestamp, TimestampOrBlank, custom_type
from tests.support.json_values import json_values

pytestmark = pytest.mark.usefixtures("no_collection")

ROOT = Path(__file__).parents[2]


class Part(TypedDict, total=False):
    name: Required[str]
    size: int


class Leaf(msgspec.Struct):
    id: str
    count: int | None = None


class Tree(msgspec.Struct):
    id: str
    title: str = "untitled"
    count: int = 0
    share: float = 0.0
    good: bool = False
    maybe: int | None = None
    word: str | None = None
    leaves: list[Leaf] = []
    parts: list[Part] = []
    by_name: dict[str, int] = {}
    when: Timestamp = None
    changed: TimestampOrBlank = None
    day: date | None = None
    version: Text = ""
    progress: Number = None
    names: Names = msgspec.field(default_factory=list)
    wire: str = msgspec.field(default="", name="class")
    either: int | str = 0
    things: list[object] = []


class Body(msgspec.Struct):
    tree: Tree


def _tree(**fields: object) -> Tree:
    return decode(json.dumps({"tree": {"id": "t", **fields}}).encode(), Body).tree


@pytest.mark.parametrize(
    ("field", "written", "meant"),
    [
        ("title", 5, "5"),
        ("title", 2.5, "2.5"),
        ("title", True, "true"),
        ("title", None, "untitled"),
        ("word", 5, "5"),
        ("word", None, None),
        ("word", "", ""),
        ("count", "5", 5),
        ("count", " -7 ", -7),
        ("count", "5.0", 5),
        ("count", 5.0, 5),
        ("count", None, 0),
        ("maybe", "5", 5),
        ("maybe", "", None),
        ("maybe", None, None),
        ("share", "0.5", 0.5),
        ("share", 1, 1.0),
        ("good", "true", True),
        ("good", "False", False),
        ("good", 1, True),
        ("good", "0", False),
        ("good", None, False),
        ("good", 0, False),
        ("good", 0.0, False),
        ("good", 1.0, True),
        ("good", "1", True),
        ("good", " TRUE\t", True),
        ("title", False, "false"),
        ("title", 0, "0"),
        ("count", "+5", 5),
        ("count", "5.", 5),
        ("count", "5.00 ", 5),
        ("count", -5.0, -5),
        ("count", "9" * 18, 10**18 - 1),
        ("maybe", 0.0, 0),
        ("share", "1e3", 1000.0),
        ("share", " -0.5 ", -0.5),
        ("leaves", [None, None], []),
        ("parts", [{"name": None, "size": 1}, None][1:], []),
        ("by_name", {}, {}),
        ("names", [], []),
        ("names", [{"name": 5}, {"name": None}, True], ["5", "true"]),
        ("progress", 0, 0.0),
        ("progress", "0", 0.0),
        ("leaves", None, []),
        ("leaves", "", []),
        ("leaves", [None, {"id": 1}], [Leaf("1")]),
        ("leaves", [{"id": "a", "count": "2", "new": {}}], [Leaf("a", 2)]),
        ("parts", [{"name": 1, "size": "2", "new": 3}], [{"name": "1", "size": 2}]),
        ("parts", [{"name": "a", "size": None}], [{"name": "a"}]),
        ("by_name", {"a": "1"}, {"a": 1}),
        ("by_name", None, {}),
        ("day", "2016-02-29", date(2016, 2, 29)),
        ("day", None, None),
        ("version", 4, "4"),
        ("version", "v4", "v4"),
        ("version", None, ""),
        ("progress", "12.5", 12.5),
        ("progress", 5, 5.0),
        ("progress", "", None),
        ("progress", None, None),
        ("names", ["a", {"name": "b"}, None, 3, {}], ["a", "b", "3"]),
        ("names", {"a": {}, "b": {}}, ["a", "b"]),
        ("names", None, []),
    ],
)
def test_a_value_of_another_type_is_taken_for_what_it_means(
    field: str, written: object, meant: object
) -> None:
    assert getattr(_tree(**{field: written}), field) == meant


@pytest.mark.parametrize("field", ["when", "changed"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2014-06-14T10:10:10Z", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("2014-06-14t10:10:10z", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("2014-06-14T10:10:10", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        (" 2014-06-14 10:10:10 ", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("2014-06-14", datetime(2014, 6, 14, tzinfo=UTC)),
        (
            "2016-02-19T04:21:03.123456400-05:00",
            datetime(2016, 2, 19, 4, 21, 3, 123456, tzinfo=timezone(timedelta(hours=-5))),
        ),
        (1402740610, datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        (99_999_999_999, datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
        (100_000_000_000, datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        (-100_000_000_000, datetime(1966, 10, 31, 14, 13, 20, tzinfo=UTC)),
        (1402740610.5, datetime(2014, 6, 14, 10, 10, 10, 500_000, tzinfo=UTC)),
        ("1402740610", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("2014-06-14 10:10:10   gmt", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("2014-06-14T15:40:10+05:30", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("Sat, 14 Jun 2014 10:10:10", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("Sat, 14 Jun 2014 10:10:10 -0000", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        (1402740610500, datetime(2014, 6, 14, 10, 10, 10, 500_000, tzinfo=UTC)),
        ("1402740610500", datetime(2014, 6, 14, 10, 10, 10, 500_000, tzinfo=UTC)),
        ("2014-06-14 10:10:10 UTC", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("Sat, 14 Jun 2014 10:10:10 GMT", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("Sat, 14 Jun 2014 05:10:10 -0500", datetime(2014, 6, 14, 10, 10, 10, tzinfo=UTC)),
        ("2014-06-14T23:59:60Z", None),
        ("0000-00-00T00:00:00", None),
        ("soon", None),
        (1e300, None),
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_timestamps_are_aware_in_whichever_form_they_come(
    field: str, written: object, meant: datetime | None, far_from_utc: None
) -> None:
    when = getattr(_tree(**{field: written}), field)
    assert when == meant
    assert when is None or when.utcoffset() is not None


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("when", True),
        ("when", []),
        ("count", True),
        ("count", "five"),
        ("count", 5.5),
        ("count", "9" * 30),
        ("maybe", {}),
        ("share", "nan"),
        ("share", "inf"),
        ("good", "perhaps"),
        ("good", 2),
        ("title", []),
        ("leaves", {}),
        ("leaves", ["leaf"]),
        ("by_name", []),
        ("parts", "part"),
        ("version", []),
        ("progress", "fast"),
        ("progress", True),
        pytest.param("progress", 10**400, id="progress-huge"),
        ("names", "a"),
        ("names", [["a"]]),
    ],
)
def test_what_means_nothing_is_unreadable_and_its_place_is_told(
    field: str, written: object
) -> None:
    with pytest.raises(UnreadableError, match=rf"`\$\.tree\.{field}"):
        _tree(**{field: written})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{}", "missing required field `tree` - at `$`"),
        (b'{"tree": {}}', "missing required field `id` - at `$.tree`"),
        (b'{"tree": {"id": null}}', "got `null` - at `$.tree.id`"),
        (b'{"tree": {"id": "t", "leaves": [{"id": "a"}, {}]}}', "`id` - at `$.tree.leaves[1]`"),
        (b'{"tree": {"id": "t", "parts": [{}]}}', "`name` - at `$.tree.parts[0]`"),
        (b'{"tree": {"id": "t", "class": []}}', "at `$.tree.class`"),
        (b'{"tree": []}', "Expected `object`, got `array` - at `$.tree`"),
        (b"[]", "Expected `object`, got `array` - at `$`"),
        (b"null", "Expected `object`, got `null` - at `$`"),
        (b"", "it is empty"),
        (b" \r\n", "it is empty"),
        (b"<html>no</html>", "it is HTML or XML, not JSON"),
        (b"\n<!DOCTYPE html>", "it is HTML or XML, not JSON"),
        (b'{"tree": {"id": "t"', "it is not JSON: Input data was truncated"),
        (b'{"tree": 1', "it is not JSON: Input data was truncated"),
        (b'{"tree": {"id": NaN}}', "it is not JSON"),
        (b'{"tree": {"id": "\xff"}}', "it is not UTF-8"),
        (b'{"tree": 1, "x": "\xff"}', "it is not UTF-8"),
        (b"[" * 200_000, "its nesting is too deep"),
        (b'{"tree": {"id": "t", "new": ' + b"[" * 200_000, "its nesting is too deep"),
        (b'{"tree": {"id": ' + b"9" * 9_000 + b"}}", "it is not JSON: Integer value out of range"),
    ],
)
def test_a_body_that_is_something_else_is_unreadable_in_one_line(body: bytes, message: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        decode(body, Body)
    text = str(caught.value)
    assert text.startswith(message) or text.endswith(message)
    assert "\n" not in text
    assert len(text) < 200


@pytest.mark.parametrize(
    "field", ["title", "count", "good", "when", "changed", "version", "names", "leaves"]
)
def test_no_error_quotes_a_value(field: str) -> None:
    secret = "s3cr3t-value"  # pragma: allowlist secret
    for written in (secret, [[secret]], {secret: secret}):
        try:
            _tree(**{field: written})
        except UnreadableError as caught:
            assert secret not in str(caught)  # noqa: PT017
            assert caught.__cause__ is None  # noqa: PT017


@pytest.mark.parametrize(
    ("field", "written", "problem"),
    [
        ("when", True, "Expected `datetime | null`, got `bool`"),
        ("when", {}, "Expected `datetime | null`, got `object`"),
        ("changed", True, "Expected `datetime`, got `bool`"),
        ("changed", {}, "Expected `datetime`, got `dict`"),
        ("version", [], "Expected `str`, got `list`"),
        ("progress", "fast", "Expected `float`, got `str`"),
        ("progress", True, "Expected `float`, got `bool`"),
        pytest.param(
            *("progress", 10**400, "Expected `float`, got an `int` that is too large for it"),
            id="progress-huge",
        ),
        ("names", "a", "Expected a list of names"),
        ("names", [["a"]], "Expected `str`, got `list`"),
        ("good", "perhaps", "Expected `bool`, got `str`"),
        ("good", 2, "Expected `bool`, got `int`"),
        ("count", "5.5", "Expected `int`, got `str`"),
        ("count", "9" * 19, "Expected `int`, got `str`"),
        ("count", "\u0665", "Expected `int`, got `str`"),
        ("share", "nan", "Expected `float`, got `str`"),
        ("share", "many", "Expected `float`, got `str`"),
        ("title", [], "Expected `str`, got `array`"),
        ("leaves", {}, "Expected `array`, got `object`"),
        ("by_name", [], "Expected `object`, got `array`"),
    ],
)
def test_what_was_expected_and_what_came_is_told(field: str, written: object, problem: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        _tree(**{field: written})
    assert str(caught.value) == f"{problem} - at `$.tree.{field}`"


class Strict(msgspec.Struct):
    """What has no defaults."""

    version: Text
    names: Names
    progress: Number
    when: Timestamp
    changed: TimestampOrBlank


def test_null_is_nothing_where_a_value_is_required_too() -> None:
    empty = b'{"version": null, "names": null, "progress": null, "when": null, "changed": null}'
    assert decode(empty, Strict) == Strict("", [], None, None, None)


@pytest.mark.parametrize("field", ["when", "changed"])
def test_50_what_is_no_timestamp_is_none_and_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture, field: str
) -> None:
    with caplog.at_level("DEBUG", logger="lavaclient"):
        for blank in ("", " ", None):
            assert getattr(_tree(**{field: blank}), field) is None
        assert caplog.messages == []
        assert getattr(_tree(**{field: "soon"}), field) is None
    assert caplog.messages == ["a timestamp that is not valid is read as None"]


HALVES = {
    b'"a\\ud83d\\ude00b"': "a\U0001f600b",
    b'"a\\ud83db"': "a\ufffdb",
    b'"a\\uDe00b"': "a\ufffdb",
    b'"\\ud83d\\ud83d\\ude00"': "\ufffd\U0001f600",
    b'"\\ude00\\ud83d"': "\ufffd\ufffd",
    b'"\\\\ud83d"': "\\ud83d",
    b'"\\n\\ud83d"': "\n\ufffd",
    b'"a\xed\xa0\x80b"': "a\ufffdb",
    b'"a\xed\xbf\xbfb"': "a\ufffdb",
    b'\xef\xbb\xbf"a"': "a",
    b'\xef\xbb\xbf"\\ud83d"': "\ufffd",
}


@pytest.mark.parametrize("body", HALVES)
def test_50_a_mark_of_byte_order_and_halves_of_characters_are_read(body: bytes) -> None:
    assert decode(body, str) == HALVES[body]
    assert decode_untyped(body) == HALVES[body]


@pytest.mark.parametrize(
    "body", [b'"a\xed\x9f\xffb"', b'"a\xffb"', b'x\xef\xbb\xbf"a"', b'"\\ud83"']
)
def test_50_other_bytes_are_not(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode(body, str)


def _in_a_thread(data: bytes) -> bool:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(is_too_deep(data)))
    thread.start()
    thread.join()
    return answers[0]


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"[" * 200 + b"]" * 200, False),
        (b"[" * 201 + b"]" * 201, True),
        (b'{"a":' * 200 + b"1" + b"}" * 200, False),
        (b'{"a":' * 201 + b"1" + b"}" * 201, True),
        (b'[{"a":' * 100 + b"1" + b"}]" * 100, False),
        (b'[{"a":' * 100 + b"[" + b"]" + b"}]" * 100, True),
        (b"[" + b"[]," * 5_000 + b"[]]", False),
        (b"[" + b"{}," * 5_000 + b"{}]", False),
        (b'["' + b"[{" * 5_000 + b'"]', False),
        (b'["' + b'\\"[' * 5_000 + b'"]', False),
        (b'["' + b"\\\\" + b'",' + b"[" * 200, True),
        (b'["[[",' + b"[" * 199 + b"]" * 200, False),
        (b'["[[",' + b"[" * 200 + b"]" * 201, True),
        (b'{"{{":' + b'{"":' * 199 + b"1" + b"}" * 200, False),
        (b"[[]" * 198 + b'["[[",[' + b"]" * 200, False),
        (b'["\n' + b"{" * 300 + b'"]', False),
        (b'["' + b"]" * 300 + b'",' + b"[" * 200, True),
        (b" " * 10_000 + b"[" * 201, True),
        (b"[" * 150 + b" " * 5_000 + b"[" * 51, True),
        (b"[" * 150 + b" " * 5_000 + b"[" * 50, False),
        (b"[" * 150 + b" " * 5_000 + b"]" * 150 + b"[" * 150, False),
        (b'["' + b"[" * 300, False),
    ],
)
def test_73_a_body_is_too_deep_for_a_thread_from_201_levels_on(body: bytes, deep: bool) -> None:
    assert _in_a_thread(body) is deep
    assert not is_too_deep(body)


def test_73_a_body_that_is_too_deep_for_its_thread_says_so() -> None:
    problems: list[str] = []

    def work() -> None:
        for read_it in (lambda data: decode(data, list[Leaf]), decode_untyped):
            with pytest.raises(UnreadableError) as caught:
                read_it(b"[" * 300)
            problems.append(str(caught.value))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert problems == ["its nesting is too deep"] * 2


def test_nothing_at_all_is_an_empty_list_or_dict_where_one_is_due() -> None:
    assert decode(b"null", list[Leaf]) == []
    assert decode(b"null", dict[str, Leaf]) == {}


def test_what_may_be_of_more_than_one_type_stays_as_it_is_beside_what_is_coerced() -> None:
    tree = _tree(count="5", either="5", things=["5", None, 5])
    assert (tree.count, tree.either, tree.things) == (5, "5", ["5", 5])


def test_a_type_of_its_own_is_shown_as_what_its_values_are() -> None:
    doubled = custom_type("int | None", lambda value: [value, value])
    assert inspect.formatannotation(doubled) == "int | None"
    assert decode(b"5", doubled) == [5, 5]


SEEN: list[object] = []

if TYPE_CHECKING:
    Mark: TypeAlias = object
    Leaves: TypeAlias = list[Leaf]
else:
    Mark = custom_type("Mark", SEEN.append)
    Leaves = custom_type("Leaves", lambda value: read(value, list[Leaf]))


class Row(msgspec.Struct):
    """A row whose mark tells how often it is read."""

    when: TimestampOrBlank
    share: float
    mark: Mark


class Branch(msgspec.Struct):
    """A branch whose leaves are read by themselves."""

    inner: Leaves


def test_a_body_with_blank_timestamps_is_read_in_one_go() -> None:
    SEEN.clear()
    assert decode(b'[{"mark": 1, "when": "", "share": 1}]', list[Row])[0].when is None
    assert SEEN == [1]
    decode(b'[{"mark": 2, "when": "", "share": "1"}]', list[Row])
    assert SEEN == [1, 2, 2]


def test_errors_of_a_part_read_by_itself_tell_the_whole_path() -> None:
    assert decode(b'{"inner": [{"id": 5}]}', Branch).inner == [Leaf("5")]
    with pytest.raises(UnreadableError, match=r"field `id` - at `\$\.inner\[1\]`$"):
        decode(b'{"inner": [{"id": "a"}, {}]}', Branch)


JSON = json_values([*Tree.__struct_fields__, "class", "tree", "name", "size"], leaves=8)


@settings(max_examples=150, deadline=None, database=None)
@given(st.dictionaries(st.sampled_from(Tree.__struct_fields__), JSON))
def test_any_json_decodes_or_is_unreadable(fields: dict[str, object]) -> None:
    body = json.dumps({"tree": {"id": "t", **fields}}).encode()
    try:
        assert isinstance(decode(body, Body).tree.id, str)
    except UnreadableError as caught:
        assert str(caught)  # noqa: PT017


@settings(max_examples=200, deadline=None, database=None)
@given(st.binary(max_size=60))
def test_any_bytes_decode_or_are_unreadable(data: bytes) -> None:
    for body in (data, b'{"tree": {"id": "t", "title": ' + data + b"}}"):
        try:
            decode(body, Body)
        except UnreadableError as caught:
            assert str(caught)  # noqa: PT017


THREADS = """
import sys, threading
import msgspec
from {module} import decode

sys.setswitchinterval(1e-6)
for _ in range(300):
    class Inner(msgspec.Struct):
        number: int = 0
        text: str = ""

    class Outer(msgspec.Struct):
        items: list[Inner] = []
        by_name: dict[str, Inner] = {{}}
        one: Inner | None = None

    barrier = threading.Barrier(8)
    values = []

    def work():
        barrier.wait()
        values.append(decode(b'{{"items": [{{"number": 1}}], "one": {{"text": "a"}}}}', Outer))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [value.items[0].number for value in values] == [1] * 8
"""


@pytest.mark.parametrize(
    "module", ["lavaclient._decode.reader", "lavaclient.sandbox.core.decoding"]
)
def test_many_threads_may_be_the_first_to_read_a_type(module: str) -> None:
    script = THREADS.format(module=module)
    subprocess.run([sys.executable, "-c", script], check=True, timeout=100, cwd=ROOT)
