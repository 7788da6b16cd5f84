"""Profiles: named sets of options in a file, for ``Lava.from_profile`` and ``lava``.

The file is ``config.toml`` in the user's configuration directory, with a table
``[profile.NAME]`` for each profile. The API key is not in it, but in the system's
keyring or in ``keys.toml`` beside it, which only the user may read.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

from lavaclient._system import private_file
from lavaclient._system.user_dirs import config_directory
from lavaclient.error import InvalidError, plain_line

__all__ = [
    "DEFAULT",
    "KEYS",
    "Profile",
    "chosen_name",
    "client_options",
    "config_file",
    "load_key",
    "named_by_origin",
    "read_profile",
    "read_profiles",
    "save_profile",
]

DEFAULT = "default"
_VARIABLE = "LAVA_PROFILE"
_STORE = "api_key_store"
_SERVICE = "lavaclient"
_NAME = r"[A-Za-z0-9_-]{1,64}"

# The keys of a profile, with the options of Lava they set; None: they are the program's.
KEYS: Mapping[str, str | None] = {
    "user": "username",
    "region": "region",
    "tenant": "tenant_id",
    "auth_url": "auth_url",
    "endpoint": "endpoint",
    "insecure": "verify_ssl",
    "request_timeout": "timeout",
    "retries": "max_retries",
    "retry_backoff": "retry_backoff",
    "token_cache": "token_cache",
    "output": None,
    "ssh_command": None,
    "wait_timeout": None,
    "wait_interval": None,
    _STORE: None,
}


class _Keyring(Protocol):
    def get_password(self, service: str, name: str) -> str | None: ...
    def set_password(self, service: str, name: str, secret: str) -> None: ...


class Profile(NamedTuple):
    """A profile as it is in its file.

    Attributes:
        name: Its name.
        path: The file.
        values: Its values, by key.
        lines: The line number of each key.
    """

    name: str
    path: Path
    values: Mapping[str, str | bool]
    lines: Mapping[str, int]

    @property
    def store(self) -> str | None:
        """Where its API key is stored: ``keyring``, ``file`` or None."""
        store = self.values.get(_STORE)
        return None if store is None else str(store)

    def options(self) -> dict[str, str | bool]:
        """Return the options of ``Lava`` that it holds, without the API key."""
        options = {
            option: self.values[key]
            for key, option in KEYS.items()
            if option and key in self.values
        }
        if "verify_ssl" in options:
            options["verify_ssl"] = not options["verify_ssl"]
        return options

    def origin(self, key: str) -> str:
        """Return a key with its file and line, for messages."""
        return f"{key} ({self.path}, line {self.lines.get(key, 1)})"

    def origins(self) -> dict[str, str]:
        """Return key, file and line of each option of ``Lava``, by its name."""
        return {
            option: self.origin(key)
            for key, option in KEYS.items()
            if option and key in self.values
        }


def config_file() -> Path:
    """Return the path of ``config.toml``."""
    return config_directory() / "config.toml"


def chosen_name(name: str | None, environ: Mapping[str, str]) -> str | None:
    """Return this name of a profile, else the one in ``LAVA_PROFILE``, else None."""
    return name or environ.get(_VARIABLE) or None


def read_profiles() -> dict[str, Profile]:
    """Return all profiles, by name.

    Raises:
        InvalidError: The file cannot be read, or is not valid.
    """
    path = config_file()
    text = _read(path)
    tables = _table(path, "profile", _parsed(path, text).get("profile", {}))
    return {
        name: _profile(path, name, _table(path, f"profile.{name}", table), text)
        for name, table in tables.items()
    }


def read_profile(name: str) -> Profile:
    """Return one profile.

    Raises:
        InvalidError: There is none of that name, or the file is not valid.
    """
    profiles = read_profiles()
    profile = profiles.get(name)
    if profile is None:
        names = f"there are {', '.join(profiles)}" if profiles else "the file has no profile"
        raise InvalidError(f"no profile {name!r} in {config_file()}: {names}")
    return profile


def client_options(profile: Profile, overrides: Mapping[str, object]) -> dict[str, object]:
    """Return the options of ``Lava`` from a profile and the overrides.

    Args:
        profile: The profile.
        overrides: Options of ``Lava`` that win over the profile, by name.

    Raises:
        InvalidError: Its API key cannot be read.
    """
    options: dict[str, object] = {"username": None, **profile.options()}
    if overrides.get("session") is not None:
        for name in ("auth_url", "verify_ssl", "token_cache"):
            options.pop(name, None)
    elif overrides.keys().isdisjoint({"api_key", "token"}) and overrides.get(
        "username", options["username"]
    ) in {None, options["username"]}:
        options["api_key"] = load_key(profile)
    if overrides.get("region") is not None:  # the profile's endpoint is in its own region
        options.pop("endpoint", None)
    return {**options, **overrides}


def load_key(profile: Profile) -> str | None:
    """Return the API key of a profile, None if the profile keeps none.

    Raises:
        InvalidError: It cannot be read, or is not where the profile says.
    """
    if profile.store is None:
        return None
    key: object
    if profile.store == "keyring":
        place, key = "the keyring", _key_in_keyring(profile)
    else:
        path = _keys_file()
        keys = _table(path, "keys", _parsed_private(path).get("keys", {}))
        place, key = str(path), keys.get(profile.name)
    if not isinstance(key, str):
        raise InvalidError(f"{profile.origin(_STORE)}: {place} has no API key of this profile")
    return key


def save_profile(name: str, values: Mapping[str, str | bool], api_key: str | None) -> str:
    """Write a profile; the others stay as they are.

    Args:
        name: Its name.
        values: What to write, by key.
        api_key: The key to store, or None.

    Returns:
        Where the key was stored: ``keyring``, ``file``, or ``""`` without a key.

    Raises:
        InvalidError: The name is not valid, or a file cannot be changed.
    """
    if not re.fullmatch(_NAME, name):
        raise InvalidError(f"profile {name!r} must be 1 to 64 letters, digits, '-' and '_'")
    path = config_file()
    changed = _with_profile(path, name, values)  # before the key is stored anywhere
    store = "" if api_key is None else _store_key(name, api_key)
    if store:
        changed = _with_profile(path, name, {**values, _STORE: store})
    # A symbolic link stays one.
    _write(Path(os.path.realpath(path)), changed)
    return store


def named_by_origin(text: str, origins: Mapping[str, str]) -> str:
    """Return an error's text with names of arguments replaced by where the values came from.

    Args:
        text: The text.
        origins: The replacement of each name.
    """
    if not origins:
        return text
    names = "|".join(map(re.escape, origins))
    return re.sub(rf"\b({names})\b", lambda match: origins[match[1]], text)


def _profile(path: Path, name: str, table: Mapping[str, object], text: str) -> Profile:
    lines = _lines(text, name)
    values: dict[str, str | bool] = {}
    for key, value in table.items():
        place = f"{path}, line {lines.get(key, 1)}"
        if key not in KEYS:
            known = ", ".join(key for key in KEYS if key != _STORE)
            raise InvalidError(f"{place}: a profile has no {key}; there are {known}")
        if not isinstance(value, str | int | float):
            raise InvalidError(f"{place}: {key} must be a string or a number")
        if (key == "insecure") != isinstance(value, bool):
            kind = "true or false" if key == "insecure" else "a string or a number"
            raise InvalidError(f"{place}: {key} must be {kind}")
        values[key] = value if isinstance(value, bool) else str(value)
    return Profile(name, path, values, lines)


def _lines(text: str, name: str) -> dict[str, int]:
    """Return the line numbers of the keys of a profile."""
    lines, is_inside = {}, False
    for number, line in enumerate(text.splitlines(), 1):
        if table := _table_name(line):
            is_inside = table == f"profile.{name}"
        elif is_inside and (key := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line)):
            lines[key[1]] = number
    return lines


def _with_profile(path: Path, name: str, values: Mapping[str, str | bool]) -> str:
    """Return the text of the file with this profile written and all else unchanged."""
    text = _read(path)
    expected = _parsed(path, text)
    profiles = _table(path, "profile", expected.get("profile", {}))
    changed = _with_table(text, name, values)
    try:
        is_as_expected = tomllib.loads(changed) == {
            **expected,
            "profile": {**profiles, name: values},
        }
    except ValueError:
        is_as_expected = False
    if not is_as_expected:
        raise InvalidError(f"{path} has a layout that cannot be changed automatically: edit it")
    return changed


def _with_table(text: str, name: str, table: Mapping[str, str | bool]) -> str:
    """Return a file's text in which a profile is replaced, or added at the end."""
    fields = [f"{key} = {_toml(value)}\n" for key, value in table.items()]
    new = [f"[profile.{name}]\n", *fields]
    before: list[str] = []
    after: list[str] = []
    is_inside = is_past = False
    for line in text.splitlines(keepends=True):
        if table_name := _table_name(line):
            is_past = is_past or is_inside
            is_inside = table_name == f"profile.{name}"
        if not is_inside:
            (after if is_past else before).append(line)
    if before:
        before[-1] = before[-1].rstrip("\n") + "\n"
        before += [] if before[-1].isspace() else ["\n"]
    return "".join([*before, *new, *(["\n", *after] if after else [])])


