"""The habits of this code, as tests: a failing one lists the offenders."""

from __future__ import annotations

import ast
import configparser
import functools
import graphlib
import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lavaclient
from lavaclient import error
from tests.support.programs import run_python

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "lavaclient"
NOUNS = {"clusters", "credentials", "distros", "flavors", "limits", "nodes", "scripts", "stacks"}

# Each room, from the ground up, and the rooms that its modules may import. "" is what stands in
# lavaclient/__init__.py. The demo of the sandbox, which uses the client, has a test of its own.
ROOMS = {
    "error": set(),
    "_version": set(),
    "_system": set(),
    "_decode": {"_system"},
    "_config": {"error", "_system"},
    "_ssh": {"error", "_system", "_config"},
    "_http": {"error", "_version", "_system", "_decode", "_config"},
    "_auth": {"error", "_system", "_decode", "_config", "_http"},
    "api": {"error", "_system", "_decode", "_config", "_ssh", "_http"},
    "identity": {"error", "_system", "_config", "_http", "_auth"},
    "_keystone_loader": {"identity"},
    "_connection": {"_system", "_config", "_http", "_auth", "identity"},
    "client": {"error", "_system", "_config", "api", "_connection"},
    "": {"error", "_version", "client"},
    "_pyinstaller": set(),
    "sandbox": {"_version"},
    "testing": {"_system", "_config", "_http", "client", "", "sandbox"},
    "cli": {"error", "_version", "_system", "_config", "_ssh", "api", "client", ""},
}
STANDS_ALONE = {"_config.secret", "_system.clock", "_system.fork", "error", "_version"}
DOWNHILL = {"clusters": {"credentials", "nodes"}, "response": NOUNS}
ON_TOP = {"sandbox", "testing", "cli"}
# They say that there is something, and not what.
NOT_NOUNS = {"one", "given", "found", "held", "made", "words", "seen", "said", "asked"}
NEVER_OF_THE_SDK = {
    "IPython",
    "asyncssh",
    "click",
    "jmespath",
    "keyring",
    "platformdirs",
    "pytest",
    "responses",
    "rich",
    "trustme",
    "werkzeug",
    "yaml",
}
# Imports inside functions, each with its reason. The program's commands import what one of
# them alone needs, as its start is waited for at every call and at every completion.
LATE_IMPORTS = {
    ("lavaclient._http.socks", "_socket_class"): "PySocks is optional",
    ("lavaclient.client", "__init__"): "what stands on requests, keystoneauth1 and msgspec",
    ("lavaclient.client", "from_profile"): "the file's format, for those who have profiles",
    ("lavaclient.sandbox.__main__", "main"): "the server, or the demo, which uses the client",
    ("lavaclient.sandbox.core.routing", "_matcher"): "werkzeug comes with the extra [sandbox]",
    ("lavaclient.sandbox.core.routing", "find"): "werkzeug comes with the extra [sandbox]",
    ("lavaclient.sandbox.http.tls", "__init__"): "trustme is optional",
    ("lavaclient.sandbox.ssh.server", "__init__"): "asyncssh is optional",
    ("lavaclient.sandbox.worlds.model", "_yaml_as_json"): "PyYAML is optional",
}
MAY_IMPORT_LATE = "lavaclient.cli."
EXPORTS = {
    "ApiError",
    "AuthenticationError",
    "AuthorizationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionError",
    "FailedError",
    "ForbiddenError",
    "InsecureTransportWarning",
    "InvalidError",
    "Lava",
    "LavaError",
    "NotFoundError",
    "OverLimitError",
    "ProxyError",
    "RequestError",
    "ServerError",
    "TimeoutError",
    "__version__",
}


def _paths() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


PATHS = dict(_paths())


