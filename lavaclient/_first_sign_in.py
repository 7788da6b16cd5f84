"""What a client begins with: the token that it was given, one from the cache, or none yet."""

from __future__ import annotations

from lavaclient import error
from lavaclient._authority import KeyAuthority
from lavaclient._options import Options
from lavaclient._signin import SOON, SignIn, choose_endpoint
from lavaclient._signing import Desk
from lavaclient._token_cache import TokenCache

__all__ = ["key_authority"]


def key_authority(options: Options, desk: Desk) -> KeyAuthority:
    """Return who signs in for a client with these options; nothing is sent yet."""
    cache = _cache_of(options)
    if options.token is None:
        ready = _cached(cache, options, desk) if cache else None
    else:
        ready = SignIn.of_token(options.token) if options.endpoint else None
        if cache and ready:
            cache.save(ready)
    return KeyAuthority(
        desk,
        username=options.username,
        api_key=options.api_key,
        sign_in=ready,
        token=None if ready else options.token,
        tenant_id=options.tenant_id,
        made=cache.save if cache else None,
    )


def _cache_of(options: Options) -> TokenCache | None:
    if options.token_cache is None:
        return None
    region = options.region.upper() if options.region else None
    owner = (options.username, options.auth_url, region, options.tenant_id, options.api_key)
    return TokenCache(options.token_cache, owner, options.api_key)


def _cached(cache: TokenCache, options: Options, desk: Desk) -> SignIn | None:
    """Return what the cache holds, unless it does not lead to an endpoint."""
    held = cache.load(desk.policy.clock.time(), SOON)
    if held is None:
        return None
    desk.secrets.add(held.token)
    if options.endpoint is None:
        try:
            choose_endpoint(held, options.region, options.auth_url, options.tenant_id)
        except error.AuthenticationError:
            return None
    return held
