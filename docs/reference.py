"""What the reference adds to autodoc: all fields of a model, and public names alone.

A type stands in the module where it is written; the site names it by the module that users
import it from. Fields and statuses that a class inherits are listed with its own.
"""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from collections.abc import Iterator
from typing import Protocol

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata, stringify_annotation

from lavaclient.api._base import Manager, Model, ServerStatus
from lavaclient.api.nodes import ScriptStatus
from lavaclient.api.types import Forward

# The later ones win where two export a name.
PUBLIC = (
    *("lavaclient.sandbox", "lavaclient.testing", "lavaclient.identity", "lavaclient.error"),
    *("lavaclient.client", "lavaclient.api.limits", "lavaclient.api.flavors"),
    *("lavaclient.api.distros", "lavaclient.api.scripts", "lavaclient.api.credentials"),
    *("lavaclient.api.stacks", "lavaclient.api.nodes", "lavaclient.api.clusters"),
    "lavaclient.api.types",
)
NOT_CONSTRUCTED = (Manager, Model, ServerStatus, ScriptStatus, Forward, BaseException)
INHERITS_FIELDS = (Model, ServerStatus)
_SECTION = re.compile(r"^(Attributes):\n((?:[ ]+.*\n|\n)*)", re.MULTILINE)
_ALIAS = re.compile(r"~?[\w.]*TypeAliasForwardRef\('([\w.]+)'\)")
_ENTRY = re.compile(r"^ {4}(\w+): (.*\n(?: {5,}.*\n)*)", re.MULTILINE)


def public_names() -> dict[str, str]:
    """Return where users find what stands elsewhere, by where it stands."""
    names: dict[str, str] = {}
    for module_name in PUBLIC:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            home = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
            if home.startswith("lavaclient."):
                names[home] = f"{module_name}.{name}"
    return names


NAMES = public_names()
_PRIVATE = re.compile("|".join(re.escape(name) + r"\b" for name in sorted(NAMES, reverse=True)))


def fields_of(owner: type) -> dict[str, tuple[str, str]]:
    """Return type and description of each field that a class has, inherited ones first."""
    bases = owner.__mro__ if issubclass(owner, INHERITS_FIELDS) else (owner,)
    texts = {name: text for base in reversed(bases) for name, text in _described(base)}
    order = [name for name in getattr(owner, "__struct_fields__", ()) if name in texts]
    hints = typing.get_type_hints(owner)
    return {
        name: (_type_text(hints.get(name)), texts[name]) for name in dict.fromkeys([*order, *texts])
    }


def _described(owner: type) -> Iterator[tuple[str, str]]:
    section = _SECTION.search(inspect.cleandoc(owner.__doc__ or "") + "\n")
    for name, text in _ENTRY.findall(section[2] if section else ""):
        yield name, " ".join(text.split())


def _type_text(hint: object) -> str:
    if hint is None or hint is typing.Final:
        return ""
    if typing.get_origin(hint) in {typing.ClassVar, typing.Required}:
        (hint,) = typing.get_args(hint)
    text = stringify_annotation(hint, "fully-qualified-except-typing").removeprefix("builtins.")
    return _PRIVATE.sub(lambda match: NAMES[match[0]], text)


def _drop_attributes(
    _app: Sphinx, _what: str, _name: str, value: object, _options: object, lines: list[str]
) -> None:
    if inspect.isclass(value):
        lines[:] = _SECTION.sub("", "\n".join(lines) + "\n").splitlines()


def _add_fields(
    _app: Sphinx, _what: str, _name: str, value: object, _options: object, lines: list[str]
) -> None:
    if not inspect.isclass(value) or not value.__module__.startswith("lavaclient"):
        return
    for name, (type_text, text) in fields_of(value).items():
        lines += ["", f".. attribute:: {name}"]
        lines += [f"   :type: {type_text}"] if type_text else []
        lines += ["", f"   {text}", ""]


def _hide_constructor(
    _app: Sphinx,
    _what: str,
    _name: str,
    value: object,
    _options: object,
    arguments: str,
    *_: object,
) -> tuple[str, None] | None:
    if not arguments or not inspect.isclass(value):
        return None
    if Protocol in value.__bases__ or issubclass(value, NOT_CONSTRUCTED):
        return "", None
    return None


def _name_aliases(app: Sphinx, *_: object) -> None:
    """Name aliases as they are written: within a union Sphinx shows its own object for them."""
    for hints in app.env.current_document.autodoc_annotations.values():
        for name, text in hints.items():
            hints[name] = _ALIAS.sub(r"\1", text)


def _name_publicly(_app: Sphinx, doctree: nodes.document) -> None:
    for reference in doctree.findall(pending_xref):
        target = reference.get("reftarget", "")
        reference["reftarget"] = _PRIVATE.sub(lambda match: NAMES[match[0]], target)


def _forget_private_names(_app: Sphinx, env: BuildEnvironment) -> None:
    """Keep where a class is written out of the inventory that other sites read."""
    objects = env.domains.python_domain.objects
    for name in [name for name in objects if re.search(r"\._(?!_)", name)]:
        del objects[name]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Hook into autodoc, around what makes its Google sections."""
    app.connect("autodoc-process-docstring", _drop_attributes, priority=400)
    app.connect("autodoc-process-docstring", _add_fields, priority=600)
    app.connect("autodoc-process-signature", _hide_constructor)
    app.connect("object-description-transform", _name_aliases, priority=400)
    app.connect("doctree-read", _name_publicly)
    app.connect("env-updated", _forget_private_names)
    return {"parallel_read_safe": True}
