"""Scripts that run on new nodes."""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from lavaclient.sandbox.core.context import Context, optional_timestamp, timestamp
from lavaclient.sandbox.core.decoding import Name, decode
from lavaclient.sandbox.core.errors import bad_request, forbidden, record_of
from lavaclient.sandbox.core.pagination import page
from lavaclient.sandbox.core.state import Script

Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+", max_length=2048)]
Type = Annotated[str, Meta(pattern=r"^POST_INIT$")]


class NewScript(Struct, forbid_unknown_fields=True):
    """A new script."""

    name: Name
    type: Type
    url: Url


class NewScriptBody(Struct, forbid_unknown_fields=True):
    """The body of `POST scripts`."""

    script: NewScript


class ScriptChange(Struct, forbid_unknown_fields=True):
    """What is to be different about a script."""

    name: Name | UnsetType = UNSET
    type: Type | UnsetType = UNSET
    url: Url | UnsetType = UNSET


class ScriptChangeBody(Struct, forbid_unknown_fields=True):
    """The body of `PUT scripts/{id}`."""

    script: ScriptChange


def list_scripts(context: Context) -> dict[str, object]:
    """Lists scripts."""
    table = context.account.scripts
    scripts, links = page(
        context,
        list(known(context).values()),
        "scripts",
        lambda script: table.positions.get(script.id, math.inf),
        table.departed,
    )
    return {"scripts": [_view(context, s) for s in scripts], "links": links}


def get_script(context: Context, script_id: str) -> dict[str, object]:
    """Shows a script."""
    return {"script": _view(context, record_of(known(context), "Script", script_id))}


def create_script(context: Context) -> dict[str, object]:
    """Creates a script."""
    wanted = decode(context.body, NewScriptBody).script
    _check_name(context, wanted.name)
    script = Script(
        id=context.new_id("script"),
        name=wanted.name,
        type=wanted.type,
        url=wanted.url,
        created=context.now,
    )
    context.account.scripts[script.id] = script
    return {"script": _view(context, script)}


def update_script(context: Context, script_id: str) -> dict[str, object]:
    """Changes a script."""
    script = _own(context, script_id, "changed")
    change = decode(context.body, ScriptChangeBody).script
    if change == ScriptChange():
        raise bad_request("script: give at least one of name, type, url")
    if change.name is not UNSET:
        _check_name(context, change.name, besides=script)
        script.name = change.name
    if change.url is not UNSET:
        script.url = change.url
    script.updated = context.now
    context.account.scripts[script.id] = script
    return {"script": _view(context, script)}


def delete_script(context: Context, script_id: str) -> None:
    """Deletes a script."""
    script = _own(context, script_id, "deleted")
    context.account.check_unused("script", script.id, f"Script {script.id}")
    del context.account.scripts[script.id]


def known(context: Context) -> dict[str, Script]:
    """All scripts the tenant may use: its own, then the public ones."""
    return {**context.account.scripts, **context.reference.scripts}


def _own(context: Context, script_id: str, verb: str) -> Script:
    script = record_of(known(context), "Script", script_id)
    if script.is_public:
        raise forbidden(f"Script {script_id} is public and cannot be {verb}")
    return script


def _check_name(context: Context, name: str, besides: Script | None = None) -> None:
    others = (s for s in context.account.scripts.values() if s is not besides)
    if any(script.name == name for script in others):
        raise bad_request(f"A script named '{name}' exists already")


def _view(context: Context, script: Script) -> dict[str, object]:
    return {
        "id": script.id,
        "name": script.name,
        "type": script.type,
        "url": script.url,
        "is_public": script.is_public,
        "created": timestamp(script.created),
        "updated": optional_timestamp(script.updated),
        "links": context.links.of(f"scripts/{script.id}"),
    }
