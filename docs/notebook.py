"""The directive ``notebook``: a notebook on a page, with the outputs that are stored in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata


class Notebook(SphinxDirective):
    """Shows the cells of a notebook that lies beside the page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a paragraph, a code block or a table for each cell and each output."""
        path = Path(self.env.doc2path(self.env.docname)).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [node for cell in cells for node in self._cell(cell)]

    def _cell(self, cell: dict[str, Any]) -> list[nodes.Node]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            holder = nodes.Element()
            self.state.nested_parse(
                StringList(source.replace("`", "``").splitlines()), self.content_offset, holder
            )
            return holder.children
        code = nodes.literal_block(source, source, language="python")
        return [code, *(_output(output["data"]) for output in cell["outputs"])]


def _output(data: dict[str, Any]) -> nodes.Node:
    if "text/html" in data:
        shown = f'<div class="notebook-output">{"".join(data["text/html"])}</div>'
        return nodes.raw("", shown, format="html")
    text = "".join(data["text/plain"])
    return nodes.literal_block(text, text, language="text")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Make the directive known."""
    app.add_directive("notebook", Notebook)
    return {"parallel_read_safe": True}
