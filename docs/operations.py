"""The directive ``operations``: a table of the sandbox's routes of one tag, from openapi.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

OPENAPI = Path(__file__).parent.parent / "lavaclient/sandbox/data/schemas/openapi.json"


class Operations(SphinxDirective):
    """A table: method and path; what it does, and below it the statuses of its answers."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_dependency(str(OPENAPI))
        document = json.loads(OPENAPI.read_text(encoding="utf-8"))
        lines = [".. list-table::", "   :widths: 60 40", ""]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if self.arguments[0] in operation["tags"]:
                    line = f"{method.upper()} {path}"
                    lines += _row(line, operation["summary"], operation["responses"])
        container = nodes.container()
        source, number = self.get_source_info()
        self.state.nested_parse(
            StringList(lines, items=[(source, number)] * len(lines)), 0, container
        )
        return list(container.children)


def _row(line: str, summary: str, statuses: Iterable[str]) -> list[str]:
    return [f"   * - ``{line}``", f"     - | {summary}", f"       | {', '.join(statuses)}"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive("operations", Operations)
    return {"parallel_read_safe": True}
