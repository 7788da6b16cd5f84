"""The handle of a sandbox, whether it is in the process of a test or on a port."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Unpack

from lavaclient._system.clock import use_clock
from lavaclient.client import Lava
from lavaclient.sandbox.core.clock import Clock
from lavaclient.sandbox.core.closing import Closing
from lavaclient.sandbox.core.request_log import RequestLog
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.faults.hooks import RequestHook
from lavaclient.sandbox.faults.model import Fault, Faults
from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.ssh.answers import Outcome, SeenCommand
from lavaclient.sandbox.worlds.model import World, WorldSource
from lavaclient.testing._assertions import Assertions
from lavaclient.testing._clock import SandboxTime
from lavaclient.testing._options import ClientOptions
from lavaclient.testing._seeding import Seeding

__all__ = ["SandboxHandle"]


class SandboxHandle(Seeding, Assertions, Closing):
    """Seeds a sandbox, moves its time, makes it fail, and asserts on what it was asked.

    Args:
        sandbox: The service.

    Attributes:
        sandbox: The service.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._clients: list[Lava] = []

    @property
    @abstractmethod
    def auth_url(self) -> str:
        """The identity URL."""

    @abstractmethod
    def endpoint(self, region: str = "DFW") -> str:
        """The URL of Cloud Big Data in a region.

        Args:
            region: The region, in any case.
        """

    @property
    def username(self) -> str:
        """The first user, who has all rights."""
        return self.sandbox.username

    @property
    def api_key(self) -> str:
        """That user's API key."""
        return self.sandbox.api_key

    @property
    def tenant_id(self) -> str:
        """The account number."""
        return self.sandbox.tenant_id

    @property
    def clock(self) -> Clock:
        """The sandbox's clock."""
        return self.sandbox.clock

    @property
    def requests(self) -> RequestLog:
        """What was asked so far, oldest first; ``matching(method, path_end)`` finds some of it."""
        return self.sandbox.requests

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self.sandbox.faults

    def environ(self) -> dict[str, str]:
        """The environment variables that lead ``Lava.from_env()`` and the program ``lava`` here."""
        return {**self.sandbox.environ(), "LAVA_AUTH_URL": self.auth_url}

    def lava(
        self,
        username: str | None = None,
        *,
        api_key: str | None = None,
        region: str | None = "DFW",
        **options: Unpack[ClientOptions],
    ) -> Lava:
        """A client that has signed in, and whose time is the sandbox's. It is closed at the end.

        Args:
            username: Another user, from ``add_user``; the first one if None.
            api_key: The key, if it is not that user's; those of a world's users are known.
            region: The region.
            **options: Further options of ``lavaclient.Lava``.

        Raises:
            LavaError: What the sandbox was told to do to a sign-in.
        """
        name = username if username is not None else self.username
        if api_key is None:
            user = self.sandbox.store.users.get(name)
            api_key = None if user is None else user.api_key
        with use_clock(SandboxTime(self.clock)):
            client = Lava(
                name,
                region=region,
                api_key=api_key,
                auth_url=self.auth_url,
                verify_ssl=self.environ().get("REQUESTS_CA_BUNDLE"),
                **options,
            )
        self._clients.append(client)
        return client

    def advance(self, seconds: float) -> None:
        """Let time pass in the sandbox, at once.

        Args:
            seconds: How much of it; 600 build a cluster.

        Raises:
            ValueError: The number is negative or not finite.
        """
        self.clock.advance(seconds)

    def add_fault(self, fault: Fault | str) -> None:
        """Let requests go wrong.

        Args:
            fault: Which, how and how often: a ``Fault``, or a line such as ``--fault`` of the
                server takes it: ``"GET /clusters$: 503 retry-after=5 x3"``.

        Raises:
            ValueError: The line is no fault.
        """
        self.faults.add(syntax.as_fault(fault))

    def on_request(self, hook: RequestHook, method: str | None = None, path: str = "") -> None:
        """Let a function see each request before it is carried out.

        It may do anything in between, such as ``advance``, ``fail_cluster`` or ``expire_tokens``;
        what it raises is raised by the code under test, or with ``LavaSandbox`` a 500.

        Args:
            hook: Gets the request, which has no answer yet. It may return the fault that the
                request meets, as a ``Fault`` or a line, instead of one of ``add_fault``; not one
                of what a request begins or of ssh, which is a ``ValueError`` then.
            method: Only for requests with this method, in any case; for all if None.
            path: Only for those whose path this is found in, as for faults: ``/clusters$``.

        Raises:
            ValueError: The path is no pattern.

        Example::

            def break_the_third(request):
                return ": 503" if len(sandbox.requests) == 2 else None

            sandbox.on_request(break_the_third)
            sandbox.on_request(lambda request: sandbox.expire_tokens(), "POST", "/clusters$")
        """
        self.sandbox.hooks.add(hook, method, path)

    def add_user(
        self,
        username: str,
        api_key: str | None = None,
        roles: Sequence[str] = ("admin",),
        tenant_id: str | None = None,
        *,
        enabled: bool = True,
        password: str | None = None,
    ) -> str:
        """Add a user who can sign in.

        Args:
            username: The user's name.
            api_key: The key; one is made up if None.
            roles: Any of ``observer``, ``creator`` and ``admin``, or full names such as
                ``bigdata:admin``.
            tenant_id: The account number, if it is another one.
            enabled: False for a user whom identity turns away.
            password: The password; None for a user who signs in with the key alone.

        Returns:
            The key.

        Raises:
            ValueError: There is no such role.
        """
        key = api_key if api_key is not None else self.sandbox.new_id().replace("-", "")
        self.sandbox.add_user(username, key, roles, tenant_id, enabled=enabled, password=password)
        return key

    def on_ssh(
        self,
        pattern: str,
        stdout: str = "",
        status: int = 0,
        *,
        stderr: str = "",
        node_name: str | None = None,
    ) -> None:
        """Let a command on a node have an answer, instead of the node's own.

        Args:
            pattern: The whole command. ``*`` stands for any text, everything else for itself.
            stdout: What the command writes to its standard output.
            status: Its exit status.
            stderr: What it writes to its standard error.
            node_name: Only on the node of this name.

        Raises:
            ValueError: The status is not one of 0 to 255.

        Example::

            sandbox.on_ssh("hdfs dfs -du *", stdout="42  /user")
            sandbox.on_ssh("systemctl restart *", status=1, stderr="no such unit")
        """
        self.sandbox.ssh_answers.add(pattern, Outcome(stdout, stderr, status), node_name)

    @property
    def ssh_commands(self) -> list[SeenCommand]:
        """The commands that were run on nodes, oldest first."""
        return self.sandbox.ssh_answers.commands

    def expire_tokens(self) -> None:
        """Let every token that was given out so far expire now."""
        self.sandbox.expire_tokens()

    def fail_cluster(self, cluster: str) -> None:
        """Put a cluster into ``ERROR`` now.

        Args:
            cluster: Its id, or its name.

        Raises:
            ValueError: There is none, or there are several of this name.
        """
        self.sandbox.fail_cluster(self._cluster_id(cluster))

    def fail_next_cluster(self, after: float = 60.0, name: str | None = None) -> None:
        """Let the next cluster that is made end up in ``ERROR`` during its build.

        Args:
            after: Seconds from its making, on the sandbox's clock.
            name: Only a cluster of this name; any if None.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        self.sandbox.fail_next_cluster(after, name)

    def load_world(self, world: WorldSource) -> None:
        """Forget what there is, and make a world. Tokens of users in it stay good.

        Args:
            world: The path of a world file, the name of one that comes along, or its content.

        Raises:
            ValueError: It is none; the text begins with the place in the file. The sandbox is as
                it was.
        """
        self.sandbox.load_world(world)

    def world(self) -> World:
        """Return what there is now; ``load_world`` makes it again, here or in another sandbox."""
        return self.sandbox.world()

    def save_snapshot(self, name: str) -> None:
        """Remember what there is now under a name, as long as the sandbox lives."""
        self.sandbox.save_snapshot(name)

    def restore_snapshot(self, name: str) -> None:
        """Go back to what there was; the clock goes on, and ages are as they were then.

        Raises:
            KeyError: There is no snapshot of this name.
        """
        self.sandbox.restore_snapshot(name)

    def reset(self) -> None:
        """Forget everything: clusters, tokens, added users, faults, hooks, the requests seen."""
        self.sandbox.reset()
        self._last_in_order = None

    def close(self) -> None:
        """Close the clients that were made here."""
        while self._clients:
            self._clients.pop().close()

    def _cluster_id(self, cluster: str) -> str:
        with self.sandbox.lock:
            accounts = self.sandbox.accounts()
            names = {c.id: c.name for account in accounts for c in account.clusters.values()}
        ids = [key for key, name in names.items() if cluster in {key, name}]
        if len(ids) == 1:
            return ids[0]
        if ids:
            message = f"{len(ids)} clusters are called {cluster!r}: {', '.join(sorted(ids))}"
        else:
            known = ", ".join(f"{name} ({key})" for key, name in names.items()) or "none at all"
            message = f"there is no cluster {cluster!r}; there are: {known}"
        raise ValueError(message)
