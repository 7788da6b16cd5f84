"""What all tests share."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from lavaclient import Lava
from lavaclient.sandbox.core.clock import ManualClock
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox
from tests.support import warm_start

_OURS = ("LAVA", "OS_", "AUTH_TOKEN")
_SURROUNDINGS = {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "netrc"}
_BUNDLES = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}

# In CI the same cases each time; no file of found ones, no judging by a busy machine's time.
settings.register_profile(
    "lavaclient", database=None, deadline=None, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("lavaclient")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: there is little, and it takes a fifth."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and not among the tests themselves: it takes a tenth of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Collect no garbage: at the deepest call of nested data, finalizers would have no stack."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> Iterator[None]:
    """Nothing of the machine's settings reaches a test, nor a fixture of a wider scope."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            ours = name.startswith(_OURS) and name != "LAVA_API_SAMPLES"
            if ours or name.lower() in _SURROUNDINGS or name in _BUNDLES or name[:4] == "XDG_":
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c() -> None:
    """Programs that tests start obey Ctrl-C, also where a shell began all this with ``&``."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _warm_start() -> Iterator[None]:
    """The process that programs are forked from ends with the tests."""
    yield
    warm_start.stop()


@pytest.fixture(scope="session")
def _shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of tests that ask for no folder: to make one for each would take a fifth of them."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _home(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _shared_home: Path
) -> Iterator[None]:
    """What a test writes at home, its ``tmp_path`` if it has one, does not stay."""
    has_its_own = "tmp_path" in request.fixturenames
    home = request.getfixturevalue("tmp_path") if has_its_own else _shared_home
    for name in ("HOME", "USERPROFILE", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(home))
    yield
    if any(_shared_home.iterdir()):
        shutil.rmtree(_shared_home)
        _shared_home.mkdir()


@pytest.fixture
def far_from_utc() -> Iterator[None]:
    """A machine whose own time is none that a service writes."""
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of a process cannot be set here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "LAVA+7:23")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A sandbox on a port of its own, whose clock the test moves."""
    with SandboxServer(Sandbox(ManualClock(1_445_000_000.0))) as server:
        yield server


@pytest.fixture
def lava(sandbox: SandboxServer) -> Iterator[Lava]:
    """A client that has signed in to the sandbox."""
    client = Lava(
        sandbox.sandbox.username,
        region="DFW",
        api_key=sandbox.sandbox.api_key,
        auth_url=sandbox.auth_url,
    )
    with client:
        yield client
