"""A route of the control API: what answers it, and what it takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.operations import JSON, Operation


class ControlRoute(NamedTuple):
    """A rule and what it is for.

    Attributes:
        rule: Gets the sandbox, the body, and what the path says.
        operation: What it is for.
        whole: Whether the rule gets the whole request in the place of its body.
    """

    rule: Callable[..., Answer]
    operation: Operation
    whole: bool = False


def route(
    line: str,
    rule: Callable[..., Answer],
    summary: str,
    *,
    body: object = None,
    answer: object = None,
    status: int | None = None,
    refusals: tuple[int, ...] = (),
    needs_body: bool = True,
    whole: bool = False,
    content_type: str = JSON,
    refused: Mapping[int, object] = MappingProxyType({}),
    query: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ControlRoute]:
    """A route as routers take it.

    Args:
        line: Its method and its path below `/_sandbox/`.
        rule: What answers it.
        summary: What it does, in one line.
        body: What the request's body fits, if there is one.
        answer: What the answer's body fits, if there is one.
        status: The answer's status; 200, or 204 without a body, if None.
        refusals: Statuses of other answers.
        needs_body: False for a body that may be left out.
        whole: Whether the rule gets the whole request.
        content_type: What the answer is.
        refused: Other answers, by their statuses, that are no usual faults.
        query: What each parameter of the query says.
    """
    status = status or (204 if answer is None else 200)
    operation = Operation(
        summary,
        body,
        answer,
        status,
        (*refusals, *refused),
        needs_body,
        content_type,
        refused,
        query,
    )
    method, path = line.split()
    return f"{method} /_sandbox/{path}", ControlRoute(rule, operation, whole)
