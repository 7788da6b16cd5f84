"""Profiles: the file, the key that stands elsewhere, and ``Lava.from_profile``."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as FailKeyring

from lavaclient import InvalidError, Lava
from lavaclient._config import profiles
from lavaclient.sandbox.http.server import SandboxServer

KEY = "k" * 32


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the library is not installed."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def _write(text: str) -> Path:
    path = profiles.config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def kept(sandbox: SandboxServer) -> str:
    """The name of a profile for the sandbox."""
    service = sandbox.sandbox
    values: dict[str, str | bool] = {
        "user": service.username,
        "region": "DFW",
        "auth_url": sandbox.auth_url,
    }
    profiles.save_profile("work", values, service.api_key)
    return "work"


def test_a_profile_makes_a_client(kept: str, sandbox: SandboxServer) -> None:
    with Lava.from_profile(kept) as lava:
        assert "/dfw/v2/" in lava.endpoint
        assert lava.clusters.list() == []
    with Lava.from_profile(kept, region="ORD") as lava:
        assert "/ord/v2/" in lava.endpoint


def test_the_variable_names_a_profile(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidError, match=r"no profile 'default' in .*: there are work"):
        Lava.from_profile()
    monkeypatch.setenv("LAVA_PROFILE", kept)
    Lava.from_profile().close()


def test_no_other_variable_is_read(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAVA_REGION_NAME", "ORD")
    monkeypatch.setenv("LAVA_API_KEY", "wrong")
    with Lava.from_profile(kept) as lava:
        assert "/dfw/v2/" in lava.endpoint


def test_another_user_does_not_sign_in_with_the_key_of_a_profile(kept: str) -> None:
    with pytest.raises(InvalidError, match="api_key"):
        Lava.from_profile(kept, username="bob")


def test_a_session_takes_no_key_from_a_profile(kept: str, lava: Lava) -> None:
    with Lava.from_profile(kept, session=lava.session) as other:
        assert other.clusters.list() == []


def test_a_region_goes_before_the_endpoint_of_a_profile(kept: str, sandbox: SandboxServer) -> None:
    path = profiles.config_file()
    path.write_text(path.read_text() + 'endpoint = "http://127.0.0.1:9/v2/123456"\n')
    with Lava.from_profile(kept, region="ORD") as lava:
        assert "/ord/v2/" in lava.endpoint
    with Lava.from_profile(kept, region=None) as lava:
        assert lava.endpoint == "http://127.0.0.1:9/v2/123456"


def test_the_key_stands_in_a_private_file_and_not_in_the_profile(
    kept: str, sandbox: SandboxServer
) -> None:
    path = profiles.config_file()
    assert sandbox.sandbox.api_key not in path.read_text()
    keys = path.with_name("keys.toml")
    assert sandbox.sandbox.api_key in keys.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes here")
def test_a_file_of_keys_that_others_may_read_is_refused(kept: str) -> None:
    profiles.config_file().with_name("keys.toml").chmod(0o644)
    with pytest.raises(InvalidError, match=r"keys.toml: others may read it"):
        Lava.from_profile(kept)


def test_the_key_goes_into_the_keyring_where_there_is_one(
    kept: str, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets: dict[tuple[str, str], str] = {}
    library = SimpleNamespace(
        set_password=lambda service, name, secret: secrets.update({(service, name): secret}),
        get_password=lambda service, name: secrets.get((service, name)),
    )
    monkeypatch.setitem(sys.modules, "keyring", library)
    values = dict(profiles.read_profile(kept).values)
    assert profiles.save_profile("ring", values, sandbox.sandbox.api_key) == "keyring"
    assert secrets == {("lavaclient", "ring"): sandbox.sandbox.api_key}
    Lava.from_profile("ring").close()
    Lava.from_profile(kept).close()
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InvalidError, match=r"pip install 'lavaclient\[cli\]' \(keyring is missing"):
        Lava.from_profile("ring")


def test_a_keyring_that_fails_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise RuntimeError("No recommended backend was available")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(set_password=fail))
    assert profiles.save_profile("work", {"user": "ada"}, KEY) == "file"
    assert profiles.load_key(profiles.read_profile("work")) == KEY


class MemoryKeyring(KeyringBackend):
    """A keyring of the real library's."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password


@pytest.fixture
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def test_the_librarys_own_keyring_keeps_the_key(memory_keyring: MemoryKeyring) -> None:
    assert profiles.save_profile("ring", {"user": "ada"}, KEY) == "keyring"
    assert memory_keyring.secrets == {("lavaclient", "ring"): KEY}
    assert profiles.load_key(profiles.read_profile("ring")) == KEY


def test_a_keyring_that_cannot_be_read_is_one_line(memory_keyring: MemoryKeyring) -> None:
    profiles.save_profile("ring", {"user": "ada", "region": "DFW"}, KEY)
    keyring.set_keyring(FailKeyring())  # type: ignore[no-untyped-call]
    with pytest.raises(InvalidError, match=r"api_key_store \(.*line 4\): the API key cannot be r"):
        Lava.from_profile("ring")


