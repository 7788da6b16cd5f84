"""Runs the code of a notebook, and tells what each cell shows.

    python -m tests.support.notebook docs/guides/clusters.ipynb

stores that in the notebook, as ``tests/test_docs.py`` compares it.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["read", "shown_by_cells", "store"]


def read(path: Path) -> dict[str, Any]:
    """Return a notebook as a dict."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def shown_by_cells(notebook: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Run the code cells in order, and return the outputs of each as a notebook has them."""
    names: dict[str, Any] = {}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    try:
        return [
            _outputs("".join(cell["source"]), number, names) for number, cell in enumerate(code, 1)
        ]
    finally:
        if "sandbox" in names:
            names["sandbox"].stop()


def _outputs(source: str, number: int, names: dict[str, Any]) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "notebook", "exec"), names)
        return []
    exec(compile(ast.Module(tree.body[:-1], []), "notebook", "exec"), names)
    value = eval(compile(ast.Expression(last.value), "notebook", "eval"), names)
    if value is None:
        return []
    data = {"text/plain": repr(value).splitlines(keepends=True)}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = value._repr_html_().splitlines(keepends=True)
    return [
        {"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"}
    ]


def store(path: Path) -> None:
    """Run a notebook and keep what its cells show."""
    notebook = read(path)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, outputs) in enumerate(zip(code, shown_by_cells(notebook), strict=True), 1):
        cell["outputs"], cell["execution_count"] = outputs, number
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    store(Path(sys.argv[1]))
