"""Finds objects by an id or a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import click

from lavaclient.cli.output.columns import printable
from lavaclient.error import InvalidError, NotFoundError

__all__ = ["by_id_or_name", "get_by_name", "labels_of", "resolve_each"]


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)
T = TypeVar("T")


def by_id_or_name(noun: str, word: str, models: Sequence[N]) -> N | None:
    """Return the model with this id, or else with this name; None if there is none.

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
    """Return the result of ``get`` for an id, or for the id of the model with this name.

    Raises:
        NotFoundError: There is no such id or name.
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
    """Find models by ids or names.

    Args:
        names_or_ids: The ids or names.
        find: Returns the model with an id or name.

    Returns:
        The models, and an error's text for each that was not found.
    """
    models, errors = [], []
    for word in dict.fromkeys(names_or_ids):
        try:
            models.append(find(word))
        except (InvalidError, NotFoundError) as error:
            errors.append(str(error))
    return models, errors


def labels_of(noun: str, names_or_ids: Iterable[str], models: Sequence[N]) -> dict[str, str]:
    """Return the description of each model that is named, by its id.

    A word that no model has is taken for an id, for the service to refuse.

    Raises:
        ClickException: Several models have a name.
    """
    labels = {}
    for word in names_or_ids:
        model = by_id_or_name(noun, word, models)
        if model is None:
            labels[word] = printable(word)
        else:
            labels[model.id] = f"{printable(model.name)} ({model.id})"
    return labels
