"""Replace a cluster that has failed by a fresh one."""

from __future__ import annotations

from lavaclient import Lava


def rebuild(username: str, api_key: str, name: str) -> str:
    """See that there is a cluster of this name that works, and return its id."""
    with Lava(username, region="DFW", api_key=api_key) as lava:
        old = lava.clusters.get(name)
        if old.status != "ERROR":
            return old.id
        old.delete()
        fresh = lava.clusters.create(
            name, old.stack_id, username=old.username, ssh_keys=old.ssh_keys
        )
        return fresh.wait(timeout=60).id
