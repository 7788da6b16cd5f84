"""``mock_lava``: the sandbox in the process of a test, without sockets."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar, Unpack, overload
from urllib.parse import urlsplit

import requests
from responses import RequestsMock

from lavaclient._config.urls import DEFAULT_AUTH_URL, identity_url
from lavaclient.sandbox.core.clock import Clock
from lavaclient.sandbox.core.urls import Urls
from lavaclient.sandbox.service import Sandbox
from lavaclient.testing import _blocks, _wire
from lavaclient.testing._clock import FollowingClock, SandboxTime
from lavaclient.testing._decorators import decorate
from lavaclient.testing._handle import SandboxHandle
from lavaclient.testing._interceptor import Interceptor, UrlMatcher
from lavaclient.testing._options import SandboxOptions
from lavaclient.testing._process import PATCHES

__all__ = ["MockLava", "mock_lava"]

T = TypeVar("T", bound=Callable[..., object])

_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


class MockLava(SandboxHandle):
    """The sandbox in this process: what ``mock_lava`` returns, a handle and a context manager.

    Args:
        passthrough: As those of ``mock_lava``, and so are the others.
        auth_url: Identity's URL; the real one's if None.
        base_url: Scheme and host for everything; the real hosts if None.
        clock: Where time comes from.
        fast_sleep: Whether ``time.sleep`` moves the clock.
        **options: Options of the sandbox.
    """

    def __init__(
        self,
        *,
        passthrough: bool = False,
        auth_url: str | None = None,
        base_url: str | None = None,
        clock: Clock | None = None,
        fast_sleep: bool = False,
        **options: Unpack[SandboxOptions],
    ) -> None:
        base_url = None if base_url is None else _origin(base_url)
        super().__init__(Sandbox(clock if clock is not None else FollowingClock(), **options))
        self._again = functools.partial(
            MockLava,
            passthrough=passthrough,
            auth_url=auth_url,
            base_url=base_url,
            clock=clock,
            fast_sleep=fast_sleep,
            **options,
        )
        self._urls = Urls(base=base_url or "", public=base_url is None)
        identity = DEFAULT_AUTH_URL if base_url is None else f"{base_url}/identity/v2.0"
        self._auth_url = identity if auth_url is None else identity_url(auth_url)
        self._block = _blocks.Block(
            sandbox=self.sandbox,
            interceptor=Interceptor(self.sandbox, UrlMatcher(self._auth_url, identity, base_url)),
            responses=self._make_responses(),
            time=SandboxTime(self.clock),
            passthrough=passthrough,
            fast_sleep=fast_sleep,
        )

    def __call__(self, target: T) -> T:
        """Decorate a function or a class: each call or test has a fresh sandbox.

        Args:
            target: A function, a coroutine function, a generator (such as a fixture), a
                ``unittest.TestCase``, whose tests each have a sandbox from ``setUp`` to the last
                clean-up, or another class, whose public methods each have one. An argument
                ``sandbox`` gets the handle.
        """
        return decorate(target, self._again)

    def __enter__(self) -> Self:
        """Start it, unless it was started."""
        return self if self._block.active else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it; then see that what ``responses`` must have answered was asked for."""
        self.stop()
        self.responses.stop(allow_assert=kind is None)

    def __repr__(self) -> str:
        """Where it is."""
        return f"<MockLava {self.auth_url}>"

    @property
    def auth_url(self) -> str:
        """The identity URL."""
        return self._auth_url

    @property
    def responses(self) -> RequestsMock:
        """Answers requests to other places, as in ``responses.get("https://example.com")``."""
        return self._block.responses

    def endpoint(self, region: str = "DFW") -> str:
        """The URL of Cloud Big Data in a region."""
        return self._urls.links(region, self.tenant_id).service

    def start(self) -> Self:
        """Answer from now on, until ``stop()``: for a ``setUp``, where ``with`` does not do.

        A sandbox that was stopped starts afresh: what was there is forgotten.

        Returns:
            The handle itself.

        Raises:
            RuntimeError: It was started already.
        """
        if self._block.active:
            raise RuntimeError("this mock_lava was started already")
        if self._stopped:
            self.reset()
        PATCHES.acquire()
        _blocks.enter(self._block)
        return self

    def stop(self) -> None:
        """Answer no more, and close the clients that were made here. More than once is fine."""
        self.close()

    def close(self) -> None:
        """Stop it."""
        try:
            super().close()
        finally:
            if self._block.active:
                self._stopped = True
                _blocks.leave(self._block)
                PATCHES.release()

    _stopped = False

    def _make_responses(self) -> RequestsMock:
        def pass_on(
            adapter: requests.adapters.HTTPAdapter,
            request: requests.PreparedRequest,
            **options: object,
        ) -> requests.Response:
            return _wire.pass_on(self._block.around, adapter, request, **options)

        return RequestsMock(
            assert_all_requests_are_fired=False,
            passthru_prefixes=("http://", "https://"),
            real_adapter_send=pass_on,  # type: ignore[arg-type]  # it takes them by name
        )


