"""All public signatures as lines of text.

    python -m tests.support.signatures

writes them to where ``tests/test_signatures.py`` compares them.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SNAPSHOT", "public_signatures"]

SNAPSHOT = Path(__file__).parents[1] / "data" / "public_signatures.txt"
_NOUNS = ("clusters", "credentials", "distros", "flavors", "limits", "nodes", "scripts", "stacks")
_MODULES = (
    "lavaclient",
    *(f"lavaclient.api.{noun}" for noun in _NOUNS),
    "lavaclient.api.response",
    "lavaclient.api.types",
    "lavaclient.client",
    "lavaclient.error",
    "lavaclient.identity",
    "lavaclient.sandbox",
    "lavaclient.testing",
)
_STARS: dict[object, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def public_signatures() -> list[str]:
    """Return a line for each public name, and for each member of a public class."""
    lines = {line for name in _MODULES for line in _of_module(name)}
    return sorted(lines)


def _of_module(name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    for public in module.__all__:
        value = getattr(module, public)
        if inspect.isclass(value):
            bases = [base.__name__ for base in value.__bases__ if base is not object]
            yield f"{name}.{public}: class({', '.join(bases)})"
            yield from _of_class(f"{name}.{public}", value)
        elif typing.get_origin(value) is not None:
            yield f"{name}.{public}: alias of a type"
        elif callable(value):
            yield f"{name}.{public}{_signature(value)}"
        else:
            yield f"{name}.{public}: {type(value).__name__}"


def _of_class(name: str, owner: type) -> Iterator[str]:
    fields = [field for field in getattr(owner, "__struct_fields__", ()) if field[0] != "_"]
    if fields:
        yield f"{name} fields: {', '.join(fields)}"
    for member, value in inspect.getmembers(owner):
        static = inspect.getattr_static(owner, member)
        if member in fields or (member[0] == "_" and member != "__init__"):
            continue
        if isinstance(static, property) or hasattr(static, "attrname"):
            yield f"{name}.{member}: property"
        elif inspect.isroutine(value) and _is_ours(value):
            yield f"{name}.{member}{_signature(value)}"


def _is_ours(function: object) -> bool:
    return str(getattr(function, "__module__", "")).startswith("lavaclient")


def _signature(function: object) -> str:
    assert callable(function)
    parts: list[str] = []
    keyword_only = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            parts.append("*")
        keyword_only |= parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL}
        text = _STARS.get(parameter.kind, "") + parameter.name
        if isinstance(parameter.annotation, str):
            text += f": {parameter.annotation}"
        if parameter.default is not parameter.empty:
            default = parameter.default
            plain = default is None or isinstance(default, bool | int | float | str | tuple)
            text += f" = {default!r}" if plain else " = ..."
        parts.append(text)
    returned = inspect.signature(function).return_annotation
    return f"({', '.join(parts)})" + (f" -> {returned}" if isinstance(returned, str) else "")


if __name__ == "__main__":
    SNAPSHOT.write_text("\n".join(public_signatures()) + "\n", encoding="utf-8")
