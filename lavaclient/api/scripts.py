"""Scripts: the user's programs that run on the nodes of new clusters."""

from __future__ import annotations

import builtins
from typing import ClassVar

import msgspec

from lavaclient._decode.types import Timestamp, TimestampOrBlank
from lavaclient._http.paths import path_segment
from lavaclient.api._base import Bound, Id, Link, Manager, Model, bind, bind_all
from lavaclient.api._pagination import Page, list_pages
from lavaclient.api._requests.scripts import changed_script, new_script
from lavaclient.api._resolve import find

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
        links: URLs of it.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "type")

    id: str
    name: str
    type: str | None = None
    url: str | None = None
    is_public: bool | None = None
    created: Timestamp = None
    updated: TimestampOrBlank = None
    links: list[Link] = []

    def update(
        self, name: str | None = None, url: str | None = None, script_type: str | None = None
    ) -> Script:
        """Change it, as ``lava.scripts.update`` does, and return the changed script.

        Example::

            script = script.update(url="https://example.com/install-2.sh")
        """
        return self._manager.update(self.id, name, url, script_type)

    def delete(self) -> None:
        """Delete it, as ``lava.scripts.delete`` does.

        Example::

            script.delete()
        """
        self._manager.delete(self.id)


class _ScriptsPage(Page[Script]):
    items: list[Script] = msgspec.field(name="scripts")


class _ScriptBody(msgspec.Struct):
    script: Script


class ScriptManager(Manager):
    """The scripts: ``lava.scripts``."""

    def list(self) -> builtins.list[Script]:
        """Return all scripts that the account may use, public ones included.

        Sends ``GET scripts``, page after page.

        Returns:
            The scripts, in the service's order.

        Raises:
            ApiError: The pages do not end, or changed twice while they were read.

        Example::

            mine = [script for script in lava.scripts.list() if not script.is_public]
        """
        scripts = list_pages(self._client, "scripts", _ScriptsPage)
        bind_all(scripts, self)
        return scripts

    def get(self, script_id: Id) -> Script:
        """Return one script, which is looked for in the list.

        Sends ``GET scripts``, page after page.

        Args:
            script_id: Id or name of the script.

        Returns:
            The script as it is now.

        Raises:
            NotFoundError: There is no such script.
            InvalidError: The argument is not a valid id, or several scripts have that name.

        Example::

            print(lava.scripts.get("notebooks").url)
        """
        path_segment("script_id", script_id)
        return find("script", self.list(), script_id)

    def create(self, name: str, url: str, script_type: str) -> Script:
        """Register a script with the service.

        Sends ``POST scripts``.

        Args:
            name: Its name, 1 to 255 characters.
            url: Where nodes can fetch it from.
            script_type: When it runs: ``"post_init"``, in any case, is after a
                node was set up. There is no other.

        Returns:
            The script, with the id for ``clusters.create``.

        Raises:
            ConflictError: There is a script of this name.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.scripts.create("notebooks", "https://example.com/install.sh", "post_init")
        """
        body = new_script(name, url, script_type)
        return self._bound(self._client.post("scripts", body, _ScriptBody).script)

    def update(
        self,
        script_id: Id,
        name: str | None = None,
        url: str | None = None,
        script_type: str | None = None,
    ) -> Script:
        """Change a script; arguments that are left out stay unchanged.

        Sends ``PUT scripts/{id}`` with the other arguments.

        Args:
            script_id: The script's id.
            name: New name, 1 to 255 characters.
            url: New URL to fetch it from.
            script_type: As for `create`.

        Returns:
            The changed script.

        Raises:
            NotFoundError: There is no such script.
            ForbiddenError: The script is public.
            InvalidError: An argument is invalid, or none is given. Nothing was sent.

        Example::

            script = lava.scripts.get("notebooks")
            lava.scripts.update(script.id, url="https://example.com/install-2.sh")
        """
        path = f"scripts/{path_segment('script_id', script_id)}"
        body = changed_script(name, url, script_type)
        return self._bound(self._client.put(path, body, _ScriptBody).script)

    def delete(self, script_id: Id) -> None:
        """Delete a script.

        Sends ``DELETE scripts/{id}``.

        Args:
            script_id: The script's id.

        Raises:
            NotFoundError: There is no such script.
            ForbiddenError: The script is public.
            ConflictError: A cluster uses it.

        Example::

            lava.scripts.delete(lava.scripts.get("notebooks").id)
        """
        self._client.delete(f"scripts/{path_segment('script_id', script_id)}")

    def _bound(self, script: Script) -> Script:
        bind(script, self)
        return script
