"""A browser, and the page of a sandbox in it, watched for what no page of ours may do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from lavaclient import Lava
from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.http.server import SandboxServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    "--no-sandbox",  # root's, as in containers
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP evil.test 127.0.0.1",
]
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForTheTestsOfThePageAndNothingElse0 me"


class Watched(NamedTuple):
    """What a page said and asked for that it must not.

    `refusals` may be what the browser says of answers that are errors: tests that provoke some
    clear it.
    """

    errors: list[str]
    refusals: list[str]
    hosts: list[str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    hint = "is not installed: pip install 'lavaclient[browser-tests]'"
    api = pytest.importorskip("playwright.sync_api", reason=f"playwright {hint}")
    with api.sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, _NAMES)), None)
        path = path or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("there is no Chromium here: Debian has it as chromium")
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock(1_760_000_000.0)


@pytest.fixture
def sandbox(clock: ManualClock) -> Sandbox:
    """A sandbox whose ids are the same each time."""
    return Sandbox(clock, seed=1)


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    """The sandbox on a port."""
    with SandboxServer(sandbox) as server:
        yield server


@pytest.fixture
def lava(server: SandboxServer) -> Iterator[Lava]:
    """A client, with a key that the service has."""
    sandbox = server.sandbox
    with Lava(
        sandbox.username, region="DFW", api_key=sandbox.api_key, auth_url=server.auth_url
    ) as lava:
        lava.credentials.create_ssh_key("laptop", PUBLIC_KEY)
        yield lava


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser nobody has used before."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    context.set_default_timeout(60_000)
    yield context
    context.close()


def _own(text: str) -> bool:
    return text.startswith("Failed to load resource")


@pytest.fixture
def watched(context: BrowserContext, server: SandboxServer) -> Iterator[Watched]:
    """What the page did wrong: nothing, when a test ends."""
    watched = Watched([], [], [])

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            (watched.refusals if _own(message.text) else watched.errors).append(message.text)

    def note_host(request: Request) -> None:
        if not request.url.startswith((f"{server.url}/", "data:", "blob:")):
            watched.hosts.append(request.url)

    context.on("console", note)
    context.on("weberror", lambda error: watched.errors.append(str(error.error)))
    context.on("request", note_host)
    yield watched
    assert watched == Watched([], [], [])


@pytest.fixture
def page(context: BrowserContext, server: SandboxServer, watched: Watched) -> Page:
    """The page, live."""
    page = context.new_page()
    page.goto(f"{server.url}/")
    page.get_by_text("live", exact=True).wait_for()
    return page
