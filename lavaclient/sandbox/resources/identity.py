"""Cloud Identity: signing in, tokens, tenants, the catalog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec import UNSET

from lavaclient.sandbox.core.clock import Clock, caller_time
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import (
    ApiFault,
    bad_request,
    forbidden,
    not_found,
    unauthorized,
)
from lavaclient.sandbox.core.operations import route
from lavaclient.sandbox.core.routing import Router
from lavaclient.sandbox.core.state import Token, User
from lavaclient.sandbox.core.store import Store
from lavaclient.sandbox.core.urls import REGIONS, Urls
from lavaclient.sandbox.resources import identity_models as models

_READERS = frozenset({"bigdata:observer", "observer"})
_WRITERS = frozenset({"bigdata:creator"})
_ADMINS = frozenset({"bigdata:admin", "admin", "identity:user-admin"})
ROLES = tuple(sorted(_READERS | _WRITERS | _ADMINS))

_RIGHTS = {
    "GET": _READERS | _WRITERS | _ADMINS,
    "POST": _WRITERS | _ADMINS,
    "PUT": _WRITERS | _ADMINS,
    "DELETE": _ADMINS,
}


@dataclass(frozen=True, slots=True)
class IdentityCall:
    """One request to identity: the records it is about, where it came in, and what it says."""

    store: Store
    clock: Clock
    lifetime: float
    new_id: Callable[[str], str]
    urls: Urls
    body: bytes = b""
    token: str | None = None


def sign_in(call: IdentityCall) -> dict[str, object]:
    """Signs in with an API key, a password or a token.

    A sign-in with a token gives a new one that expires when the old one does.

    Raises:
        ApiFault: 400, 401, or 403 for a user who is disabled.
    """
    auth, now = decode(call.body, models.SignInBody).auth, call.clock.time()
    if [auth.api_key, auth.password, auth.token].count(UNSET) != 2:
        names = "RAX-KSKEY:apiKeyCredentials, passwordCredentials and token"
        raise bad_request(f"auth: give exactly one of {names}")
    expires = now + call.lifetime
    if auth.token is not UNSET:
        old = _valid_token(call, auth.token.id)
        user, method, expires = call.store.users[old.username], "TOKEN", old.expires
    elif auth.api_key is not UNSET:
        user, method = _user(call.store, auth.api_key.username, key=auth.api_key.api_key), "APIKEY"
    else:
        assert auth.password is not UNSET  # noqa: S101 (it is the third of three)
        user = _user(call.store, auth.password.username, password=auth.password.password)
        method = "PASSWORD"
    for tenant in (auth.tenant_id, auth.tenant_name):
        if tenant is not UNSET and tenant != user.tenant_id:
            raise unauthorized(f"{user.username} has no tenant with the id or name {tenant!r}")
    token_id = call.new_id("token").replace("-", "")
    token = Token(token_id, user.username, user.tenant_id, expires)
    call.store.add_token(token, now)
    access = _access(call, token, user, method)
    return {"access": {**access, "serviceCatalog": _catalog(call.urls, token)}}


def get_token(call: IdentityCall, token_id: str) -> dict[str, object]:
    """Shows whose a token is, and until when."""
    _valid_token(call, call.token)
    token = call.store.tokens.get(token_id)
    if token is None or token.expires <= call.clock.time():
        raise not_found("Token", token_id)
    return {"access": _access(call, token, call.store.users[token.username])}


def list_tenants(call: IdentityCall) -> dict[str, object]:
    """Lists the tenant that the token is for."""
    token = _valid_token(call, call.token)
    tenant = {"id": token.tenant_id, "name": token.tenant_id, "enabled": True}
    return {"tenants": [tenant], "tenants_links": []}


def get_version(call: IdentityCall) -> dict[str, object]:
    """Shows the version document."""
    version = {
        "id": "v2.0",
        "status": "CURRENT",
        "updated": "2012-01-11T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.urls.identity()}/"}],
        "media-types": [
            {
                "base": "application/json",
                "type": "application/vnd.openstack.identity-v2.0+json",
            }
        ],
    }
    return {"version": version}


ROUTER: Router = Router(
    [
        route(
            "POST /v2.0/tokens",
            sign_in,
            models.AccessAnswer,
            body=models.SignInBody,
            refusals=(400, 401, 403),
        ),
        route("GET /v2.0/tokens/<token_id>", get_token, models.AccessAnswer, refusals=(401, 404)),
        route("GET /v2.0/tenants", list_tenants, models.TenantsAnswer, refusals=(401,)),
        route("GET /v2.0", get_version, models.VersionAnswer),
    ],
    slash=True,
)


def user_of(store: Store, token_id: str | None, tenant_id: str, method: str, now: float) -> User:
    """Whose token this is, if it is good for a call.

    Args:
        store: The sandbox's records.
        token_id: The token that came with the call.
        tenant_id: The tenant in the call's URL.
        method: The call's method, which says what right it takes.
        now: The time.

    Raises:
        ApiFault: 401 or 403.
    """
    token = store.tokens.get(token_id or "")
    if token is None or token.expires <= now:
        raise unauthorized("No valid token provided. Send one in the 'X-Auth-Token' header.")
    if token.tenant_id != tenant_id:
        raise forbidden(f"The token is not valid for tenant {tenant_id}")
    user = store.users[token.username]
    if method in _RIGHTS and not _RIGHTS[method] & set(user.roles):
        raise forbidden(f"The roles of {user.username} do not allow {method} requests")
    return user


def _user(
    store: Store, username: str, *, key: str | None = None, password: str | None = None
) -> User:
    user = store.users.get(username)
    if user is None or (user.api_key != key if password is None else user.password != password):
        raise unauthorized("Unable to authenticate user with credentials provided.")
    if not user.enabled:
        raise ApiFault(403, f"User '{user.username}' is disabled.", kind="userDisabled")
    return user


def _valid_token(call: IdentityCall, token_id: str | None) -> Token:
    token = call.store.tokens.get(token_id or "")
    if token is None or token.expires <= call.clock.time():
        raise unauthorized("Token not authenticated.")
    return token


def _access(
    call: IdentityCall, token: Token, user: User, method: str | None = None
) -> dict[str, object]:
    moment = datetime.fromtimestamp(caller_time(call.clock, token.expires), UTC)
    by = {} if method is None else {"RAX-AUTH:authenticatedBy": [method]}
    return {
        "token": {
            "id": token.id,
            "expires": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "tenant": {"id": token.tenant_id, "name": token.tenant_id},
            **by,
        },
        "user": {
            "id": user.id,
            "name": user.username,
            "RAX-AUTH:defaultRegion": REGIONS[0],
            "roles": [
                {"id": str(number), "name": name, "description": f"The role {name}."}
                for number, name in enumerate(user.roles, 10_000_001)
            ],
        },
    }


def _catalog(urls: Urls, token: Token) -> list[dict[str, object]]:
    tenant = token.tenant_id
    return [
        {
            "name": "cloudFiles",
            "type": "object-store",
            "endpoints": [_endpoint(urls, "files", region, "v1", tenant) for region in REGIONS],
        },
        {
            "name": "cloudServersOpenStack",
            "type": "compute",
            "endpoints": [
                {**_endpoint(urls, "servers", region, "v2", tenant), "versionId": "2"}
                for region in REGIONS
            ],
        },
        {
            "name": "cloudBigData",
            "type": "rax:bigdata",
            "endpoints": [
                {
                    **_endpoint(urls, "bigdata", region, path, tenant),
                    "versionId": version,
                    "versionInfo": f"{urls.root(region)}/{path}/",
                    "versionList": f"{urls.root(region)}/",
                }
                for region in REGIONS
                for version, path in (("1", "v1.0"), ("2", "v2"))
            ],
        },
        # Services for all regions have endpoints without one.
        {"name": "cloudDNS", "type": "rax:dns", "endpoints": [_global(urls, "dns", tenant)]},
        {
            "name": "cloudMonitoring",
            "type": "rax:monitor",
            "endpoints": [_global(urls, "monitoring", tenant)],
        },
    ]


def _endpoint(urls: Urls, service: str, region: str, version: str, tenant: str) -> dict[str, str]:
    url = f"{urls.root(region, service)}/{version}/{tenant}"
    return {"region": region, "tenantId": tenant, "publicURL": url}


def _global(urls: Urls, service: str, tenant: str) -> dict[str, str]:
    return {"tenantId": tenant, "publicURL": f"{urls.root('global', service)}/v1.0/{tenant}"}
