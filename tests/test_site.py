"""What the built site shows. ``tox -e docs`` builds it and names its folder in ``SITE_HTML``."""

from __future__ import annotations

import html
import importlib
import inspect
import json
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lavaclient import error
from lavaclient.api import response
from lavaclient.api.clusters import ClusterStatus
from lavaclient.api.nodes import NodeStatus, ScriptStatus

NOUNS = ("clusters", "credentials", "distros", "flavors", "limits", "nodes", "scripts", "stacks")
STATUSES = {"clusters": (ClusterStatus,), "nodes": (NodeStatus, ScriptStatus)}
# Of a module or a name that begins with an underscore, but for __version__ and the like.
PRIVATE = r"\blavaclient(?:\.\w+)*\._(?!_)\w+|\b_(?:auth|config|decode|http|ssh|system)\.\w+"
SITE = Path(os.environ.get("SITE_HTML", ""))

pytestmark = pytest.mark.skipif(
    "SITE_HTML" not in os.environ, reason="needs the built site: tox -e docs"
)


def _page(name: str) -> str:
    return (SITE / f"{name}.html").read_text(encoding="utf-8")


def _texts() -> Iterator[tuple[str, str]]:
    """Go through all that the site holds, and what its pages say without their tags."""
    for path in sorted(SITE.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        yield str(path.relative_to(SITE)), page
        yield str(path.relative_to(SITE)), re.sub(r"<[^>]*>", "", page)
    yield "searchindex.js", (SITE / "searchindex.js").read_text(encoding="utf-8")
    inventory = (SITE / "objects.inv").read_bytes().split(b"\n", 4)[4]
    yield "objects.inv", zlib.decompress(inventory).decode()


def _index() -> dict[str, object]:
    text = (SITE / "searchindex.js").read_text(encoding="utf-8")
    index: dict[str, object] = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    return index


def _pages_found(word: str) -> set[str]:
    """Return the pages that a search finds a word on, by the stem that the search looks for."""
    stemmer = pytest.importorskip("snowballstemmer").stemmer("english")
    index = _index()
    names, terms, titles = index["docnames"], index["terms"], index["titleterms"]
    assert isinstance(names, list)
    assert isinstance(terms, dict)
    assert isinstance(titles, dict)
    stem = stemmer.stemWord(word.lower())
    numbers: list[int] = []
    for places in (terms.get(stem, []), titles.get(stem, [])):
        numbers += places if isinstance(places, list) else [places]
    return {names[number] for number in numbers}


def test_the_site_names_nothing_that_is_private() -> None:
    private = {(name, match) for name, text in _texts() for match in re.findall(PRIVATE, text)}
    assert not private


@pytest.mark.parametrize("noun", NOUNS)
def test_managers_come_before_models_with_every_field(noun: str) -> None:
    page = _page(noun)
    module = importlib.import_module(f"lavaclient.api.{noun}")
    (manager,) = (name for name in module.__all__ if name.endswith("Manager"))
    models = [name for name in module.__all__ if name in response.__all__]
    start = page.index(f'id="lavaclient.api.{noun}.{manager}"')
    assert not [name for name in models if page.index(f'id="{module.__name__}.{name}"') < start]
    fields = [
        f"{module.__name__}.{name}.{field}"
        for name in models
        for field in getattr(response, name).__struct_fields__
        if not field.startswith("_")
    ]
    assert fields
    assert not [field for field in fields if f'id="{field}"' not in page]


@pytest.mark.parametrize("noun", STATUSES)
def test_each_value_of_a_status_is_explained(noun: str) -> None:
    page = _page(noun)
    values = [
        f"lavaclient.api.{noun}.{statuses.__name__}.{name}"
        for statuses in STATUSES[noun]
        for name, value in inspect.getmembers(statuses)
        if isinstance(value, str) and name.isupper()
    ]
    assert len(values) > 3
    assert not [value for value in values if f'id="{value}"' not in page]


def test_errors_and_models_are_shown_without_their_constructors() -> None:
    pages = {"lavaclient.error": "guides/errors", "lavaclient.api.clusters": "clusters"}
    names = [f"lavaclient.error.{name}" for name in error.__all__]
    for name in (*names, "lavaclient.api.clusters.Cluster"):
        page = _page(pages[name.rpartition(".")[0]])
        heading = page[page.index(f'id="{name}"') :].partition("</dt>")[0]
        assert "sig-paren" not in heading, name


def test_a_page_shows_all_lines_that_its_examples_begin_with() -> None:
    for source in (SITE / "_sources").rglob("*.txt"):
        lines = source.read_text(encoding="utf-8").splitlines()
        if ".. include:: /_begin.txt" in lines:
            name = str(source.relative_to(SITE / "_sources")).removesuffix(".rst.txt")
            shown = re.sub(r"<[^>]*>", "", _page(name))
            assert "from lavaclient.testing import mock_lava" in shown, name
            is_whole = "   :end-before: .. key" not in lines
            assert ('create_ssh_key("laptop", "ssh-' in shown.replace("&quot;", '"')) == is_whole


def test_what_is_copied_of_a_page_runs_at_a_prompt() -> None:
    """Statements within others end with an empty line there; and no output looks like input."""
    compound = r"^>>> (?:class|def|for|try|while|with)\b.*\n(?:\.\.\. .*\n)++(?!\.\.\.$)"
    pages = {name: html.unescape(text) for name, text in _texts() if name.endswith(".html")}
    assert not [name for name, text in pages.items() if re.search(compound, text, re.MULTILINE)]
    consoles = [
        (path.name, block)
        for path in (SITE / "_sources").rglob("*.txt")
        for block in re.findall(
            r"code-block:: console\n\n((?: {3}.*\n|\n)+)", path.read_text(encoding="utf-8")
        )
    ]
    assert len(consoles) > 20
    prompts = re.compile(r"^ {3}(?:>>>|\.\.\. )", re.MULTILINE)
    assert not [name for name, block in consoles if prompts.search(block)]


def test_every_shared_type_has_its_place() -> None:
    page = _page("types")
    names = importlib.import_module("lavaclient.api.types").__all__
    assert not [name for name in names if f'id="lavaclient.api.types.{name}"' not in page]
    assert 'id="lavaclient.api.types.Model.to_dict"' in page
    assert "PEP 604" not in page  # what Python says of every alias


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("pagination", "guides/promises"),
        ("IMPAIRED", "clusters"),
        ("timeout", "guides/network"),
        ("notebook", "guides/notebooks"),
    ],
)
def test_a_search_finds_what_users_look_for(word: str, page: str) -> None:
    assert page in _pages_found(word)
