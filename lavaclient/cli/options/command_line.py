"""The global options of one run."""

from __future__ import annotations

import click

__all__ = ["CommandLine", "MissingSettings"]


class MissingSettings(click.ClickException):
    """Settings to sign in with are missing; the message has a line for each of them."""


class CommandLine:
    """The global options of one run.

    Each may be given before the command or after it: the parser passes them one by
    one, and the last one counts.

    Attributes:
        options: The values on the command line, by the names of the options.
        debug: How often ``-d`` is given.
        is_completing: Whether a shell is completing a word, so that no questions may be asked.
    """

    def __init__(self) -> None:
        self.options: dict[str, object] = {}
        self.debug: int = 0
        self.is_completing: bool = False

    def take(self, name: str, value: object) -> None:
        """Store an option of the command line."""
        if name == "debug":
            self.debug += int(str(value))
        else:
            self.options[name] = value

    def text(self, name: str) -> str | None:
        """Return the value of an option, None if it was not given."""
        value = self.options.get(name)
        return None if value is None else str(value)

    def texts(self, name: str) -> list[str]:
        """Return the values of an option that may be repeated."""
        values = self.options.get(name)
        return list(map(str, values)) if isinstance(values, tuple) else []

    def choice(self, name: str) -> bool | None:
        """Return the value of an option like ``--header/--no-header``, None if not given."""
        value = self.options.get(name)
        return value if isinstance(value, bool) else None

    def is_given(self, name: str) -> bool:
        """Tell whether an option is on the command line."""
        return name in self.options

    @property
    def headless(self) -> bool:
        """Whether no questions may be asked."""
        return self.choice("headless") is True

    @property
    def quiet(self) -> bool:
        """Whether nothing but ids is to be printed."""
        return self.choice("quiet") is True

    def for_completion(self, seconds: str) -> None:
        """Limit waiting and ask no questions: a shell is completing a word."""
        self.options |= {"timeout": seconds, "max_retries": "0", "headless": True}
        self.debug = 0
        self.is_completing = True

    @property
    def is_debugging(self) -> bool:
        """Whether ``-d`` was given."""
        return self.debug > 0
