"""Finding what answers a method and a path, with werkzeug's routing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import unquote

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from lavaclient.sandbox.core.errors import ApiFault

T = TypeVar("T")

NOT_FOUND = "The resource could not be found"


class Match(NamedTuple, Generic[T]):
    """What a request is for: the route's target, and what its path says of it, decoded."""

    target: T
    arguments: tuple[str, ...]


class Router(Generic[T]):
    """The routes of one API.

    Args:
        routes: Methods with paths such as `GET /clusters/<cluster_id>`, and their targets.
        slash: Whether a slash at the end of a path is overlooked.
    """

    def __init__(self, routes: Iterable[tuple[str, T]], *, slash: bool = False) -> None:
        self.lines: list[str] = []
        self._targets: list[T] = []
        rules = []
        for line, target in routes:
            method, path = line.split()
            # The number is the endpoint's name, with which werkzeug leads back to the target.
            rules.append(Rule(path, methods=[method], endpoint=len(self._targets)))
            self.lines.append(line)
            self._targets.append(target)
        table = Map(rules, strict_slashes=not slash, merge_slashes=False)
        self._adapter = table.bind("localhost")

    def find(self, method: str, path: str) -> Match[T]:
        """The route of a request. A HEAD is taken for a GET.

        Args:
            method: The method.
            path: The path, still encoded, so that an encoded slash stays in its segment.

        Raises:
            ApiFault: 404 for a path that is none, 405 for a method that it does not have.
        """
        try:
            number, arguments = self._adapter.match(path, method)
        except MethodNotAllowed as error:
            methods = sorted(error.valid_methods or ())
            message = f"{method} is not allowed here; {', '.join(methods)} is"
            raise ApiFault(405, message, allow=methods) from error
        except NotFound as error:
            raise ApiFault(404, NOT_FOUND) from error
        return Match(self._targets[number], tuple(unquote(text) for text in arguments.values()))
