"""What a route takes and gives, for those who read of it: the API's description is made of this."""

from __future__ import annotations

from typing import NamedTuple


class Operation(NamedTuple):
    """A route as its callers see it.

    Attributes:
        summary: What it does, in one line.
        body: The struct that a request's body fits; None for a route that takes none.
        answer: The struct, or another type, of the answer's body; None for one without.
        status: The status of the answer.
        refusals: The statuses of other answers that its own rules give.
        needs_body: False for a body that may be left out.
        content_type: What the answer is; a text for anything but JSON.
    """

    summary: str
    body: object = None
    answer: object = None
    status: int = 200
    refusals: tuple[int, ...] = ()
    needs_body: bool = True
    content_type: str = "application/json"
