"""What the service offers: flavors, distributions, built-in stacks, public scripts."""

from __future__ import annotations

import functools
from importlib import resources

from msgspec import Struct, field

from lavaclient.sandbox.core.decoding import decoder_for
from lavaclient.sandbox.core.state import Script, Stack


class Flavor(Struct, frozen=True, kw_only=True):
    """A size of server: memory in MB, disk in GB."""

    id: str
    name: str
    ram: int
    disk: int
    vcpus: int
    flavor_class: str = field(name="class")


class Component(Struct, frozen=True):
    """A program that runs on nodes.

    `place` is the kind of node it goes to by default, `ram` what it adds to that node's need in
    MB, `uri` where it answers (a format string).
    """

    nice_name: str
    place: str
    ram: int
    uri: str | None = None


class DistroComponent(Struct, frozen=True, omit_defaults=True):
    """A component of a distribution's service; with a mode it belongs to that mode alone."""

    name: str
    mode: str | None = None


class DistroService(Struct, frozen=True):
    """A service of a distribution."""

    name: str
    version: str
    description: str
    components: list[DistroComponent]
    modes: list[str] = []


class Distro(Struct, frozen=True):
    """A distribution. Each of its stacks runs the components of `base`, on a node of their own."""

    id: str
    name: str
    version: str
    services: list[DistroService]
    base: list[str] = []


class Place(Struct, frozen=True):
    """A kind of node group that default layouts are made of."""

    id: str
    min_count: int
    max_count: int
    flavor_id: str | None = None


class ReferenceData(Struct, frozen=True):
    """All of it, each thing under its id, in the order in which it is listed."""

    flavors: dict[str, Flavor]
    distros: dict[str, Distro]
    components: dict[str, Component]
    places: dict[str, Place]
    stacks: dict[str, Stack]
    scripts: dict[str, Script]


@functools.cache
def _read(name: str) -> bytes:
    return resources.files("lavaclient.sandbox").joinpath("data", name).read_bytes()


def load() -> ReferenceData:
    """Read the data files that come with the package."""
    return ReferenceData(
        flavors={f.id: f for f in decoder_for(list[Flavor]).decode(_read("flavors.json"))},
        distros={d.id: d for d in decoder_for(list[Distro]).decode(_read("distros.json"))},
        components=decoder_for(dict[str, Component]).decode(_read("components.json")),
        places=decoder_for(dict[str, Place]).decode(_read("places.json")),
        stacks={s.id: s for s in decoder_for(list[Stack]).decode(_read("stacks.json"))},
        scripts={s.id: s for s in decoder_for(list[Script]).decode(_read("scripts.json"))},
    )
