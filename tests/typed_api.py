"""Every public name with the types that it has. Only type checkers read this file."""

# pyright: strict

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from keystoneauth1.session import Session

import lavaclient
from lavaclient import error, testing
from lavaclient.api import (
    clusters,
    credentials,
    distros,
    flavors,
    limits,
    nodes,
    response,
    scripts,
    stacks,
    types,
)
from lavaclient.client import Lava, LavaOptions
from lavaclient.identity import RackspaceApiKey

ERRORS: tuple[type[Exception], ...] = (
    *(error.ApiError, error.AuthenticationError, error.AuthorizationError),
    *(error.BadRequestError, error.ConflictError, error.ConnectionError, error.FailedError),
    *(error.ForbiddenError, error.InsecureTransportWarning, error.InvalidError),
    *(error.LavaError, error.NotFoundError, error.OverLimitError, error.ProxyError),
    *(error.RequestError, error.ServerError, error.TimeoutError),
)


def client(lava: Lava, options: LavaOptions, plugin: RackspaceApiKey) -> None:
    assert_type(lavaclient.Lava.from_env(None, **options), Lava)
    assert_type(Lava.from_profile("london"), Lava)
    assert_type(lava.session, Session)
    assert_type((lava.token, lava.endpoint), tuple[str, str])
    version: str = lavaclient.__version__
    print(version)
    assert_type(plugin.get_token(lava.session), str)
    assert_type(lava.clusters, clusters.ClusterManager)
    assert_type(lava.credentials, credentials.CredentialManager)
    assert_type(lava.distros, distros.DistroManager)
    assert_type(lava.flavors, flavors.FlavorManager)
    assert_type(lava.limits, limits.LimitManager)
    assert_type(lava.nodes, nodes.NodeManager)
    assert_type(lava.scripts, scripts.ScriptManager)
    assert_type(lava.stacks, stacks.StackManager)


def cluster_calls(lava: Lava, connector: clusters.Connector) -> None:
    assert_type(lava.clusters.list(), list[response.Cluster])
    assert_type(lava.clusters.get("c"), response.ClusterDetail)
    cluster = lava.clusters.create("n", "s", node_groups={"slave0": {"count": 3}}, wait=True)
    assert_type(cluster, clusters.ClusterDetail)
    assert_type(cluster.node_groups, list[response.NodeGroup])
    assert_type(cluster.scripts, list[response.NodeScript])
    assert_type(cluster.credentials, response.Credentials)
    assert_type(cluster.created, datetime | None)
    assert_type(cluster.progress, float | None)
    assert_type(cluster.links, list[response.Link])
    assert_type(cluster.nodes, list[response.Node])
    assert_type(cluster.refresh(), clusters.ClusterDetail)
    assert_type(lava.clusters.list()[0].to_dict(), dict[str, object])
    assert_type(lava.clusters.ssh_execute("c", None, "id"), str)
    assert_type((connector, cluster.connectors)[1], list[clusters.Connector])
    status: str = clusters.ClusterStatus.ACTIVE
    print(status in clusters.ClusterStatus.IN_PROGRESS)


def node_calls(lava: Lava) -> None:
    assert_type(lava.nodes.list("c"), list[nodes.Node])
    node = lava.nodes.get("c", "slave0-1")
    assert_type(node.addresses, response.Addresses)
    assert_type(node.addresses.public, list[response.Address])
    assert_type((node.public_ip, node.private_ip), tuple[str | None, str | None])
    status: tuple[str, str] = (nodes.NodeStatus.ACTIVE, nodes.ScriptStatus.SUCCEEDED)
    print(status)


def other_calls(lava: Lava) -> None:
    assert_type(lava.flavors.list(), list[response.Flavor])
    assert_type(lava.limits.get(), response.AbsoluteLimits)
    assert_type(lava.limits.get().ram, response.AbsoluteLimit)
    assert_type(lava.distros.list(), list[response.Distro])
    distro = lava.distros.get("HDP2.3")
    assert_type(distro, response.DistroDetail)
    assert_type(distro.services, list[response.DistroService])
    assert_type(lava.stacks.list(), list[response.Stack])
    stack = lava.stacks.get("HDP2.3_Hadoop")
    assert_type(stack, response.StackDetail)
    assert_type(stack.services, list[response.StackService])
    assert_type(stack.node_groups, list[response.StackNodeGroup])
    assert_type(stack.node_groups[0].resource_limits, response.ResourceLimits | None)
    assert_type(lava.scripts.list(), list[response.Script])
    assert_type(lava.credentials.list_types(), list[response.CredentialType])
    assert_type(lava.credentials.list_ssh_keys(), list[response.SSHKey])
    assert_type(lava.credentials.list_cloud_files(), list[response.CloudFilesCredential])
    assert_type(lava.credentials.list_s3(), list[response.S3Credential])
    assert_type(lava.credentials.list_ambari(), list[response.AmbariCredential])


def shared_types(lava: Lava, cluster_id: types.Id, groups: types.NodeGroups) -> None:
    new: types.NewCredentials = [{"cloud_files": "user"}]
    updated: types.UpdatedCredentials = {"ssh_keys": ["laptop"], "cloud_files": "user"}
    report: types.OnProgress = print
    lava.clusters.create("n", "s", node_groups=groups, credentials=new)
    cluster = lava.clusters.update_credentials(cluster_id, updated, on_progress=report)
    model: types.Model = cluster
    assert_type(model.to_dict(), dict[str, object])
    link: types.Link = cluster.links[0]
    assert_type((link.rel, link.href), tuple[str, str])
    connector: types.Connector = cluster.connectors[0]
    assert_type(connector.get("type"), str | None)
    component: types.Component = cluster.nodes[0].components[0]
    assert_type(component["name"], str)
    with cluster.ssh_proxy(port=0) as proxy:
        assert_type(proxy, types.Forward)
        assert_type((proxy.port, proxy.wait()), tuple[int, int])


def kit(options: testing.SandboxOptions) -> None:
    with testing.mock_lava(**options) as sandbox:
        assert_type(sandbox, testing.MockLava)
        assert_type(sandbox.requests, testing.RequestLog)
    with testing.LavaSandbox() as server:
        handle: testing.SandboxHandle = server
        assert_type(handle.sandbox, testing.Sandbox)
