"""Making a change in the modules of this process."""

from __future__ import annotations

import ast
import gc
import sys
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from tests.mutation.changes import Change

Functions: TypeAlias = dict[str, list[FunctionType]]


def functions_by_file() -> Functions:
    """Return all functions of this process, by the file that they stand in."""
    functions: Functions = defaultdict(list)
    gc.unfreeze()  # what is frozen is not among the objects
    for function in gc.get_objects():
        if isinstance(function, FunctionType):
            functions[function.__code__.co_filename].append(function)
    return functions


def apply(change: Change, functions: Functions) -> bool:
    """Make a change; False where a process that has begun cannot be changed so."""
    module, source = sys.modules[change.module], change.source()
    if change.function:
        code = compile(source, str(module.__file__), "exec")
        return _swap_code(functions[str(module.__file__)], code, change)
    return _assign_again(module, ast.parse(source), change.line)


def _swap_code(functions: list[FunctionType], changed: CodeType, change: Change) -> bool:
    """Give the functions that stand at the change's place its code."""
    around = [
        function
        for function in functions
        if function.__code__.co_qualname == change.function
        and function.__code__.co_firstlineno <= change.line
    ]
    # A property's functions share a name.
    start = max((function.__code__.co_firstlineno for function in around), default=0)
    for code in _codes(changed):
        if (code.co_qualname, code.co_firstlineno) == (change.function, start):
            standing = [function for function in around if function.__code__ != code]
            for function in standing:
                function.__code__ = code
            return bool(standing)
    return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _assign_again(module: ModuleType, tree: ast.Module, line: int) -> bool:
    """Carry out the changed assignment of a module or of a class, for all who use the name."""
    for owner, node in _assignments(module, tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if node.lineno <= line <= (node.end_lineno or line) and isinstance(target, ast.Name):
            scope: dict[str, Any] = {**vars(module), **vars(owner)}
            exec(compile(ast.Module([node], []), "<changed>", "exec"), scope)
            before = vars(owner).get(target.id)
            if before is None or type(before).__name__ == "member_descriptor":
                return False
            users = list(sys.modules.values()) if owner is module else []
            for user in [owner, *(user for user in users if vars(user).get(target.id) is before)]:
                setattr(user, target.id, scope[target.id])
            return True
    return False


def _assignments(
    module: ModuleType, tree: ast.Module
) -> Iterator[tuple[Any, ast.Assign | ast.AnnAssign]]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield module, node
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.Assign | ast.AnnAssign):
                    yield vars(module)[node.name], part
