"""What a world file may say. Its JSON Schema is made from these structs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from lavaclient.sandbox.core.clock import LATEST
from lavaclient.sandbox.core.decoding import Name, decode, decoder_for
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.core.state import Cluster, Credential, Script, Stack
from lavaclient.sandbox.faults.model import Fault, Region, Seconds

Share = Annotated[float, Meta(ge=0, le=1)]
Status = Literal[
    "BUILDING", "CONFIGURING", "ACTIVE", "UPDATING", "RESIZING", "IMPAIRED", "ERROR", "DELETING"
]
CredentialType = Literal["cloud_files", "s3", "ambari"]


class WorldError(ValueError):
    """A world is not one; the text begins with the place in the file."""


class WorldUser(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody who may sign in."""

    username: Name
    api_key: Name
    roles: tuple[str, ...] = ("bigdata:admin",)
    tenant_id: Name | None = None
    enabled: bool = True
    password: Name | None = None
    id: Name | None = None


class WorldTimings(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How long the service takes, in seconds."""

    build: Seconds = 600.0
    resize: Seconds = 300.0
    update: Seconds = 60.0
    delete: Seconds = 60.0


class WorldQuotas(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What one tenant may use in one region."""

    node_count: Annotated[int, Meta(ge=0)] = 100
    ram: Annotated[int, Meta(ge=0)] = 819_200
    disk: Annotated[int, Meta(ge=0)] = 200_000
    vcpus: Annotated[int, Meta(ge=0)] = 400


class WorldNodeGroup(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A node group of a cluster; what it leaves out, the stack says."""

    id: Name
    count: Annotated[int, Meta(ge=1, le=100)] | None = None
    flavor_id: Name | None = None


class WorldCredential(Struct, forbid_unknown_fields=True):
    """A credential that a cluster has."""

    type: CredentialType
    name: Name


class WorldCluster(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A cluster in any state.

    Attributes:
        age: Seconds since it was made; long enough for its status if it is left out.
        progress: How much of what it is busy with is done, from 0 to 1; of an `ERROR`, how much of
            the build was done when it broke.
        ssh_keys: Names of keys; those that the account lacks are added.
        scripts: Names or ids of scripts.
        failed_nodes: Names of nodes that are in `ERROR`, such as `slave0-1`.
        copies: How many there are of it, `NAME-1` and so on.
    """

    name: Name
    stack_id: Name = "HDP2.3_Hadoop"
    username: Name = "worker"
    status: Status = "ACTIVE"
    age: Seconds | None = None
    progress: Share | None = None
    ssh_keys: tuple[Name, ...] = ("laptop",)
    credentials: tuple[WorldCredential, ...] = ()
    scripts: tuple[Name, ...] = ()
    node_groups: tuple[WorldNodeGroup, ...] = ()
    failed_nodes: tuple[Name, ...] = ()
    copies: Annotated[int, Meta(ge=1, le=1000)] = 1


class WorldScript(Struct, forbid_unknown_fields=True):
    """A script."""

    name: Name
    url: Name


class WorldStack(Struct, forbid_unknown_fields=True):
    """A stack, by the names of its services."""

    name: Name
    distro: Name
    services: tuple[Name, ...]


class Records(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What there is to the last detail, as a sandbox writes it: times are seconds since 1970."""

    clusters: list[Cluster] = []
    scripts: list[Script] = []
    stacks: list[Stack] = []
    credentials: list[Credential] = []


class WorldAccount(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What one tenant has in one region."""

    region: Region = "DFW"
    tenant_id: Name | None = None
    ssh_keys: tuple[Name, ...] = ()
    credentials: tuple[WorldCredential, ...] = ()
    scripts: tuple[WorldScript, ...] = ()
    stacks: tuple[WorldStack, ...] = ()
    clusters: tuple[WorldCluster, ...] = ()
    records: Records | None = None


class WorldAnswer(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What nodes answer to a command; `*` stands for any text."""

    pattern: Name
    stdout: str = ""
    stderr: str = ""
    status: Annotated[int, Meta(ge=0, le=255)] = 0
    node: Name | None = None


class PlannedFailure(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The next cluster, or the next of a name, is to break so many seconds after its making."""

    after: Seconds = 60.0
    name: Name | None = None


class World(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A world: everything that a sandbox can begin with.

    Attributes:
        time: The time in it, in seconds since 1970. A clock that is behind is moved there; for one
            that is ahead, all times are moved, so that ages are right.
        faults: Faults, as objects or as lines.
        counters: How many ids of each kind there were.
        schema_url: Where an editor finds the schema of world files; overlooked.
    """

    time: Annotated[float, Meta(ge=0, le=LATEST)] | None = None
    users: tuple[WorldUser, ...] = ()
    quotas: WorldQuotas | None = None
    timings: WorldTimings | None = None
    accounts: tuple[WorldAccount, ...] = ()
    faults: tuple[Fault | str, ...] = ()
    planned_failures: tuple[PlannedFailure, ...] = ()
    ssh_answers: tuple[WorldAnswer, ...] = ()
    counters: dict[str, int] = {}
    schema_url: str | None = field(default=None, name="$schema")


WorldSource = World | Mapping[str, object] | str | Path
"""A world, its content as plain values, or where it is."""


def schema() -> dict[str, Any]:
    """The JSON Schema of world files."""
    decoder_for(World)
    return msgspec.json.schema(World)


def from_mapping(value: Mapping[str, object]) -> World:
    """A world from plain values.

    Raises:
        WorldError: It is none.
    """
    return from_json(msgspec.json.encode(value))


def from_json(content: bytes) -> World:
    """A world from JSON.

    Raises:
        WorldError: It is none.
    """
    try:
        return decode(content, World)
    except ApiFault as fault:
        raise WorldError(fault.message) from fault


def from_file(source: str | Path) -> World:
    """A world from a file, or one of those that come along, by its name.

    Args:
        source: A path, of JSON or, where it ends in `.yaml` or `.yml`, YAML; or `empty`, `team`
            or `outage`.

    Raises:
        WorldError: The file cannot be read, or holds no world.
    """
    path = Path(source)
    included = resources.files("lavaclient.sandbox").joinpath("data", "worlds", f"{source}.json")
    try:
        if str(source).isalpha() and not path.exists() and included.is_file():
            return from_json(included.read_bytes())
        content = path.read_bytes()
        if path.suffix in {".yaml", ".yml"}:
            content = _yaml_as_json(content)
        return from_json(content)
    except WorldError as error:
        raise WorldError(f"{source}: {error}") from error
    except OSError as error:
        names = "; the worlds that come along are empty, team and outage"
        hint = names if str(source).isalpha() else ""
        raise WorldError(f"{source}: cannot be read: {error.strerror}{hint}") from error


def _yaml_as_json(content: bytes) -> bytes:
    # It comes with an extra.
    try:
        import yaml
    except ImportError as error:
        message = "YAML needs the package PyYAML: pip install 'lavaclient[sandbox-yaml]'"
        raise WorldError(message) from error
    try:
        return json.dumps(yaml.safe_load(content), default=str).encode()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        first = " ".join(str(error).split())
        raise WorldError(f"is not YAML: {first}") from error
