"""The control API under `/_sandbox/`: for tests of programs in another process.

| request | what it does |
| --- | --- |
| `GET requests`, `DELETE requests` | shows or forgets the requests, secrets left out |
| `GET faults`, `POST faults`, `DELETE faults` | shows with hits, adds (a `Fault`) or clears |
| `GET clock`, `POST clock` | shows the time; `{"advance": SECONDS}` moves it |
| `POST reset` | forgets everything |
| `POST tokens/expire` | lets all tokens expire |
| `POST users` | `{"username", "api_key", "roles", "tenant_id"}`: one more user |
| `POST clusters/{id}/fail` | puts a cluster into `ERROR` |
| `POST clusters/fail-next` | `{"after": SECONDS, "name"}`: what will become of the next one |
| `GET state` | shows what there is |
| `GET world`, `PUT world` | shows what there is as a world file, or makes a world |
| `GET world/schema` | the JSON Schema of world files |
| `GET snapshots` | the names of snapshots |
| `PUT snapshots/{name}`, `POST snapshots/{name}` | saves a snapshot, or restores it |
| `GET health` | answers |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta, Struct, to_builtins

from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.decoding import Name, decode
from lavaclient.sandbox.core.errors import bad_request, not_found
from lavaclient.sandbox.core.routing import Router
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.http.messages import Request
from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.worlds import model


class _Advance(Struct, forbid_unknown_fields=True):
    advance: Annotated[float, Meta(ge=0, le=1e10)]


class _User(Struct, forbid_unknown_fields=True):
    username: Name
    api_key: Name
    roles: tuple[str, ...] = ("admin",)
    tenant_id: Name | None = None
    password: Name | None = None


class _FailNext(Struct, forbid_unknown_fields=True):
    after: Annotated[float, Meta(ge=0, le=1e10)] = 60.0
    name: Name | None = None


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a request to the control API.

    Raises:
        ApiFault: 400, 404 or 405.
    """
    rule, arguments = _ROUTER.find(request.method, request.target.path)
    return rule(sandbox, request.body, *arguments)


def _show_health(_sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, {"status": "ok"})


def _show_requests(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, {"requests": [request.shown() for request in sandbox.requests]})


def _forget_requests(sandbox: Sandbox, _body: bytes) -> Answer:
    sandbox.requests.clear()
    return Answer(204)


def _show_faults(sandbox: Sandbox, _body: bytes) -> Answer:
    faults = sandbox.faults
    hits = [{"fault": to_builtins(fault), "hits": count} for fault, count in faults.hits()]
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
    sandbox.clock.advance(decode(body, _Advance).advance)
    return _show_clock(sandbox, body)


def _reset(sandbox: Sandbox, _body: bytes) -> Answer:
    sandbox.reset()
    return Answer(204)


def _expire_tokens(sandbox: Sandbox, _body: bytes) -> Answer:
    sandbox.expire_tokens()
    return Answer(204)


def _add_user(sandbox: Sandbox, body: bytes) -> Answer:
    user = decode(body, _User)
    try:
        sandbox.add_user(
            user.username, user.api_key, user.roles, user.tenant_id, password=user.password
        )
    except ValueError as error:
        raise bad_request(str(error)) from error
    return Answer(204)


def _fail_next(sandbox: Sandbox, body: bytes) -> Answer:
    wanted = decode(body, _FailNext) if body else _FailNext()
    sandbox.fail_next_cluster(wanted.after, wanted.name)
    return Answer(204)


def _show_state(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, {"state": sandbox.dump()})


def _show_world(sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, sandbox.world())


def _load_world(sandbox: Sandbox, body: bytes) -> Answer:
    try:
        sandbox.load_world(model.from_json(body))
    except model.WorldError as error:
        raise bad_request(str(error)) from error
    return Answer(204)


def _show_schema(_sandbox: Sandbox, _body: bytes) -> Answer:
    return Answer(200, model.schema())


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


_ROUTER: Router[Callable[..., Answer]] = Router(
    [
        ("GET /_sandbox/requests", _show_requests),
        ("DELETE /_sandbox/requests", _forget_requests),
        ("GET /_sandbox/faults", _show_faults),
        ("POST /_sandbox/faults", _add_fault),
        ("DELETE /_sandbox/faults", _clear_faults),
        ("GET /_sandbox/clock", _show_clock),
        ("POST /_sandbox/clock", _move_clock),
        ("POST /_sandbox/reset", _reset),
        ("POST /_sandbox/tokens/expire", _expire_tokens),
        ("POST /_sandbox/users", _add_user),
        ("POST /_sandbox/clusters/<cluster_id>/fail", _fail),
        ("POST /_sandbox/clusters/fail-next", _fail_next),
        ("GET /_sandbox/state", _show_state),
        ("GET /_sandbox/world", _show_world),
        ("PUT /_sandbox/world", _load_world),
        ("GET /_sandbox/world/schema", _show_schema),
        ("GET /_sandbox/snapshots", _list_snapshots),
        ("PUT /_sandbox/snapshots/<name>", _save_snapshot),
        ("POST /_sandbox/snapshots/<name>", _restore_snapshot),
        ("GET /_sandbox/health", _show_health),
    ]
)
