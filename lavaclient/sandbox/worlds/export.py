"""A sandbox's state as a world."""

from __future__ import annotations

import copy
from dataclasses import asdict

from lavaclient.sandbox.backend import Backend
from lavaclient.sandbox.core.accounts import Account
from lavaclient.sandbox.core.state import User
from lavaclient.sandbox.worlds.model import (
    PlannedFailure,
    Records,
    World,
    WorldAccount,
    WorldAnswer,
    WorldQuotas,
    WorldTimings,
    WorldUser,
)


def export(sandbox: Backend) -> World:
    """What there is now. What this gives, `building.build` makes again.

    It holds the users' API keys and passwords; tokens and requests are not in it.
    """
    with sandbox.lock:
        accounts = [_account(account) for account in sandbox.accounts()]
        return World(
            time=sandbox.clock.time(),
            users=tuple(_user(user) for user in sandbox.store.users.values()),
            quotas=WorldQuotas(**asdict(sandbox.quotas)),
            timings=WorldTimings(**asdict(sandbox.timings)),
            accounts=tuple(account for account in accounts if account.records != Records()),
            faults=sandbox.faults.remaining(),
            planned_failures=tuple(
                PlannedFailure(after, name) for after, name in sandbox.failures.plans
            ),
            ssh_answers=tuple(
                WorldAnswer(pattern, *outcome, node=node)
                for pattern, node, outcome in sandbox.ssh_answers.scripts
            ),
            counters=dict(sandbox.store.counters),
        )


def _user(user: User) -> WorldUser:
    return WorldUser(
        username=user.username,
        api_key=user.api_key,
        roles=tuple(user.roles),
        tenant_id=user.tenant_id,
        enabled=user.enabled,
        password=user.password,
        id=user.id,
    )


def _account(account: Account) -> WorldAccount:
    tenant_id, region = account.key.rsplit("/", 1)
    records = Records(
        clusters=list(account.clusters.values()),
        scripts=list(account.scripts.values()),
        stacks=list(account.stacks.values()),
        credentials=list(account.credentials.values()),
    )
    # Copies: the records themselves go on changing.
    return WorldAccount(
        region=region,  # type: ignore[arg-type]  # a region that a call has named
        tenant_id=tenant_id,
        records=copy.deepcopy(records),
    )