@pytest.mark.parametrize("place", ["keyring", "file"])
def test_a_key_that_is_not_where_the_profile_says_is_an_error(
    place: str, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place == "file":
        monkeypatch.setitem(sys.modules, "keyring", None)
    assert profiles.save_profile("ring", {"user": "ada", "region": "DFW"}, KEY) == place
    memory_keyring.secrets.clear()
    if place == "file":
        profiles.config_file().with_name("keys.toml").unlink()
    with pytest.raises(InvalidError, match=r"line 4\): .* has no API key of this profile"):
        Lava.from_profile("ring")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[profile.work]\nregion = 'DFW'\nrequest_timeout = -1\n", "request_timeout .*line 3"),
        ("\n[profile.work]\nregion = 'DFW'\nretries = 'many'", r"retries \(.*line 4\) must be a n"),
        ("[profile.work]\nendpoint = 'nowhere'", "endpoint .*config.toml, line 2"),
        ("[profile.work]\nregion = 'DFW'\nprice = 3", "line 3: a profile has no price"),
        ("[profile.work]\nregion = ['DFW']", "line 2: region must be a string or a number"),
        ("[profile.work]\ninsecure = 'yes'", "line 2: insecure must be true or false"),
        ("[profile.work]\nretries = true", "line 2: retries must be a string or a number"),
        ("[profile.work\n", "is not valid TOML: .*line 1"),
        ("profile = 3", "profile must be a table"),
        ("[profile]\nwork = 3", "profile.work must be a table"),
        ("[profile.home]\n", "no profile 'work' in .*: there are home"),
        ("", "no profile 'work' in .*: the file has no profile"),
    ],
)
def test_an_error_says_where_a_bad_value_stands(text: str, message: str) -> None:
    _write(text)
    with pytest.raises(InvalidError, match=message):
        Lava.from_profile("work", api_key=KEY, username="ada")


def test_an_override_is_not_blamed_on_the_file() -> None:
    _write("[profile.work]\nregion = 'DFW'\nretries = 3")
    with pytest.raises(InvalidError, match=r"^max_retries must"):
        Lava.from_profile("work", api_key=KEY, username="ada", max_retries=-1)


def test_a_file_that_is_no_text_is_an_error() -> None:
    _write("").write_bytes(b"\xff")
    with pytest.raises(InvalidError, match="cannot read"):
        profiles.read_profiles()


def test_other_profiles_and_comments_stay_as_they_are() -> None:
    before = (
        "# mine\n[profile.a]\nuser = 'ada'  # me\n\n[profile.b]\nuser = 'bob'\n\n[other]\nx = 1\n"
    )
    path = _write(before)
    profiles.save_profile("b", {"user": "ben", "insecure": True}, None)
    assert path.read_text() == (
        "# mine\n[profile.a]\nuser = 'ada'  # me\n\n"
        '[profile.b]\nuser = "ben"\ninsecure = true\n\n[other]\nx = 1\n'
    )
    profiles.save_profile("c", {"user": 'say "hi"\\'}, None)
    assert profiles.read_profile("c").values == {"user": 'say "hi"\\'}
    assert profiles.read_profile("a").values == {"user": "ada"}
    assert profiles.read_profile("b").options()["verify_ssl"] is False


def test_names_and_texts_of_every_kind_outlast_another_profile() -> None:
    path = _write('[profile."a.b"]\nssh_command = "ssh -i 🔑\\u007f"\napi_key_store = "file"\n')
    keys = path.with_name("keys.toml")
    keys.write_text('[keys]\n"a.b" = "first"\n')
    keys.chmod(0o600)
    for name in ("one", "two"):
        profiles.save_profile(name, profiles.read_profile("a.b").values, KEY)
    assert profiles.read_profile("two").values == profiles.read_profile("a.b").values
    assert profiles.load_key(profiles.read_profile("a.b")) == "first"
    assert profiles.load_key(profiles.read_profile("two")) == KEY


def test_a_file_of_keys_that_holds_other_things_is_left_alone() -> None:
    keys = _write("").with_name("keys.toml")
    keys.write_text("[keys]\na.b = 'first'\n")
    keys.chmod(0o600)
    with pytest.raises(InvalidError, match=r"keys.toml: every value of keys must be a string"):
        profiles.save_profile("one", {}, KEY)
    assert keys.read_text() == "[keys]\na.b = 'first'\n"


def test_a_file_that_cannot_be_written_is_named() -> None:
    folder = profiles.config_file().parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no directory")
    for key, name in ((None, "config.toml"), (KEY, "keys.toml")):
        with pytest.raises(InvalidError, match=rf"^cannot write .*{name}: ") as caught:
            profiles.save_profile("work", {"user": "ada"}, key)
        assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.skipif(os.name != "posix", reason="links need rights here")
def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    path = _write("")
    target = tmp_path / "dotfiles.toml"
    path.rename(target)
    path.symlink_to(target)
    profiles.save_profile("work", {"user": "ada"}, None)
    assert path.is_symlink()
    assert target.read_text() == '[profile.work]\nuser = "ada"\n'


def test_a_file_that_only_its_author_can_change_is_left_alone() -> None:
    text = "[profile]\nwork = {user = 'ada'}\n"
    path = _write(text)
    with pytest.raises(InvalidError, match="edit it"):
        profiles.save_profile("work", {"user": "bob"}, None)
    assert path.read_text() == text


@pytest.mark.parametrize("name", ["", "a b", "a.b", "]", "x" * 65, "ä"])
def test_a_name_must_be_plain(name: str) -> None:
    with pytest.raises(InvalidError, match="must be 1 to 64 letters"):
        profiles.save_profile(name, {}, None)
    assert not profiles.config_file().exists()
