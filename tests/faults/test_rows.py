"""The table of faults has 40 rows, and a test is named by each."""

from __future__ import annotations

import re
from pathlib import Path

_NAMED = re.compile(r"^def test_(\d\d)_\w+\(", re.MULTILINE)


def test_every_row_of_the_table_has_a_test() -> None:
    tests = Path(__file__).parents[1].rglob("test_*.py")
    named = {int(number) for path in tests for number in _NAMED.findall(path.read_text())}
    assert named >= set(range(1, 41))
