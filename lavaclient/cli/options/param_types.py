"""The base class of parameters' types, which takes a type itself from click 8.3 on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

__all__ = ["ObjectType", "TextType"]

if TYPE_CHECKING:
    ObjectType = click.ParamType[object]
    TextType = click.ParamType[str]
else:
    ObjectType = TextType = click.ParamType
