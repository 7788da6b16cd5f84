"""Request bodies that create and change clusters, from checked arguments."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from lavaclient._config.checks import identifier, items, names, text
from lavaclient.api._base import Id
from lavaclient.api._requests.node_groups import Group, NodeGroups, cluster_groups, resize_groups
from lavaclient.error import InvalidError

__all__ = [
    "NewCredentials",
    "UpdatedCredentials",
    "control",
    "new_cluster",
    "remove_keys",
    "resize",
    "update_credentials",
]

NewCredentials: TypeAlias = Mapping[str, str] | Sequence[Mapping[str, str]]
"""E.g. ``[{"cloud_files": "user"}]``."""

UpdatedCredentials: TypeAlias = Mapping[str, str | Sequence[str]]
"""E.g. ``{"ssh_keys": ["laptop", "desk"]}``."""

_LOGIN = r"[A-Za-z_][A-Za-z0-9_-]{1,31}"
_ACTIONS = ("start", "stop", "restart")


class _Id(msgspec.Struct, frozen=True):
    id: str


class _Name(msgspec.Struct, frozen=True):
    name: str


class _Connector(msgspec.Struct, frozen=True):
    type: str
    credential: _Name


class _Cluster(msgspec.Struct, frozen=True):
    name: str
    username: str
    ssh_keys: list[str]
    stack_id: str
    node_groups: list[Group] | UnsetType = UNSET
    scripts: list[_Id] | UnsetType = UNSET
    credentials: list[_Connector] | UnsetType = UNSET
    region: str | UnsetType = UNSET


class NewClusterBody(msgspec.Struct, frozen=True):
    """The body of ``POST clusters``."""

    cluster: _Cluster


class _CredentialUse(msgspec.Struct, frozen=True):
    type: str
    name: str


class _Control(msgspec.Struct, frozen=True):
    action: str
    services: list[_Name]


class _Change(msgspec.Struct, frozen=True):
    node_groups: list[Group] | UnsetType = UNSET
    credentials: list[_CredentialUse] | UnsetType = UNSET
    remove_credentials: list[_CredentialUse] | UnsetType = UNSET
    control_services: _Control | UnsetType = UNSET


class ChangeBody(msgspec.Struct, frozen=True):
    """The body of ``PUT clusters/{id}``."""

    cluster: _Change


def new_cluster(
    *,
    name: str,
    stack_id: Id,
    username: str | None,
    ssh_keys: Sequence[str] | None,
    user_scripts: Sequence[Id] | None,
    node_groups: NodeGroups | None,
    connectors: NewCredentials | None,
    credentials: NewCredentials | None,
    region: str | None,
) -> NewClusterBody:
    """Check the arguments of a new cluster, and return the body."""
    scripts = [] if user_scripts is None else items("user_scripts", user_scripts)
    groups = [] if node_groups is None else cluster_groups(node_groups)
    all_credentials = [
        *_connectors("connectors", connectors),
        *_connectors("credentials", credentials),
    ]
    cluster = _Cluster(
        name=text("name", name),
        username=_username(username),
        ssh_keys=_default_keys() if ssh_keys is None else names("ssh_keys", ssh_keys, 1),
        stack_id=identifier("stack_id", stack_id),
        node_groups=groups or UNSET,
        scripts=[_Id(identifier("user_scripts", script)) for script in scripts] or UNSET,
        credentials=all_credentials or UNSET,
        region=UNSET if region is None else text("region", region),
    )
    return NewClusterBody(cluster)


def resize(node_groups: NodeGroups | None) -> ChangeBody:
    """Return the body that resizes node groups."""
    return ChangeBody(_Change(node_groups=resize_groups(node_groups)))


def update_credentials(credentials: UpdatedCredentials | None) -> ChangeBody:
    """Return the body that adds credentials."""
    if not isinstance(credentials, Mapping) or not credentials:
        raise InvalidError("credentials must be a dict of lists of names by type, and not empty")
    uses = []
    for type_, value in credentials.items():
        argument = f"credentials[{type_!r}]"
        used = [text(argument, value)] if isinstance(value, str) else names(argument, value, 1)
        uses += [_CredentialUse(text("credentials: type", type_), name) for name in used]
    return ChangeBody(_Change(credentials=uses))


def remove_keys(keynames: Sequence[str]) -> ChangeBody:
    """Return the body that removes SSH keys."""
    uses = [_CredentialUse("ssh_keys", name) for name in names("keynames", keynames, 1)]
    return ChangeBody(_Change(remove_credentials=uses))


def control(action: str, service_names: Sequence[str]) -> ChangeBody:
    """Return the body that starts, stops or restarts services."""
    if action not in _ACTIONS:
        raise InvalidError(f"action must be one of {', '.join(_ACTIONS)}")
    services = [_Name(name) for name in names("service_names", service_names)]
    return ChangeBody(_Change(control_services=_Control(action, services)))


def _connectors(argument: str, credentials: NewCredentials | None) -> list[_Connector]:
    if credentials is None:
        return []
    pairs = [credentials] if isinstance(credentials, Mapping) else items(argument, credentials)
    return [connector for pair in pairs for connector in _pair(argument, pair)]


def _pair(argument: str, pair: object) -> list[_Connector]:
    if not isinstance(pair, Mapping) or not pair:
        raise InvalidError(f"{argument} must be a list of dicts, each with a type and a name")
    return [
        _Connector(text(f"{argument}: type", type_), _Name(text(f"{argument}[{type_!r}]", name)))
        for type_, name in pair.items()
    ]


def _username(username: str | None) -> str:
    advice = "" if username is not None else "; the default is the local user's name: pass username"
    login = _local_user("username") if username is None else text("username", username)
    if not re.fullmatch(_LOGIN, login):
        raise InvalidError(
            "username must have 2 to 32 of A-Z a-z 0-9 _ -, and begin with a letter or _" + advice
        )
    if login.lower() == "root":
        raise InvalidError("username must not be root" + advice)
    return login


def _default_keys() -> list[str]:
    key = f"{_local_user('ssh_keys')}@{socket.gethostname()}"
    return [text("ssh_keys: the default <local user>@<hostname>", key)]


def _local_user(argument: str) -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as reason:
        raise InvalidError(
            f"{argument} is required: the local user, which is the default, is not known"
        ) from reason
