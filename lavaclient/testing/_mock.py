"""``mock_lava``: the sandbox in the process of a test, without sockets."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Unpack
from urllib.parse import urlsplit

import requests.adapters
import responses

from lavaclient._config.urls import DEFAULT_AUTH_URL, identity_url
from lavaclient._system.clock import use_clock
from lavaclient.sandbox.core.clock import Clock, ManualClock
from lavaclient.sandbox.core.urls import Urls
from lavaclient.sandbox.service import Sandbox
from lavaclient.testing._clock import SandboxTime
from lavaclient.testing._handle import SandboxHandle
from lavaclient.testing._interceptor import Interceptor, UrlMatcher
from lavaclient.testing._options import SandboxOptions

__all__ = ["MockLava", "mock_lava"]

_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


class MockLava(SandboxHandle):
    """The handle that ``mock_lava`` gives.

    Args:
        sandbox: The service.
        auth_url: Identity's URL; the real one's if None.
        base_url: Scheme and host for everything; the real hosts if None.
    """

    def __init__(
        self, sandbox: Sandbox, auth_url: str | None = None, base_url: str | None = None
    ) -> None:
        super().__init__(sandbox)
        self._site = Urls(base=base_url or "", public=base_url is None)
        identity = DEFAULT_AUTH_URL if base_url is None else f"{base_url}/identity/v2.0"
        self._auth_url = identity if auth_url is None else identity_url(auth_url)
        self.urls = UrlMatcher(self._auth_url, identity, base_url)

    def __repr__(self) -> str:
        """Where it is."""
        return f"<MockLava {self.auth_url}>"

    @property
    def auth_url(self) -> str:
        """The identity URL."""
        return self._auth_url

    def endpoint(self, region: str = "DFW") -> str:
        """The URL of Cloud Big Data in a region."""
        return self._site.links(region, self.tenant_id).service


@contextlib.contextmanager
def mock_lava(
    *,
    passthrough: bool = False,
    auth_url: str | None = None,
    base_url: str | None = None,
    clock: Clock | None = None,
    **options: Unpack[SandboxOptions],
) -> Iterator[MockLava]:
    """Put Cloud Identity and Cloud Big Data into this process; no socket is opened.

    For the length of the block, whatever goes through requests to the real service's hosts is
    answered by a sandbox, from any thread, and every new ``Lava`` lives in the sandbox's time: its
    pauses move the clock instead of taking time, so that waiting for a cluster is done at once.
    It can decorate a function, too, where a test needs no more than the service's being there.

    Args:
        passthrough: Whether requests to other places go there. By default they are refused, with
            a ``requests.ConnectionError`` that names the URL.
        auth_url: Identity's URL, if the code under test has one of its own.
        base_url: Scheme and host of a place that is all the sandbox's, such as
            ``https://lava.test``; the real service's hosts are answered all the same.
        clock: Where time comes from; a ``ManualClock`` if None.
        **options: ``username``, ``api_key``, ``tenant_id``, ``rate_limits``, ``malformed_links``,
            ``token_lifetime`` (seconds), ``quotas``, ``timings``, ``seed`` of the sandbox.

    Yields:
        What seeds, breaks and questions the sandbox.

    Raises:
        ValueError: ``base_url`` is more or less than scheme and host.
        InvalidError: ``auth_url`` is no URL of identity v2.0.

    Example::

        def test_it_deletes_what_failed():
            with mock_lava() as sandbox:
                sandbox.add_cluster("nightly", status="ERROR")
                clean_up(Lava("sandbox", "DFW", api_key=sandbox.api_key))
                sandbox.assert_requested("DELETE", times=1)
    """
    base_url = None if base_url is None else _origin(base_url)
    service = Sandbox(clock if clock is not None else ManualClock(), **options)
    handle = MockLava(service, auth_url, base_url)
    interceptor = Interceptor(service, handle.urls, passthrough=passthrough)
    wire = responses.RequestsMock(
        assert_all_requests_are_fired=False,
        passthru_prefixes=("http://", "https://") if passthrough else (),
        # Whoever stands there now gets what passes, be it another mock.
        real_adapter_send=requests.adapters.HTTPAdapter.send,  # type: ignore[arg-type]  # stubs differ
    )
    wire.add(interceptor)
    with wire, use_clock(SandboxTime(service.clock)), handle:
        yield handle


def _origin(base_url: str) -> str:
    url = base_url.rstrip("/")
    if not _ORIGIN.fullmatch(url):
        message = f"base_url must be scheme and host, such as https://lava.test, not {base_url!r}"
        raise ValueError(message)
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"
