"""Request bodies that create and change scripts, from checked arguments."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from lavaclient._config.checks import text
from lavaclient.error import InvalidError

__all__ = ["ScriptBody", "changed_script", "new_script"]


class _Script(msgspec.Struct, frozen=True):
    name: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


class ScriptBody(msgspec.Struct, frozen=True):
    """The body of ``POST scripts`` and ``PUT scripts/{id}``."""

    script: _Script


def new_script(name: str, url: str, script_type: str) -> ScriptBody:
    """Check the arguments of a new script, which are all required; return the body."""
    for argument, value in (("name", name), ("url", url), ("script_type", script_type)):
        text(argument, value, most=None)
    return changed_script(name, url, script_type)


def changed_script(name: str | None, url: str | None, script_type: str | None) -> ScriptBody:
    """Check the arguments, at least one of which is required; return the body."""
    if name is None and url is None and script_type is None:
        raise InvalidError("one of name, url and script_type is required")
    return ScriptBody(
        _Script(
            name=UNSET if name is None else text("name", name),
            type=UNSET if script_type is None else _checked_type(script_type),
            url=UNSET if url is None else text("url", url, most=None),
        )
    )


def _checked_type(script_type: str) -> str:
    if text("script_type", script_type).upper() != "POST_INIT":
        raise InvalidError("script_type must be 'post_init', in any case")
    return "POST_INIT"
