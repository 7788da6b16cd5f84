"""Distributions: which services there are to build stacks of."""

from __future__ import annotations

import msgspec

from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.errors import record_of
from lavaclient.sandbox.core.reference_data import Distro, DistroService


def list_distros(context: Context) -> dict[str, object]:
    """Lists distributions."""
    distros = context.reference.distros.values()
    return {"distros": [_summary(context, distro) for distro in distros]}


def get_distro(context: Context, distro_id: str) -> dict[str, object]:
    """Shows a distribution."""
    distro = record_of(context.reference.distros, "Distro", distro_id)
    services = [_service(service) for service in distro.services]
    return {"distro": {**_summary(context, distro), "services": services}}


def _summary(context: Context, distro: Distro) -> dict[str, object]:
    return {
        "id": distro.id,
        "name": distro.name,
        "version": distro.version,
        "links": context.links.of(f"distros/{distro.id}"),
    }


def _service(service: DistroService) -> dict[str, object]:
    body: dict[str, object] = {
        "name": service.name,
        "version": service.version,
        "description": service.description,
        "components": msgspec.to_builtins(service.components),
    }
    # A service without modes has no such field, as on the real service.
    if service.modes:
        body["modes"] = [{"name": mode} for mode in service.modes]
    return body
