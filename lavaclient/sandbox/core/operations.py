"""What a route takes and gives, for those who read of it: the API's description is made of this."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

JSON = "application/json"


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
    """

    summary: str
    body: object = None
    answer: object = None
    status: int = 200
    refusals: tuple[int, ...] = ()
    needs_body: bool = True
    content_type: str = JSON
    refused: Mapping[int, object] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
