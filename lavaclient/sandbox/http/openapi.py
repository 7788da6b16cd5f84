"""The APIs as an OpenAPI document, made from the routes and the structs of their bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from lavaclient.sandbox.core.decoding import decoder_for
from lavaclient.sandbox.core.operations import JSON, Operation
from lavaclient.sandbox.core.pagination import MAX_LIMIT
from lavaclient.sandbox.core.routing import Router
from lavaclient.sandbox.core.urls import REGIONS
from lavaclient.sandbox.resources import answer_models, credentials, identity, routes

VERSION = "3.1.0"

_COMPONENTS = "#/components/schemas/"

_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}
_ENDPOINT = "/{region}/v2/{tenant_id}"
_TAGS = {
    "Identity": "Cloud Identity v2.0: signing in, tokens, tenants.",
    "Big Data": "Cloud Big Data v2. Faults may give any other answer.",
    "Sandbox": "The control API of the sandbox itself.",
}
_ENUMS: dict[str, tuple[str, ...]] = {
    "region": tuple(region.lower() for region in REGIONS),
    "credential_type": tuple(credentials.KINDS),
}
_PAGING = (
    ("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, "The most on a page"),
    ("marker", {"type": "string"}, "The id after which the page begins"),
    ("offset", {"type": "integer", "minimum": 0, "maximum": 999_999_999}, "How many to skip"),
)
_COMMON_REFUSALS = {"Big Data": (400, 401, 403, 404), "Sandbox": (403,), "Identity": ()}
_FAULTS: dict[str, object] = {
    "Identity": dict[str, answer_models.FaultDetails],
    "Big Data": answer_models.FaultAnswer,
    "Sandbox": answer_models.FaultAnswer,
}

Routes = Iterable[tuple[str, str, Operation]]
"""The lines, names and operations of an API's routes."""


class _Route(NamedTuple):
    """A route as the document needs it."""

    tag: str
    method: str
    path: str
    name: str
    operation: Operation

    @property
    def needs_token(self) -> bool:
        if self.tag == "Identity":
            return self.method == "GET" and not self.path.endswith("/v2.0")
        return self.tag == "Big Data"


def describe(control_routes: Routes) -> dict[str, object]:
    """The document, of the service and of the control API.

    Args:
        control_routes: The routes of the control API.
    """
    all_routes = [
        *_routes("Identity", "/identity", named(identity.ROUTER)),
        *_routes("Big Data", _ENDPOINT, named(routes.ROUTER)),
        *_routes("Sandbox", "", control_routes),
    ]
    kinds = list(dict.fromkeys(kind for route in all_routes for kind in _types(route)))
    # msgspec crashes the process where two threads are the first to use a struct.
    for kind in kinds:
        decoder_for(kind)
    kind_schemas, components = msgspec.json.schema_components(
        kinds, schema_hook=_any, ref_template=f"{_COMPONENTS}{{name}}"
    )
    schemas = dict(zip(kinds, map(_shortened, kind_schemas), strict=True))
    paths: dict[str, dict[str, object]] = {}
    for route in all_routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    token = {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
    return {
        "openapi": VERSION,
        "info": {
            "title": "Rackspace Cloud Big Data, as lavaclient's sandbox speaks it",
            "version": "2",
            "summary": "Cloud Identity and Cloud Big Data on one port, and what steers them.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {_short(name): _shortened(each) for name, each in components.items()},
            "securitySchemes": {"token": token},
        },
    }


def _phrase(status: int) -> str:
    """What a status is called, by RFC 9110; Python has its names since 3.13."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def _shortened(schema: object) -> object:
    """A schema whose references are short."""
    if isinstance(schema, list):
        return [_shortened(inner) for inner in schema]
    if isinstance(schema, dict):
        return {name: _shortened(inner) for name, inner in schema.items()}
    if isinstance(schema, str) and schema.startswith(_COMPONENTS):
        return _COMPONENTS + _short(schema.removeprefix(_COMPONENTS))
    return schema


def _short(name: str) -> str:
    """The name of a struct, with its module's where several modules have one of that name."""
    return ".".join(name.split(".")[-2:])


def _routes(tag: str, prefix: str, routes_of_tag: Routes) -> Iterator[_Route]:
    for line, name, operation in routes_of_tag:
        method, path = line.split()
        yield _Route(tag, method, prefix + re.sub(r"<(\w+)>", r"{\1}", path), name, operation)


def named(router: Router) -> Routes:
    """The routes of a router, as `describe` takes them."""
    return [(line, route.name, route.operation) for line, route in router.routes]


def _types(route: _Route) -> Iterator[Any]:
    operation = route.operation
    yield from _alternatives(operation.body)
    yield from _alternatives(operation.answer)
    yield from (_refusal(route, status) for status in _refusals(route))


def _alternatives(body: object) -> tuple[object, ...]:
    if isinstance(body, tuple):
        return body
    return () if body is None else (body,)


def _refusals(route: _Route) -> list[int]:
    statuses = {*route.operation.refusals, *_COMMON_REFUSALS[route.tag]}
    return sorted({*statuses, 400} if route.operation.body is not None else statuses)


def _refusal(route: _Route, status: int) -> object:
    if status == 401:
        return answer_models.UnauthorizedAnswer
    return route.operation.refused.get(status, _FAULTS[route.tag])


def _operation(route: _Route, schemas: Mapping[object, object]) -> dict[str, object]:
    operation = route.operation
    names = re.findall(r"{(\w+)}", route.path)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(route, name)}
        for name in names
    ]
    for name, schema, text in _PAGING if operation.paged else ():
        parameters.append({"name": name, "in": "query", "description": text, "schema": schema})
    for name, text in operation.query.items():
        schema = {"type": "string"}
        parameters.append({"name": name, "in": "query", "description": text, "schema": schema})
    described: dict[str, object] = {
        "operationId": f"sandbox_{route.name}" if route.tag == "Sandbox" else route.name,
        "summary": operation.summary,
        "tags": [route.tag],
        "parameters": parameters,
    }
    if operation.body is not None:
        content = _content(_alternatives(operation.body), schemas)
        described["requestBody"] = {"required": operation.needs_body, "content": content}
    described["responses"] = _responses(route, schemas)
    if route.needs_token:
        described["security"] = [{"token": []}]
    return described


def _path_schema(route: _Route, name: str) -> dict[str, object]:
    # The control API writes regions as the service's bodies do.
    names = REGIONS if (route.tag, name) == ("Sandbox", "region") else _ENUMS.get(name)
    if names is not None:
        return {"type": "string", "enum": list(names)}
    return {"type": "string", "minLength": 1}


def _responses(route: _Route, schemas: Mapping[object, object]) -> dict[str, object]:
    operation = route.operation
    answer: dict[str, object] = {"description": _phrase(operation.status)}
    if operation.content_type != JSON:
        answer["content"] = {operation.content_type: {"schema": {"type": "string"}}}
    elif operation.answer is not None:
        answer["content"] = _content(_alternatives(operation.answer), schemas)
    refusals = {
        str(status): {
            "description": _phrase(status),
            "content": _content((_refusal(route, status),), schemas),
        }
        for status in _refusals(route)
    }
    return {str(operation.status): answer, **refusals}


def _content(kinds: Sequence[object], schemas: Mapping[object, object]) -> dict[str, object]:
    alternatives = [schemas[kind] for kind in kinds]
    schema = alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
    return {JSON: {"schema": schema}}


def _any(kind: object) -> dict[str, object]:
    """The schema of `object`, which may be anything."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "Any value."}
