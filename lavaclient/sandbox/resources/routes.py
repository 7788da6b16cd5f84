"""Which rule answers which method and path below the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lavaclient.sandbox.core.context import Answer, Context
from lavaclient.sandbox.core.routing import Match, Router
from lavaclient.sandbox.resources import (
    cluster_changes,
    clusters,
    credentials,
    distros,
    flavors,
    limits,
    nodes,
    scripts,
    stacks,
)

Rule = Callable[..., Answer]


class Route(NamedTuple):
    """The rule for a method and a path. `named` paths end in a name, which may end in `.json`."""

    rule: Rule
    paged: bool = False
    named: bool = False


def _list_nodes(context: Context, cluster_id: str) -> Answer:
    return nodes.list_nodes(context, clusters.find(context, cluster_id))


def _get_node(context: Context, cluster_id: str, node_id: str) -> Answer:
    return nodes.get_node(context, clusters.find(context, cluster_id), node_id)


def _delete_node(context: Context, cluster_id: str, node_id: str) -> Answer:
    return nodes.delete_node(context, clusters.find(context, cluster_id), node_id)


_CREDENTIAL = "/credentials/<credential_type>/<name>"
ROUTER: Router[Route] = Router(
    [
        ("GET /clusters", Route(clusters.list_clusters, paged=True)),
        ("POST /clusters", Route(clusters.create_cluster)),
        ("GET /clusters/<cluster_id>", Route(clusters.get_cluster)),
        ("PUT /clusters/<cluster_id>", Route(cluster_changes.change_cluster)),
        ("DELETE /clusters/<cluster_id>", Route(clusters.delete_cluster)),
        ("GET /clusters/<cluster_id>/nodes", Route(_list_nodes, paged=True)),
        ("GET /clusters/<cluster_id>/nodes/<node_id>", Route(_get_node)),
        ("DELETE /clusters/<cluster_id>/nodes/<node_id>", Route(_delete_node)),
        ("GET /flavors", Route(flavors.list_flavors, paged=True)),
        ("GET /flavors/<flavor_id>", Route(flavors.get_flavor)),
        ("GET /limits", Route(limits.get_limits)),
        ("GET /distros", Route(distros.list_distros)),
        ("GET /distros/<distro_id>", Route(distros.get_distro)),
        ("GET /stacks", Route(stacks.list_stacks, paged=True)),
        ("POST /stacks", Route(stacks.create_stack)),
        ("GET /stacks/<stack_id>", Route(stacks.get_stack)),
        ("DELETE /stacks/<stack_id>", Route(stacks.delete_stack)),
        ("GET /scripts", Route(scripts.list_scripts, paged=True)),
        ("POST /scripts", Route(scripts.create_script)),
        ("GET /scripts/<script_id>", Route(scripts.get_script)),
        ("PUT /scripts/<script_id>", Route(scripts.update_script)),
        ("DELETE /scripts/<script_id>", Route(scripts.delete_script)),
        ("GET /credentials", Route(credentials.list_all)),
        ("GET /credentials/types", Route(credentials.list_types)),
        ("GET /credentials/connectors", Route(credentials.list_connectors)),
        ("GET /credentials/<credential_type>", Route(credentials.list_credentials)),
        ("POST /credentials/<credential_type>", Route(credentials.create_credential)),
        (f"PUT {_CREDENTIAL}", Route(credentials.update_credential, named=True)),
        (f"DELETE {_CREDENTIAL}", Route(credentials.delete_credential, named=True)),
    ]
)


def find(method: str, path: str) -> Match[Route]:
    """The route of a request, and what its path captures. `.json` at the end is overlooked.

    Raises:
        ApiFault: 404 for a path that is none, 405 for a method that it does not have.
    """
    match = ROUTER.find(method, path.removesuffix(".json"))
    return ROUTER.find(method, path) if match.target.named else match
