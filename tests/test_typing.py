"""Signatures tell their types: to people who read help, and to programs that ask for them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import lavaclient
from lavaclient import api

PUBLIC = [
    "lavaclient",
    "lavaclient.client",
    "lavaclient.error",
    "lavaclient.identity",
    "lavaclient.sandbox",
    "lavaclient.testing",
    *(f"lavaclient.api.{module.name}" for module in pkgutil.iter_modules(api.__path__)),
]


def _callables() -> Iterator[tuple[str, object]]:
    """Go through the public classes, their methods and properties, and the public functions."""
    for module_name in PUBLIC:
        module = importlib.import_module(module_name)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if not inspect.isclass(value) and not inspect.isfunction(value):
                continue
            yield f"{module_name}.{name}", value
            members = vars(value).items() if inspect.isclass(value) else ()
            for member_name, member in members:
                function = member.fget if isinstance(member, property) else member
                function = getattr(function, "func", getattr(function, "__func__", function))
                if inspect.isfunction(function):
                    yield f"{module_name}.{name}.{member_name}", function


CALLABLES = dict(_callables())


def test_the_types_of_whatever_is_public_can_be_told() -> None:
    untold: dict[str, Exception] = {}
    for name, value in CALLABLES.items():
        try:
            typing.get_type_hints(value)
        except Exception as failure:  # noqa: BLE001 (whatever it is: all that fail are listed)
            untold[name] = failure
    assert untold == {}


def test_what_is_public_was_found() -> None:
    assert "lavaclient.api.clusters.Cluster.resize" in CALLABLES
    assert "lavaclient.client.Lava.from_env" in CALLABLES
    assert len(CALLABLES) > 300


def test_dir_lists_what_the_package_exports() -> None:
    assert set(lavaclient.__all__) <= set(dir(lavaclient))


def test_signatures_show_the_types_of_values_and_not_how_they_are_decoded() -> None:
    from lavaclient.api.clusters import ClusterDetail

    shown = str(inspect.signature(ClusterDetail))
    assert "created: datetime | None = None" in shown
    assert "progress: float | None = None" in shown
    assert "credentials: Credentials" in shown
    assert "_decode" not in shown


def test_the_file_for_type_checkers_uses_every_model_manager_and_error() -> None:
    text = (Path(__file__).parent / "typed_api.py").read_text(encoding="utf-8")
    names = {name for module_name in PUBLIC for name in _exported(module_name)}
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


def _exported(module_name: str) -> list[str]:
    """Return the names for users of the client: the sandbox and the kit are not among them."""
    if "._" in module_name or module_name in {"lavaclient.sandbox", "lavaclient.testing"}:
        return []
    return list(getattr(importlib.import_module(module_name), "__all__", ()))
