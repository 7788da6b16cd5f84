"""Reading server-sent events."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from lavaclient.sandbox.http.server import SandboxServer


class Message(NamedTuple):
    """One event as it came."""

    kind: str
    data: Any
    place: str | None


def parse(lines: Iterator[str]) -> Iterator[Message]:
    """Give the events that some lines hold."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Message(fields["event"], json.loads(fields["data"]), fields.get("id"))
            fields = {}


class Listener:
    """Listens to the events of a server, over a connection of its own."""

    def __init__(self, server: SandboxServer, place: str | None = None, query: str = "") -> None:
        self._connection = http.client.HTTPConnection(server.url.rpartition("/")[2], timeout=30)
        headers = {} if place is None else {"Last-Event-ID": place}
        self._connection.request("GET", f"/_sandbox/events{query}", headers=headers)
        self.response = self._connection.getresponse()
        self._messages = parse(line.decode().rstrip("\n") for line in self.response)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.response.close()
        self._connection.close()

    def next(self, *kinds: str) -> Message:
        """Wait for the next event, of these kinds if any are named."""
        return next(m for m in self._messages if not kinds or m.kind in kinds)

    def rest(self) -> list[Message]:
        """Give what comes until the server ends it."""
        return list(self._messages)
