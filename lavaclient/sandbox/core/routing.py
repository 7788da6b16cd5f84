"""Routing by method and path, with werkzeug's router."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.core.operations import Route

NOT_FOUND = "The resource could not be found"


class Match(NamedTuple):
    """The matching route, and the decoded arguments of the path."""

    route: Route
    arguments: tuple[str, ...]


class Router:
    """The routes of one API.

    Args:
        routes: Methods with paths such as `GET /clusters/<cluster_id>`, and their routes.
        slash: Whether a slash at the end of a path is overlooked.

    Attributes:
        lines: The methods and paths of the routes.
        routes: The routes, as they were given.
    """

    def __init__(self, routes: Iterable[tuple[str, Route]], *, slash: bool = False) -> None:
        self._routes = dict(routes)
        self._slash = slash
        self.lines: tuple[str, ...] = tuple(self._routes)
        self.routes: tuple[tuple[str, Route], ...] = tuple(self._routes.items())

    def find(self, method: str, path: str) -> Match:
        """The route of a request. A HEAD is taken for a GET.

        Args:
            method: The method.
            path: The path, still encoded, so that an encoded slash stays in its segment.

        Raises:
            ApiFault: 404 for an unknown path, 405 for a method that the path does not have.
        """
        # werkzeug comes with an extra: without it, the program says so in one line.
        from werkzeug.exceptions import MethodNotAllowed, NotFound

        try:
            line, arguments = _matcher(self.lines, self._slash)(path, method)
        except MethodNotAllowed as error:
            methods = sorted(error.valid_methods or ())
            message = f"{method} is not allowed here; {', '.join(methods)} is"
            raise ApiFault(405, message, allow=methods) from error
        except NotFound as error:
            raise ApiFault(404, NOT_FOUND) from error
        return Match(self._routes[line], tuple(unquote(text) for text in arguments.values()))


@functools.cache
def _matcher(
    lines: tuple[str, ...], slash: bool
) -> Callable[[str, str], tuple[str, Mapping[str, str]]]:
    # Likewise.
    from werkzeug.routing import Map, Rule

    routes = [(line, *line.split()) for line in lines]
    rules = [Rule(path, methods=[method], endpoint=line) for line, method, path in routes]
    table = Map(rules, strict_slashes=not slash, merge_slashes=False)
    # Paths repeat: without this, a request in process costs a seventh more.
    return functools.lru_cache(1024)(table.bind("localhost").match)
