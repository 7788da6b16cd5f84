"""Making a world in a sandbox."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from lavaclient.sandbox.backend import Backend
from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.context import Quotas, Timings
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.core.state import Cluster, Token
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.resources.credentials import KINDS
from lavaclient.sandbox.ssh.answers import Outcome
from lavaclient.sandbox.worlds.export import export
from lavaclient.sandbox.worlds.model import (
    World,
    WorldAccount,
    WorldCluster,
    WorldError,
    WorldUser,
)
from lavaclient.sandbox.worlds.records import restore

_PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForAWorldFileAndGoodForNothing {name}"
_MADE_UP = "0123456789abcdef0123456789abcdef01234567"
_MIDWAY = {"BUILDING": 0.35, "CONFIGURING": 0.85, "ERROR": 0.5}
_BUILDS = frozenset({"BUILDING", "CONFIGURING"})
_CHANGES = {"UPDATING": "update", "RESIZING": "resize", "DELETING": "delete"}


def build(sandbox: Backend, world: World) -> None:
    """Forget what a sandbox holds, and make a world in it. Tokens of users in it stay good.

    Args:
        sandbox: The sandbox.
        world: What is to be there.

    Raises:
        WorldError: A rule of the service is against it; the sandbox is as it was.
    """
    with sandbox.lock, sandbox.announcer.as_one():
        before, counters = export(sandbox), dict(sandbox.store.counters)
        tokens = list(sandbox.store.tokens.values())
        checkpoints = [sandbox.faults.checkpoint(), sandbox.ssh_answers.checkpoint()]
        try:
            _replace(sandbox, world, tokens)
        except BaseException:
            _replace(sandbox, before, tokens)
            for put_back in checkpoints:
                put_back()
            raise
        finally:
            # No id is made twice, whichever world it was for.
            current = sandbox.store.counters
            current.update({k: max(current.get(k, 0), count) for k, count in counters.items()})
            sandbox.commit()


def _replace(sandbox: Backend, world: World, tokens: Sequence[Token]) -> None:
    for user in world.users:
        if user.username == sandbox.username:
            # `environ` and the page must lead to this one.
            sandbox.api_key = user.api_key
            sandbox.tenant_id = user.tenant_id or sandbox.tenant_id
    sandbox.clear()
    now = sandbox.clock.time()
    shift = 0.0 if world.time is None else now - world.time
    if shift < 0:
        sandbox.clock.advance(-shift)
        shift = 0.0
    if world.quotas is not None:
        sandbox.quotas = Quotas(**msgspec.structs.asdict(world.quotas))
    if world.timings is not None:
        sandbox.timings = Timings(**msgspec.structs.asdict(world.timings))
    for number, user in enumerate(world.users):
        with _place(f"users[{number}]"):
            _add_user(sandbox, user)
    for token in tokens:
        if token.username in sandbox.store.users:
            sandbox.store.add_token(token, sandbox.clock.time())
    for number, account in enumerate(world.accounts):
        _AccountBuilder(sandbox, account, f"accounts[{number}]").build(shift)
    sandbox.store.counters.update(world.counters)
    _add_troubles(sandbox, world)


def _add_user(sandbox: Backend, user: WorldUser) -> None:
    sandbox.add_user(
        user.username,
        user.api_key,
        user.roles,
        user.tenant_id,
        enabled=user.enabled,
        password=user.password,
    )
    if user.id is not None:
        sandbox.store.users[user.username].id = user.id


def _add_troubles(sandbox: Backend, world: World) -> None:
    for number, fault in enumerate(world.faults):
        with _place(f"faults[{number}]"):
            sandbox.faults.add(syntax.as_fault(fault))
    for failure in world.planned_failures:
        sandbox.failures.plan(failure.after, failure.name)
    # Each comes before those that were scripted earlier.
    for answer in reversed(world.ssh_answers):
        outcome = Outcome(answer.stdout, answer.stderr, answer.status)
        sandbox.ssh_answers.add(answer.pattern, outcome, answer.node)


@contextlib.contextmanager
def _place(place: str) -> Iterator[None]:
    """Add the place in the file to an error."""
    try:
        yield
    except WorldError:
        raise
    except ApiFault as fault:
        raise WorldError(f"{place}: {fault.message}") from fault
    except ValueError as error:
        raise WorldError(f"{place}: {str(error).splitlines()[0]}") from error


class _AccountBuilder:
    """Makes what one tenant has in one region, by the service's own rules."""

    def __init__(self, sandbox: Backend, wanted: WorldAccount, place: str) -> None:
        self._sandbox = sandbox
        self._wanted = wanted
        self._place = place
        self._tenant = wanted.tenant_id or sandbox.tenant_id
        self._account = sandbox.account(wanted.region, self._tenant)

    def build(self, shift: float) -> None:
        """Make it all, with the times of records moved by some seconds."""
        wanted = self._wanted
        if wanted.records is not None:
            place = f"{self._place}.records"
            restore(self._account, wanted.records, shift, self._sandbox.reference, place)
        self._add_keys(wanted.ssh_keys, f"{self._place}.ssh_keys")
        for number, credential in enumerate(wanted.credentials):
            with _place(f"{self._place}.credentials[{number}]"):
                self._add_credential(credential.type, credential.name)
        for number, script in enumerate(wanted.scripts):
            with _place(f"{self._place}.scripts[{number}]"):
                body = {"name": script.name, "type": "POST_INIT", "url": script.url}
                self._post(["scripts"], {"script": body})
        for number, stack in enumerate(wanted.stacks):
            with _place(f"{self._place}.stacks[{number}]"):
                services = [{"name": name} for name in stack.services]
                fields = {"name": stack.name, "distro": stack.distro, "services": services}
                self._post(["stacks"], {"stack": fields})
        for number, cluster in enumerate(wanted.clusters):
            place = f"{self._place}.clusters[{number}]"
            with _place(place):
                self._add_keys(cluster.ssh_keys, f"{place}.ssh_keys")
                self._add_clusters(cluster)

    def _post(
        self, path: list[str], body: object, ago: float = 0.0, timings: Timings | None = None
    ) -> object:
        return self._sandbox.seed(
            "POST",
            path,
            body,
            region=self._wanted.region,
            ago=ago,
            tenant_id=self._tenant,
            timings=timings,
        )

    def _add_keys(self, names: tuple[str, ...], place: str) -> None:
        for name in names:
            if self._account.credential("ssh_keys", name) is None:
                key = {"key_name": name, "public_key": _PUBLIC_KEY.format(name=name)}
                with _place(place):
                    self._post(["credentials", "ssh_keys"], {"ssh_keys": key})

    def _add_credential(self, credential_type: str, name: str) -> None:
        identifier, secret = KINDS[credential_type].fields
        lengths = {"api_key": 32, "access_secret_key": 40, "password": 32}
        fields = {identifier: name, secret: _MADE_UP[: lengths[secret]]}
        self._post(["credentials", credential_type], {credential_type: fields})

    def _add_clusters(self, wanted: WorldCluster) -> None:
        names = [wanted.name]
        if wanted.copies > 1:
            names = [f"{wanted.name}-{number}" for number in range(1, wanted.copies + 1)]
        for name in names:
            self._add_cluster(wanted, name)

    def _add_cluster(self, wanted: WorldCluster, name: str) -> None:
        age, seconds = self._age(wanted)
        body: dict[str, object] = {
            "name": name,
            "username": wanted.username,
            "stack_id": wanted.stack_id,
            "ssh_keys": wanted.ssh_keys,
            "credentials": [
                {"type": c.type, "credential": {"name": c.name}} for c in wanted.credentials
            ],
            "scripts": [{"id": self._script_id(script)} for script in wanted.scripts],
        }
        if wanted.node_groups:
            body["node_groups"] = msgspec.to_builtins(wanted.node_groups)
        timings = replace(self._sandbox.timings, build=seconds)
        answer = self._post(["clusters"], {"cluster": body}, age, timings)
        cluster_id = msgspec.convert(answer, dict[str, dict[str, object]])["cluster"]["id"]
        # Not updated: a failed build must not have continued meanwhile.
        clusters = self._account.clusters
        cluster = clusters[str(cluster_id)]
        if wanted.status != "ERROR":
            clusters.settle(self._sandbox.clock.time())
        self._set_status(cluster, wanted, seconds)
        self._fail_nodes(cluster, wanted)
        clusters.store(cluster, self._sandbox.clock.time())

    def _age(self, wanted: WorldCluster) -> tuple[float, float]:
        """Seconds since a cluster was made, and how many its build takes or took."""
        build = self._sandbox.timings.build
        share = _MIDWAY.get(wanted.status) if wanted.progress is None else wanted.progress
        if wanted.status not in _BUILDS:
            age = 2 * build + 1 if wanted.age is None else wanted.age
            return age, min(build, age)
        share = share or 0.0
        if build == 0 or (share < 0.7) is not (wanted.status == "BUILDING") or share == 1:
            message = f"progress: {share} of a build of {build:g} seconds is not {wanted.status}"
            raise ValueError(message)
        if wanted.age is None:
            return share * build, build
        return wanted.age, wanted.age / share if share else build

    def _set_status(self, cluster: Cluster, wanted: WorldCluster, build: float) -> None:
        now = self._sandbox.clock.time()
        share = _MIDWAY.get(wanted.status, 0.5) if wanted.progress is None else wanted.progress
        if wanted.status == "ERROR":
            cluster.failed = min(now, cluster.created + share * build)
        cluster.impaired = wanted.status == "IMPAIRED"
        if wanted.status not in _CHANGES:
            return
        seconds: float = getattr(self._sandbox.timings, _CHANGES[wanted.status])
        if seconds == 0 or share == 1 or (wanted.status == "RESIZING" and share < 0.1):
            raise ValueError(f"progress: {share} of {seconds:g} seconds is not {wanted.status}")
        started = now - share * seconds
        if wanted.status == "DELETING":
            lifecycle.delete(cluster, started, seconds)
            return
        lifecycle.update(cluster, started, seconds)
        if wanted.status == "RESIZING":
            lifecycle.mark_resizing(cluster)

    @staticmethod
    def _fail_nodes(cluster: Cluster, wanted: WorldCluster) -> None:
        nodes = {node.name: node for node in cluster.nodes}
        for name in wanted.failed_nodes:
            if name not in nodes:
                message = f"failed_nodes: there is no node {name!r}; there are {', '.join(nodes)}"
                raise ValueError(message)
            nodes[name].failed = True

    def _script_id(self, name: str) -> str:
        scripts = [*self._account.scripts.values(), *self._sandbox.reference.scripts.values()]
        for script in scripts:
            if name in {script.name, script.id}:
                return script.id
        raise ValueError(f"scripts: there is no script {name!r}")
