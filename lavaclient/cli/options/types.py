"""Types of arguments: node groups, credentials, JSON."""

from __future__ import annotations

import json
import os
import re

import click
from click.shell_completion import CompletionItem

from lavaclient.cli.options.completion import (
    CREDENTIAL,
    FLAVOR,
    NODE_GROUP,
    STACK_GROUP,
    CompletedParam,
)
from lavaclient.cli.options.param_types import ObjectType

__all__ = [
    "JSON",
    "JSON_OBJECT",
    "NEW_NODE_GROUPS",
    "NODE_GROUPS",
    "PAIR",
    "JSONType",
    "NodeGroupsType",
    "PairType",
]

# An id may contain spaces; the settings of a group are optional, as in 0.3.x.
_GROUP = re.compile(r"\s*([^(),=]*[^(),=\s])\s*(?:\(([^()]*)\))?\s*(?:,|$)")
_KEYS = {"count", "flavor_id"}
_COUNT = "[0-9]{1,18}"


class NodeGroupsType(ObjectType):
    """``slave(count=3, flavor_id=hadoop1-7)``, or several of them, separated by commas.

    Args:
        ids: Completes the id of a group.
    """

    name = "groups"

    def __init__(self, ids: CompletedParam) -> None:
        self._ids = ids

    def get_metavar(self, *_args: object, **_kwargs: object) -> str:
        """Return the format."""
        return "'ID(count=N, flavor_id=F)'"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the id of a group, or its flavor."""
        before, sign, prefix = incomplete.rpartition("flavor_id=")
        if sign:
            items = FLAVOR.shell_complete(ctx, param, prefix)
            return [CompletionItem(f"{before}{sign}{item.value}", help=item.help) for item in items]
        if "(" in incomplete:
            return []
        return [
            CompletionItem(f"{item.value}(count=", help=item.help)
            for item in self._ids.shell_complete(ctx, param, incomplete)
        ]

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[dict[str, object]]:
        """Return the groups as the SDK takes them."""
        text, groups, place = str(value), [], 0
        while place < len(text.rstrip()):
            group = _GROUP.match(text, place)
            if group is None:
                self.fail(f"{text!r} is not like 'slave(count=3, flavor_id=hadoop1-7)'", param, ctx)
            groups.append({"id": group[1], **self._settings(group[2] or "", param, ctx)})
            place = group.end()
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
            if key == "count" and not re.fullmatch(_COUNT, value):
                self.fail(f"count={value:.20}: not a whole number", param, ctx)
            settings[key] = int(value) if key == "count" else value
        return settings


class PairType(ObjectType):
    """``type=name``."""

    name = "type=name"

    def get_metavar(self, *_args: object, **_kwargs: object) -> str:
        """Return the format."""
        return "TYPE=NAME"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the credentials of the service."""
        return CREDENTIAL.shell_complete(ctx, param, incomplete)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return type and name."""
        kind, _, name = str(value).partition("=")
        if not kind.strip() or not name.strip():
            self.fail(f"{value!r} is not like cloud_files=my-user", param, ctx)
        return kind.strip().replace("-", "_"), name.strip()


class JSONType(ObjectType):
    """Objects as JSON, as the path of a JSON file, or ``-`` for the input.

    Args:
        whole: Whether to accept one object rather than a list of objects.
    """

    name = "json"

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[dict[str, object]]:
        """Return the objects as a list, also if it is only one."""
        text = str(value)
        is_json = text.lstrip().startswith(("[", "{"))
        if not is_json:
            text = self._content(text, param, ctx)
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.fail(f"is not valid JSON: {error}", param, ctx)
        if self._whole and isinstance(parsed, dict):
            return [parsed]
        is_list = isinstance(parsed, list) and all(isinstance(item, dict) for item in parsed)
        if not self._whole and is_list:
            return list(parsed)
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


JSON = JSONType()
JSON_OBJECT = JSONType(whole=True)
NODE_GROUPS = NodeGroupsType(NODE_GROUP)
NEW_NODE_GROUPS = NodeGroupsType(STACK_GROUP)
PAIR = PairType()
