"""Which changes there are: one of mutmut's at one place of a module."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

# What says nothing of behaviour: mypy's matters, names that are looked up nowhere.
_LEFT_ALONE = (libcst.Annotation, libcst.Decorator, libcst.Import, libcst.ImportFrom)
_NAMES_LEFT_ALONE = {"__all__", "__slots__", "TypeVar", "isinstance", "len"}


@dataclass(frozen=True)
class Change:
    """A change that can be made.

    Attributes:
        name: Its module, its function and its number there.
        module: The name of the module.
        function: The qualified name of the outermost function around it; "" for none.
        line: Where it begins.
        parts: The module's source, cut into its statements.
        index: Which of them is changed.
        statement: That one, parsed.
        before: The part of it that is replaced.
        after: What it is replaced by.
    """

    name: str
    module: str
    function: str
    line: int
    parts: list[str]
    index: int
    statement: libcst.CSTNode
    before: libcst.CSTNode
    after: libcst.CSTNode

    @property
    def place(self) -> str:
        """Its name without the number."""
        return self.name.rpartition(":")[0]

    def source(self) -> str:
        """Return the module's source with the change in it."""
        changed = _code(self.statement.deep_replace(self.before, self.after))
        return "".join([*self.parts[: self.index], changed, *self.parts[self.index + 1 :]])

    def lines(self) -> tuple[str, str]:
        """Return the first line that differs, as it was and as it is."""
        was, becomes = "".join(self.parts).splitlines(), self.source().splitlines()
        pairs = (pair for pair in zip(was, becomes, strict=False) if pair[0] != pair[1])
        before, after = next(pairs, (was[-1], becomes[-1]))
        return before.strip(), after.strip()


def changes_of(module: str) -> Iterator[Change]:
    """Yield the changes of a module, from its top down."""
    file = importlib.import_module(module).__file__
    assert file is not None
    wrapper = MetadataWrapper(libcst.parse_module(Path(file).read_text(encoding="utf-8")))
    positions = wrapper.resolve(PositionProvider)
    tree = wrapper.module
    parts = [_code(part) for part in (*tree.header, *tree.body, *tree.footer)]
    numbers: dict[str, int] = {}
    for index, statement in enumerate(tree.body, len(tree.header)):
        for node, scopes in _nodes(statement, []):
            for after in _replacements(node):
                place = ".".join([module, *(scope.name.value for scope in scopes)])
                numbers[place] = numbers.get(place, 0) + 1
                in_function = bool(scopes) and isinstance(scopes[-1], libcst.FunctionDef)
                yield Change(
                    f"{place}:{numbers[place]}",
                    module,
                    place.removeprefix(f"{module}.") if in_function else "",
                    positions[node].start.line,
                    parts,
                    index,
                    statement,
                    node,
                    after,
                )


def _code(node: libcst.CSTNode) -> str:
    return str(libcst.Module([]).code_for_node(node))


def _nodes(
    node: libcst.CSTNode, scopes: list[libcst.CSTNode]
) -> Iterator[tuple[libcst.CSTNode, list[libcst.CSTNode]]]:
    """Yield each part of a source, with the classes and the outermost function around it."""
    if isinstance(node, _LEFT_ALONE) or _is_left_alone_by_name(node):
        return
    yield node, scopes
    opens = isinstance(node, libcst.FunctionDef | libcst.ClassDef)
    if opens and not (scopes and isinstance(scopes[-1], libcst.FunctionDef)):
        scopes = [*scopes, node]
    for child in node.children:
        yield from _nodes(child, scopes)


def _is_left_alone_by_name(node: libcst.CSTNode) -> bool:
    names: list[libcst.CSTNode] = []
    if isinstance(node, libcst.Assign):
        names = [node.targets[0].target, getattr(node.value, "func", node.value)]
    elif isinstance(node, libcst.Call):
        names = [node.func]
    return any(isinstance(name, libcst.Name) and name.value in _NAMES_LEFT_ALONE for name in names)


def _replacements(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            # Of a text's changes the first: the others differ in its letters' case alone.
            most = 1 if isinstance(node, libcst.SimpleString) else None
            yield from itertools.islice(operator(node), most)
