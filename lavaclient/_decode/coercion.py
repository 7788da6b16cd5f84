"""Repairing a decoded body: values whose type is not quite what it should be.

Numbers as strings and strings as numbers, null for what was left out, null for
an empty list. A repair never fails: what it cannot mend it leaves for the
strict reading that follows, which then says what is wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

import msgspec.inspect as kinds

__all__ = ["as_number", "as_text", "repair_for"]

Repair = Callable[[object], object]

_INTEGER = r"(?a)\s*[+-]?\d{1,18}(?:\.0*)?\s*"
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def repair_for(kind: kinds.Type) -> Repair:
    """Return the function that mends a value for this type."""
    return _compiled(kind) or _as_it_is


def as_text(value: object) -> object:
    """Return a number or truth value as text, anything else as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def as_number(value: object) -> object:
    """Return text that is a number as that number, anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _as_it_is(value: object) -> object:
    return value


def _as_integer(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(_INTEGER, value):
        return int(value.split(".")[0])
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    return value


def _as_truth(value: object) -> object:
    if isinstance(value, str):
        return _TRUTH.get(value.strip().lower(), value)
    return bool(value) if isinstance(value, int | float) and value in {0, 1} else value


_SIMPLE: dict[type[kinds.Type], Repair] = {
    kinds.StrType: as_text,
    kinds.IntType: _as_integer,
    kinds.FloatType: as_number,
    kinds.BoolType: _as_truth,
}


def _compiled(kind: kinds.Type) -> Repair | None:
    """Return what mends values of this type, None where there is nothing to mend."""
    if isinstance(kind, kinds.StructType | kinds.TypedDictType):
        return _object_repair(kind.fields)
    if isinstance(kind, kinds.ListType):
        return _list_repair(_compiled(kind.item_type))
    if isinstance(kind, kinds.DictType):
        return _dict_repair(repair_for(kind.value_type))
    if isinstance(kind, kinds.UnionType):
        return _optional_repair(kind)
    return _SIMPLE.get(type(kind))


def _object_repair(fields: Iterable[kinds.Field]) -> Repair:
    plan = [(field.encode_name, repair_for(field.type), field.required) for field in fields]

    def repair(value: object) -> object:
        if not isinstance(value, dict):
            return value
        fixed = dict(value)
        for name, mend, required in plan:
            if name not in fixed:
                continue
            if fixed[name] is None and not required:
                del fixed[name]
            else:
                fixed[name] = mend(fixed[name])
        return fixed

    return repair


def _list_repair(mend: Repair | None) -> Repair:
    def repair(value: object) -> object:
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            return value
        present = [item for item in value if item is not None]
        return present if mend is None else [mend(item) for item in present]

    return repair


def _dict_repair(mend: Repair) -> Repair:
    def repair(value: object) -> object:
        if value is None:
            return {}
        if not isinstance(value, dict):
            return value
        return {name: mend(item) for name, item in value.items()}

    return repair


def _optional_repair(kind: kinds.UnionType) -> Repair | None:
    members = [member for member in kind.types if not isinstance(member, kinds.NoneType)]
    mend = _compiled(members[0]) if len(members) == 1 else None
    if mend is None:
        return None
    keeps_blank = isinstance(members[0], kinds.StrType)

    def repair(value: object) -> object:
        if value is None or (value == "" and not keeps_blank):
            return None
        return mend(value)

    return repair
