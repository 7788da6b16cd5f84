"""Tables of records, and what one tenant has in one region.

Whoever changes a record in place assigns it to its table again: that is what gets it counted,
scheduled and written to the state file.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, MutableMapping, ValuesView
from typing import Any, TypeVar

from msgspec import Struct

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.errors import conflict
from lavaclient.sandbox.core.state import Cluster, Credential, Script, Stack

RecordKey = tuple[str, str, str]
"""A table's kind, the account that it belongs to, and a record's id."""

Changes = dict[RecordKey, Struct | None]
"""Records that were set since the last commit; None for those that were deleted."""

Touched = dict[RecordKey, None]
"""The keys of records that were set or deleted, in order."""

T = TypeVar("T", bound=Struct)

_MOST_DEPARTED = 1_000


class Departed(dict[str, float]):
    """The positions of the last deleted items, so that a page can start after one of them."""

    def add(self, key: str, place: float) -> None:
        """Add an item; the oldest is dropped above 1,000."""
        self[key] = place
        if len(self) > _MOST_DEPARTED:
            del self[next(iter(self))]


class Table(MutableMapping[str, T]):
    """Records under their ids, in the order in which they were made.

    Args:
        kind: The kind of record.
        owner: The account, or the empty text.
        changes: Where changes are noted for the state file; None if there is no file.
        touched: Where the keys of changed records are noted for those who watch.

    Attributes:
        positions: Each record's place in the order.
        departed: The places of records that were deleted.
    """

    def __init__(
        self,
        kind: str,
        owner: str = "",
        changes: Changes | None = None,
        touched: Touched | None = None,
    ) -> None:
        self.kind = kind
        self.owner = owner
        self.positions: dict[str, int] = {}
        self.departed: Departed = Departed()
        self._records: dict[str, T] = {}
        self._changes = changes
        self._touched: Touched = {} if touched is None else touched
        self._numbers = itertools.count()

    def __getitem__(self, key: str) -> T:
        return self._records[key]

    def __setitem__(self, key: str, record: T) -> None:
        self._note(key, record)
        self.restore(key, record)

    def __delitem__(self, key: str) -> None:
        del self._records[key]
        self.departed.add(key, self.positions.pop(key))
        self._note(key, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def __repr__(self) -> str:
        return f"Table({self._records!r})"

    def values(self) -> ValuesView[T]:
        """The records, in order."""
        return self._records.values()

    def restore(self, key: str, record: T) -> None:
        """Set a record as the state file has it."""
        self._records[key] = record
        if key not in self.positions:
            self.positions[key] = next(self._numbers)

    def drop(self, key: str) -> None:
        """Remove a record that the state file does not have."""
        self._records.pop(key, None)
        self.positions.pop(key, None)

    def _note(self, key: str, record: T | None) -> None:
        self._touched[self.kind, self.owner, key] = None
        if self._changes is not None:
            self._changes[self.kind, self.owner, key] = record


class ClusterTable(Table[Cluster]):
    """The clusters of an account: what they use, and when something next happens to each.

    Attributes:
        uses: How many nodes there are of each `("flavor", ID)`, and how many clusters name each
            `("stack", ID)`, `("script", ID)` and credential by its type and name.
        departed_nodes: The places of nodes that have left.
    """

    def __init__(
        self, owner: str = "", changes: Changes | None = None, touched: Touched | None = None
    ) -> None:
        super().__init__("cluster", owner, changes, touched)
        self.uses: Counter[tuple[str, str]] = Counter()
        self.departed_nodes: Departed = Departed()
        self._uses_of: dict[str, Counter[tuple[str, str]]] = {}
        self._next: dict[str, float | None] = {}
        self._agenda: list[tuple[float, str]] = []

    def restore(self, key: str, record: Cluster) -> None:
        """Set a cluster, count what it uses, and plan when to look at it next."""
        super().restore(key, record)
        self._count(key, _uses(record))
        moment = lifecycle.next_event(record)
        if moment is not None and moment != self._next.get(key):
            heapq.heappush(self._agenda, (moment, key))
        self._next[key] = moment

    def drop(self, key: str) -> None:
        """Remove a cluster that the state file does not have."""
        super().drop(key)
        self._forget(key)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._forget(key)

    def settle(self, now: float) -> None:
        """Update the clusters whose state has changed by this time."""
        while self._agenda and self._agenda[0][0] <= now:
            moment, key = heapq.heappop(self._agenda)
            if self._next.get(key) != moment:
                continue
            self._next[key] = None
            self.store(self[key], now)

    def store(self, cluster: Cluster, now: float) -> None:
        """Set a cluster that was changed, as it is at this time; it may be gone."""
        nodes = cluster.nodes
        if lifecycle.settle(cluster, now):
            self[cluster.id] = cluster
        else:
            del self[cluster.id]
        staying = {node.id for node in cluster.nodes}
        for node in nodes:
            if node.id not in staying:
                self.departed_nodes.add(node.id, node.serial)

    def _count(self, key: str, uses: Counter[tuple[str, str]]) -> None:
        self.uses.subtract(self._uses_of.get(key, Counter()))
        self.uses.update(uses)
        self._uses_of[key] = uses

    def _forget(self, key: str) -> None:
        self._count(key, Counter())
        del self._uses_of[key]
        self._next.pop(key, None)


def _uses(cluster: Cluster) -> Counter[tuple[str, str]]:
    uses = Counter(("flavor", node.flavor_id) for node in cluster.nodes)
    uses["stack", cluster.stack_id] += 1
    uses.update(("script", script.id) for script in cluster.scripts)
    uses.update((credential.type, credential.name) for credential in cluster.credentials)
    return uses


class Account:
    """What one tenant has in one region.

    Args:
        key: `TENANT/REGION`.
        changes: Where changes are noted for the state file.
        touched: Where the keys of changed records are noted for those who watch.
    """

    def __init__(
        self, key: str = "", changes: Changes | None = None, touched: Touched | None = None
    ) -> None:
        self.key = key
        self.clusters: ClusterTable = ClusterTable(key, changes, touched)
        self.scripts: Table[Script] = Table("script", key, changes, touched)
        self.stacks: Table[Stack] = Table("stack", key, changes, touched)
        self.credentials: Table[Credential] = Table("credential", key, changes, touched)

    def __repr__(self) -> str:
        return f"Account({self.key!r}, {self.credentials!r}, {self.clusters!r})"

    @property
    def tables(self) -> dict[str, Table[Any]]:
        """All tables, under their kinds."""
        tables: list[Table[Any]] = [self.clusters, self.scripts, self.stacks, self.credentials]
        return {table.kind: table for table in tables}

    @property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprints of the SSH keys, by name."""
        keys = (c for c in self.credentials.values() if c.type == "ssh_keys")
        return {key.name: key.fingerprint for key in keys}

    def credential(self, credential_type: str, name: str) -> Credential | None:
        """A stored credential, if there is one of this type and name."""
        return self.credentials.get(f"{credential_type}/{name}")

    def check_unused(self, kind: str, name: str, label: str) -> None:
        """See that no cluster names a stack, a script or a credential.

        Raises:
            ApiFault: 409, with the label and the id of a cluster that does.
        """
        if self.clusters.uses[kind, name] > 0:
            user = next(c.id for c in self.clusters.values() if (kind, name) in _uses(c))
            raise conflict(f"{label} is in use by cluster {user}")
