"""Scripts: programs of the user's own that run on the nodes of new clusters."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from lavaclient._config.checks import text
from lavaclient._decode.reader import Timestamp
from lavaclient._http.paths import path_segment
from lavaclient.api._base import Bound, Id, Link, Manager, Model, bind, bind_all
from lavaclient.api._pagination import list_pages
from lavaclient.error import InvalidError

__all__ = ["Script", "ScriptManager"]


class Script(Bound["ScriptManager"], Model, frozen=True, kw_only=True, gc=False):
    """A script.

    Attributes:
        id: The script's id.
        name: Its name.
        type: When it runs, e.g. ``"POST_INIT"``, or None.
        url: Where nodes fetch it from, or None.
        is_public: Whether everybody may use it, or None.
        created: When it was made, or None.
        updated: When it was last changed, or None.
        links: Where the service has it.
    """

    _shown: ClassVar[tuple[str, ...]] = ("id", "name", "type")

    id: str
    name: str
    type: str | None = None
    url: str | None = None
    is_public: bool | None = None
    created: Timestamp = None
    updated: Timestamp = None
    links: list[Link] = []

    def update(
        self, name: str | None = None, url: str | None = None, script_type: str | None = None
    ) -> Script:
        """Change it, as ``lava.scripts.update`` does, and return it as it is then."""
        return self._manager.update(self.id, name, url, script_type)

    def delete(self) -> None:
        """Delete it, as ``lava.scripts.delete`` does."""
        self._manager.delete(self.id)


class _ScriptsPage(msgspec.Struct):
    scripts: list[Script]
    links: list[Link] = []

    @property
    def items(self) -> list[Script]:
        return self.scripts


class _ScriptBody(msgspec.Struct):
    script: Script


class _Script(msgspec.Struct, frozen=True):
    name: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


class _WriteScript(msgspec.Struct, frozen=True):
    script: _Script


def _given(name: str | None, url: str | None, script_type: str | None) -> _Script:
    return _Script(
        name=UNSET if name is None else text("name", name),
        type=UNSET if script_type is None else _checked_type(script_type),
        url=UNSET if url is None else text("url", url, most=None),
    )


def _checked_type(script_type: str) -> str:
    if text("script_type", script_type).upper() != "POST_INIT":
        raise InvalidError("script_type must be 'post_init', in any case")
    return "POST_INIT"


class ScriptManager(Manager):
    """The scripts: ``lava.scripts``."""

    def list(self) -> list[Script]:
        """Return all scripts that the account may use, public ones included.

        Example::

            mine = [script for script in lava.scripts.list() if not script.is_public]
        """
        scripts = list_pages(self._client, "scripts", _ScriptsPage)
        bind_all(scripts, self)
        return scripts

    def create(self, name: str, url: str, script_type: str) -> Script:
        """Make a script known to the service.

        Args:
            name: What to call it, 1 to 255 characters.
            url: Where nodes can fetch it from.
            script_type: When it runs: ``"post_init"``, in any case, is after a
                node was set up. There is no other.

        Raises:
            ConflictError: There is a script of this name.
            InvalidError: An argument is no good. Nothing was sent.

        Example::

            lava.scripts.create("notebooks", "https://example.com/install.sh", "post_init")
        """
        for argument, value in (("name", name), ("url", url), ("script_type", script_type)):
            text(argument, value, most=None)
        body = _WriteScript(_given(name, url, script_type))
        return self._bound(self._client.post("scripts", body, _ScriptBody).script)

    def update(
        self,
        script_id: Id,
        name: str | None = None,
        url: str | None = None,
        script_type: str | None = None,
    ) -> Script:
        """Change a script; what is not given stays.

        Args:
            script_id: The script's id.
            name: Another name, 1 to 255 characters.
            url: Another place to fetch it from.
            script_type: As for `create`.

        Raises:
            NotFoundError: There is no such script.
            ForbiddenError: It is a public one.
            InvalidError: An argument is no good, or none is given. Nothing was sent.
        """
        path = f"scripts/{path_segment('script_id', script_id)}"
        given = _given(name, url, script_type)
        if given == _Script():
            raise InvalidError("one of name, url and script_type is required")
        return self._bound(self._client.put(path, _WriteScript(given), _ScriptBody).script)

    def delete(self, script_id: Id) -> None:
        """Delete a script.

        Args:
            script_id: The script's id.

        Raises:
            NotFoundError: There is no such script.
            ForbiddenError: It is a public one.
            ConflictError: A cluster uses it.
        """
        self._client.delete(f"scripts/{path_segment('script_id', script_id)}")

    def _bound(self, script: Script) -> Script:
        bind(script, self)
        return script
