"""The file that keeps a sign-in between processes (row 38)."""

from __future__ import annotations

import json
import logging
import ntpath
import os
import re
import stat
import subprocess
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lavaclient._system import private_file
from tests.support.fake_cloud import KEY, TENANT, USER, FakeCloud, Reply
from tests.support.warm_start import WARM_PYTHON, warm_environ

pytestmark = pytest.mark.usefixtures("no_collection")


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud() as fake_cloud:
        yield fake_cloud


@pytest.fixture
def cache(cloud: FakeCloud, tmp_path: Path) -> Path:
    """A warm cache, one sign-in old."""
    path = tmp_path / "private" / "deep" / "token"
    cloud.client(token_cache=path).close()
    return path


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_is_private_and_so_are_the_directories_made_for_it(cache: Path) -> None:
    assert mode(cache) == 0o600
    assert mode(cache.parent) == mode(cache.parent.parent) == 0o700
    assert os.listdir(cache.parent) == ["token"]


def test_a_warm_cache_sends_nothing_to_identity(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with cloud.client(token_cache=str(cache), region="dfw") as lava:
        assert lava.limits.get().ram.limit == 10
        assert lava.endpoint == cloud.endpoint()
    assert cloud.sign_ins == 1
    assert warned(caplog) == []


def test_38_a_missing_cache_file_is_written_without_a_warning(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.unlink()
    cloud.client(token_cache=cache).close()
    assert cache.exists()
    assert (cloud.sign_ins, warned(caplog)) == (2, [])


def test_the_key_never_stands_in_the_file(cloud: FakeCloud, cache: Path) -> None:
    assert KEY not in cache.read_text()
    with cloud.client(token_cache=cache) as lava:
        assert lava.token in cache.read_text()


@pytest.mark.parametrize("key", [KEY, 'quo"ted\\key-key'])
def test_an_answer_that_repeats_the_key_is_not_written(
    cloud: FakeCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    cloud.change = lambda access: access.update(echo=f"key {key} here")
    cloud.usual = lambda request: Reply(200, cloud.access())  # type: ignore[method-assign]
    cloud.client(token_cache=tmp_path / "token", api_key=key).close()
    assert not (tmp_path / "token").exists()
    path = tmp_path / "token"
    assert warned(caplog) == [
        f"token cache {path} not written: identity repeats the key in its answer"
    ]


def edit(change: Callable[[dict[str, object]], None]) -> Callable[[Path], None]:
    """A way to spoil the state in the file."""

    def spoil(path: Path) -> None:
        whole = json.loads(path.read_text())
        state = json.loads(whole["state"])
        change(state)
        path.write_text(json.dumps({**whole, "state": json.dumps(state)}))

    return spoil


def outer(**changes: object) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return spoil


def replace_by_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def write(data: bytes) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        path.write_bytes(data)

    return spoil


SPOILT: dict[str, Callable[[Path], None]] = {
    "cut": lambda path: os.truncate(path, 200),
    "empty": lambda path: os.truncate(path, 0),
    "junk": write(b"\x00\xff junk"),
    "bad UTF-8": write(b'{"version": 1, "salt": "\xff", "owner": "", "state": ""}'),
    "a list": write(b"[]"),
    "deep": write(b"[" * 100_000),
    "large": lambda path: os.truncate(path, 5 * 2**20),
    "another version": outer(version=2),
    "no owner": outer(owner=""),
    "an owner not ASCII": outer(owner="ü"),
    "no state": outer(state=""),
    "a state not JSON": outer(state="{"),
    "a state null": outer(state="null"),
    "a deep state": outer(state="[" * 100_000),
    "two tokens": edit(lambda state: state.update(auth_token="another")),
    "a token list": edit(lambda state: state.update(auth_token=[])),
    "no body": edit(lambda state: state.update(body=None)),
    "odd expiry": edit(lambda state: state["body"]["access"]["token"].update(expires=5)),  # type: ignore[index]
    "group readable": lambda path: path.chmod(0o640),
    "world readable": lambda path: path.chmod(0o604),
    "0644": lambda path: path.chmod(0o644),
    "a FIFO": replace_by_fifo,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_38_a_spoilt_cache_file_is_a_miss_with_a_warning(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    spoil(cache)
    with cloud.client(token_cache=cache) as lava:
        assert lava.limits.get().ram.limit == 10
    assert cloud.sign_ins == 2
    assert len(warned(caplog)) == 1
    assert f"token cache {cache} not used: " in warned(caplog)[0]
    assert mode(cache) == 0o600
    cloud.client(token_cache=cache).close()
    assert cloud.sign_ins == 2


@pytest.mark.parametrize("catalog", [None, 5, [], [{"type": "rax:bigdata", "endpoints": 5}]])
def test_38_a_cached_state_that_leads_to_no_endpoint_is_a_miss(
    cloud: FakeCloud, cache: Path, catalog: object
) -> None:
    edit(lambda state: state["body"]["access"].update(serviceCatalog=catalog))(cache)  # type: ignore[index]
    cloud.client(token_cache=cache).close()
    assert cloud.sign_ins == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_38_another_users_cache_file_is_not_used(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    os.chown(cache, 12345, -1)
    cloud.client(token_cache=cache).close()
    assert cloud.sign_ins == 2
    assert "belongs to another user" in warned(caplog)[0]


@pytest.mark.parametrize(
    "other",
    [
        {"username": "another"},
        {"api_key": "another-key-altogether"},
        {"region": "ORD"},
        {"tenant_id": TENANT},
        {"region": None, "endpoint": "own"},
    ],
)
def test_38_a_cache_file_for_other_credentials_is_not_used(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture, other: dict[str, object]
) -> None:
    cloud.usual = lambda request: Reply(200, cloud.access())  # type: ignore[method-assign]
    if "endpoint" in other:
        other = {**other, "endpoint": cloud.endpoint()}
    cloud.client(token_cache=cache, **other).close()
    assert cloud.sign_ins == 2
    assert "other credentials" in warned(caplog)[0]


def test_38_a_cache_file_for_another_identity_is_not_used(cloud: FakeCloud, cache: Path) -> None:
    with FakeCloud() as other:
        other.client(token_cache=cache).close()
        assert other.sign_ins == 1


@pytest.mark.parametrize("left", [-5, 0, 119, 120])
def test_38_an_expired_cached_token_is_a_miss(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture, left: float
) -> None:
    cloud.clock.now += cloud.lifetime - left
    cloud.client(token_cache=cache).close()
    assert cloud.sign_ins == 2
    assert "expired" in warned(caplog)[0]


def test_a_cached_token_of_just_over_two_minutes_is_used(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.clock.now += cloud.lifetime - 120.5
    cloud.client(token_cache=cache).close()
    assert (cloud.sign_ins, warned(caplog)) == (1, [])


REASONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "another version": (outer(version=2), "it has another version"),
    "another owner": (outer(owner="x"), "it is for other credentials"),
    "another salt": (outer(salt="x"), "it is for other credentials"),
    "two tokens": (
        edit(lambda state: state.update(auth_token="x")),
        "the state holds two tokens",
    ),
    "an end": (
        edit(
            lambda state: state["body"]["access"]["token"].update(expires="2000-01-01T00:00:00Z")  # type: ignore[index]
        ),
        "its token has expired, or is about to",
    ),
}


@pytest.mark.parametrize("kind", REASONS)
def test_38_the_warning_says_why_a_cache_file_is_not_used(
    cloud: FakeCloud, cache: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    spoil, reason = REASONS[kind]
    spoil(cache)
    cloud.client(token_cache=cache).close()
    warning = ("lavaclient", logging.WARNING, f"token cache {cache} not used: {reason}")
    assert caplog.record_tuples == [warning]


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"region": "LON"}, {}),
        ({"publicURL": "https://dfw.example/v2/99"}, {"tenant_id": TENANT}),
    ],
)
def test_a_cached_token_whose_catalog_has_no_endpoint_is_not_used(
    cloud: FakeCloud, tmp_path: Path, change: dict[str, str], options: dict[str, object]
) -> None:
    def spoil(state: dict[str, Any]) -> None:
        for entry in state["body"]["access"]["serviceCatalog"]:
            for endpoint in entry["endpoints"]:
                endpoint.update(change)

    path = tmp_path / "token"
    cloud.client(token_cache=path, **options).close()
    edit(spoil)(path)
    with cloud.client(token_cache=path, **options) as lava:
        assert lava.endpoint == cloud.endpoint()
    assert cloud.sign_ins == 2


def test_a_cached_token_without_an_end_is_used(cloud: FakeCloud, cache: Path) -> None:
    edit(lambda state: state["body"]["access"]["token"].update(expires=None))(cache)  # type: ignore[index]
    cloud.clock.now += 10 * cloud.lifetime
    cloud.client(token_cache=cache).close()
    assert cloud.sign_ins == 1


def test_the_file_tells_nothing_of_its_owner_and_no_two_are_alike(
    cloud: FakeCloud, cache: Path, tmp_path: Path
) -> None:
    cloud.client(token_cache=tmp_path / "another").close()
    first, second = (json.loads(path.read_text()) for path in (cache, tmp_path / "another"))
    assert first["version"] == second["version"] == 1
    assert len(first["salt"]) == len(second["salt"]) == 32
    assert len(first["owner"]) == 64
    assert (first["salt"], first["owner"]) != (second["salt"], second["owner"])
    assert set(first) == {"version", "salt", "owner", "state"}


def test_a_cached_token_that_nears_its_end_is_renewed(cloud: FakeCloud, cache: Path) -> None:
    with cloud.client(token_cache=cache) as lava:
        cloud.clock.now += cloud.lifetime - 60
        lava.limits.get()
        assert cloud.sign_ins == 2
        assert lava.token in cache.read_text()


def test_38_a_revoked_cached_token_is_renewed_and_the_new_one_kept(
    cloud: FakeCloud, cache: Path
) -> None:
    cloud.kill()
    with cloud.client(token_cache=cache) as lava:
        assert cloud.sign_ins == 1
        lava.limits.get()
        assert cloud.sign_ins == 2
        assert lava.token in cache.read_text()


def test_38_a_directory_in_place_of_the_cache_is_left_alone(
    cloud: FakeCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "private" / "token"
    place.mkdir(parents=True)
    cloud.client(token_cache=place).close()
    assert os.listdir(place.parent) == ["token"]
    assert [re.sub(r".*token (not)", r"\1", warning) for warning in warned(caplog)] == [
        "not used: Is a directory",
        "not written: Is a directory",
    ]


@pytest.mark.parametrize("place", ["/proc/no/such/token", "{file}/token", "{file}/deep/token"])
def test_38_where_no_cache_can_be_written_the_client_works(
    cloud: FakeCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    with cloud.client(token_cache=place.format(file=file)) as lava:
        assert lava.limits.get().ram.limit == 10
    assert any("not written" in warning for warning in warned(caplog))
    assert file.read_text() == "in the way"


def test_a_symlink_is_read_and_then_replaced_and_its_target_left_alone(
    cloud: FakeCloud, cache: Path
) -> None:
    link = cache.parent / "link"
    link.symlink_to(cache)
    before = cache.read_bytes()
    cloud.client(token_cache=link).close()
    assert cloud.sign_ins == 1
    cloud.kill()
    with cloud.client(token_cache=link) as lava:
        lava.limits.get()
    assert not link.is_symlink()
    assert cache.read_bytes() == before


def test_a_token_given_beside_it_is_written_and_the_file_not_read(
    cloud: FakeCloud, cache: Path
) -> None:
    cloud.good.add("given-token-1234")
    with cloud.client(token_cache=cache, token="given-token-1234") as lava:
        token = lava.token
    assert cloud.sign_ins == 2
    assert token in cache.read_text()
    options: dict[str, object] = {"token_cache": cache, "endpoint": cloud.endpoint()}
    cloud.client(token="given-token-1234", **options).close()
    assert cloud.sign_ins == 2
    assert "given-token-1234" in cache.read_text()
    with cloud.client(**options) as lava:
        assert lava.token == "given-token-1234"
    assert cloud.sign_ins == 2


SCRIPT = """
import resource, sys, logging
from lavaclient import Lava
logging.basicConfig(stream=sys.stdout)
url, path, most = sys.argv[1:]
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
if int(most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), limits[1]))
with Lava({user!r}, "DFW", api_key={key!r}, auth_url=url, token_cache=path) as lava:
    print(lava.limits.get().ram.limit, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
"""


def run(cloud: FakeCloud, path: Path, most: int = 0) -> subprocess.Popen[str]:
    script = SCRIPT.format(user=USER, key=KEY)
    arguments = ["-W", "error", "-c", script, cloud.auth_url, str(path), str(most)]
    return subprocess.Popen(
        [*WARM_PYTHON, *arguments],
        env=warm_environ(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_38_a_full_disk_under_the_cache_is_a_warning_and_leaves_nothing(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    place = tmp_path / "full"
    out, err = run(cloud, place / "token", 100).communicate(timeout=60)
    assert (out.splitlines()[-1], err) == ("10", "")
    assert "not written: File too large" in out
    assert os.listdir(place) == []


def test_38_twenty_processes_with_one_cache_all_end_well(cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.clock.now = 4_000_000_000.0
    place = tmp_path / "shared"
    running = [run(cloud, place / "token") for _ in range(20)]
    outcomes = [process.communicate(timeout=100) for process in running]
    assert outcomes == [("10\n", "")] * 20
    assert os.listdir(place) == ["token"]
    before = cloud.sign_ins
    assert run(cloud, place / "token").communicate(timeout=60) == ("10\n", "")
    assert cloud.sign_ins == before


def test_38_a_private_file_has_4_mib_at_most(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    private_file.replace(path, b"x" * 4 * 2**20)
    assert len(private_file.read(path)) == 4 * 2**20
    private_file.replace(path, b"x" * (4 * 2**20 + 1))
    with pytest.raises(ValueError, match="it is too large"):
        private_file.read(path)


def test_76_a_path_on_a_drive_that_is_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def mkdir(folder: str, mode: int) -> None:
        tried.append(folder)
        raise FileNotFoundError(folder)

    windows = types.SimpleNamespace(path=ntpath, mkdir=mkdir, urandom=os.urandom)
    monkeypatch.setattr(private_file, "os", windows)
    with pytest.raises(FileNotFoundError):
        private_file.replace("Z:\\cache\\lava\\token", b"")
    assert tried == ["Z:\\"]
