"""The part of the control API that the page lives on: what there is, in portions, and steering."""

from __future__ import annotations

import re

from msgspec import to_builtins

from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import bad_request, not_found
from lavaclient.sandbox.core.operations import route
from lavaclient.sandbox.core.urls import REGIONS
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.http import overview
from lavaclient.sandbox.http.control_models import AddedFault
from lavaclient.sandbox.http.event_stream import EventStream
from lavaclient.sandbox.http.messages import Request
from lavaclient.sandbox.service import Sandbox

MOST_ON_A_PAGE = 200
_NUMBER = re.compile(r"[0-9]{1,9}")


def _stream_events(sandbox: Sandbox, request: Request) -> object:
    """Tells what happens, as server-sent events."""
    after = dict(request.target.query).get("after")
    return EventStream(sandbox, request.headers["Last-Event-ID"] or after)


def _show_overview(sandbox: Sandbox, _body: bytes) -> object:
    """Shows how to sign in, who may, and where there is something."""
    return overview.overview(sandbox)


def _show_account(sandbox: Sandbox, _body: bytes, tenant_id: str, region: str) -> object:
    """Shows a tenant's quotas, credentials, scripts and stacks in a region."""
    return overview.account_view(sandbox, tenant_id, _region(region))


def _list_clusters(sandbox: Sandbox, request: Request, tenant_id: str, region: str) -> object:
    """Lists clusters, newest first, by offset, limit and search."""
    query = dict(request.target.query)
    offset, limit = _number(query, "offset", 0), _number(query, "limit", 25)
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise bad_request(f"limit: must be from 1 to {MOST_ON_A_PAGE}")
    search = query.get("search", "")
    return overview.cluster_page(sandbox, tenant_id, _region(region), search, offset, limit)


def _show_cluster(sandbox: Sandbox, _body: bytes, cluster_id: str) -> object:
    """Shows a cluster with its timeline and nodes."""
    account, cluster = sandbox.find_cluster(cluster_id)
    view = overview.cluster_view(account, cluster, sandbox.clock.time())
    return overview.OneCluster(view)


def _finish_cluster(sandbox: Sandbox, _body: bytes, cluster_id: str) -> None:
    """Lets what a cluster is busy with be done now."""
    sandbox.finish_cluster(cluster_id)


def _delete_cluster(sandbox: Sandbox, _body: bytes, cluster_id: str) -> None:
    """Deletes a cluster, by the service's rules."""
    account, _ = sandbox.find_cluster(cluster_id)
    tenant_id, region = account.key.rsplit("/", 1)
    sandbox.seed("DELETE", ["clusters", cluster_id], region=region, tenant_id=tenant_id)


def _add_fault_line(sandbox: Sandbox, body: bytes) -> object:
    """Adds a fault that is written as a line."""
    try:
        fault = syntax.parse(decode(body, overview.FaultLine).line)
    except ValueError as error:
        raise bad_request(str(error)) from error
    sandbox.faults.add(fault)
    return {"fault": to_builtins(fault)}


def _region(name: str) -> str:
    if name not in REGIONS:
        raise not_found("Region", name)
    return name


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not _NUMBER.fullmatch(text):
        raise bad_request(f"{name}: must be a whole number, not {text[:40]!r}")
    return int(text)


ROUTES = [
    route(
        "GET /_sandbox/events",
        _stream_events,
        str,
        refusals=(503,),
        content_type=EventStream.content_type,
        query={"after": "The id of the last event that one has; 0 for all that are kept"},
        whole=True,
    ),
    route("GET /_sandbox/overview", _show_overview, overview.Overview),
    route(
        "GET /_sandbox/accounts/<tenant_id>/<region>",
        _show_account,
        overview.AccountView,
        refusals=(404,),
    ),
    route(
        "GET /_sandbox/accounts/<tenant_id>/<region>/clusters",
        _list_clusters,
        overview.ClusterPage,
        refusals=(400, 404),
        query={
            "offset": "How many to skip",
            "limit": f"The most on a page, up to {MOST_ON_A_PAGE}",
            "search": "What names, ids or statuses hold",
        },
        whole=True,
    ),
    route(
        "GET /_sandbox/clusters/<cluster_id>", _show_cluster, overview.OneCluster, refusals=(404,)
    ),
    route("POST /_sandbox/clusters/<cluster_id>/finish", _finish_cluster, refusals=(404, 409)),
    route("DELETE /_sandbox/clusters/<cluster_id>", _delete_cluster, refusals=(404, 409)),
    route("POST /_sandbox/faults/line", _add_fault_line, AddedFault, 201, body=overview.FaultLine),
]
