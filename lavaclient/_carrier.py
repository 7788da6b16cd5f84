"""What requests are sent through: a keystoneauth1 session, or what stands in for one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import requests
    from keystoneauth1.session import Session

__all__ = ["Carrier", "LateSession", "keystone_of", "send"]

Carrier: TypeAlias = "Session | LateSession"


class LateSession:
    """What a client sends through that was given no session: keystoneauth1's, once it is there.

    keystoneauth1's Session adds nothing to the requests of a client, but its
    import takes a sixth of the time that bare requests needs for a first call.
    So it is made when somebody could tell: who asks for it, or has imported it.

    Args:
        wire: The requests session.
        make: Makes the Session over it.
        verify: What it is told of certificates.

    Attributes:
        verify: What the requests session is told of certificates.
    """

    _made: Session | None = None

    def __init__(
        self, wire: requests.Session, make: Callable[[], Session], *, verify: bool | str
    ) -> None:
        self._wire = wire
        self._make = make
        self.verify = verify

    @property
    def session(self) -> requests.Session:
        """The requests session in use, by its name in keystoneauth1's Session."""
        return self._wire if self._made is None else self._made.session

    def keystone(self) -> Session:
        """Return keystoneauth1's Session, made at the first call."""
        made = self._made
        if made is None:
            # Of two threads that make one, the later takes the earlier's: there is no lock
            # that a fork could leave taken.
            made = vars(self).setdefault("_made", self._make())
        return made

    def noticed(self) -> Session | None:
        """Return keystoneauth1's Session, or None while nobody could tell that it is missing."""
        if self._made is None and not _is_imported():
            return None
        return self.keystone()


def _is_imported() -> bool:
    """Tell whether keystoneauth1's Session is imported, and nothing of it is on the way.

    A forked child must not wait for an import that a thread of its parent had begun.
    """
    found = [sys.modules.get(name) for name in ("keystoneauth1.session", "lavaclient.identity")]
    under_way = [getattr(one.__spec__, "_initializing", False) for one in found if one is not None]
    return found[0] is not None and not any(under_way)


def keystone_of(carrier: Carrier) -> Session:
    """Return keystoneauth1's Session, made if need be."""
    return carrier.keystone() if isinstance(carrier, LateSession) else carrier


def send(
    carrier: Carrier,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    data: bytes | None,
    timeout: float,
) -> requests.Response:
    """Send one request, without retries, redirects, a token or logs of keystoneauth1's own."""
    session = carrier.noticed() if isinstance(carrier, LateSession) else carrier
    if session is None:
        return carrier.session.request(
            method,
            url,
            headers=headers,
            data=data,
            timeout=timeout,
            verify=carrier.verify,
            stream=True,
            allow_redirects=False,
        )
    return session.request(
        url,
        method,
        headers=headers,
        data=data,
        timeout=timeout,
        stream=True,
        authenticated=False,
        raise_exc=False,
        redirect=False,
        log=False,
        connect_retries=0,
        status_code_retries=0,
    )
