"""The file that keeps the sandbox's state between runs: SQLite, one row a record."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from lavaclient.sandbox.core.accounts import RecordKey

_APPLICATION_ID = 0x4C617661
_VERSION = 1
_TABLES = """
CREATE TABLE record (
    number INTEGER PRIMARY KEY, kind TEXT, owner TEXT, id TEXT, value BLOB NOT NULL,
    UNIQUE (kind, owner, id)
);
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
_SET = """INSERT INTO record (kind, owner, id, value) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, owner, id) DO UPDATE SET value = excluded.value"""
_DELETE = "DELETE FROM record WHERE kind = ? AND owner = ? AND id = ?"
_GET = "SELECT value FROM record WHERE kind = ? AND owner = ? AND id = ?"


class StateFileError(ValueError):
    """The file cannot be used: it holds something else, is in use, or cannot be written."""


class StateFile:
    """An open state file, locked against other sandboxes.

    Each write is one transaction in SQLite's write-ahead log: it survives the end of the process
    as soon as it has returned.

    Args:
        path: The file; it is made if there is none, readable by its owner alone.

    Raises:
        StateFileError: It cannot be used. The file is left as it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            fresh = _create(path)
            self._database = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise StateFileError(f"{path}: cannot be opened: {error}") from error
        try:
            self._prepare(fresh=fresh)
        except sqlite3.Error as error:
            self._database.close()
            raise self._unusable(error) from error
        except StateFileError:
            self._database.close()
            raise

    def records(self) -> Iterator[tuple[RecordKey, bytes]]:
        """All records, in the order in which they were made."""
        rows = self._database.execute("SELECT kind, owner, id, value FROM record ORDER BY number")
        for kind, owner, key, value in rows:
            yield (kind, owner, key), value

    def record(self, key: RecordKey) -> bytes | None:
        """One record as it was last written; None if there is none."""
        row = self._database.execute(_GET, key).fetchone()
        return None if row is None else row[0]

    def setting(self, name: str) -> bytes | None:
        """A value that stands beside the records."""
        row = self._database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def write(
        self, changes: Iterable[tuple[RecordKey, Struct | None]], settings: dict[str, object]
    ) -> None:
        """Write records and settings, all of them or none.

        Raises:
            sqlite3.Error: They were not written, for want of space for instance.
        """
        self._database.execute("BEGIN")
        try:
            for key, record in changes:
                if record is None:
                    self._database.execute(_DELETE, key)
                else:
                    self._database.execute(_SET, (*key, msgspec.json.encode(record)))
            for name, value in settings.items():
                self._database.execute(
                    "INSERT OR REPLACE INTO setting VALUES (?, ?)",
                    (name, msgspec.json.encode(value)),
                )
            self._database.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors.
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Merge the write-ahead log into the file and unlock it."""
        self._database.close()

    def _prepare(self, *, fresh: bool) -> None:
        execute = self._database.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")
        if not fresh and execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
            raise StateFileError(f"{self._path} does not hold a sandbox's state")
        version = execute("PRAGMA user_version").fetchone()[0]
        if not fresh and version != _VERSION:
            raise StateFileError(f"{self._path}: holds a state of version {version}")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute("BEGIN IMMEDIATE")
        if fresh:
            for statement in _TABLES.split(";"):
                execute(statement)
            execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            execute(f"PRAGMA user_version = {_VERSION}")
        # An unwritable file is an error now, and not at the first request.
        execute("INSERT OR REPLACE INTO setting VALUES ('version', ?)", (str(_VERSION),))
        execute("COMMIT")

    def _unusable(self, error: sqlite3.Error) -> StateFileError:
        code = getattr(error, "sqlite_errorcode", None)
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return StateFileError(f"{self._path}: is in use by another sandbox")
        if code == sqlite3.SQLITE_NOTADB:
            return StateFileError(f"{self._path} does not hold a sandbox's state")
        return StateFileError(f"{self._path}: cannot be used: {error}")


def _create(path: Path) -> bool:
    """Make the file if there is none; its mode must be right before there is a secret in it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True
