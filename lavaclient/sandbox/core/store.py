"""All records of a sandbox, in memory and, where there is one, in its state file."""

from __future__ import annotations

import heapq
import itertools
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from lavaclient.sandbox.core.accounts import Account, Changes, RecordKey, Table, Touched
from lavaclient.sandbox.core.decoding import decoder_for
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.core.state import Cluster, Credential, Script, Stack, Token, User
from lavaclient.sandbox.core.state_file import StateFile, StateFileError

_MOST_TOKENS = 10_000
_RECORDS: dict[str, type[Struct]] = {
    "user": User,
    "token": Token,
    "cluster": Cluster,
    "script": Script,
    "stack": Stack,
    "credential": Credential,
}


class Store:
    """Users, tokens, and what each tenant has in each region. Used under the sandbox's lock.

    Args:
        path: The state file; None to keep everything in memory alone.

    Attributes:
        users: The users, under their names.
        tokens: The tokens that are not over, under their ids.
        accounts: The accounts, under `TENANT/REGION`.
        counters: How many ids of each kind there were.
        clock: The time at which the file was last written.

    Raises:
        StateFileError: The file cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = None if path is None else StateFile(path)
        self._changes: Changes | None = None if path is None else {}
        self._touched: Touched = {}
        self.users: Table[User]
        self.tokens: Table[Token]
        self.accounts: dict[str, Account]
        self.counters: dict[str, int] = {}
        self.clock: float = 0.0
        self._endings: list[tuple[float, int, str]] = []
        self._numbers = itertools.count()
        self._empty()
        if self._file is not None:
            self._load(self._file, path)

    def account(self, tenant_id: str, region: str) -> Account:
        """The records of one tenant in one region."""
        return self._account(f"{tenant_id}/{region}")

    def next_number(self, kind: str) -> int:
        """The next of the numbers from 1 up that are counted for ids of a kind."""
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return self.counters[kind]

    def add_token(self, token: Token, now: float) -> None:
        """Store a token, and drop expired ones; above the limit, those that expire first."""
        self.tokens[token.id] = token
        self._plan_end(token)
        while self._endings and (self._endings[0][0] <= now or len(self._endings) > _MOST_TOKENS):
            self.tokens.pop(heapq.heappop(self._endings)[2], None)

    def record(self, key: RecordKey) -> Struct | None:
        """The record of a key; None if there is none now."""
        kind, owner, name = key
        record: Struct | None = self._table(kind, owner).get(name)
        return record

    def take_touched(self) -> list[RecordKey]:
        """The keys of records that were set or deleted since this was last asked, in order."""
        keys = list(self._touched)
        self._touched.clear()
        return keys

    def commit(self, clock: float) -> None:
        """Write what has changed to the file, if there is one.

        Raises:
            ApiFault: 500; it cannot be written, and all records are as they were before.
        """
        if self._file is None or self._changes is None:
            return
        settings: dict[str, object] = {"clock": clock, "counters": self.counters}
        try:
            self._file.write(self._changes.items(), settings)
        except sqlite3.Error as error:
            self._roll_back(self._file, self._changes)
            message = f"The state could not be written, and nothing was changed: {error}"
            raise ApiFault(500, message) from error
        self._changes.clear()

    def clear(self) -> None:
        """Remove all records; the next commit writes the file. Ids are still never reused."""
        for table in self._own_tables().values():
            table.clear()
        for account in self.accounts.values():
            for table in account.tables.values():
                table.clear()
        self._empty()

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
        self._file, self._changes = None, None

    def _empty(self) -> None:
        self.users = Table("user", changes=self._changes, touched=self._touched)
        self.tokens = Table("token", changes=self._changes, touched=self._touched)
        self.accounts, self._endings = {}, []

    def _account(self, key: str) -> Account:
        if key not in self.accounts:
            self.accounts[key] = Account(key, self._changes, self._touched)
        return self.accounts[key]

    def _plan_end(self, token: Token) -> None:
        # The number keeps those that end at one time in their order.
        heapq.heappush(self._endings, (token.expires, next(self._numbers), token.id))

    def _own_tables(self) -> dict[str, Table[Any]]:
        return {"user": self.users, "token": self.tokens}

    def _table(self, kind: str, owner: str) -> Table[Any]:
        return (self._account(owner).tables if owner else self._own_tables())[kind]

    def _load(self, file: StateFile, path: Path | None) -> None:
        try:
            for (kind, owner, key), value in file.records():
                record = decoder_for(_RECORDS[kind]).decode(value)
                self._table(kind, owner).restore(key, record)
            self._load_settings(file)
        except (msgspec.DecodeError, KeyError, sqlite3.Error) as error:
            file.close()
            raise StateFileError(f"{path} does not hold a sandbox's state: {error}") from error
        for token in self.tokens.values():
            self._plan_end(token)

    def _load_settings(self, file: StateFile) -> None:
        self.clock = decoder_for(float).decode(file.setting("clock") or b"0")
        counters = decoder_for(dict[str, int]).decode(file.setting("counters") or b"{}")
        self.counters.clear()
        self.counters.update(counters)

    def _roll_back(self, file: StateFile, changes: Changes) -> None:
        for kind, owner, key in changes:
            value, table = file.record((kind, owner, key)), self._table(kind, owner)
            if value is None:
                table.drop(key)
            else:
                table.restore(key, decoder_for(_RECORDS[kind]).decode(value))
        changes.clear()
        self._load_settings(file)
