from __future__ import annotations

import html

from lavaclient import Lava
from lavaclient.api._table_list import TableList


def test_a_list_shows_as_a_table_in_a_notebook(lava: Lava) -> None:
    stacks = lava.stacks.list()
    assert isinstance(stacks, list)
    table = stacks._repr_html_()  # type: ignore[attr-defined]
    assert table.startswith("<table><thead><tr><th>id</th><th>name</th>")
    assert table.count("<tr>") == len(stacks) + 1
    assert f"<td>{html.escape(stacks[0].id)}</td>" in table


def test_texts_in_the_table_are_escaped(lava: Lava) -> None:
    lava.scripts.create("<b>bold</b>", "https://example.com/x.sh", "post_init")
    table = lava.scripts.list()._repr_html_()  # type: ignore[attr-defined]
    assert "<b>" not in table
    assert "&lt;b&gt;bold&lt;/b&gt;" in table


def test_a_long_list_shows_its_first_rows(lava: Lava) -> None:
    flavors = TableList(lava.flavors.list() * 50)
    table = flavors._repr_html_()
    assert table.count("<tr>") == 101
    assert f"<caption>and {len(flavors) - 100} more</caption>" in table


def test_a_list_of_other_things_shows_as_it_is() -> None:
    assert TableList([1, "<"])._repr_html_() == "<pre>[1, &#x27;&lt;&#x27;]</pre>"


def test_a_field_that_is_none_is_an_empty_cell(lava: Lava) -> None:
    class Thing:
        _repr_fields = ("id", "name")
        id, name = "a", None

    assert "<td>a</td><td></td>" in TableList([Thing()])._repr_html_()
