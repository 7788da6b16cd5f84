"""The sandbox: a backend in the hands of a test, with worlds and snapshots."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import msgspec

from lavaclient.sandbox.backend import Backend
from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.clock import Clock
from lavaclient.sandbox.core.context import Quotas, Timings
from lavaclient.sandbox.core.errors import conflict
from lavaclient.sandbox.core.state import Cluster
from lavaclient.sandbox.worlds import building, model
from lavaclient.sandbox.worlds.export import export
from lavaclient.sandbox.worlds.model import World, WorldSource

__all__ = ["DEFAULT_API_KEY", "DEFAULT_BASE_URL", "Sandbox"]

DEFAULT_API_KEY = "5a9db0c5a9db0c5a9db0c5a9db0c5a9d"
DEFAULT_BASE_URL = "http://127.0.0.1:8642"


class Sandbox(Backend):
    """Cloud Identity and Cloud Big Data, in memory.

    Args:
        clock: Where the time comes from; the machine's clock if none is given.
        username: The first user, who has all rights.
        api_key: That user's API key.
        tenant_id: The account number.
        rate_limits: Whether the real service's rate limits are kept.
        malformed_links: Whether next links are as wrong as the documented ones.
        token_lifetime: Seconds for which a token is good.
        base_url: Scheme, host and port of links in answers to requests that name none.
        quotas: What a tenant may use.
        timings: How long builds and changes take.
        seed: Makes all ids the same in each run.
        state_path: An SQLite file that keeps the state between runs; `close()` gives it back.
        password: The first user's password; None if they sign in with the key alone.
        world: What there is to begin with: the path of a world file, the name of one that comes
            along (`empty`, `team`, `outage`), or its content. It takes the place of what a state
            file holds.

    Attributes:
        clock: The clock.
        faults: What is to go wrong.
        hooks: Functions that see each request before it is carried out.
        requests: The requests so far.
        events: What has happened, for those who watch.
        store: All records.
        failures: Clusters that are to fail, before anybody makes them.
        snapshots: What `save_snapshot` has kept, under its names.
        ssh_answers: What nodes answer to commands, and the commands so far.
        base_url: Scheme, host and port of links; a server sets it to its own.
        certificate_path: What vouches for a server's certificate, where there is one.

    Raises:
        ValueError: The state file or the world cannot be used, or the token lifetime is not
            positive.

    Example:
        >>> from lavaclient.sandbox import ManualClock, Sandbox
        >>> sandbox = Sandbox(ManualClock())
        >>> sandbox.clock.advance(600)
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        username: str = "sandbox",
        api_key: str = DEFAULT_API_KEY,
        tenant_id: str = "123456",
        rate_limits: bool = False,
        malformed_links: bool = False,
        token_lifetime: float = 86_400,
        base_url: str = DEFAULT_BASE_URL,
        quotas: Quotas | None = None,
        timings: Timings | None = None,
        seed: int | None = None,
        state_path: pathlib.Path | None = None,
        password: str | None = None,
        world: WorldSource | None = None,
    ) -> None:
        super().__init__(
            clock,
            username=username,
            api_key=api_key,
            tenant_id=tenant_id,
            rate_limits=rate_limits,
            malformed_links=malformed_links,
            token_lifetime=token_lifetime,
            base_url=base_url,
            quotas=quotas,
            timings=timings,
            seed=seed,
            state_path=state_path,
            password=password,
        )
        self.snapshots: dict[str, World] = {}
        if world is not None:
            try:
                self.load_world(world)
            except BaseException:
                self.store.close()
                raise

    def __repr__(self) -> str:
        """The first user, the tenant and the number of clusters."""
        with self.lock:
            clusters = sum(len(account.clusters) for account in self.store.accounts.values())
        return f"<Sandbox user={self.username} tenant={self.tenant_id} clusters={clusters}>"

    def environ(self) -> dict[str, str]:
        """The environment variables that point a client at `base_url`."""
        path = self.certificate_path
        return {
            "LAVA_USERNAME": self.username,
            "LAVA_API_KEY": self.api_key,
            "LAVA_REGION_NAME": "DFW",
            "LAVA_AUTH_URL": f"{self.base_url}/identity/v2.0",
            "LAVA_TENANT_NAME": self.tenant_id,
            **({} if path is None else {"REQUESTS_CA_BUNDLE": str(path)}),
        }

    def cluster(self, cluster_id: str) -> Cluster:
        """A cluster's record, in whichever account it is.

        Raises:
            ApiFault: 404; there is none of this id.
        """
        with self.lock:
            return self.find_cluster(cluster_id)[1]

    def fail_cluster(self, cluster_id: str) -> None:
        """Put a cluster into `ERROR`.

        Raises:
            ApiFault: 404; there is none of this id.
        """
        with self.lock:
            account, cluster = self.find_cluster(cluster_id)
            lifecycle.fail(cluster, self.clock.time())
            account.clusters[cluster_id] = cluster
            self.commit()

    def fail_next_cluster(self, after: float = 60.0, name: str | None = None) -> None:
        """Make the next cluster that is created end in `ERROR`.

        Args:
            after: Seconds after its creation, on the sandbox's clock.
            name: Only a cluster of this name; any if None.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        with self.lock:
            self.failures.plan(after, name)

    def finish_cluster(self, cluster_id: str) -> None:
        """Finish a cluster's job now, successfully.

        Raises:
            ApiFault: 404; there is none of this id. 409; it is busy with nothing.
        """
        with self.lock:
            account, cluster = self.find_cluster(cluster_id)
            now = self.clock.time()
            if not lifecycle.finish(cluster, now):
                status = lifecycle.status(cluster, now)
                raise conflict(f"Cluster {cluster_id} is {status}; there is nothing to finish")
            account.clusters.store(cluster, now)
            self.commit()

    def seconds_of_work(self) -> float:
        """The seconds until no cluster has a job."""
        with self.lock:
            now = self.clock.time()
            jobs = [
                cluster.job.ends
                for account in self.accounts()
                for cluster in account.clusters.values()
                if cluster.job is not None and not lifecycle.has_failed(cluster, now)
            ]
            return max((ends - now for ends in jobs), default=0.0)

    def reset(self) -> None:
        """Remove everything: clusters, tokens, added users, faults, hooks, the request log."""
        with self.lock:
            self.clear()
            self.requests.clear()
            self.hooks.clear()
            self.commit()

    def dump(self) -> object:
        """The accounts as plain values, for display; no users, no tokens."""
        with self.lock:
            plain: object = msgspec.to_builtins(
                {
                    account.key: {
                        "clusters": dict(account.clusters),
                        "scripts": dict(account.scripts),
                        "stacks": dict(account.stacks),
                        "credentials": list(account.credentials.values()),
                    }
                    for account in self.accounts()
                }
            )
            return plain

    def load_world(self, world: WorldSource) -> None:
        """Forget what there is, and make a world. Tokens of users in it stay good.

        Args:
            world: The path of a world file, the name of one that comes along, or its content.

        Raises:
            ValueError: It is none, or a rule of the service is against it; the text begins with
                the place in the file. The sandbox is as it was.
        """
        if isinstance(world, Mapping):
            world = model.from_mapping(world)
        elif not isinstance(world, World):
            world = model.from_file(world)
        building.build(self, world)

    def world(self) -> World:
        """What there is now; `load_world` makes it again, here or in another sandbox.

        It holds the users' keys and passwords. Tokens and the requests seen are not in it.
        """
        return export(self)

    def save_snapshot(self, name: str) -> None:
        """Save the state under a name. Snapshots last as long as the sandbox."""
        with self.lock:
            self.snapshots[name] = export(self)

    def restore_snapshot(self, name: str) -> None:
        """Go back to what there was; the clock goes on, and ages are as they were then.

        Raises:
            KeyError: There is no snapshot of this name.
        """
        with self.lock:
            building.build(self, self.snapshots[name])