@functools.cache
def _modules() -> dict[str, ast.Module]:
    """Return the tree of each module."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in PATHS.items()}


def _imported(tree: ast.AST) -> set[str]:
    """Return our modules that are imported anywhere in a tree, functions included."""
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            imported |= {name if name in PATHS else node.module for name in whole}
    return {name for name in imported if name.partition(".")[0] == "lavaclient"}


@functools.cache
def _graph() -> dict[str, set[str]]:
    """Return what each module imports of ours."""
    return {name: _imported(tree) for name, tree in _modules().items()}


def _place(module: str) -> str:
    """Return where a module stands: `api` for lavaclient.api.clusters, say."""
    return module.partition(".")[2].partition(".")[0]


def _project() -> dict[str, Any]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


def test_imports_form_no_circle() -> None:
    try:
        graphlib.TopologicalSorter(_graph()).prepare()
    except graphlib.CycleError as circle:
        pytest.fail(" <- ".join(circle.args[1]))


def test_a_module_imports_only_from_the_rooms_that_its_own_stands_on() -> None:
    wrong = {
        f"{module} imports {other}"
        for module, others in _graph().items()
        for other in others
        if _place(other) not in {_place(module), *ROOMS[_place(module)]}
    }
    assert not {line for line in wrong if not line.startswith("lavaclient.sandbox.demo ")}


def test_each_room_stands_above_those_that_it_may_import() -> None:
    floors = list(ROOMS)
    assert not {
        f"{room} under {other}"
        for room, others in ROOMS.items()
        for other in others
        if floors.index(room) <= floors.index(other)
    }
    assert set(floors) == {_place(module) for module in PATHS}


def _late_imports() -> Iterator[tuple[str, str]]:
    """Return the module and the function of each import inside a function."""
    for module, tree in _modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = ast.walk(node)
                if any(isinstance(part, ast.Import | ast.ImportFrom) for part in inner):
                    yield module, node.name


def test_an_import_inside_a_function_is_listed_with_its_reason() -> None:
    late = {place for place in _late_imports() if not f"{place[0]}.".startswith(MAY_IMPORT_LATE)}
    assert late == set(LATE_IMPORTS)


def test_the_lowest_modules_import_nothing_of_ours() -> None:
    wrong = {f"lavaclient.{name}": _graph()[f"lavaclient.{name}"] for name in STANDS_ALONE}
    assert not {name: others for name, others in wrong.items() if others}


def test_a_noun_imports_other_nouns_only_downhill() -> None:
    wrong = {
        f"{module} imports {other}"
        for module, others in _graph().items()
        if (noun := _noun(module)) in {*NOUNS, "response"}
        for other in others
        if _noun(other) in NOUNS - {noun} - DOWNHILL.get(noun, set())
    }
    assert not wrong


def _noun(module: str) -> str:
    """Return the noun that a module of `lavaclient.api` belongs to, which may be a package."""
    return [*module.split("."), ""][2] if _place(module) == "api" else ""


def test_the_library_imports_nothing_within_a_function() -> None:
    wrong = {
        f"{module}.{function.name}: {ast.unparse(node)}"
        for module, tree in _modules().items()
        if _place(module) in {"api", "error", "identity", "_auth", "_config", "_decode", "_ssh"}
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not wrong


def test_importing_lava_imports_no_extra_and_nothing_on_top() -> None:
    lines = "import sys; from lavaclient import Lava; print(*sys.modules)"
    loaded = set(run_python(lines).stdout.split())
    assert "lavaclient.client" in loaded
    assert not {name for name in loaded if name.partition(".")[0] in NEVER_OF_THE_SDK}
    assert not {
        name for name in loaded if name.startswith("lavaclient.") and _place(name) in ON_TOP
    }


def test_the_package_exports_lava_the_errors_and_its_version() -> None:
    assert set(lavaclient.__all__) == EXPORTS
    assert lavaclient.__all__ == sorted(EXPORTS)
    assert set(error.__all__) >= EXPORTS - {"Lava", "__version__"}


def test_each_name_in_all_exists_and_stands_there_once() -> None:
    wrong = []
    for path in (path for path in PATHS if not path.endswith(("__main__", "hook-lavaclient"))):
        module = importlib.import_module(path)
        names = list(getattr(module, "__all__", ()))
        wrong += [f"{path}.{name}" for name in names if not hasattr(module, name)]
        wrong += [f"{path}.{name}" for name in set(names) if names.count(name) > 1]
    assert not wrong


def test_every_public_module_class_and_function_has_a_docstring() -> None:
    wrong = [name for name, tree in _modules().items() if ast.get_docstring(tree) is None]
    for name, tree in _modules().items():
        if not any(part.startswith("_") for part in name.split(".")):
            wrong += _undocumented(name, tree)
    assert not wrong


def _undocumented(owner: str, tree: ast.Module | ast.ClassDef) -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        name = f"{owner}.{node.name}"
        if ast.get_docstring(node) is None and not _is_overload(node):
            yield name
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(name, node)


def _is_overload(node: ast.ClassDef | ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def test_there_is_no_bare_type_ignore_and_no_cast() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"))
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*type: ignore(?!\[)|\bcast\(", line)
    ]
    assert not wrong


def test_no_property_is_cached_under_a_lock() -> None:
    """Before Python 3.12 functools.cached_property has one, which a fork can leave locked."""
    users = {
        module
        for module, tree in _modules().items()
        for node in ast.walk(tree)
        for name in ("attr", "id", "name")
        if getattr(node, name, None) == "cached_property"
    }
    # What stands in for it there is made of it.
    assert users == {"lavaclient._system.fork"}


def test_a_variable_is_a_noun_that_says_what_it_holds() -> None:
    bound = re.compile(rf"\b({'|'.join(NOT_NOUNS)})\b *(=[^=]|:|,|\)| in )")
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for room in (PACKAGE, ROOT / "tests", ROOT / "docs")
        for path in room.rglob("*.py")
        if bound.search(text := path.read_text(encoding="utf-8"))
        for line, name in _bound_names(ast.parse(text))
        if name in NOT_NOUNS
    ]
    assert not wrong


def _bound_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.ExceptHandler | ast.FunctionDef) and node.name:
            yield node.lineno, node.name


def test_every_module_stays_small() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert not {name: count for name, count in lengths.items() if count > 450}


def test_a_noun_has_one_name_in_every_layer() -> None:
    places = ["lavaclient/api/{}.py", "lavaclient/sandbox/resources/{}.py", "tests/api/test_{}.py"]
    if (ROOT / "docs" / "clusters.rst").exists():
        places.append("docs/{}.rst")
    paths = [place.format(noun) for noun in sorted(NOUNS) for place in places]
    missing = [path for path in paths if not (ROOT / path).is_file()]
    # A noun that has grown is a package.
    assert not [path for path in missing if not (ROOT / path[:-3] / "__init__.py").is_file()]


def test_the_version_stands_in_one_place() -> None:
    assert _project()["dynamic"] == ["version"]
    names = ("pyproject.toml", "setup.py", "tox.ini", "README.rst", "docs/conf.py")
    paths = (*PACKAGE.rglob("*.py"), *(ROOT / name for name in names))
    holders = [
        str(path.relative_to(ROOT))
        for path in paths
        if lavaclient.__version__ in path.read_text(encoding="utf-8")
    ]
    assert holders == ["lavaclient/_version.py"]


def test_lowest_pins_what_the_project_allows_at_the_least() -> None:
    extras = _project()["optional-dependencies"]
    offered = [*_project()["dependencies"]]
    offered += [
        requirement
        for name in ("sandbox", "testing", "cli", "sandbox-ssh")
        for requirement in extras[name]
    ]
    bounds = dict(
        requirement.split(">=")
        for requirement in (*offered, *extras["tests"])
        if ">=" in requirement
    )
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    pins = dict(requirement.split("==") for requirement in tox["testenv:lowest"]["deps"].split())
    # What requests brings, at the oldest that our connections are tested with.
    assert pins.pop("urllib3") >= "2"
    assert {
        requirement.partition(">=")[0] for requirement in offered if ">=" in requirement
    } <= set(pins)
    assert pins == {name: bounds[name] for name in pins}


def test_classifiers_tox_and_workflow_name_the_same_pythons() -> None:
    prefix = "Programming Language :: Python :: "
    names = [name.removeprefix(prefix) for name in _project()["classifiers"] if prefix in name]
    versions = [name for name in names if re.fullmatch(r"3\.\d+", name)]
    without_gil = "3.14t"  # the first that msgspec has wheels for
    assert [name for name in names if name.startswith("Free Threading")]
    assert _project()["requires-python"] == f">={versions[0]}"
    assert versions == [f"3.{minor}" for minor in range(11, 11 + len(versions))]
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    environments = re.findall(r"\bpy3\w+", tox["tox"]["env_list"])
    assert environments == [f"py{name.replace('.', '')}" for name in (*versions, without_gil)]
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    matrix = re.search(r"^ +python: (\[.*\])$", workflow, re.MULTILINE)
    assert matrix is not None
    assert json.loads(matrix[1]) == [*versions, without_gil]


def test_the_readme_is_short_and_has_its_two_commands() -> None:
    text = (ROOT / "README.rst").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 120
    for name in ("demo", "tests"):
        blocks = re.findall(rf"^\.\. run: {name}\n\n::\n\n((?: +.*\n)+)", text, re.MULTILINE)
        assert [len(block.splitlines()) for block in blocks] == [1], name


def test_the_readme_s_links_into_the_tree_lead_somewhere() -> None:
    text = (ROOT / "README.rst").read_text(encoding="utf-8")
    links = re.findall(r"<([^<>:\s]+)>`_", text)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
