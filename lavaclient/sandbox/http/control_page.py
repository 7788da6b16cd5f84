"""The part of the control API that the page lives on: what there is, in portions, and steering."""

from __future__ import annotations

import re

from msgspec import to_builtins

from lavaclient.sandbox.core.clock import speed_of
from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import bad_request, not_found
from lavaclient.sandbox.core.urls import REGIONS
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.http import overview
from lavaclient.sandbox.http.control_models import AddedFault
from lavaclient.sandbox.http.control_route import route
from lavaclient.sandbox.http.event_stream import EventStream
from lavaclient.sandbox.http.messages import Request
from lavaclient.sandbox.service import Sandbox

MOST_ON_A_PAGE = 200
_NUMBER = re.compile(r"[0-9]{1,9}")


def _stream_events(sandbox: Sandbox, request: Request) -> Answer:
    after = dict(request.target.query).get("after")
    return Answer(200, EventStream(sandbox, request.headers["Last-Event-ID"] or after))


def _show_overview(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, overview.overview(sandbox, speed_of(sandbox.clock)))


def _show_account(sandbox: Sandbox, _body: bytes, tenant_id: str, region: str) -> Answer:
    return Answer(200, overview.account_view(sandbox, tenant_id, _region(region)))


def _list_clusters(sandbox: Sandbox, request: Request, tenant_id: str, region: str) -> Answer:
    query = dict(request.target.query)
    offset, limit = _number(query, "offset", 0), _number(query, "limit", 25)
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise bad_request(f"limit: must be from 1 to {MOST_ON_A_PAGE}")
    search = query.get("search", "")
    page = overview.cluster_page(sandbox, tenant_id, _region(region), search, offset, limit)
    return Answer(200, page)


def _show_cluster(sandbox: Sandbox, _body: bytes, cluster_id: str) -> Answer:
    account, cluster = sandbox.find_cluster(cluster_id)
    view = overview.cluster_view(account, cluster, sandbox.clock.time())
    return Answer(200, overview.OneCluster(view))


def _finish_cluster(sandbox: Sandbox, _body: bytes, cluster_id: str) -> Answer:
    sandbox.finish_cluster(cluster_id)
    return Answer(204)


def _delete_cluster(sandbox: Sandbox, _body: bytes, cluster_id: str) -> Answer:
    account, _ = sandbox.find_cluster(cluster_id)
    tenant_id, region = account.key.rsplit("/", 1)
    sandbox.seed("DELETE", ["clusters", cluster_id], region=region, tenant_id=tenant_id)
    return Answer(204)


def _add_fault_line(sandbox: Sandbox, body: bytes) -> Answer:
    try:
        fault = syntax.parse(decode(body, overview.FaultLine).line)
    except ValueError as error:
        raise bad_request(str(error)) from error
    sandbox.faults.add(fault)
    return Answer(201, {"fault": to_builtins(fault)})


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
        "GET events",
        _stream_events,
        "Tells what happens, as server-sent events",
        answer=str,
        refusals=(503,),
        whole=True,
        query={"after": "The id of the last event that one has; 0 for all that are kept"},
        content_type=EventStream.content_type,
    ),
    route(
        "GET overview",
        _show_overview,
        "Shows how to sign in, who may, and where there is something",
        answer=overview.Overview,
    ),
    route(
        "GET accounts/<tenant_id>/<region>",
        _show_account,
        "Shows a tenant's quotas, credentials, scripts and stacks in a region",
        answer=overview.AccountView,
        refusals=(404,),
    ),
    route(
        "GET accounts/<tenant_id>/<region>/clusters",
        _list_clusters,
        "Lists clusters, newest first, by offset, limit and search",
        answer=overview.ClusterPage,
        refusals=(400, 404),
        whole=True,
        query={
            "offset": "How many to skip",
            "limit": f"The most on a page, up to {MOST_ON_A_PAGE}",
            "search": "What names, ids or statuses hold",
        },
    ),
    route(
        "GET clusters/<cluster_id>",
        _show_cluster,
        "Shows a cluster with its timeline and nodes",
        answer=overview.OneCluster,
        refusals=(404,),
    ),
    route(
        "POST clusters/<cluster_id>/finish",
        _finish_cluster,
        "Lets what a cluster is busy with be done now",
        refusals=(404, 409),
    ),
    route(
        "DELETE clusters/<cluster_id>",
        _delete_cluster,
        "Deletes a cluster, by the service's rules",
        refusals=(404, 409),
    ),
    route(
        "POST faults/line",
        _add_fault_line,
        "Adds a fault that is written as a line",
        body=overview.FaultLine,
        answer=AddedFault,
        status=201,
    ),
]
