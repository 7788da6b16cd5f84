"""What may be chosen: of the service that plays the part, and of the clients that are made."""

from __future__ import annotations

import os
from typing import TypedDict

from lavaclient.sandbox.core.context import Quotas, Timings
from lavaclient.sandbox.worlds.model import WorldSource

__all__ = ["ClientOptions", "SandboxOptions"]


class SandboxOptions(TypedDict, total=False):
    """Options of ``lavaclient.sandbox.Sandbox`` that a test may want to set."""

    username: str
    api_key: str
    tenant_id: str
    rate_limits: bool
    malformed_links: bool
    token_lifetime: float
    quotas: Quotas | None
    timings: Timings | None
    seed: int | None
    password: str | None
    world: WorldSource | None


class ClientOptions(TypedDict, total=False):
    """Options of ``lavaclient.Lava``, besides those that lead it to the sandbox."""

    token: str | None
    tenant_id: int | str | None
    endpoint: str | None
    timeout: float | str | None
    max_retries: int | str | None
    retry_backoff: float | str | None
    token_cache: str | os.PathLike[str] | None
