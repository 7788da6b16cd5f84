"""Requests to the service: path, token, retry, check, decode, pages."""

from __future__ import annotations

import re
import ssl
import time
import urllib.parse
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from lavaclient import _reader, _retry, error
from lavaclient._faults import error_of
from lavaclient._retry import Policy, Repeat, TimeSource
from lavaclient._secrets import Secrets
from lavaclient._version import __version__
from lavaclient._wire import Answer, Broken, exchange, origin

if TYPE_CHECKING:
    from keystoneauth1.session import Session

__all__ = ["HEADERS", "Authority", "Held", "Transport", "may_pass", "segment"]

T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"python-lavaclient/{__version__}",
}
_MOST_REDIRECTS = 5
_MOST_PAGES = 9_999
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_QUERY = re.compile(r"(?:^|[?&;/]|&amp;)(marker|limit)=([^&;#]*)")


class Held(Protocol):
    """A sign-in that requests are sent with."""

    @property
    def token(self) -> str:
        """The token."""


class Authority(Protocol):
    """Where tokens come from."""

    def ticket(self) -> int:
        """Return a mark of this moment, to tell which failures came after it."""

    def signed_in(self, session: Session) -> Held:
        """Return a sign-in to use, made or renewed if need be."""

    def renew(self, session: Session, dead: Held, ticket: int) -> Held:
        """Return a sign-in other than the one that was refused."""


class _Link(Protocol):
    @property
    def rel(self) -> str | None: ...
    @property
    def href(self) -> str | None: ...


class Page(Protocol[Item_co]):
    """A page of a list, as it is decoded."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What the page holds."""

    @property
    def links(self) -> Sequence[_Link]:
        """Where it says that there is more."""


