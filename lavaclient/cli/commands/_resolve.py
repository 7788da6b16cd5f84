"""Finding things by what people call them: an id, or a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import click

from lavaclient.error import InvalidError, NotFoundError

__all__ = ["by_id_or_name", "get_by_name", "resolve_each"]


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)
T = TypeVar("T")


def by_id_or_name(noun: str, word: str, models: Sequence[N]) -> N | None:
    """Return what has an id, or else the only one that has a name; None if nothing has.

    Raises:
        ClickException: Several have that name.
    """
    by_id = [model for model in models if model.id == word]
    matching = by_id or [model for model in models if model.name == word]
    if len(matching) > 1:
        ids = ", ".join(model.id for model in matching)
        text = f"{len(matching)} {noun}s are named {word!r}: give one of the ids {ids}"
        raise click.ClickException(text)
    return matching[0] if matching else None


def get_by_name(
    noun: str, word: str, get: Callable[[str], T], list_all: Callable[[], Sequence[N]]
) -> T:
    """Return what ``get`` returns for an id, or for the id of what has this name.

    Raises:
        NotFoundError: There is neither.
        ClickException: Several have that name.
    """
    try:
        return get(word)
    except NotFoundError:
        model = by_id_or_name(noun, word, list_all())
        if model is None or model.id == word:
            raise
    return get(model.id)


def resolve_each(
    names_or_ids: Iterable[str], find: Callable[[str], T]
) -> tuple[list[T], list[str]]:
    """Find things by what they were called.

    Args:
        names_or_ids: What was typed.
        find: Returns the thing of that id or name.

    Returns:
        The things, and an error's text for each that is not there.
    """
    models, errors = [], []
    for word in dict.fromkeys(names_or_ids):
        try:
            models.append(find(word))
        except (InvalidError, NotFoundError) as error:
            errors.append(str(error))
    return models, errors
