"""No public method of a manager or a model goes without a test over a real socket."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lavaclient.api import (
    clusters,
    credentials,
    distros,
    flavors,
    limits,
    nodes,
    response,
    scripts,
    stacks,
)
from lavaclient.api._base import Bound, Manager, Model

MODULES = (clusters, credentials, distros, flavors, limits, nodes, scripts, stacks)
HERE = Path(__file__).parent
CLIENTS = {"lava", "patient"}
# These run ssh, and have tests of their own with an ssh server.
SSH = {"execute", "execute_on_node", "ssh_execute", "ssh_proxy", "ssh_tunnel"}


def _noun(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _is_within(name: str, module: ModuleType) -> bool:
    """Tell whether a module is that of a noun, or lies in its package."""
    return f"{name}.".startswith(f"{module.__name__}.")


def _manager(module: ModuleType) -> type[Manager]:
    (manager,) = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Manager)
        and _is_within(value.__module__, module)
    ]
    return manager


def _public(owner: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(owner, inspect.isfunction) if name[0] != "_"]


def _tests(noun: str) -> Iterator[ast.FunctionDef]:
    """Go through the tests of a noun that have a client and look at the wire."""
    for path in HERE.glob("test_*.py"):
        if path.stem == f"test_{noun}" or (noun == "clusters" and path.stem == "test_waiting"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    names = {argument.arg for argument in node.args.args}
                    if "wire" in names and names & CLIENTS:
                        yield node


def _used_of_manager(noun: str) -> set[str]:
    """Return what tests use of `lava.<noun>`."""
    methods: set[str] = set()
    for test in _tests(noun):
        for node in ast.walk(test):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in {
                f"{client}.{noun}" for client in CLIENTS
            }:
                methods.add(node.attr)
    return methods


def _used_of_models(noun: str) -> set[str]:
    """Return what tests use of anything else but a manager."""
    return {
        node.attr
        for test in _tests(noun)
        for node in ast.walk(test)
        if isinstance(node, ast.Attribute)
        and not any(ast.unparse(node.value).startswith(f"{client}.{noun}") for client in CLIENTS)
    }


@pytest.mark.parametrize("module", MODULES, ids=_noun)
def test_every_method_of_a_manager_is_called_and_seen_on_the_wire(module: ModuleType) -> None:
    methods = set(_public(_manager(module))) - SSH
    assert methods
    assert methods - _used_of_manager(_noun(module)) == set()


@pytest.mark.parametrize("module", MODULES, ids=_noun)
def test_every_method_of_a_model_that_asks_the_service_is_called_too(module: ModuleType) -> None:
    bound = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Bound) and value is not Bound
    ]
    methods = {name for model in bound for name in _public(model)} - {"to_dict"} - SSH
    methods |= {"nodes"} if module is clusters else set()
    assert methods - _used_of_models(_noun(module)) == set()


def test_response_hands_on_every_model() -> None:
    models = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Model) and name[0] != "_"
    } - {"Model"}
    assert set(response.__all__) == models


def test_a_model_lives_in_the_module_of_its_noun() -> None:
    homes = {name: getattr(response, name).__module__ for name in response.__all__}
    assert homes.pop("Link") == "lavaclient.api._base"
    nouns = {
        name: next(module for module in MODULES if _is_within(home, module))
        for name, home in homes.items()
    }
    assert set(nouns.values()) == set(MODULES)
    assert not [name for name, module in nouns.items() if name not in module.__all__]


def _classes(module: ModuleType) -> Iterator[ast.ClassDef]:
    assert module.__file__ is not None
    path = Path(module.__file__)
    for file in path.parent.glob("*.py") if path.name == "__init__.py" else [path]:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                yield node


def test_a_model_says_itself_that_it_is_frozen_and_wants_keywords() -> None:
    wrong = [
        node.name
        for module in (*MODULES, inspect.getmodule(Model))
        if module is not None
        for node in _classes(module)
        if node.name in response.__all__
        and not {"frozen=True", "kw_only=True"} <= {ast.unparse(word) for word in node.keywords}
    ]
    assert not wrong