@overload
def mock_lava(target: T, /) -> T: ...
@overload
def mock_lava(
    *,
    passthrough: bool = False,
    auth_url: str | None = None,
    base_url: str | None = None,
    clock: Clock | None = None,
    fast_sleep: bool = False,
    **options: Unpack[SandboxOptions],
) -> MockLava: ...
def mock_lava(
    target: T | None = None,
    /,
    *,
    passthrough: bool = False,
    auth_url: str | None = None,
    base_url: str | None = None,
    clock: Clock | None = None,
    fast_sleep: bool = False,
    **options: Unpack[SandboxOptions],
) -> MockLava | T:
    """Put Cloud Identity and Cloud Big Data into this process; no socket is opened.

    Within the block, what requests and urllib3 send to the real service's hosts is answered by a
    sandbox, and so is ssh to its nodes. Other libraries do not reach these hosts. Every new
    ``Lava`` lives in the sandbox's time: its pauses move the clock instead of taking time, so that
    waiting for a cluster is done at once. It is a context manager, a decorator with or without
    brackets, and has ``start()`` and ``stop()``.

    The block is that of the context (``contextvars``) and of the threads started in it. Blocks in
    parallel threads or tasks do not see one another. Code that belongs to no block gets the only
    one there is; where there are several it is refused.

    Args:
        target: What is decorated, if the decorator has no brackets.
        passthrough: Whether requests to other places are sent. By default they are refused, with
            a connection error that names the URL.
        auth_url: Identity's URL, if the code under test has one of its own.
        base_url: Scheme and host of a place that is all the sandbox's, such as
            ``https://lava.test``; the real service's hosts are answered all the same.
        clock: Where time comes from. By default it stands still, from the time at which the
            sandbox is made, until it is moved; and follows freezegun and time-machine.
        fast_sleep: Whether ``time.sleep`` in the block moves the sandbox's clock and takes no
            time. A function that was imported by ``from time import sleep`` is not seen.
        **options: ``username``, ``api_key``, ``tenant_id``, ``rate_limits``, ``malformed_links``,
            ``token_lifetime`` (seconds), ``quotas``, ``timings``, ``seed``, ``password``,
            ``world`` of the sandbox.

    Returns:
        The handle, which seeds, breaks and questions the sandbox; or what was decorated.

    Raises:
        ValueError: ``base_url`` is more or less than scheme and host.
        InvalidError: ``auth_url`` is not a URL of identity v2.0.

    Example::

        def test_it_deletes_what_failed():
            with mock_lava() as sandbox:
                sandbox.add_cluster("nightly", status="ERROR")
                clean_up(Lava("sandbox", "DFW", api_key=sandbox.api_key))
                sandbox.assert_requested("DELETE", times=1)

        @mock_lava(seed=1)
        def test_it_creates_one(sandbox):
            ...
    """
    block = MockLava(
        passthrough=passthrough,
        auth_url=auth_url,
        base_url=base_url,
        clock=clock,
        fast_sleep=fast_sleep,
        **options,
    )
    return block if target is None else block(target)


def _origin(base_url: str) -> str:
    url = base_url.rstrip("/")
    if not _ORIGIN.fullmatch(url):
        message = f"base_url must be scheme and host, such as https://lava.test, not {base_url!r}"
        raise ValueError(message)
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"
