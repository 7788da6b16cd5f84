"""The sandbox itself: state, rules and clock in one object, without any HTTP."""

from __future__ import annotations

import pathlib
import random
import threading
import uuid
from collections.abc import Sequence

import msgspec

from lavaclient.sandbox.core import lifecycle, reference_data, state_file
from lavaclient.sandbox.core.calls import Call, query_of, region_of
from lavaclient.sandbox.core.clock import Clock, SystemClock
from lavaclient.sandbox.core.context import Answer, Context, Quotas, Timings
from lavaclient.sandbox.core.errors import not_found
from lavaclient.sandbox.core.planned_failures import Failures
from lavaclient.sandbox.core.rate_limits import Rates
from lavaclient.sandbox.core.request_log import RequestLog
from lavaclient.sandbox.core.state import Account, Cluster, State, User
from lavaclient.sandbox.core.urls import Urls
from lavaclient.sandbox.faults.model import Faults
from lavaclient.sandbox.resources import identity, routes

DEFAULT_API_KEY = "5a9db0c5a9db0c5a9db0c5a9db0c5a9d"
DEFAULT_BASE_URL = "http://127.0.0.1:8642"


class Sandbox:
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
        state_path: A file that keeps the state between runs.

    Attributes:
        clock: The clock.
        faults: What is to go wrong.
        requests: What was asked so far.

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
    ) -> None:
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.username = username
        self.api_key = api_key
        self.tenant_id = tenant_id
        self.rate_limits = rate_limits
        self.malformed_links = malformed_links
        self.token_lifetime = token_lifetime
        self.base_url = base_url
        self.quotas = quotas if quotas is not None else Quotas()
        self.timings = timings if timings is not None else Timings()
        self.faults = Faults()
        self.requests = RequestLog()
        self.lock = threading.RLock()
        self.reference = reference_data.load()
        self._random = random.Random(seed)  # noqa: S311 - ids of a sandbox, not secrets
        self._state_path = state_path
        self._rates = Rates()
        self._failures = Failures()
        self._state = self._first_state()

    def __repr__(self) -> str:
        """Who may sign in, and what there is."""
        clusters = sum(len(account.clusters) for account in self._state.accounts.values())
        return f"<Sandbox user={self.username} tenant={self.tenant_id} clusters={clusters}>"

    def new_id(self) -> str:
        """An id that was not used before."""
        with self.lock:
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def add_user(
        self,
        username: str,
        api_key: str,
        roles: Sequence[str] = ("admin",),
        tenant_id: str | None = None,
        *,
        enabled: bool = True,
    ) -> None:
        """Let somebody else sign in too.

        Args:
            username: The user's name; one that is known already is replaced.
            api_key: The key.
            roles: Any of `observer`, `creator` and `admin`, with or without `bigdata:`.
            tenant_id: The account number, if it is another one.
            enabled: False for a user whom identity turns away.

        Raises:
            ValueError: There is no such role.
        """
        names = [role if ":" in role else f"bigdata:{role}" for role in roles]
        for name in names:
            if name not in identity.ROLES:
                message = f"roles: there is no role {name!r}; there are {identity.ROLES}"
                raise ValueError(message)
        with self.lock:
            user_id, tenant = self.new_id(), tenant_id or self.tenant_id
            user = User(user_id, username, api_key, tenant, names, enabled)
            self._state.users[username] = user

    def expire_tokens(self) -> None:
        """Let every token expire now."""
        with self.lock:
            for token in self._state.tokens.values():
                token.expires = min(token.expires, self.clock.time())

    def expire_token(self, token_id: str | None) -> None:
        """Let one token expire now, if it is known."""
        with self.lock:
            token = self._state.tokens.get(token_id or "")
            if token is not None:
                token.expires = min(token.expires, self.clock.time())

    def fail_cluster(self, cluster_id: str) -> None:
        """Put a cluster into `ERROR`.

        Raises:
            ApiFault: 404; there is none of this id.
        """
        with self.lock:
            lifecycle.fail(self.cluster(cluster_id), self.clock.time())
            self.save()

    def fail_next_cluster(self, after: float = 60.0, name: str | None = None) -> None:
        """Let the next cluster that is made end up in `ERROR`.

        Args:
            after: Seconds from its making, on the sandbox's clock.
            name: Only a cluster of this name; any if None.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        with self.lock:
            clusters = [c for account in self.accounts() for c in account.clusters.values()]
            self._failures.plan(after, name, clusters)

    def cluster(self, cluster_id: str) -> Cluster:
        """A cluster's record, whoever's it is.

        Raises:
            ApiFault: 404; there is none of this id.
        """
        with self.lock:
            self.settle()
            for account in self._state.accounts.values():
                if cluster_id in account.clusters:
                    return account.clusters[cluster_id]
        raise not_found("Cluster", cluster_id)

    def account(self, region: str = "DFW", tenant_id: str | None = None) -> Account:
        """The records of one tenant in one region, up to date."""
        with self.lock:
            self.settle()
            key = f"{tenant_id or self.tenant_id}/{region.upper()}"
            return self._state.accounts.setdefault(key, Account())

    def accounts(self) -> list[Account]:
        """The records of all tenants in all regions, up to date."""
        with self.lock:
            self.settle()
            return list(self._state.accounts.values())

    def reset(self) -> None:
        """Forget everything: clusters, tokens, added users, faults, the requests seen."""
        with self.lock:
            self._rates = Rates()
            self._failures = Failures()
            self._state = self._new_state()
            self.faults.clear()
            self.requests.clear()
            self.save()

    def dump(self) -> object:
        """The accounts as plain values, for people to look at; no users, no tokens."""
        with self.lock:
            self.settle()
            plain: object = msgspec.to_builtins(self._state.accounts)
            return plain

    def save(self) -> None:
        """Write the state to its file, if there is one."""
        if self._state_path is None:
            return
        with self.lock:
            self._state.clock = self.clock.time()
            state_file.write(self._state_path, self._state)

    def sign_in(self, body: bytes, urls: Urls) -> Answer:
        """`POST /identity/v2.0/tokens`.

        Raises:
            ApiFault: The credentials or the body are not good.
        """
        now = self.clock.time()
        return identity.sign_in(
            self._state, body, urls, now=now, lifetime=self.token_lifetime, new_id=self.new_id
        )

    def call(self, call: Call) -> Answer:
        """Carry out a request to Cloud Big Data.

        Raises:
            ApiFault: Some rule is against it.
        """
        now = self.clock.time()
        user = identity.user_of(self._state, call.token, call.tenant_id, call.method, now)
        route, captured = routes.find(call.method, call.segments)
        query = query_of(call.query, paged=route.paged)
        if self.rate_limits:
            self._rates.check(call.tenant_id, call.method, call.segments[0], now)
        return route.rule(self._context(call, user, query, now), *captured)

    def seed(
        self,
        method: str,
        path: Sequence[str],
        body: object = None,
        *,
        region: str = "DFW",
        ago: float = 0.0,
    ) -> object:
        """Do as the first user would, past faults, rate limits and the log of requests.

        Args:
            method: The method.
            path: What stands below the endpoint, one text a segment.
            body: What the request says.
            region: The region.
            ago: Seconds by which it happened before now.

        Returns:
            What the answer's body says.

        Raises:
            ApiFault: Some rule is against it.
        """
        call = Call(
            method=method,
            region=region_of(region),
            tenant_id=self.tenant_id,
            segments=tuple(path),
            query=(),
            body=b"" if body is None else msgspec.json.encode(body),
            token=None,
            urls=Urls(self.base_url, public=False),
        )
        route, captured = routes.find(method, call.segments)
        with self.lock:
            user, now = self._state.users[self.username], self.clock.time() - ago
            answer = route.rule(self._context(call, user, {}, now), *captured)
            self.save()
        return answer.body

    def settle(self) -> None:
        """Bring all clusters up to the clock's time."""
        now = self.clock.time()
        for account in self._state.accounts.values():
            self._failures.apply_due(account.clusters.values(), now)
            kept = [c for c in account.clusters.values() if lifecycle.settle(c, now)]
            account.clusters = {cluster.id: cluster for cluster in kept}

    def _context(self, call: Call, user: User, query: dict[str, str], now: float) -> Context:
        return Context(
            account=self.account(call.region, call.tenant_id),
            reference=self.reference,
            user=user,
            region=call.region,
            links=call.urls.links(call.region, call.tenant_id),
            query=query,
            body=call.body,
            now=now,
            new_id=self.new_id,
            quotas=self.quotas,
            timings=self.timings,
            malformed_links=self.malformed_links,
        )

    def _new_state(self) -> State:
        user = User(
            id=self.new_id(),
            username=self.username,
            api_key=self.api_key,
            tenant_id=self.tenant_id,
            roles=["bigdata:admin"],
        )
        return State(users={user.username: user})

    def _first_state(self) -> State:
        fresh = self._new_state()
        if self._state_path is None or not self._state_path.exists():
            return fresh
        kept = state_file.read(self._state_path)
        kept.users.update(fresh.users)
        # A clock that ran fast in the last run was ahead: nothing may happen twice.
        self.clock.advance(max(kept.clock - self.clock.time(), 0.0))
        return kept
