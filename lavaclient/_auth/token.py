"""What identity answered, checked whole in one place, and the endpoint in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeGuard

import msgspec

from lavaclient import error
from lavaclient._config.urls import origin_of, tenant_of

__all__ = ["SERVICE_TYPE", "SOON", "SignIn", "choose_endpoint", "read_answer", "read_state"]

SERVICE_TYPE = "rax:bigdata"
_VERSION = "2"
_PLACES = ("region", "publicURL", "internalURL", "adminURL")
SOON = 120.0

Json = Mapping[str, object]


class SignIn:
    """One sign-in. Renewal compares these by identity, never by value.

    Attributes:
        token: The token.
        expires: When it ends, in seconds since the epoch; None if unknown.
        body: Identity's answer as it came, or what there is of one.
        trusted: Its end is not acted on, only a 401 counts: it was near or
            past when the token was issued, so that the clocks disagree, or
            there is nothing to renew it with.
    """

    __slots__ = ("body", "expires", "token", "trusted")

    def __init__(self, token: str, expires: float | None, body: Json, now: float) -> None:
        self.token = token
        self.expires = expires
        self.body = body
        self.trusted = expires is None or expires <= now + SOON

    def ends_within(self, seconds: float, now: float) -> bool:
        """Tell whether the token is known to end within so many seconds."""
        return not self.trusted and self.expires is not None and self.expires <= now + seconds

    @property
    def catalog(self) -> Sequence[object]:
        """The service catalog, or an empty one."""
        access = self.body.get("access")
        found = access.get("serviceCatalog") if isinstance(access, dict) else None
        return found if isinstance(found, list) else ()

    @property
    def plain_catalog(self) -> list[dict[str, object]]:
        """The catalog's entries of all services, without what is not of the usual form."""
        found = [entry for entry in self.catalog if _is_plain(entry, "type", "name")]
        return [
            {**entry, "endpoints": [one for one in _list_of(entry) if _is_plain(one, *_PLACES)]}
            for entry in found
        ]

    def text(self, *path: str) -> str | None:
        """Return the text that stands at a path below ``access``, or None."""
        found: object = self.body.get("access")
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None

    def state(self) -> str:
        """Return what keystoneauth1 calls the auth state: JSON text."""
        return json.dumps({"auth_token": self.token, "body": self.body})

    @classmethod
    def of_token(cls, token: str) -> SignIn:
        """Return the sign-in of a token of which nothing more is known."""
        return cls(token, None, {"access": {"token": {"id": token}}}, 0.0)


def _list_of(entry: object) -> list[object]:
    endpoints = entry.get("endpoints") if isinstance(entry, dict) else None
    return endpoints if isinstance(endpoints, list) else []


def _is_plain(entry: object, *names: str) -> TypeGuard[dict[str, object]]:
    """Tell whether it is an object in which these are text, or missing."""
    return isinstance(entry, dict) and all(isinstance(entry.get(one, ""), str) for one in names)


def read_answer(data: bytes, now: float, *, with_catalog: bool) -> SignIn:
    """Check identity's answer whole.

    Args:
        data: The body.
        now: The wall clock.
        with_catalog: A catalog must be there; else it is not looked at.

    Raises:
        ValueError: Says in one line what is wrong with it.
    """
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("identity's answer is not JSON") from None
    return _checked(body, now, with_catalog=with_catalog)


def read_state(text: str) -> SignIn:
    """Read back what :meth:`SignIn.state` gave.

    Raises:
        ValueError: It is not such a text.
    """
    try:
        state = _mapping(json.loads(text), "the state")
    except RecursionError:
        raise ValueError("the state is nested too deep") from None
    sign_in = _checked(state.get("body"), 0.0, with_catalog=False)
    if state.get("auth_token") != sign_in.token:
        raise ValueError("the state holds two tokens")
    # Written before now: that its end is near says nothing about the clocks.
    sign_in.trusted = sign_in.expires is None
    return sign_in


def _checked(body: object, now: float, *, with_catalog: bool) -> SignIn:
    access = _mapping(_mapping(body, "identity's answer").get("access"), "access")
    token = _mapping(access.get("token"), "access.token")
    text = token.get("id")
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
        raise ValueError("access.token.id is no token")
    if with_catalog:
        _check_catalog(access.get("serviceCatalog"))
    return SignIn(text, _moment(token.get("expires")), _mapping(body, ""), now)


def _mapping(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is missing or no object")
    return value


def _moment(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    raise ValueError("access.token.expires is no time")


def _check_catalog(catalog: object) -> None:
    if not isinstance(catalog, list):
        raise ValueError("access.serviceCatalog is missing or no list")
    for entry in catalog:
        if isinstance(entry, dict) and entry.get("type") == SERVICE_TYPE:
            _check_entry(entry)


def _check_entry(entry: Json) -> None:
    endpoints = entry.get("endpoints")
    if not isinstance(endpoints, list):
        raise ValueError(f"the catalog's entry of {SERVICE_TYPE} has no endpoints")
    for endpoint in endpoints:
        found = _mapping(endpoint, f"an endpoint of {SERVICE_TYPE}")
        if found.get("versionId") == _VERSION and not isinstance(found.get("publicURL"), str):
            raise ValueError(f"an endpoint of {SERVICE_TYPE} has no publicURL")


def choose_endpoint(
    sign_in: SignIn, region: str | None, auth_url: str, tenant_id: str | None = None
) -> str:
    """Return the URL of version 2 of the service in a region.

    Both versions stand in each region; only ``versionId`` tells them apart.

    Args:
        sign_in: Whose catalog is looked at.
        region: Region id in any case; None takes the first there is.
        auth_url: Where the catalog came from; https must not lead to http.
        tenant_id: The account that it must be one of, or None.

    Raises:
        AuthenticationError: There is none; names the regions that have one.
            Or it is another account's.
    """
    found = _endpoints(sign_in)
    wanted = next(iter(found), "") if region is None else region.strip().upper()
    url = found.get(wanted)
    if url is None:
        names = ", ".join(sorted(found)) or "none"
        raise error.AuthenticationError(
            f"no endpoint of {SERVICE_TYPE} version {_VERSION} in region {wanted or 'any'!r}; "
            f"regions that have one: {names}"
        )
    named = tenant_of(url)
    if tenant_id is not None and named is not None and named != tenant_id:
        raise error.AuthenticationError(
            f"the user signs in to account {named!r}, not to tenant_id {tenant_id!r}"
        )
    return _usable(url, auth_url)


def _endpoints(sign_in: SignIn) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in sign_in.catalog:
        if not isinstance(entry, dict) or entry.get("type") != SERVICE_TYPE:
            continue
        for endpoint in _list_of(entry):
            if isinstance(endpoint, dict) and endpoint.get("versionId") == _VERSION:
                region, url = endpoint.get("region"), endpoint.get("publicURL")
                if isinstance(region, str) and isinstance(url, str):
                    found.setdefault(region.upper(), url)
    return found


def _usable(url: str, auth_url: str) -> str:
    try:
        scheme = origin_of("the catalog's endpoint", url)[0]
    except error.InvalidError as reason:
        raise error.AuthenticationError(str(reason)) from reason
    if scheme == "http" and auth_url.lower().startswith("https:"):
        raise error.AuthenticationError(
            "the catalog leads from https to an http endpoint, which would show the token"
        )
    return url.rstrip("/")
