"""The service behind HTTP: state, rules and clock in one object."""

from __future__ import annotations

import hashlib
import math
import pathlib
import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import msgspec

from lavaclient.sandbox.core import reference_data
from lavaclient.sandbox.core.accounts import Account
from lavaclient.sandbox.core.announcements import Announcer
from lavaclient.sandbox.core.calls import Call, query_of, region_of
from lavaclient.sandbox.core.clock import Clock, SystemClock, caller_seconds
from lavaclient.sandbox.core.context import Answer, Context, Quotas, Timings
from lavaclient.sandbox.core.errors import not_found, over_rate
from lavaclient.sandbox.core.events import Events
from lavaclient.sandbox.core.planned_failures import PlannedFailures
from lavaclient.sandbox.core.rate_limits import RateLimits
from lavaclient.sandbox.core.request_log import RequestLog
from lavaclient.sandbox.core.state import Cluster, User
from lavaclient.sandbox.core.store import Store
from lavaclient.sandbox.core.urls import Urls
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.faults.hooks import RequestHooks
from lavaclient.sandbox.faults.model import Fault, Faults
from lavaclient.sandbox.resources import identity, routes
from lavaclient.sandbox.ssh.answers import ScriptedAnswers

_LONGEST_LIFETIME = 1e10


class Backend:
    """What answers requests, in process and behind a server: records, rules and clock.

    `service.Sandbox` is one in the hands of a test, and tells of arguments and attributes.
    """

    def __init__(
        self,
        clock: Clock | None,
        *,
        username: str,
        api_key: str,
        tenant_id: str,
        rate_limits: bool,
        malformed_links: bool,
        token_lifetime: float,
        base_url: str,
        quotas: Quotas | None,
        timings: Timings | None,
        seed: int | None,
        state_path: pathlib.Path | None,
        password: str | None,
    ) -> None:
        if not 0 < token_lifetime <= _LONGEST_LIFETIME:
            raise ValueError(
                f"token_lifetime must be a positive number up to {_LONGEST_LIFETIME:.0f},"
                f" not {token_lifetime}"
            )
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.username = username
        self.api_key = api_key
        self.tenant_id = tenant_id
        self.rate_limits = rate_limits
        self.malformed_links = malformed_links
        self.token_lifetime = token_lifetime
        self.base_url = base_url
        self.certificate_path: pathlib.Path | None = None
        self.quotas: Quotas = quotas if quotas is not None else Quotas()
        self.timings: Timings = timings if timings is not None else Timings()
        self.events: Events = Events()
        self.faults: Faults = Faults(seed, self.clock.time, self._announce_fault)
        self.hooks: RequestHooks = RequestHooks()
        self.requests: RequestLog = RequestLog()
        self.ssh_answers: ScriptedAnswers = ScriptedAnswers()
        self.lock: threading.RLock = threading.RLock()
        self.reference: reference_data.ReferenceData = reference_data.load()
        self._password = password
        self._seed = seed
        self._rate_limits = RateLimits()
        self.failures: PlannedFailures = PlannedFailures()
        self.store: Store = Store(state_path)
        # A clock that ran fast in the last run was ahead: nothing may happen twice.
        self.clock.advance(max(self.store.clock - self.clock.time(), 0.0))
        self.announcer: Announcer = Announcer(self.store, self.clock, self.events)
        self._add_first_user()
        self.commit()

    def new_id(self, kind: str = "id") -> str:
        """An id that was not used before.

        Args:
            kind: What it is for. With a seed, the ids of a kind follow each other, whatever ids of
                other kinds are made.
        """
        with self.lock:
            if self._seed is None:
                return str(uuid.uuid4())
            name = f"{self._seed}/{kind}/{self.store.next_number(kind)}".encode()
            return str(uuid.UUID(bytes=hashlib.blake2b(name, digest_size=16).digest(), version=4))

    def add_user(
        self,
        username: str,
        api_key: str,
        roles: Sequence[str] = ("admin",),
        tenant_id: str | None = None,
        *,
        enabled: bool = True,
        password: str | None = None,
    ) -> None:
        """Add a user.

        Args:
            username: The user's name; one that is known already is replaced.
            api_key: The key.
            roles: Any of `bigdata:observer`, `bigdata:creator`, `bigdata:admin`, `observer`,
                `admin` and `identity:user-admin`; `creator` is short for the second.
            tenant_id: The account number, if it is another one.
            enabled: False for a user whose sign-in is refused.
            password: The password, for those who sign in with one.

        Raises:
            ValueError: There is no such role.
        """
        known = identity.ROLES
        names = [role if role in known or ":" in role else f"bigdata:{role}" for role in roles]
        for name in names:
            if name not in known:
                raise ValueError(f"roles: there is no role {name!r}; there are {known}")
        with self.lock:
            tenant = tenant_id or self.tenant_id
            self.store.users[username] = User(
                self.new_id("user"), username, api_key, tenant, names, enabled, password
            )
            self.commit()

    def username_of(self, token_id: str | None) -> str | None:
        """The username of a token; None for an unknown token."""
        token = self.store.tokens.get(token_id or "")
        return None if token is None else token.username

    def expire_token(self, token_id: str | None) -> None:
        """Expire one token now, if it is known."""
        with self.lock:
            if token_id is not None and token_id in self.store.tokens:
                self._expire(token_id)
                self.commit()

    def expire_tokens(self) -> None:
        """Expire every token now."""
        with self.lock:
            for token_id in self.store.tokens:
                self._expire(token_id)
            self.commit()

    def find_cluster(self, cluster_id: str) -> tuple[Account, Cluster]:
        """A cluster's record, and the account that it is in.

        Raises:
            ApiFault: 404; there is none of this id.
        """
        for account in self.accounts():
            if cluster_id in account.clusters:
                return account, account.clusters[cluster_id]
        raise not_found("Cluster", cluster_id)

    def account(self, region: str = "DFW", tenant_id: str | None = None) -> Account:
        """The records of one tenant in one region, up to date."""
        with self.lock:
            account = self.store.account(tenant_id or self.tenant_id, region.upper())
            account.clusters.settle(self.clock.time())
            return account

    def accounts(self) -> list[Account]:
        """The records of all tenants in all regions, up to date."""
        with self.lock:
            accounts = list(self.store.accounts.values())
            for account in accounts:
                account.clusters.settle(self.clock.time())
            return accounts

    def clear(self) -> None:
        """Remove everything but the request log; the next commit writes the state file."""
        with self.lock:
            self._rate_limits = RateLimits()
            self.failures = PlannedFailures()
            self.store.clear()
            self._add_first_user()
            self.faults.clear()
            self.ssh_answers.clear()
            self.announcer.forget()

    def commit(self) -> None:
        """Write what has changed to the state file, if there is one.

        Raises:
            ApiFault: 500; it cannot be written, and everything is as it was before.
        """
        with self.lock:
            self.store.commit(self.clock.time())
            self.announcer.announce()

    def announce(self) -> None:
        """Publish to `events` what the passing of time has changed."""
        with self.lock:
            self.accounts()
            self.announcer.announce()

    def close(self) -> None:
        """Write what is unwritten, and release the state file.

        The sandbox goes on in memory alone.
        """
        with self.lock:
            try:
                self.commit()
            finally:
                self.store.close()

    def identity_call(self, urls: Urls, body: bytes, token: str | None) -> identity.IdentityCall:
        """A request to identity, with what its rules need to answer it."""
        return identity.IdentityCall(
            store=self.store,
            clock=self.clock,
            lifetime=self.token_lifetime,
            new_id=self.new_id,
            urls=urls,
            body=body,
            token=token,
        )

    def call(self, call: Call) -> Answer:
        """Carry out a request to Cloud Big Data.

        Raises:
            ApiFault: Some rule is against it.
        """
        now = self.clock.time()
        user = identity.user_of(self.store, call.token, call.tenant_id, call.method, now)
        route, arguments = routes.find(call.method, call.path)
        query = query_of(call.query, paged=route.operation.paged)
        if self.rate_limits and call.path.startswith("/clusters"):
            self._check_rate(call, now)
        return route.answer(self._context(call, user, query, now), *arguments)

    def seed(
        self,
        method: str,
        path: Sequence[str],
        body: object = None,
        *,
        region: str = "DFW",
        ago: float = 0.0,
        tenant_id: str | None = None,
        timings: Timings | None = None,
    ) -> object:
        """Act as the first user, without faults, rate limits and the request log.

        Args:
            method: The method.
            path: What stands below the endpoint, one text a segment.
            body: What the request says.
            region: The region.
            ago: Seconds by which it happened before now.
            tenant_id: Whose it is, if it is not the first user's tenant's.
            timings: How long it takes; as long as everything else if None.

        Returns:
            What the answer's body says.

        Raises:
            ApiFault: Some rule is against it.
        """
        call = Call(
            method=method,
            region=region_of(region),
            tenant_id=tenant_id or self.tenant_id,
            path="".join(f"/{quote(segment, safe='')}" for segment in path),
            query=(),
            body=b"" if body is None else msgspec.json.encode(body),
            token=None,
            urls=Urls(self.base_url, public=False),
        )
        route, arguments = routes.find(method, call.path)
        with self.lock:
            user, now = self.store.users[self.username], self.clock.time() - ago
            context = self._context(call, user, {}, now)
            if timings is not None:
                context = replace(context, timings=timings)
            answer = route.answer(context, *arguments)
            self.commit()
        return answer.body

    def _announce_fault(self, action: str, fault: Fault | None) -> None:
        line = None if fault is None else syntax.line_of(fault)
        self.events.publish("fault", self.clock.time(), {"action": action, "fault": line})

    def _expire(self, token_id: str) -> None:
        token = self.store.tokens[token_id]
        token.expires = min(token.expires, self.clock.time())
        self.store.tokens[token_id] = token

    def _check_rate(self, call: Call, now: float) -> None:
        broken = self._rate_limits.check(call.tenant_id, call.method, now)
        if broken is None:
            return
        rule, seconds = broken
        message = (
            f"This request was rate-limited: {rule.count} {rule.method} requests "
            f"in {rule.seconds} seconds are allowed."
        )
        raise over_rate(message, max(math.ceil(caller_seconds(self.clock, seconds)), 1))

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
            serial=lambda: self.store.next_number(f"{call.tenant_id}/{call.region}"),
            failures=self.failures,
            quotas=self.quotas,
            timings=self.timings,
            malformed_links=self.malformed_links,
        )

    def _add_first_user(self) -> None:
        known = self.store.users.get(self.username)
        self.store.users[self.username] = User(
            id=known.id if known is not None else self.new_id("user"),
            username=self.username,
            api_key=self.api_key,
            tenant_id=self.tenant_id,
            roles=["bigdata:admin"],
            password=self._password,
        )
