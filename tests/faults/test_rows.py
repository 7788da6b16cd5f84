"""Every row of the docs' table of faults has a test that is named by it, and every such test a row."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "guides" / "promises.rst"

# Rows whose tests are still to be written. It only shrinks: a row that has a test is taken out.
WITHOUT_TEST: set[int] = set()


_ROW = re.compile(r"^   \* - (\d+)$", re.MULTILINE)
_NAMED = re.compile(r"^ *def test_(?:row_)?(\d+)_(\w+)\(", re.MULTILINE)


def _rows() -> list[int]:
    return [int(number) for number in _ROW.findall(TABLE.read_text(encoding="utf-8"))]


def _tests() -> dict[str, int]:
    """The row of each test that is named by one."""
    paths = (ROOT / "tests").rglob("test_*.py")
    named = [match for path in paths for match in _NAMED.findall(path.read_text(encoding="utf-8"))]
    return {f"test_{number}_{claim}": int(number) for number, claim in named}


def test_the_table_has_its_rows_in_order() -> None:
    assert _rows() == list(range(1, 77))


def test_every_row_of_the_table_has_a_test() -> None:
    assert set(_rows()) - set(_tests().values()) == WITHOUT_TEST


def test_every_test_named_by_a_row_is_in_the_table() -> None:
    assert {name for name, row in _tests().items() if row not in _rows()} == set()