def _table_name(line: str) -> str:
    """Return the name in the header of a table, without quotes; "" for another line."""
    header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
    return re.sub(r"[\s\"']", "", header[1]) if header else ""


def _toml(value: object) -> str:
    """Return a string or boolean as TOML, which is JSON without surrogate pairs and raw DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        raise InvalidError(f"cannot read {path}: {error}") from error


def _write(path: Path, text: str) -> None:
    try:
        private_file.replace(str(path), text.encode())
    except (OSError, UnicodeEncodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidError(f"cannot write {path}: {reason}") from error


def _parsed(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise InvalidError(f"{path} is not valid TOML: {error}") from error


def _table(path: Path, name: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidError(f"{path}: {name} must be a table")
    return value


def _keys_file() -> Path:
    return config_file().with_name("keys.toml")


def _parsed_private(path: Path) -> dict[str, object]:
    try:
        return _parsed(path, private_file.read(str(path)).decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InvalidError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidError(f"{path}: {error}") from error


def _key_in_keyring(profile: Profile) -> str | None:
    try:
        library: _Keyring = import_module("keyring")
    except ImportError as error:
        text = "the API key is in the keyring: pip install 'lavaclient[cli]'"
        raise InvalidError(f"{profile.origin(_STORE)}: {text} ({error.name} is missing)") from error
    try:
        return library.get_password(_SERVICE, profile.name)
    except Exception as error:  # whatever the keyring of a system raises
        reason = plain_line(str(error)) or type(error).__name__
        text = f"the API key cannot be read from the keyring: {reason}"
        raise InvalidError(f"{profile.origin(_STORE)}: {text}") from error


def _store_key(name: str, api_key: str) -> str:
    """Store a key in the keyring if there is one, else in a file."""
    try:
        library: _Keyring = import_module("keyring")
        library.set_password(_SERVICE, name, api_key)
    except Exception:  # noqa: BLE001 (not installed, or whatever the keyring of a system raises)
        path = _keys_file()
        keys = {**_table(path, "keys", _parsed_private(path).get("keys", {})), name: api_key}
        if not all(isinstance(key, str) for key in keys.values()):
            raise InvalidError(f"{path}: every value of keys must be a string") from None
        lines = [f"{_toml(key)} = {_toml(value)}\n" for key, value in keys.items()]
        _write(path, "".join(["[keys]\n", *lines]))
        return "file"
    return "keyring"
