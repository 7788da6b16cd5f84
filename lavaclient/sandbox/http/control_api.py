"""The control API under `/_sandbox/`: for tests of programs in another process."""

from __future__ import annotations

from msgspec import to_builtins

from lavaclient.sandbox.core.clock import LATEST
from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import bad_request, not_found
from lavaclient.sandbox.core.request_matching import RequestPattern
from lavaclient.sandbox.core.request_verification import Expectation
from lavaclient.sandbox.core.routing import Router
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.faults.syntax import line_of
from lavaclient.sandbox.http import control_models as models
from lavaclient.sandbox.http import control_page as page
from lavaclient.sandbox.http import control_requests as requests
from lavaclient.sandbox.http import openapi
from lavaclient.sandbox.http.control_route import ControlRoute, route
from lavaclient.sandbox.http.messages import Request
from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.worlds import model as worlds


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a request to the control API.

    Raises:
        ApiFault: 400, 404 or 405.
    """
    target, arguments = ROUTER.find(request.method, request.target.path)
    return target.rule(sandbox, request if target.whole else request.body, *arguments)


def _show_health(_sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, {"status": "ok"})


def _show_openapi(_sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, openapi_document())


def openapi_document() -> dict[str, object]:
    """The OpenAPI document of the service and of the control API."""
    return openapi.describe(
        (line, target.rule.__name__.lstrip("_"), target.operation) for line, target in ROUTER.routes
    )


def _show_faults(sandbox: Sandbox, _body: bytes) -> Answer:
    faults = sandbox.faults
    hits = [
        {"fault": to_builtins(fault), "line": line_of(fault), "hits": count}
        for fault, count in faults.hits()
    ]
    return Answer(200, {"faults": to_builtins(faults.list()), "hits": hits})


def _add_fault(sandbox: Sandbox, body: bytes) -> Answer:
    fault = decode(body, Fault)
    sandbox.faults.add(fault)
    return Answer(201, {"fault": to_builtins(fault)})


def _clear_faults(sandbox: Sandbox, _body: bytes) -> Answer:
    sandbox.faults.clear()
    return Answer(204)


def _show_clock(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, {"clock": {"time": sandbox.clock.time()}})


def _move_clock(sandbox: Sandbox, body: bytes) -> Answer:
    step = decode(body, models.Advance)
    seconds = step.advance if step.until is None else sandbox.seconds_of_work()
    if sandbox.clock.time() + seconds > LATEST:
        raise bad_request(f"advance: the clock stops at {LATEST:.0f} seconds since 1970")
    sandbox.clock.advance(seconds)
    return _show_clock(sandbox, body)


def _reset(sandbox: Sandbox, _body: bytes) -> Answer:
    sandbox.reset()
    return Answer(204)


def _expire_tokens(sandbox: Sandbox, _body: bytes) -> Answer:
    sandbox.expire_tokens()
    return Answer(204)


def _add_user(sandbox: Sandbox, body: bytes) -> Answer:
    user = decode(body, models.NewUser)
    try:
        sandbox.add_user(
            user.username, user.api_key, user.roles, user.tenant_id, password=user.password
        )
    except ValueError as error:
        raise bad_request(str(error)) from error
    return Answer(204)


def _fail_next(sandbox: Sandbox, body: bytes) -> Answer:
    wanted = decode(body, models.FailNext) if body else models.FailNext()
    sandbox.fail_next_cluster(wanted.after, wanted.name)
    return Answer(204)


def _show_state(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, {"state": sandbox.dump()})


def _show_world(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, sandbox.world())


def _load_world(sandbox: Sandbox, body: bytes) -> Answer:
    try:
        sandbox.load_world(worlds.from_json(body))
    except worlds.WorldError as error:
        raise bad_request(str(error)) from error
    return Answer(204)


def _show_schema(_sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, worlds.schema())


def _list_snapshots(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, {"snapshots": sorted(sandbox.snapshots)})


def _save_snapshot(sandbox: Sandbox, _body: bytes, name: str) -> Answer:
    sandbox.save_snapshot(name)
    return Answer(204)


def _restore_snapshot(sandbox: Sandbox, _body: bytes, name: str) -> Answer:
    if name not in sandbox.snapshots:
        raise not_found("Snapshot", name)
    sandbox.restore_snapshot(name)
    return Answer(204)


def _fail(sandbox: Sandbox, _body: bytes, cluster_id: str) -> Answer:
    sandbox.fail_cluster(cluster_id)
    return Answer(204)


_UNMET = {409: models.FailedVerification}
ROUTER: Router[ControlRoute] = Router(
    [
        route("GET health", _show_health, "Answers", answer=models.Health),
        route(
            "GET openapi.json",
            _show_openapi,
            "This description of the service and of the control API",
            answer=dict[str, object],
        ),
        route(
            "GET requests",
            requests.show_requests,
            "Shows the requests, secrets left out",
            answer=models.ShownRequests,
        ),
        route(
            "GET requests/<number>",
            requests.show_request,
            "Shows one request with its answer",
            answer=models.OneRequest,
            refusals=(404,),
        ),
        route("DELETE requests", requests.forget_requests, "Forgets the requests"),
        route(
            "POST requests/find",
            requests.find_requests,
            "Finds requests by method, path, query, headers and parts of the body",
            body=RequestPattern,
            answer=models.ShownRequests,
        ),
        route(
            "POST requests/count",
            requests.count_requests,
            "Counts such requests",
            body=RequestPattern,
            answer=models.RequestCount,
        ),
        route(
            "POST requests/verify",
            requests.verify_requests,
            "Sees that there were as many such requests as expected; 409 if not, with the nearest",
            body=Expectation,
            answer=models.RequestCount,
            refused=_UNMET,
        ),
        route(
            "POST requests/verify-in-order",
            requests.verify_requests_in_order,
            "Sees that requests came one after the other; 409 where they did not",
            body=models.InOrder,
            answer=models.RequestCount,
            refused=_UNMET,
        ),
        route(
            "GET faults",
            _show_faults,
            "Shows the faults, and how many requests each has hit",
            answer=models.ShownFaults,
        ),
        route(
            "POST faults",
            _add_fault,
            "Adds a fault",
            body=Fault,
            answer=models.AddedFault,
            status=201,
        ),
        route("DELETE faults", _clear_faults, "Clears the faults"),
        route("GET clock", _show_clock, "Shows the time", answer=models.ShownClock),
        route(
            "POST clock",
            _move_clock,
            "Moves the clock forward",
            body=models.Advance,
            answer=models.ShownClock,
        ),
        route("POST reset", _reset, "Forgets everything"),
        route("POST tokens/expire", _expire_tokens, "Lets all tokens expire"),
        route("POST users", _add_user, "Adds a user", body=models.NewUser),
        route(
            "POST clusters/<cluster_id>/fail",
            _fail,
            "Puts a cluster into ERROR",
            refusals=(404,),
        ),
        route(
            "POST clusters/fail-next",
            _fail_next,
            "Lets the next cluster end up in ERROR",
            body=models.FailNext,
            needs_body=False,
        ),
        route("GET state", _show_state, "Shows what there is", answer=models.ShownState),
        route("GET world", _show_world, "Shows what there is as a world file", answer=worlds.World),
        route("PUT world", _load_world, "Makes a world", body=worlds.World),
        route(
            "GET world/schema",
            _show_schema,
            "The JSON Schema of world files",
            answer=dict[str, object],
        ),
        route(
            "GET snapshots",
            _list_snapshots,
            "The names of snapshots",
            answer=models.SnapshotNames,
        ),
        route("PUT snapshots/<name>", _save_snapshot, "Saves a snapshot"),
        route("POST snapshots/<name>", _restore_snapshot, "Restores a snapshot", refusals=(404,)),
        *page.ROUTES,
    ]
)
