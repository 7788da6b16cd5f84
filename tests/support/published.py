"""The files that are made from the sandbox's structs and routes, and published as files.

    python -m tests.support.published

writes them to where ``tests/sandbox/test_openapi.py`` compares them.
"""

from __future__ import annotations

import json
from inspect import cleandoc
from pathlib import Path

from lavaclient.sandbox.http.control_api import openapi_document
from lavaclient.sandbox.worlds.model import schema

__all__ = ["FILES", "contents"]

_DATA = Path(__file__).parents[2] / "lavaclient" / "sandbox" / "data" / "schemas"
_OPENAPI = _DATA / "openapi.json"
_WORLD = _DATA / "world.schema.json"
FILES = (_OPENAPI, _WORLD)


def contents() -> dict[Path, str]:
    """Return what the files must hold."""
    documents = {_OPENAPI: openapi_document(), _WORLD: schema()}
    return {path: json.dumps(_sorted(value), indent=1) + "\n" for path, value in documents.items()}


def _sorted(value: object) -> object:
    """Return a document that is the same, whichever Python and msgspec made it.

    Alternatives are in one order; docstrings have no indent, as from Python 3.13 on.
    """
    if isinstance(value, str):
        return cleandoc(value)
    if isinstance(value, list):
        return [_sorted(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _sorted(item) for name, item in value.items()}
    alternatives = inner.get("anyOf")
    if isinstance(alternatives, list):
        inner["anyOf"] = sorted(alternatives, key=json.dumps)
    return inner


if __name__ == "__main__":
    for path, text in contents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
