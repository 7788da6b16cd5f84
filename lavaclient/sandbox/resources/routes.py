"""Which rule answers which method and path below the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lavaclient.sandbox.core.context import Answer, Context
from lavaclient.sandbox.core.operations import Operation
from lavaclient.sandbox.core.routing import Match, Router
from lavaclient.sandbox.resources import answer_models as answers
from lavaclient.sandbox.resources import (
    cluster_changes,
    cluster_requests,
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
    """The rule for a method and a path, and what it is for.

    `named` paths end in a name, which may end in `.json`.
    """

    rule: Rule
    operation: Operation
    paged: bool = False
    named: bool = False


def _list_nodes(context: Context, cluster_id: str) -> Answer:
    return nodes.list_nodes(context, clusters.find(context, cluster_id))


def _get_node(context: Context, cluster_id: str, node_id: str) -> Answer:
    return nodes.get_node(context, clusters.find(context, cluster_id), node_id)


def _delete_node(context: Context, cluster_id: str, node_id: str) -> Answer:
    return nodes.delete_node(context, clusters.find(context, cluster_id), node_id)


def _route(
    line: str,
    rule: Rule,
    summary: str,
    *,
    body: object = None,
    answer: object = None,
    status: int | None = None,
    refusals: tuple[int, ...] = (),
    paged: bool = False,
    named: bool = False,
) -> tuple[str, Route]:
    status = status or (204 if answer is None else 200)
    operation = Operation(summary, body, answer, status, refusals)
    return line, Route(rule, operation, paged, named)


ROUTER: Router[Route] = Router(
    [
        _route(
            "GET /clusters",
            clusters.list_clusters,
            "Lists clusters",
            answer=answers.ClustersAnswer,
            paged=True,
        ),
        _route(
            "POST /clusters",
            clusters.create_cluster,
            "Creates a cluster, and starts to build it",
            body=cluster_requests.NewClusterBody,
            answer=answers.ClusterAnswer,
            status=202,
            refusals=(413,),
        ),
        _route(
            "GET /clusters/<cluster_id>",
            clusters.get_cluster,
            "Shows a cluster",
            answer=answers.ClusterAnswer,
        ),
        _route(
            "PUT /clusters/<cluster_id>",
            cluster_changes.change_cluster,
            "Resizes a cluster, or changes its credentials or services",
            body=cluster_requests.ClusterChangeBody,
            answer=answers.ClusterAnswer,
            status=202,
            refusals=(
                409,
                413,
            ),
        ),
        _route(
            "DELETE /clusters/<cluster_id>",
            clusters.delete_cluster,
            "Deletes a cluster",
            refusals=(409,),
        ),
        _route(
            "GET /clusters/<cluster_id>/nodes",
            _list_nodes,
            "Lists the nodes of a cluster",
            answer=answers.NodesAnswer,
            paged=True,
        ),
        _route(
            "GET /clusters/<cluster_id>/nodes/<node_id>",
            _get_node,
            "Shows a node",
            answer=answers.NodeAnswer,
        ),
        _route(
            "DELETE /clusters/<cluster_id>/nodes/<node_id>",
            _delete_node,
            "Deletes a node",
            refusals=(409,),
        ),
        _route(
            "GET /flavors",
            flavors.list_flavors,
            "Lists flavors",
            answer=answers.FlavorsAnswer,
            paged=True,
        ),
        _route(
            "GET /flavors/<flavor_id>",
            flavors.get_flavor,
            "Shows a flavor",
            answer=answers.FlavorAnswer,
        ),
        _route(
            "GET /limits",
            limits.get_limits,
            "Shows the limits, and what is left of them",
            answer=answers.LimitsAnswer,
        ),
        _route(
            "GET /distros",
            distros.list_distros,
            "Lists distributions",
            answer=answers.DistrosAnswer,
        ),
        _route(
            "GET /distros/<distro_id>",
            distros.get_distro,
            "Shows a distribution",
            answer=answers.DistroAnswer,
        ),
        _route(
            "GET /stacks",
            stacks.list_stacks,
            "Lists stacks",
            answer=answers.StacksAnswer,
            paged=True,
        ),
        _route(
            "POST /stacks",
            stacks.create_stack,
            "Creates a stack",
            body=stacks.NewStackBody,
            answer=answers.StackAnswer,
        ),
        _route(
            "GET /stacks/<stack_id>", stacks.get_stack, "Shows a stack", answer=answers.StackAnswer
        ),
        _route(
            "DELETE /stacks/<stack_id>", stacks.delete_stack, "Deletes a stack", refusals=(409,)
        ),
        _route(
            "GET /scripts",
            scripts.list_scripts,
            "Lists scripts",
            answer=answers.ScriptsAnswer,
            paged=True,
        ),
        _route(
            "POST /scripts",
            scripts.create_script,
            "Creates a script",
            body=scripts.NewScriptBody,
            answer=answers.ScriptAnswer,
        ),
        _route(
            "GET /scripts/<script_id>",
            scripts.get_script,
            "Shows a script",
            answer=answers.ScriptAnswer,
        ),
        _route(
            "PUT /scripts/<script_id>",
            scripts.update_script,
            "Changes a script",
            body=scripts.ScriptChangeBody,
            answer=answers.ScriptAnswer,
        ),
        _route(
            "DELETE /scripts/<script_id>",
            scripts.delete_script,
            "Deletes a script",
            refusals=(409,),
        ),
        _route(
            "GET /credentials",
            credentials.list_all,
            "Lists all credentials",
            answer=answers.CredentialsAnswer,
        ),
        _route(
            "GET /credentials/types",
            credentials.list_types,
            "Lists the types of credentials",
            answer=answers.CredentialTypesAnswer,
        ),
        _route(
            "GET /credentials/connectors",
            credentials.list_connectors,
            "Lists the types that connect clusters with other services",
            answer=answers.ConnectorsAnswer,
        ),
        _route(
            "GET /credentials/<credential_type>",
            credentials.list_credentials,
            "Lists the credentials of a type",
            answer=answers.CredentialsAnswer,
        ),
        _route(
            "POST /credentials/<credential_type>",
            credentials.create_credential,
            "Creates a credential",
            body=credentials.BODIES,
            answer=answers.CredentialAnswer,
            status=201,
            refusals=(409,),
        ),
        _route(
            "PUT /credentials/<credential_type>/<name>",
            credentials.update_credential,
            "Gives a credential a new secret",
            body=credentials.BODIES,
            answer=answers.CredentialAnswer,
            named=True,
        ),
        _route(
            "DELETE /credentials/<credential_type>/<name>",
            credentials.delete_credential,
            "Deletes a credential",
            refusals=(409,),
            named=True,
        ),
    ]
)


def find(method: str, path: str) -> Match[Route]:
    """The route of a request, and what its path captures. `.json` at the end is overlooked.

    Raises:
        ApiFault: 404 for a path that is none, 405 for a method that it does not have.
    """
    match = ROUTER.find(method, path.removesuffix(".json"))
    return ROUTER.find(method, path) if match.target.named else match
