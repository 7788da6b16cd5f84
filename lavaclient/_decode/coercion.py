"""Coercing the values of a decoded body to the types that they should have.

Strings become numbers and numbers strings, both become timestamps; null becomes a
default or an empty list. A coercion never fails: a value that it cannot convert stays as it is, and
the strict conversion that follows raises the error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

import msgspec.inspect as kinds

from lavaclient._decode.timestamps import as_timestamp

__all__ = ["as_number", "as_text", "coercion_for"]

Coercion = Callable[[object], object]

_INTEGER = r"(?a)\s*[+-]?\d{1,18}(?:\.0*)?\s*"
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def coercion_for(kind: kinds.Type) -> Coercion:
    """Return the function that coerces a value to this type."""
    return _compiled(kind) or _unchanged


def as_text(value: object) -> object:
    """Return a number or boolean as a string, anything else as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def as_number(value: object) -> object:
    """Return a string that is a number as that number, anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _unchanged(value: object) -> object:
    return value


def _as_integer(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(_INTEGER, value):
        return int(value.split(".")[0])
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    return value


def _as_boolean(value: object) -> object:
    if isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower(), value)
    return bool(value) if isinstance(value, int | float) and value in {0, 1} else value


_SIMPLE: dict[type[kinds.Type], Coercion] = {
    kinds.StrType: as_text,
    kinds.IntType: _as_integer,
    kinds.FloatType: as_number,
    kinds.BoolType: _as_boolean,
    kinds.DateTimeType: as_timestamp,
}


def _compiled(kind: kinds.Type) -> Coercion | None:
    """Return the coercion to this type, None where there is nothing to coerce."""
    if isinstance(kind, kinds.StructType | kinds.TypedDictType):
        return _object_coercion(kind.fields)
    if isinstance(kind, kinds.ListType):
        return _list_coercion(_compiled(kind.item_type))
    if isinstance(kind, kinds.DictType):
        return _dict_coercion(coercion_for(kind.value_type))
    if isinstance(kind, kinds.UnionType):
        return _optional_coercion(kind)
    return _SIMPLE.get(type(kind))


def _object_coercion(fields: Iterable[kinds.Field]) -> Coercion:
    plan = [(field.encode_name, coercion_for(field.type), field.required) for field in fields]

    def coerce(value: object) -> object:
        if not isinstance(value, dict):
            return value
        coerced = dict(value)
        for name, coerce_item, required in plan:
            if name not in coerced:
                continue
            if coerced[name] is None and not required:
                del coerced[name]
            else:
                coerced[name] = coerce_item(coerced[name])
        return coerced

    return coerce


def _list_coercion(coerce_item: Coercion | None) -> Coercion:
    def coerce(value: object) -> object:
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            return value
        present = [item for item in value if item is not None]
        return present if coerce_item is None else [coerce_item(item) for item in present]

    return coerce


def _dict_coercion(coerce_item: Coercion) -> Coercion:
    def coerce(value: object) -> object:
        if value is None:
            return {}
        if not isinstance(value, dict):
            return value
        return {name: coerce_item(item) for name, item in value.items()}

    return coerce


def _optional_coercion(kind: kinds.UnionType) -> Coercion | None:
    members = [member for member in kind.types if not isinstance(member, kinds.NoneType)]
    coerce_item = _compiled(members[0]) if len(members) == 1 else None
    if coerce_item is None:
        return None
    keeps_blank = isinstance(members[0], kinds.StrType)

    def coerce(value: object) -> object:
        if value is None or (value == "" and not keeps_blank):
            return None
        return coerce_item(value)

    return coerce
