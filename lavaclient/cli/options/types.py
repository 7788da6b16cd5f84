"""What is written as one word on the command line: node groups, credentials, JSON."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from lavaclient.cli.options.completion import CREDENTIAL, FLAVOR

__all__ = ["JSON", "JSON_OBJECT", "NODE_GROUPS", "PAIR", "JSONType", "NodeGroupsType", "PairType"]

if TYPE_CHECKING:
    _ParamType = click.ParamType[object]
else:  # of click before 8.3 it takes no type
    _ParamType = click.ParamType

_GROUP = re.compile(r"\s*([^\s(),=]+)\s*\(([^()]*)\)\s*(?:,|$)")
_KEYS = {"count", "flavor_id"}


class NodeGroupsType(_ParamType):
    """``slave(count=3, flavor_id=hadoop1-7)``, or several of them with commas between."""

    name = "groups"

    def get_metavar(self, *_args: object, **_kwargs: object) -> str:
        """Return how it is written."""
        return "'ID(count=N, flavor_id=F)'"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the flavor of a group."""
        before, sign, begun = incomplete.rpartition("flavor_id=")
        return [
            CompletionItem(f"{before}{sign}{item.value}", help=item.help)
            for item in (FLAVOR.shell_complete(ctx, param, begun) if sign else [])
        ]

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[dict[str, object]]:
        """Return the groups as the SDK takes them."""
        text, groups, place = str(value), [], 0
        while place < len(text.rstrip()):
            found = _GROUP.match(text, place)
            if found is None:
                self.fail(f"{text!r} is not like 'slave(count=3, flavor_id=hadoop1-7)'", param, ctx)
            groups.append({"id": found[1], **self._settings(found[2], param, ctx)})
            place = found.end()
        return groups

    def _settings(
        self, text: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, object]:
        settings: dict[str, object] = {}
        for pair in filter(None, map(str.strip, text.split(","))):
            key, _, value = (part.strip() for part in pair.partition("="))
            key = key.replace("-", "_")
            if key not in _KEYS or not value:
                self.fail(f"{pair!r} is neither count=N nor flavor_id=ID", param, ctx)
            settings[key] = self._count(value, param, ctx) if key == "count" else value
        return settings

    def _count(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not (text.isascii() and text.isdigit()):
            self.fail(f"count={text}: not a whole number", param, ctx)
        return int(text)


class PairType(_ParamType):
    """``type=name``."""

    name = "type=name"

    def get_metavar(self, *_args: object, **_kwargs: object) -> str:
        """Return how it is written."""
        return "TYPE=NAME"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete what the service has."""
        return CREDENTIAL.shell_complete(ctx, param, incomplete)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return type and name."""
        kind, _, name = str(value).partition("=")
        if not kind.strip() or not name.strip():
            self.fail(f"{value!r} is not like cloud_files=my-user", param, ctx)
        return kind.strip().replace("-", "_"), name.strip()


class JSONType(_ParamType):
    """Objects, as JSON, as the path of a file that holds it, or ``-`` for the input.

    Args:
        whole: Take one object, where it is else a list of them.
    """

    name = "json"

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[dict[str, object]]:
        """Return the objects as a list, of one where it is one."""
        text = str(value)
        is_json = text.lstrip().startswith(("[", "{"))
        held = self._parsed(text if is_json else self._content(text, param, ctx), param, ctx)
        if self._whole and isinstance(held, dict):
            return [held]
        if not self._whole and isinstance(held, list) and all(isinstance(x, dict) for x in held):
            return held
        what = "object" if self._whole else "list of objects"
        return self.fail(f"must be a JSON {what}", param, ctx)

    def _content(self, path: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            with click.open_file(
                os.path.expanduser(path.removeprefix("@")), encoding="utf-8"
            ) as file:
                content: str = file.read()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            self.fail(f"cannot read {path}: {reason}", param, ctx)
        return content

    def _parsed(
        self, text: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        import json

        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            self.fail(f"is no JSON: {error}", param, ctx)


JSON = JSONType()
JSON_OBJECT = JSONType(whole=True)
NODE_GROUPS = NodeGroupsType()
PAIR = PairType()
