"""The file that keeps the sandbox's state between runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec

from lavaclient.sandbox.core.decoding import decoder_for
from lavaclient.sandbox.core.state import State


def read(path: Path) -> State:
    """Read a state.

    Raises:
        ValueError: The file holds something else.
    """
    try:
        return decoder_for(State).decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{path} does not hold a sandbox's state: {error}"
        raise ValueError(message) from error


def write(path: Path, state: State) -> None:
    """Write a state: the file is the old one or the new one at any time, readable by its owner."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(state))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
