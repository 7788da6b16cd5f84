"""Which rule answers which method and path below the endpoint."""

from __future__ import annotations

from lavaclient.sandbox.core.operations import route
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

_CREDENTIAL = "/credentials/<credential_type>/<name>"
_NODE = "/clusters/<cluster_id>/nodes/<node_id>"
# One flavor, node or script can be asked for because its links lead there.
ROUTER: Router = Router(
    [
        route("GET /clusters", clusters.list_clusters, answers.ClustersAnswer, paged=True),
        route(
            "POST /clusters",
            clusters.create_cluster,
            answers.ClusterAnswer,
            202,
            body=cluster_requests.NewClusterBody,
            refusals=(413,),
        ),
        route("GET /clusters/<cluster_id>", clusters.get_cluster, answers.ClusterAnswer),
        route(
            "PUT /clusters/<cluster_id>",
            cluster_changes.change_cluster,
            answers.ClusterAnswer,
            202,
            body=cluster_requests.ClusterChangeBody,
            refusals=(409, 413),
        ),
        route("DELETE /clusters/<cluster_id>", clusters.delete_cluster, refusals=(409,)),
        route(
            "GET /clusters/<cluster_id>/nodes", nodes.list_nodes, answers.NodesAnswer, paged=True
        ),
        route(f"GET {_NODE}", nodes.get_node, answers.NodeAnswer),
        route(f"DELETE {_NODE}", nodes.delete_node, refusals=(409,)),
        route("GET /flavors", flavors.list_flavors, answers.FlavorsAnswer, paged=True),
        route("GET /flavors/<flavor_id>", flavors.get_flavor, answers.FlavorAnswer),
        route("GET /limits", limits.get_limits, answers.LimitsAnswer),
        route("GET /distros", distros.list_distros, answers.DistrosAnswer),
        route("GET /distros/<distro_id>", distros.get_distro, answers.DistroAnswer),
        route("GET /stacks", stacks.list_stacks, answers.StacksAnswer, paged=True),
        route("POST /stacks", stacks.create_stack, answers.StackAnswer, body=stacks.NewStackBody),
        route("GET /stacks/<stack_id>", stacks.get_stack, answers.StackAnswer),
        route("DELETE /stacks/<stack_id>", stacks.delete_stack, refusals=(409,)),
        route("GET /scripts", scripts.list_scripts, answers.ScriptsAnswer, paged=True),
        route(
            "POST /scripts", scripts.create_script, answers.ScriptAnswer, body=scripts.NewScriptBody
        ),
        route("GET /scripts/<script_id>", scripts.get_script, answers.ScriptAnswer),
        route(
            "PUT /scripts/<script_id>",
            scripts.update_script,
            answers.ScriptAnswer,
            body=scripts.ScriptChangeBody,
        ),
        route("DELETE /scripts/<script_id>", scripts.delete_script, refusals=(409,)),
        route("GET /credentials", credentials.list_all, answers.CredentialsAnswer),
        route("GET /credentials/types", credentials.list_types, answers.CredentialTypesAnswer),
        route("GET /credentials/connectors", credentials.list_connectors, answers.ConnectorsAnswer),
        route(
            "GET /credentials/<credential_type>",
            credentials.list_credentials,
            answers.CredentialsAnswer,
        ),
        route(
            "POST /credentials/<credential_type>",
            credentials.create_credential,
            answers.CredentialAnswer,
            201,
            body=credentials.BODIES,
            refusals=(409,),
        ),
        route(
            f"PUT {_CREDENTIAL}",
            credentials.update_credential,
            answers.CredentialAnswer,
            body=credentials.BODIES,
            named=True,
        ),
        route(f"DELETE {_CREDENTIAL}", credentials.delete_credential, refusals=(409,), named=True),
    ]
)


def find(method: str, path: str) -> Match:
    """The route of a request, and what its path captures. `.json` at the end is overlooked.

    Raises:
        ApiFault: 404 for a path that is none, 405 for a method that it does not have.
    """
    match = ROUTER.find(method, path.removesuffix(".json"))
    return ROUTER.find(method, path) if match.route.named else match
