"""Which rule answers which method and path below the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lavaclient.sandbox.core.context import Answer, Context
from lavaclient.sandbox.core.errors import ApiFault
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


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path whose `{}` stand for one segment each, and the rule for it."""

    method: str
    pattern: tuple[str, ...]
    rule: Rule
    paged: bool = False

    def captures(self, segments: tuple[str, ...]) -> tuple[str, ...] | None:
        """What stands in the places of `{}`; None if the path is another one."""
        if len(segments) != len(self.pattern):
            return None
        pairs = list(zip(self.pattern, segments, strict=True))
        if any(segment == "" or want not in {"{}", segment} for want, segment in pairs):
            return None
        return tuple(segment for want, segment in pairs if want == "{}")


def _list_nodes(context: Context, cluster_id: str) -> Answer:
    return nodes.list_nodes(context, clusters.find(context, cluster_id))


def _delete_node(context: Context, cluster_id: str, node_id: str) -> Answer:
    return nodes.delete_node(context, clusters.find(context, cluster_id), node_id)


def _route(line: str, rule: Rule, *, paged: bool = False) -> Route:
    method, path = line.split()
    return Route(method, tuple(path.split("/")), rule, paged)


ROUTES = (
    _route("GET clusters", clusters.list_clusters, paged=True),
    _route("POST clusters", clusters.create_cluster),
    _route("GET clusters/{}", clusters.get_cluster),
    _route("PUT clusters/{}", cluster_changes.change_cluster),
    _route("DELETE clusters/{}", clusters.delete_cluster),
    _route("GET clusters/{}/nodes", _list_nodes, paged=True),
    _route("DELETE clusters/{}/nodes/{}", _delete_node),
    _route("GET flavors", flavors.list_flavors, paged=True),
    _route("GET limits", limits.get_limits),
    _route("GET distros", distros.list_distros),
    _route("GET distros/{}", distros.get_distro),
    _route("GET stacks", stacks.list_stacks, paged=True),
    _route("POST stacks", stacks.create_stack),
    _route("GET stacks/{}", stacks.get_stack),
    _route("DELETE stacks/{}", stacks.delete_stack),
    _route("GET scripts", scripts.list_scripts, paged=True),
    _route("POST scripts", scripts.create_script),
    _route("PUT scripts/{}", scripts.update_script),
    _route("DELETE scripts/{}", scripts.delete_script),
    _route("GET credentials", credentials.list_all),
    _route("GET credentials/types", credentials.list_types),
    _route("GET credentials/{}", credentials.list_credentials),
    _route("POST credentials/{}", credentials.create_credential),
    _route("PUT credentials/{}/{}", credentials.update_credential),
    _route("DELETE credentials/{}/{}", credentials.delete_credential),
)


def find(method: str, segments: tuple[str, ...]) -> tuple[Route, tuple[str, ...]]:
    """The route of a request, and what its path captures.

    Raises:
        ApiFault: 404 for a path that is none, 405 for a method that it does not know.
    """
    allowed: list[str] = []
    for route in ROUTES:
        captured = route.captures(segments)
        if captured is not None and route.method == method:
            return route, captured
        if captured is not None:
            allowed.append(route.method)
    if allowed:
        raise ApiFault(405, f"{method} is not allowed here; {', '.join(allowed)} is")
    raise ApiFault(404, "The resource could not be found")
