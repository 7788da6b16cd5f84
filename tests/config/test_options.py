"""The options of Lava: what is refused before anything is sent (rows 3, 6 and 7)."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import trustme
from keystoneauth1.session import Session

from lavaclient import Lava, error
from lavaclient._config.environment import from_environment
from lavaclient._config.options import Arguments, Options

GOOD: dict[str, object] = {"username": "u", "region": "DFW", "api_key": "0123456789abcdef"}
EVERY = (
    *("username", "region", "token", "api_key", "auth_url", "tenant_id", "endpoint"),
    *("verify_ssl", "timeout", "max_retries", "retry_backoff", "token_cache"),
)


def checked(**changes: object) -> Options:
    has_session = changes.pop("session", None) is not None
    arguments = Arguments(**{**dict.fromkeys(EVERY), **GOOD, **changes})
    return Options.checked(arguments, has_session=has_session)


NOT_CREDENTIALS = [
    *("", " ", "\t", "a\nb", "a\r\nX-Evil: 1", "secret\x00", "secret\x7f", "secret\u2603"),
    *("secret\x85", " secret", "secret\n", "secret ", b"secret", 7, True, ["secret"], {}),
]


@pytest.mark.parametrize("name", ["username", "token", "api_key"])
@pytest.mark.parametrize("value", NOT_CREDENTIALS)
def test_03_a_bad_credential_is_named_and_not_shown(name: str, value: object) -> None:
    with pytest.raises(error.InvalidError, match=f"^{name} must ") as caught:
        checked(**{name: value})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "a\nb", 5, b"DFW", True, "\u2603"])
def test_a_bad_region_is_refused(value: object) -> None:
    with pytest.raises(error.InvalidError, match=r"^region must "):
        checked(region=value)


def test_a_region_may_have_blanks_around_it() -> None:
    assert checked(region=" dfw ").region == "dfw"


@pytest.mark.parametrize("value", ["", " ", True, 1.5, "a\nb", [], ".", ".."])
def test_a_bad_tenant_id_is_refused(value: object) -> None:
    with pytest.raises(error.InvalidError, match=r"^tenant_id must "):
        checked(tenant_id=value)


@pytest.mark.parametrize("value", [123456, "123456"])
def test_a_tenant_id_is_an_int_or_text(value: object) -> None:
    assert checked(tenant_id=value).tenant_id == "123456"


def verifying(value: object) -> Lava:
    """A client that has sent nothing yet, if the bundle is a good one."""
    endpoint = "https://dfw.example/v2/1"
    return Lava("u", token="t0ken-t0ken", endpoint=endpoint, verify_ssl=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "0", 0, 1, "False", "/no/such/bundle.pem", b"x", [], "a\0b"])
def test_06_what_is_no_bundle_is_refused(value: object) -> None:
    with pytest.raises(error.InvalidError, match=r"^verify_ssl"):
        verifying(value)


def test_06_a_bundle_that_is_not_pem_is_refused(tmp_path: Path) -> None:
    for contents in (b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nx\n"):
        path = tmp_path / "bundle.pem"
        path.write_bytes(contents)
        with pytest.raises(error.InvalidError, match=r"^verify_ssl: .* not a readable CA bundle"):
            verifying(str(path))


def test_a_bundle_may_be_a_path_object_a_directory_or_below_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bundle.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert checked(verify_ssl=path).verify == str(path)
    assert checked(verify_ssl=str(tmp_path)).verify == str(tmp_path)
    below_home = checked(verify_ssl="~/bundle.pem").verify
    assert isinstance(below_home, str)
    assert os.path.normpath(below_home) == str(path)


@pytest.mark.parametrize(("value", "verify"), [(None, True), (True, True), (False, False)])
def test_verification_is_the_default(value: object, verify: object) -> None:
    assert checked(verify_ssl=value).verify is verify


BAD_NUMBERS = {
    "timeout": [0, -1, "0", "nan", float("nan"), "inf", float("inf"), "soon", "", True, [], 1e7],
    "max_retries": [-1, 1.5, "1.5", True, False, "many", "nan", "inf", [], b"1", 10**400],
    "retry_backoff": [-0.1, "nan", float("nan"), float("inf"), "x", True, {}],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_NUMBERS.items() for value in values]
)
def test_07_a_bad_number_is_refused(name: str, value: object) -> None:
    with pytest.raises(error.InvalidError, match=f"^{name} must "):
        checked(**{name: value})


def test_numbers_may_come_as_text() -> None:
    options = checked(timeout="2.5", max_retries=" 4 ", retry_backoff="0")
    assert (options.timeout, options.max_retries, options.retry_backoff) == (2.5, 4, 0.0)
    assert isinstance(options.max_retries, int)
    assert checked(max_retries=2.0).max_retries == 2


def test_numbers_have_defaults() -> None:
    options = checked()
    assert (options.timeout, options.max_retries, options.retry_backoff) == (30.0, 3, 0.2)


@pytest.mark.parametrize("value", ["", b"x", 5, True, "a\0b", [], "~\0", "~\ud800"])
def test_a_bad_token_cache_is_refused(value: object) -> None:
    with pytest.raises(error.InvalidError, match=r"^token_cache must be the path of a file"):
        checked(token_cache=value)


def test_a_token_cache_may_be_a_path_object_or_below_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, "/home/somebody")
    assert checked(token_cache=Path("/a/b")).token_cache == os.path.normpath("/a/b")
    assert checked(token_cache="~/b").token_cache == "/home/somebody/b"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"api_key": None}, "one of api_key, token and session is required"),
        ({"region": None}, "region is required, unless endpoint is given"),
        ({"username": None}, "username is required with an api_key"),
        ({"username": None, "token": "t0ken"}, "username is required with an api_key"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(error.InvalidError, match=re.escape(message)):
        checked(**arguments)


@pytest.mark.parametrize("session", [5, Session()])
def test_a_session_must_have_a_plugin(session: Session) -> None:
    text = "session must be a keystoneauth1 Session with an auth plugin"
    with pytest.raises(error.InvalidError, match=f"^{text}$"):
        Lava(None, "DFW", session=session)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "t0ken-t0ken"),
        ("api_key", "0123456789abcdef"),
        ("auth_url", "https://identity.example/v2.0"),
        ("verify_ssl", False),
        ("token_cache", "/tmp/cache"),
    ],
)
def test_what_a_session_decides_itself_cannot_go_with_it(name: str, value: object) -> None:
    session = Session(auth=lambda: None)  # type: ignore[arg-type]
    with pytest.raises(error.InvalidError, match=f"used as it is: {name} cannot"):
        checked(session=session, **{"api_key": None, name: value})


def test_a_wrong_option_is_refused_before_anything_is_sent_or_opened() -> None:
    with pytest.raises(error.InvalidError, match="timeout"):
        Lava("u", "DFW", api_key="0123456789", auth_url="http://127.0.0.1:1", timeout=-1)


def test_the_options_show_no_secret() -> None:
    options = checked(token="t0ken-t0ken")
    assert "token=<hidden>, api_key=<hidden>" in repr(options)
    assert "t0ken" not in repr(options)


PAIRS = {
    "username": ("LAVA_USERNAME", "OS_USERNAME"),
    "api_key": ("LAVA_API_KEY", "OS_API_KEY"),
    "token": ("LAVA_AUTH_TOKEN", "AUTH_TOKEN"),
    "tenant_id": ("LAVA_TENANT_NAME", "OS_TENANT_NAME"),
    "region": ("LAVA_REGION_NAME", "OS_REGION_NAME"),
    "auth_url": ("LAVA_AUTH_URL", "OS_AUTH_URL"),
    "endpoint": ("LAVA2_API_URL", "LAVA_API_URL"),
}
SINGLE = {
    "timeout": "LAVA_TIMEOUT",
    "max_retries": "LAVA_RETRIES",
    "retry_backoff": "LAVA_RETRY_BACKOFF",
    "token_cache": "LAVA_TOKEN_CACHE",
}


@pytest.mark.parametrize(("option", "names"), PAIRS.items())
def test_the_first_variable_of_a_pair_wins(option: str, names: tuple[str, str]) -> None:
    first, second = names
    assert from_environment({first: "1", second: "2"}) == {option: "1"}
    assert from_environment({second: "2"}) == {option: "2"}
    assert from_environment({first: "", second: "2"}) == {option: "2"}
    assert from_environment({first: "", second: ""}) == {}


@pytest.mark.parametrize(("option", "name"), SINGLE.items())
def test_each_other_option_has_one_variable(option: str, name: str) -> None:
    assert from_environment({name: "1"}) == {option: "1"}
    assert from_environment({name: ""}) == {}


@pytest.mark.parametrize("text", ["1", "true", "0", "no", "False"])
def test_any_text_in_lava_insecure_turns_verification_off(text: str) -> None:
    assert from_environment({"LAVA_INSECURE": text}) == {"verify_ssl": False}
    assert from_environment({"LAVA_INSECURE": ""}) == {}


def test_beside_a_session_its_own_matters_are_not_read_from_the_environment() -> None:
    environ = {names[0]: "1" for names in PAIRS.values()} | {"LAVA_INSECURE": "1"}
    options = from_environment(environ, has_session=True)
    assert options.keys() == {"username", "tenant_id", "region", "endpoint"}


def test_53_a_tilde_that_does_not_expand_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # no passwd entry either
    for name in ("token_cache", "verify_ssl"):
        with pytest.raises(error.InvalidError, match=f"^{name}: the home directory in '~/x'"):
            checked(**{name: "~/x"})
