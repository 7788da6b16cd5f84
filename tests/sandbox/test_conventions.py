"""What the sandbox may lean on."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import lavaclient.sandbox

HERE = Path(str(lavaclient.sandbox.__file__)).parent
LIBRARIES = {"werkzeug", "msgspec", "trustme", "asyncssh", "yaml"}


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_it_imports_nothing_of_the_client() -> None:
    """It is an oracle of its own; only the demo drives the client."""
    offenders = {
        (path.name, name)
        for path in HERE.rglob("*.py")
        if path.name != "demo.py"
        for name in _imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names | LIBRARIES
        and not name.startswith("lavaclient.sandbox")
    }
    assert not offenders


def test_the_service_needs_no_web_library() -> None:
    """Only its routing and the server's modules do."""
    users = {path.stem for path in HERE.rglob("*.py") if any(
        name.startswith("werkzeug") for name in _imports(path))}  # fmt: skip
    assert users == {"routing", "app", "connections"}