class Transport:
    """One client's way to the service; every method may be called from any thread."""

    def __init__(
        self,
        *,
        session: Session,
        authority: Authority,
        endpoint: str,
        timeout: float,
        policy: Policy,
        secrets: Secrets,
    ) -> None:
        self.session = session
        self.endpoint = endpoint
        self.closed = False
        self._authority = authority
        self._timeout = timeout
        self._policy = policy
        self._secrets = secrets

    @property
    def clock(self) -> TimeSource:
        """Where time and sleep come from."""
        return self._policy.clock

    def get(self, path: str, answer_type: type[T]) -> T:
        """GET ``path``, relative to the endpoint, and decode the answer."""
        answer = self._request("GET", path, _retry.GET)
        return self._decode(answer, answer_type)

    def post(
        self,
        path: str,
        body: msgspec.Struct,
        answer_type: type[T],
        *,
        secrets: tuple[str, ...] = (),
    ) -> T:
        """POST ``body``; it is never sent twice once it may have arrived.

        Args:
            path: Relative to the endpoint.
            body: The request.
            answer_type: What the answer decodes to.
            secrets: Texts in the body that no error may repeat.
        """
        answer = self._request("POST", path, _retry.ONCE, body, secrets)
        return self._decode(answer, answer_type)

    def put(
        self,
        path: str,
        body: msgspec.Struct,
        answer_type: type[T],
        *,
        repeatable: bool = True,
        secrets: tuple[str, ...] = (),
    ) -> T:
        """PUT ``body``; ``repeatable=False`` where twice is not the same as once."""
        repeat = _retry.IDEMPOTENT if repeatable else _retry.ONCE
        answer = self._request("PUT", path, repeat, body, secrets)
        return self._decode(answer, answer_type)

    def delete(self, path: str) -> None:
        """DELETE ``path``; what an answer says beyond its status is of no interest."""
        self._request("DELETE", path, _retry.IDEMPOTENT)

    def list(self, path: str, page_type: type[Page[T]]) -> list[T]:
        """GET all pages of a list.

        Only the marker and the limit of a next link are used, never its URL.
        """
        items: list[T] = []
        seen: set[str] = set()
        query = ""
        for _ in range(_MOST_PAGES):
            answer = self._request("GET", path + query, _retry.GET)
            page = self._decode(answer, page_type)
            items += page.items
            following = _next_query(page.links) if page.items else None
            if following is None:
                return items
            if following in seen or following == "":
                raise self._unreadable(answer, "its next link leads nowhere new")
            seen.add(following)
            query = f"?{following}"
        raise self._unreadable(answer, f"the list does not end after {_MOST_PAGES} pages")

    def _request(
        self,
        method: str,
        path: str,
        repeat: Repeat,
        body: msgspec.Struct | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Answer:
        self.check_open()
        data = None if body is None else msgspec.json.encode(body)
        ticket = self._authority.ticket()
        held = self._authority.signed_in(self.session)
        answer, doubtful = self._run(method, path, repeat, data, held)
        if answer.status == 401:
            held = self._renewed(answer, held, ticket)
            answer, again = self._run(method, path, repeat, data, held)
            doubtful = doubtful or again
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 404 and method == "DELETE" and doubtful:
            return answer
        raise error_of(
            answer,
            self._secrets,
            self.clock.time(),
            more_secrets=secrets,
            doubtful=doubtful,
        )

    def _renewed(self, refused: Answer, held: Held, ticket: int) -> Held:
        try:
            return self._authority.renew(self.session, held, ticket)
        except error.LavaError as failure:
            if failure.__cause__ is None:
                raise failure from error_of(refused, self._secrets, self.clock.time())
            raise

    def _run(
        self, method: str, path: str, repeat: Repeat, data: bytes | None, held: Held
    ) -> tuple[Answer, bool]:
        headers = {"X-Auth-Token": held.token, **HEADERS}
        if data is not None:
            headers["Content-Type"] = "application/json"

        def attempt() -> Answer:
            self.check_open()
            return self._follow(method, path, headers, data)

        outcome, doubtful = _retry.run(self._policy, repeat, attempt)
        if isinstance(outcome, Broken):
            raise outcome.as_error(self._secrets, doubtful=doubtful)
        return outcome, doubtful

    def _follow(
        self, method: str, path: str, headers: dict[str, str], data: bytes | None
    ) -> Answer:
        """Make one exchange, and those it is redirected to within the same origin."""
        url = f"{self.endpoint}/{path}"
        deadline = time.monotonic() + self._timeout
        left = self._timeout
        for _ in range(_MOST_REDIRECTS + 1):
            answer = exchange(
                self.session, method, url, path, headers=headers, body=data, timeout=left
            )
            target = _redirect(answer, url)
            left = deadline - time.monotonic()
            if target is None or left <= 0:
                break
            url = target
        return answer

    def _decode(self, answer: Answer, answer_type: type[T]) -> T:
        try:
            return _reader.decode(answer.body, answer_type)
        except _reader.UnreadableError as reason:
            raise self._unreadable(answer, str(reason)) from reason

    def _unreadable(self, answer: Answer, words: str) -> error.LavaError:
        return error.failed_request(
            error.ApiError,
            f"the answer makes no sense: {self._secrets.plain(words)}",
            method=answer.method,
            path=answer.path,
            request_id=self._secrets.plain(answer.request_id),
            code=answer.status,
            maybe_applied=answer.method != "GET",
        )

    def check_open(self) -> None:
        """Raise InvalidError when the client is closed."""
        if self.closed:
            raise error.InvalidError("this client is closed")


def may_pass(failure: error.LavaError) -> bool:
    """Tell whether the failure could pass by itself: no connection, 5xx, a rate limit."""
    if isinstance(failure, error.AuthenticationError):
        cause = failure.__cause__
        return isinstance(cause, error.LavaError) and may_pass(cause)
    if isinstance(failure, error.OverLimitError):
        return failure.code == 429 or failure.retry_after is not None
    if isinstance(failure, error.ConnectionError):
        return not isinstance(failure.__cause__, ssl.SSLCertVerificationError)
    return isinstance(failure, error.TimeoutError | error.ServerError)


def segment(name: str, value: object) -> str:
    """Return an id as one percent-encoded segment of a path.

    Args:
        name: What the caller knows the id as, for the error.
        value: A string that is no way to another path; an int; a UUID.

    Raises:
        InvalidError: It is anything else.
    """
    if isinstance(value, uuid.UUID) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    if not isinstance(value, str):
        raise error.InvalidError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise error.InvalidError(f"{name} must not be empty")
    if any(part in {".", ".."} for part in re.split(r"[/\\]", value)):
        raise error.InvalidError(f"{name} must not hold '.' or '..' as a part of a path")
    if not value.isprintable():
        raise error.InvalidError(f"{name} must not hold control characters")
    return urllib.parse.quote(value, safe="")


def _redirect(answer: Answer, url: str) -> str | None:
    """Return where a GET may be sent on to: a place of the same origin."""
    location = answer.headers.get("Location")
    if answer.method != "GET" or answer.status not in _REDIRECTS or not location:
        return None
    try:
        target = urllib.parse.urljoin(url, location)
        return target if origin(target) == origin(url) and target.isascii() else None
    except ValueError:
        return None


def _next_query(links: Sequence[_Link]) -> str | None:
    """Return the query of the next page, "" where a next link has no marker."""
    for link in links:
        if link.rel == "next":
            found = dict(reversed(_QUERY.findall(link.href or "")))
            marker = urllib.parse.unquote(found.get("marker", ""))
            if not marker:
                return ""
            query = {"marker": marker}
            if (limit := found.get("limit", "")).isdecimal() and limit.isascii():
                query["limit"] = limit
            return urllib.parse.urlencode(query)
    return None
