"""The control API under `/_sandbox/`: for tests of programs in another process.

A rule's docstring is what the description of the API says of it.
"""

from __future__ import annotations

from msgspec import to_builtins

from lavaclient.sandbox.core.clock import LATEST
from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import bad_request, not_found
from lavaclient.sandbox.core.operations import route
from lavaclient.sandbox.core.request_matching import RequestPattern
from lavaclient.sandbox.core.request_verification import Expectation
from lavaclient.sandbox.core.routing import Router
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.faults.syntax import line_of
from lavaclient.sandbox.http import control_models as models
from lavaclient.sandbox.http import control_page as page
from lavaclient.sandbox.http import control_requests as requests
from lavaclient.sandbox.http import openapi
from lavaclient.sandbox.http.messages import Request
from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.worlds import model as worlds


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a request to the control API.

    Raises:
        ApiFault: 400, 404 or 405.
    """
    matching, arguments = ROUTER.find(request.method, request.target.path)
    return matching.answer(sandbox, request if matching.whole else request.body, *arguments)


def _show_health(_sandbox: Sandbox, _body: bytes) -> object:
    """Answers."""
    return {"status": "ok"}


def _show_openapi(_sandbox: Sandbox, _body: bytes) -> object:
    """This description of the service and of the control API."""
    return openapi_document()


def openapi_document() -> dict[str, object]:
    """The OpenAPI document of the service and of the control API."""
    return openapi.describe(openapi.named(ROUTER))


def _show_faults(sandbox: Sandbox, _body: bytes) -> object:
    """Shows the faults, and how many requests each has hit."""
    faults = sandbox.faults
    hits = [
        {"fault": to_builtins(fault), "line": line_of(fault), "hits": count}
        for fault, count in faults.hits()
    ]
    return {"faults": to_builtins(faults.list()), "hits": hits}


def _add_fault(sandbox: Sandbox, body: bytes) -> object:
    """Adds a fault."""
    fault = decode(body, Fault)
    sandbox.faults.add(fault)
    return {"fault": to_builtins(fault)}


def _clear_faults(sandbox: Sandbox, _body: bytes) -> None:
    """Clears the faults."""
    sandbox.faults.clear()


def _show_clock(sandbox: Sandbox, _body: bytes) -> object:
    """Shows the time."""
    return {"clock": {"time": sandbox.clock.time()}}


def _move_clock(sandbox: Sandbox, body: bytes) -> object:
    """Moves the clock forward."""
    step = decode(body, models.Advance)
    seconds = step.advance if step.until is None else sandbox.seconds_of_work()
    if sandbox.clock.time() + seconds > LATEST:
        raise bad_request(f"advance: the clock stops at {LATEST:.0f} seconds since 1970")
    sandbox.clock.advance(seconds)
    return _show_clock(sandbox, body)


def _reset(sandbox: Sandbox, _body: bytes) -> None:
    """Forgets everything."""
    sandbox.reset()


def _expire_tokens(sandbox: Sandbox, _body: bytes) -> None:
    """Lets all tokens expire."""
    sandbox.expire_tokens()


def _add_user(sandbox: Sandbox, body: bytes) -> None:
    """Adds a user."""
    user = decode(body, models.NewUser)
    try:
        sandbox.add_user(
            user.username, user.api_key, user.roles, user.tenant_id, password=user.password
        )
    except ValueError as error:
        raise bad_request(str(error)) from error


def _fail_next(sandbox: Sandbox, body: bytes) -> None:
    """Lets the next cluster end up in ERROR."""
    wanted = decode(body, models.FailNext) if body else models.FailNext()
    sandbox.fail_next_cluster(wanted.after, wanted.name)


def _show_state(sandbox: Sandbox, _body: bytes) -> object:
    """Shows what there is."""
    return {"state": sandbox.dump()}


def _show_world(sandbox: Sandbox, _body: bytes) -> object:
    """Shows what there is as a world file."""
    return sandbox.world()


def _load_world(sandbox: Sandbox, body: bytes) -> None:
    """Makes a world."""
    try:
        sandbox.load_world(worlds.from_json(body))
    except worlds.WorldError as error:
        raise bad_request(str(error)) from error


def _show_schema(_sandbox: Sandbox, _body: bytes) -> object:
    """The JSON Schema of world files."""
    return worlds.schema()


def _list_snapshots(sandbox: Sandbox, _body: bytes) -> object:
    """The names of snapshots."""
    return {"snapshots": sorted(sandbox.snapshots)}


def _save_snapshot(sandbox: Sandbox, _body: bytes, name: str) -> None:
    """Saves a snapshot."""
    sandbox.save_snapshot(name)


def _restore_snapshot(sandbox: Sandbox, _body: bytes, name: str) -> None:
    """Restores a snapshot."""
    if name not in sandbox.snapshots:
        raise not_found("Snapshot", name)
    sandbox.restore_snapshot(name)


def _fail(sandbox: Sandbox, _body: bytes, cluster_id: str) -> None:
    """Puts a cluster into ERROR."""
    sandbox.fail_cluster(cluster_id)


_UNMET = {409: models.FailedVerification}
ROUTER: Router = Router(
    [
        route("GET /_sandbox/health", _show_health, models.Health),
        route("GET /_sandbox/openapi.json", _show_openapi, dict[str, object]),
        route("GET /_sandbox/requests", requests.show_requests, models.ShownRequests),
        route(
            "GET /_sandbox/requests/<number>",
            requests.show_request,
            models.OneRequest,
            refusals=(404,),
        ),
        route("DELETE /_sandbox/requests", requests.forget_requests),
        route(
            "POST /_sandbox/requests/find",
            requests.find_requests,
            models.ShownRequests,
            body=RequestPattern,
        ),
        route(
            "POST /_sandbox/requests/count",
            requests.count_requests,
            models.RequestCount,
            body=RequestPattern,
        ),
        route(
            "POST /_sandbox/requests/verify",
            requests.verify_requests,
            models.RequestCount,
            body=Expectation,
            refused=_UNMET,
        ),
        route(
            "POST /_sandbox/requests/verify-in-order",
            requests.verify_requests_in_order,
            models.RequestCount,
            body=models.InOrder,
            refused=_UNMET,
        ),
        route("GET /_sandbox/faults", _show_faults, models.ShownFaults),
        route("POST /_sandbox/faults", _add_fault, models.AddedFault, 201, body=Fault),
        route("DELETE /_sandbox/faults", _clear_faults),
        route("GET /_sandbox/clock", _show_clock, models.ShownClock),
        route("POST /_sandbox/clock", _move_clock, models.ShownClock, body=models.Advance),
        route("POST /_sandbox/reset", _reset),
        route("POST /_sandbox/tokens/expire", _expire_tokens),
        route("POST /_sandbox/users", _add_user, body=models.NewUser),
        route("POST /_sandbox/clusters/<cluster_id>/fail", _fail, refusals=(404,)),
        route(
            "POST /_sandbox/clusters/fail-next", _fail_next, body=models.FailNext, needs_body=False
        ),
        route("GET /_sandbox/state", _show_state, models.ShownState),
        route("GET /_sandbox/world", _show_world, worlds.World),
        route("PUT /_sandbox/world", _load_world, body=worlds.World),
        route("GET /_sandbox/world/schema", _show_schema, dict[str, object]),
        route("GET /_sandbox/snapshots", _list_snapshots, models.SnapshotNames),
        route("PUT /_sandbox/snapshots/<name>", _save_snapshot),
        route("POST /_sandbox/snapshots/<name>", _restore_snapshot, refusals=(404,)),
        *page.ROUTES,
    ]
)
