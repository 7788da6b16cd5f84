"""A route: its rule, and what it takes and gives. The API's description is made of this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from lavaclient.sandbox.core.context import Answer

JSON = "application/json"
_NOTHING: Mapping[int, object] = MappingProxyType({})
_NO_QUERY: Mapping[str, str] = MappingProxyType({})


class Operation(NamedTuple):
    """A route as its callers see it.

    Attributes:
        summary: What it does, in one line.
        body: The struct that a request's body fits, or several in a tuple; None for a route that
            takes none.
        answer: The struct, or another type, of the answer's body; None for one without.
        status: The status of the answer.
        refusals: The statuses of other answers that its own rules give.
        needs_body: False for a body that may be left out.
        content_type: What the answer's body is; one that is no JSON is described as text.
        refused: The types of the bodies of those refusals that are no usual faults.
        query: What each parameter of the query says.
        paged: Whether it gives one page of a list, by `limit`, `marker` and `offset`.
    """

    summary: str
    body: object = None
    answer: object = None
    status: int = 200
    refusals: tuple[int, ...] = ()
    needs_body: bool = True
    content_type: str = JSON
    refused: Mapping[int, object] = _NOTHING
    query: Mapping[str, str] = _NO_QUERY
    paged: bool = False


class Route(NamedTuple):
    """What answers the requests to a path.

    Attributes:
        rule: Gives the answer's body, or an `Answer` with another status.
        operation: What it is for.
        named: Whether its path ends in a name, which may end in `.json`.
        whole: In the control API, whether the rule gets the whole request in the place of its body.
    """

    rule: Callable[..., object]
    operation: Operation
    named: bool = False
    whole: bool = False

    @property
    def name(self) -> str:
        """The name of its rule."""
        return self.rule.__name__.lstrip("_")

    def answer(self, *arguments: object) -> Answer:
        """Apply the rule.

        Raises:
            ApiFault: The rule is against the request.
        """
        body = self.rule(*arguments)
        return body if isinstance(body, Answer) else Answer(self.operation.status, body)


def route(
    line: str,
    rule: Callable[..., object],
    answer: object = None,
    status: int | None = None,
    *,
    body: object = None,
    refusals: tuple[int, ...] = (),
    refused: Mapping[int, object] = _NOTHING,
    needs_body: bool = True,
    content_type: str = JSON,
    query: Mapping[str, str] = _NO_QUERY,
    paged: bool = False,
    named: bool = False,
    whole: bool = False,
) -> tuple[str, Route]:
    """A route as routers take it; its summary is the first line of the rule's docstring.

    `line` is its method and path. A status that is None is 200, or 204 without an answer. The
    others are the fields of `Route` and of its `Operation`.
    """
    operation = Operation(
        summary=(rule.__doc__ or "").partition("\n")[0].rstrip("."),
        body=body,
        answer=answer,
        status=status or (204 if answer is None else 200),
        refusals=(*refusals, *refused),
        needs_body=needs_body,
        content_type=content_type,
        refused=refused,
        query=query,
        paged=paged,
    )
    return line, Route(rule, operation, named, whole)
