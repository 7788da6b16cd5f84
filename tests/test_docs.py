"""What the site and the README say is true, and nothing public is missing from it."""

from __future__ import annotations

import configparser
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

import lavaclient
from lavaclient.api import response
from lavaclient.testing import FaultRun, MockLava, SandboxOptions, Timings, each_request, mock_lava
from tests.support.notebook import read, shown_by_cells

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
INCLUDE = ".. include:: /_begin.txt"
TYPED_PAGES = (
    *("client", "clusters", "credentials", "distros", "flavors", "limits", "nodes", "scripts"),
    *(
        "stacks",
        "types",
        "guides/concurrency",
        "guides/errors",
        "guides/migration",
        "guides/network",
    ),
    *("guides/promises", "guides/support", "guides/waiting"),
)
# They start what they need by themselves, each in its own way.
OWN_BEGINNING = (
    "index",
    "guides/quickstart",
    "guides/ssh",
    "guides/testing",
    "guides/watching",
    "guides/worlds",
)
KEY = "807895ec1ec4ca255e49ccc6715bf29f"
NOUNS = ("clusters", "credentials", "distros", "flavors", "limits", "nodes", "scripts", "stacks")


def _text() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.rst"))


@pytest.fixture
def readme_example(tmp_path: Path) -> CodeType:
    """The README's example, which reads a key in the home directory."""
    readme = (ROOT / "README.rst").read_text(encoding="utf-8")
    block = re.search(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", readme)
    assert block
    ssh = tmp_path / ".ssh"
    ssh.mkdir()
    (ssh / "id_ed25519.pub").write_text(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "x" * 43 + " you\n"
    )
    return compile(inspect.cleandoc(block[1]), "README.rst", "exec")


def test_the_example_of_the_readme_runs(
    readme_example: CodeType, capsys: pytest.CaptureFixture[str]
) -> None:
    with mock_lava(username="myusername", api_key=KEY):
        exec(readme_example, {})
    assert "slave0-3 " in capsys.readouterr().out


def _typed(page: str) -> Iterator[tuple[str, bool]]:
    """Go through what a reader types of a page, and whether it is shown to fail."""
    text = (DOCS / f"{page}.rst").read_text(encoding="utf-8")
    start = (DOCS / "_begin.txt").read_text(encoding="utf-8")
    text = text.replace(f"{INCLUDE}\n   :end-before: .. key\n", start.partition(".. key")[0])
    text = text.replace(INCLUDE, start)
    parser = doctest.DocTestParser()
    for part in re.split(r"\.\. code-block:: (?=python\n)", text):
        block = re.match(r"python\n\n((?:   .*\n|\n)+)", part)
        if block:
            yield inspect.cleandoc(block[1]), False
        for example in parser.get_examples(part):
            yield example.source, example.exc_msg is not None


@pytest.mark.parametrize("page", TYPED_PAGES)
def test_the_examples_of_a_page_can_be_typed_in_as_they_stand(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519.pub").write_text(f"ssh-ed25519 {'A' * 68} you\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    names: dict[str, Any] = {}
    wrong = []
    try:
        for source, fails in _typed(page):
            try:
                exec(compile(source, page, "exec"), names)
            except Exception as failure:  # noqa: BLE001 - an example may fail in any way
                wrong += [] if fails else [f"{source}: {failure!r}"]
            else:
                wrong += [f"{source}: should fail"] if fails else []
    finally:
        if "sandbox" in names:
            names["sandbox"].stop()
    assert names.get("lava")
    assert not wrong


def test_every_page_with_examples_says_how_to_begin() -> None:
    pages = {
        str(path.relative_to(DOCS).with_suffix(""))
        for path in DOCS.rglob("*.rst")
        if re.search(r"^>>> |code-block:: python$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert pages == {*TYPED_PAGES, *OWN_BEGINNING}


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_shows_what_its_cells_give(path: Path) -> None:
    stored = read(path)
    code = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    hint = f"python -m tests.support.notebook {path.relative_to(ROOT)}"
    assert [cell["outputs"] for cell in code] == shown_by_cells(stored), hint
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert sum("text/html" in str(cell["outputs"]) for cell in code) > 5


def test_the_places_where_the_example_of_the_readme_fails_are_those_that_the_docs_show(
    readme_example: CodeType,
) -> None:
    """And what it leaves behind there: a cluster that goes on costing."""

    def example(_sandbox: MockLava) -> None:
        exec(readme_example, {})

    options: SandboxOptions = {
        "username": "myusername",
        "api_key": KEY,
        "timings": Timings(build=1),
    }
    lines = [
        f"   {fault:<13} {run.request.method:<4} {_noun(run.request.path):<20} {_outcome(run)}"
        for fault in ("reset-after", "html", "expired-token", "fail-build")
        for run in each_request(f": {fault}", example, **options)
        if run.error is not None
    ]
    shown = (DOCS / "guides" / "worlds.rst").read_text(encoding="utf-8")
    assert "\n".join(lines) in shown


def _outcome(run: FaultRun) -> str:
    clusters = [
        cluster.name
        for account in run.sandbox.sandbox.accounts()
        for cluster in account.clusters.values()
    ]
    left = f", leaves {clusters[0]}" if clusters else ""
    return f"{type(run.error).__name__}{left}"


def _noun(path: str) -> str:
    """Return the end of a path, without tenants and ids."""
    return re.sub(r"[0-9a-f-]{36}", "ID", path.split("/", 4)[-1])


def test_every_public_name_has_its_place_in_the_docs() -> None:
    text = _text()
    documented = set(re.findall(r"auto(?:module|class):: ([\w.]+)", text))
    wanted = {f"lavaclient.api.{noun}" for noun in NOUNS}
    wanted |= {"lavaclient.client.Lava", "lavaclient.error", "lavaclient.identity.RackspaceApiKey"}
    assert wanted <= documented


def test_every_model_stands_in_a_module_that_is_documented() -> None:
    homes = {f"lavaclient.api.{noun}" for noun in NOUNS} | {"lavaclient.api._base"}
    homes |= {"lavaclient.api.clusters.models", "lavaclient.api.credentials.models"}
    strays = [name for name in response.__all__ if getattr(response, name).__module__ not in homes]
    assert not strays


def test_every_field_of_a_model_is_described() -> None:
    missing = []
    for name in response.__all__:
        model = getattr(response, name)
        described = "\n".join(
            inspect.getdoc(base) or "" for base in model.__mro__ if base is not object
        )
        missing += [
            f"{name}.{field}"
            for field in getattr(model, "__struct_fields__", ())
            if not field.startswith("_")
            and not re.search(rf"^\s*{field}: ", described, re.MULTILINE)
        ]
    assert not missing


def test_every_method_of_a_manager_says_what_it_does() -> None:
    missing = []
    for noun in NOUNS:
        module = importlib.import_module(f"lavaclient.api.{noun}")
        for name, manager in inspect.getmembers(module, inspect.isclass):
            if not name.endswith("Manager"):
                continue
            missing += [
                f"{name}.{method}"
                for method, function in inspect.getmembers(manager, inspect.isfunction)
                if not method.startswith("_") and not inspect.getdoc(function)
            ]
    assert not missing


@pytest.mark.parametrize("noun", NOUNS)
def test_every_method_of_a_manager_tells_its_request_result_errors_and_an_example(
    noun: str,
) -> None:
    module = importlib.import_module(f"lavaclient.api.{noun}")
    (manager,) = (getattr(module, name) for name in module.__all__ if name.endswith("Manager"))
    missing = []
    for name, method in inspect.getmembers(manager, inspect.isfunction):
        text = inspect.getdoc(method) or ""
        wanted = ["Sends ``", "Raises:", "Example::"]
        signature = inspect.signature(method)
        wanted += ["Returns:"] if signature.return_annotation != "None" else []
        wanted += [f"{parameter}: " for parameter in list(signature.parameters)[1:]]
        if name[0] != "_":
            missing += [f"{name} lacks {part}" for part in wanted if part not in text]
    assert not missing


def test_every_method_of_a_model_has_an_example() -> None:
    missing = [
        f"{name}.{method}"
        for name in response.__all__
        for method, function in inspect.getmembers(getattr(response, name), inspect.isfunction)
        if method[0] != "_" and "Example::" not in (inspect.getdoc(function) or "")
    ]
    assert not missing


def test_every_page_is_reached_from_the_index() -> None:
    pages = {path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.rst")}
    listed = {Path("index")}
    for index in (DOCS / "index.rst", *DOCS.glob("*/index.rst")):
        names = re.findall(r"^   ([\w/-]+)$", index.read_text(encoding="utf-8"), re.MULTILINE)
        listed |= {index.parent.relative_to(DOCS) / name for name in names}
    assert pages == listed


def test_the_page_on_the_layout_names_every_module_of_the_inner_rooms() -> None:
    page = (DOCS / "guides" / "layout.rst").read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / "lavaclient").glob("_[a-z]*/[a-z]*.py")}
    hidden = {path.stem for path in (ROOT / "lavaclient" / "_pyinstaller").glob("*.py")}
    assert len(modules) > 25
    assert not [name for name in sorted(modules - hidden) if f"``{name}``" not in page]


def test_every_environment_of_tox_is_told_of_and_runs_in_the_workflow() -> None:
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "tox.ini")
    in_ci = {name for name in settings["tox"]["env_list"].split(", ") if name[:3] != "py3"}
    told = (ROOT / "CONTRIBUTING.rst").read_text(encoding="utf-8")
    names = {section.partition(":")[2] for section in settings.sections() if ":" in section}
    assert not [name for name in sorted(names | in_ci) if f"``{name}``" not in told]
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    run = re.search(r"environment: \[(.*)\]", workflow)
    assert run
    assert set(run[1].split(", ")) == in_ci


def test_the_version_of_the_site_is_the_packages() -> None:
    pytest.importorskip("sphinx", reason="needs Sphinx: tox -e docs")
    settings: dict[str, object] = {}
    exec(compile((DOCS / "conf.py").read_text(encoding="utf-8"), "conf.py", "exec"), settings)
    assert settings["version"] == lavaclient.__version__
