"""Cloud Identity: signing in, tokens, the catalog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import ApiFault, bad_request, forbidden, unauthorized
from lavaclient.sandbox.core.state import State, Token, User
from lavaclient.sandbox.core.urls import REGIONS, Urls

ROLES = ("bigdata:observer", "bigdata:creator", "bigdata:admin")

_RIGHTS = {
    "GET": frozenset(ROLES),
    "POST": frozenset(ROLES[1:]),
    "PUT": frozenset(ROLES[1:]),
    "DELETE": frozenset(ROLES[2:]),
}
_Text = Annotated[str, Meta(min_length=1, max_length=1024)]


class _ApiKey(Struct, forbid_unknown_fields=True):
    username: _Text
    api_key: _Text = field(name="apiKey")


class _TokenId(Struct, forbid_unknown_fields=True):
    id: _Text


class _Auth(Struct, forbid_unknown_fields=True):
    api_key: _ApiKey | UnsetType = field(default=UNSET, name="RAX-KSKEY:apiKeyCredentials")
    token: _TokenId | UnsetType = UNSET
    tenant_id: _Text | UnsetType = field(default=UNSET, name="tenantId")


class _Body(Struct, forbid_unknown_fields=True):
    auth: _Auth


def sign_in(
    state: State,
    body: bytes,
    urls: Urls,
    *,
    now: float,
    lifetime: float,
    new_id: Callable[[], str],
) -> Answer:
    """`POST tokens`, with an API key or with a token.

    A sign-in with a token gives a new one that expires when the old one does.

    Raises:
        ApiFault: 400, 401, or 403 for a user who is disabled.
    """
    auth = decode(body, _Body).auth
    if auth.api_key is not UNSET and auth.token is UNSET:
        user, method = _by_key(state, auth, auth.api_key), "APIKEY"
        expires = now + lifetime
    elif auth.token is not UNSET and auth.api_key is UNSET:
        old = _by_token(state, auth, auth.token.id, now)
        user, method, expires = state.users[old.username], "TOKEN", old.expires
    else:
        message = "auth: give exactly one of RAX-KSKEY:apiKeyCredentials and token"
        raise bad_request(message)
    token = Token(new_id().replace("-", ""), user.username, user.tenant_id, expires)
    state.tokens[token.id] = token
    return Answer(200, {"access": _access(token, user, method, urls)})


def user_of(state: State, token_id: str | None, tenant_id: str, method: str, now: float) -> User:
    """Whose token this is, if it is good for a call.

    Args:
        state: The sandbox's state.
        token_id: The token that came with the call.
        tenant_id: The tenant in the call's URL.
        method: The call's method, which says what right it takes.
        now: The time.

    Raises:
        ApiFault: 401 or 403.
    """
    token = state.tokens.get(token_id or "")
    if token is None or token.expires <= now:
        message = "No valid token provided. Send one in the 'X-Auth-Token' header."
        raise unauthorized(message)
    if token.tenant_id != tenant_id:
        message = f"The token is not valid for tenant {tenant_id}"
        raise forbidden(message)
    user = state.users[token.username]
    if not _RIGHTS.get(method, frozenset()) & set(user.roles):
        message = f"The roles of {user.username} do not allow {method} requests"
        raise forbidden(message)
    return user


def _by_key(state: State, auth: _Auth, given: _ApiKey) -> User:
    if auth.tenant_id is not UNSET:
        message = "auth: tenantId goes with a token, not with an API key"
        raise bad_request(message)
    user = state.users.get(given.username)
    if user is None or user.api_key != given.api_key:
        message = "Unable to authenticate user with credentials provided."
        raise unauthorized(message)
    if not user.enabled:
        raise ApiFault(403, f"User '{user.username}' is disabled.", kind="userDisabled")
    return user


def _by_token(state: State, auth: _Auth, token_id: str, now: float) -> Token:
    token = state.tokens.get(token_id)
    if token is None or token.expires <= now:
        message = "Token not authenticated."
        raise unauthorized(message)
    if auth.tenant_id is not UNSET and auth.tenant_id != token.tenant_id:
        message = "Token doesn't belong to Tenant with Id/Name: " + repr(auth.tenant_id)
        raise unauthorized(message)
    return token


def _access(token: Token, user: User, method: str, urls: Urls) -> dict[str, object]:
    expires = datetime.fromtimestamp(token.expires, UTC).isoformat(timespec="milliseconds")
    return {
        "token": {
            "id": token.id,
            "expires": expires.replace("+00:00", "Z"),
            "tenant": {"id": token.tenant_id, "name": token.tenant_id},
            "RAX-AUTH:authenticatedBy": [method],
        },
        "user": {
            "id": user.id,
            "name": user.username,
            "RAX-AUTH:defaultRegion": REGIONS[0],
            "roles": [_role(number, name) for number, name in enumerate(user.roles, 1)],
        },
        "serviceCatalog": _catalog(token.tenant_id, urls),
    }


def _role(number: int, name: str) -> dict[str, str]:
    return {"id": str(10_000_000 + number), "name": name, "description": f"The role {name}."}


def _catalog(tenant: str, urls: Urls) -> list[dict[str, object]]:
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
                {**_endpoint(urls, "bigdata", region, path, tenant), "versionId": version}
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
