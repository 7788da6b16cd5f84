"""How Sphinx builds the site."""

import os
import re
import sys

from docutils import nodes
from sphinx.application import Sphinx

from lavaclient import __version__

project = "lavaclient"
author = "The lavaclient maintainers"
project_copyright = author
version = release = __version__

sys.path.append(os.path.abspath("."))  # Sphinx runs this file in its own folder
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "notebook",
    "reference",
    "operations",
]
# What is copied leaves out prompts, and output.
copybutton_prompt_text = r">>> |\.\.\.(?: |$)|\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_type_aliases = {
    name: f"lavaclient.api.types.{name}"
    for name in ("Id", "NewCredentials", "NodeGroups", "OnProgress", "UpdatedCredentials")
}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
exclude_patterns = ["_build"]
nitpicky = True
# Their own sites would have to be asked over the network for where these are described.
nitpick_ignore_regex = [
    # Where the wire's odd forms are read: for a user these are the types behind them.
    (r"py:.*", r"lavaclient\.(api\.)?_.*"),
    (
        r"py:class",
        r"Component|Connector|Id|True|WorldSource|_Overrides|lavaclient\.api\.clusters\.models\.Connector",
    ),
    (
        r"py:class",
        r"lavaclient\.sandbox\..*|lavaclient\.testing\._.*",
    ),
    (r"py:class", r"Clock|SandboxOptions|ClientOptions|Path|Session"),
    (r"py:class", r"lavaclient\.client\.LavaOptions"),
    (r"py:.*", r"(collections|datetime|pathlib|typing|types|os|uuid|builtins)\..*"),
    (r"py:.*", r"(keystoneauth1|msgspec|requests|responses|urllib3)\..*"),
    (r"py:(class|exc)", r"bool|bytes|datetime|dict|float|int|list|object|set|str|tuple"),
    (r"py:exc", r"KeyError|OSError|RuntimeError|TypeError|ValueError"),
]

html_theme = "furo"
html_title = f"lavaclient {version}"
html_static_path = ["_static"]
# openapi.json and world.schema.json, at the root of the site.
html_extra_path = ["../lavaclient/sandbox/data/schemas"]
html_css_files = ["site.css"]


def _hold_pictures(_app: Sphinx, doctree: nodes.document) -> None:
    """Put each drawing into a box of its own, which can scroll where it is too wide."""
    for image in list(doctree.findall(nodes.image)):
        if image["uri"].endswith(".svg"):
            box = nodes.container(classes=["picture"])
            image.replace_self(box)
            box += image


# A statement of several lines that holds others, up to its last line.
_COMPOUND = re.compile(
    r"^(>>> (?:class|def|for|try|while|with)\b.*(?:\n\.\.\. .*)+)$", re.MULTILINE
)


def _end_compound_statements(_app: Sphinx, doctree: nodes.document) -> None:
    """End them with an empty line, as Python's prompt wants it, so that what is copied runs."""
    for block in doctree.findall(nodes.doctest_block):
        block.rawsource = _COMPOUND.sub(r"\1\n...", block.astext())
        block.children = [nodes.Text(block.rawsource)]


def setup(app: Sphinx) -> None:
    """Hook into what the pages are made of."""
    app.connect("doctree-read", _hold_pictures)
    app.connect("doctree-read", _end_compound_statements)
