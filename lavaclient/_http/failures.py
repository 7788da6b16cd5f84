"""Classifies failed exchanges: was the request sent, and can another attempt succeed?

requests, urllib3 and keystoneauth1 wrap one another's exceptions. Walking the
whole chain tells more than the outermost class does.
"""

from __future__ import annotations

import http.client
import re
import signal
import socket
import ssl
import sys
import urllib.parse
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import TypeAlias

import keystoneauth1.exceptions
import requests.exceptions
import urllib3.exceptions

from lavaclient import error
from lavaclient._http.messages import OutgoingRequest
from lavaclient._http.redaction import Redactor, without_library_frames
from lavaclient.error import plain_line

__all__ = [
    "BODY_LIMIT",
    "FOREIGN",
    "NEVER_SENT",
    "TooLargeError",
    "TransportFailure",
    "UnsupportedEncodingError",
    "UnusableSettingError",
    "classify_failure",
    "foreign_exception",
    "remove_requests",
]

BODY_LIMIT = 64 * 2**20

FOREIGN = "_lavaclient_foreign"
"""The attribute that marks an exception as not the network's, whatever its class."""

NEVER_SENT = "_lavaclient_never_sent"
"""The attribute that marks what was raised before there was a connection."""

Errors: TypeAlias = tuple[type[BaseException], ...]

# encodings: socket encodes host names with it.
_STACK = ("keystoneauth1.", "requests.", "urllib3.", "http.", "socket.", "ssl.", "encodings.")
_OURS = "lavaclient."
_OF_INTERPRETER = (MemoryError, RecursionError)
_OF_FILES = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
_CREDENTIALS = r"//[^/\s]*@"
_TUNNEL_STATUS = r"Tunnel connection failed: (\d+) ?(.*)"


class TooLargeError(Exception):
    """The body is larger than BODY_LIMIT."""

    def __str__(self) -> str:
        return f"the body is larger than {BODY_LIMIT // 2**20} MiB"


class UnsupportedEncodingError(Exception):
    """The body has a Content-Encoding that was not asked for."""

    def __str__(self) -> str:
        return "the body has a Content-Encoding that was not asked for"


class UnusableSettingError(Exception):
    """A proxy or a CA bundle cannot be used; the text says which, and why."""


_NETWORK: Errors = (
    OSError,
    http.client.HTTPException,
    keystoneauth1.exceptions.ClientException,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    TooLargeError,
    UnsupportedEncodingError,
    UnusableSettingError,
)
_NEVER_SENT: Errors = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    UnusableSettingError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    ssl.SSLCertVerificationError,
)
_PERMANENT: Errors = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    UnusableSettingError,
    ssl.SSLCertVerificationError,
)
_TIMEOUTS: Errors = (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
_NOT_HTTP: Errors = (http.client.BadStatusLine, http.client.UnknownProtocol)
_PROXY: Errors = (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)


class TransportFailure:
    """An exchange that failed without a complete response.

    Attributes:
        kind: The class of the error that it becomes.
        text: What failed, in one line.
        method: HTTP method of the request.
        path: The path that errors show.
        request_id: The ``Client-Request-ID`` that was sent.
        request_sent: True when the service may have received the request.
        permanent: True when another attempt cannot succeed.
        cause: What was raised, without the frames that hold the request.
    """

    def __init__(
        self,
        kind: type[error.LavaError],
        text: str,
        request: OutgoingRequest,
        *,
        request_id: str,
        request_sent: bool,
        permanent: bool,
        cause: BaseException,
    ) -> None:
        self.kind = kind
        self.text = text
        self.method: str = request.method
        self.path: str = request.path
        self.request_id = request_id
        self._changes = request.changes
        self.request_sent = request_sent
        self.permanent = permanent
        self.cause = cause

    def as_error(self, redactor: Redactor, *, maybe_applied: bool = False) -> error.LavaError:
        """Return the error for the caller, chained to its cause.

        The cause is left out where its text repeats a secret, as a status
        line that echoes a token would, or the credentials of a proxy.

        Args:
            redactor: Removes secrets.
            maybe_applied: An attempt before this one may have been carried out.
        """
        failure = error.failed_request(
            self.kind,
            redactor.sanitize(self.text),
            method=self.method,
            path=self.path,
            request_id=self.request_id,
            maybe_applied=(self.request_sent or maybe_applied) and self._changes,
        )
        texts = [str(link) for link in _chain(self.cause)]
        if not any(
            redactor.contains_secret(text) or re.search(_CREDENTIALS, text) for text in texts
        ):
            failure.__cause__ = self.cause
        return failure


def foreign_exception(cause: BaseException) -> BaseException | None:
    """Return the exception among the causes of this one that does not come from the network.

    Such are a signal handler's (a job's time limit), whatever its class; those of other
    libraries and of hooks; bugs of this library; Ctrl-C. They are raised as they are.
    """
    if not isinstance(cause, Exception):
        return cause
    handlers = _signal_handlers()
    # An exception that wraps the handler's has its frame too: the innermost is the handler's.
    for link in reversed(list(_chain(cause))):
        frames = _frames(link.__traceback__)
        if vars(link).get(FOREIGN) or any(_is_handler(frame, handlers) for frame in frames):
            return link
    *_, raised_in = ["", *map(_module, _frames(cause.__traceback__))]
    is_network = isinstance(cause, _NETWORK)
    if raised_in.startswith(_OURS) or not (is_network or _is_standard(type(cause))):
        return None if is_network else cause
    of_stack = not raised_in or raised_in.startswith(_STACK) or sys.is_finalizing()
    return None if of_stack or (is_network and not isinstance(cause, _OF_FILES)) else cause


def _is_standard(kind: type[BaseException]) -> bool:
    """Tell whether a class is one of Python's own that odd bytes may lead to.

    Others are raised in the libraries' frames from another thread: a job's time limit.
    """
    is_own = kind.__module__.partition(".")[0] in sys.stdlib_module_names
    return is_own and not issubclass(kind, _OF_INTERPRETER)


def _signal_handlers() -> set[CodeType]:
    """Return the code objects of all signal handlers."""
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    codes = {getattr(handler, "__code__", None) for handler in handlers}
    return {code for code in codes if code is not None and code.co_filename != signal.__file__}


def _is_handler(frame: FrameType, handlers: set[CodeType]) -> bool:
    """Tell whether a frame is a signal handler's.

    Handlers that are objects, or have been replaced since, are known by an argument: the frame
    that they interrupted.
    """
    if frame.f_code in handlers:
        return True
    if frame.f_back is None:
        return False
    values = list(frame.f_locals.values())
    positional = [item for value in values if isinstance(value, tuple) for item in value]
    return any(value is frame.f_back for value in (*values, *positional))


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    """Yield the frames of a traceback, the innermost last."""
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _module(frame: FrameType) -> str:
    """Return the name of a frame's module, and a dot."""
    return f"{frame.f_globals.get('__name__')}."


def classify_failure(
    cause: BaseException, request: OutgoingRequest, sent_id: str, timeout: float, proxy: str = ""
) -> TransportFailure:
    """Classify the exception of an exchange.

    Args:
        cause: What was raised. The requests that it and its causes hold, and the frames that
            hold headers and bodies, are removed.
        request: What was sent.
        sent_id: The ``Client-Request-ID`` that was sent.
        timeout: The exchange's timeout in seconds.
        proxy: Host and port of the proxy that it went through; "" for none.
    """
    chain = list(_chain(cause))
    request_sent = not any(_is_before_sending(link) for link in chain)
    kind, text = _verdict(chain, request, timeout, proxy, request_sent)
    refused = _certificate_error(chain)
    remove_requests(cause)
    return TransportFailure(
        kind,
        text,
        request,
        request_id=sent_id,
        request_sent=request_sent,
        permanent=kind is error.ApiError or any(isinstance(link, _PERMANENT) for link in chain),
        cause=refused or cause,
    )


def remove_requests(cause: BaseException) -> None:
    """Remove the requests that an exception and its causes hold: a key or a token is in them."""
    for link in _chain(cause):
        for name in {"request", "response"} & vars(link).keys():
            vars(link)[name] = None
        link.__traceback__ = without_library_frames(link.__traceback__)


def _is_before_sending(link: BaseException) -> bool:
    """Tell whether this was raised before the request could be sent.

    urllib3's ProxyError says nothing about that: it is also raised where the proxy took the
    request and no response came.
    """
    if vars(link).get(NEVER_SENT) or isinstance(link, _NEVER_SENT):
        return True
    return isinstance(link, OSError) and re.match(_TUNNEL_STATUS, str(link)) is not None


def _certificate_error(chain: list[BaseException]) -> ssl.SSLCertVerificationError | None:
    return next((link for link in chain if isinstance(link, ssl.SSLCertVerificationError)), None)


def _verdict(
    chain: list[BaseException],
    request: OutgoingRequest,
    timeout: float,
    proxy: str,
    request_sent: bool,
) -> tuple[type[error.LavaError], str]:
    for link in chain:
        if isinstance(link, TooLargeError | UnsupportedEncodingError):
            return error.ApiError, str(link)
        if isinstance(link, urllib3.exceptions.DecodeError):
            return error.ApiError, "the body cannot be decompressed"
    host = urllib.parse.urlsplit(request.url).netloc
    way = f"{host} through the proxy {proxy}" if proxy else host
    if refused := _certificate_error(chain):
        text = f"connection to {way} failed: certificate refused: {refused.verify_message}"
        return error.ConnectionError, text
    if any(_is_timeout(link) for link in chain):
        return error.TimeoutError, f"no complete answer from {way} within {round(timeout, 3):g} s"
    reason = _reason(chain)
    if not request_sent and any(isinstance(link, _PROXY) for link in chain):
        return error.ConnectionError, _proxy_refusal(host, proxy, reason)
    if any(isinstance(link, UnusableSettingError) for link in chain):
        way = host  # the reason names the proxy, if that is what cannot be used
    return error.ConnectionError, f"connection to {way} failed: {reason}"


def _proxy_refusal(host: str, proxy: str, reason: str) -> str:
    """Return the text for a proxy that does not connect to a host."""
    status = re.search(_TUNNEL_STATUS, reason)
    if status is None:
        return f"the proxy {proxy} failed: {reason}"
    if status[1] in {"401", "407"}:  # some answer a wrong password with 401
        return f"the proxy {proxy} wants a user name and a password ({status[1]} {status[2]})"
    return f"the proxy {proxy} does not connect to {host}: {status[1]} {status[2]}"


def _is_timeout(link: BaseException) -> bool:
    # urllib3's class for a refused connection is derived from a timeout's.
    refused = isinstance(link, urllib3.exceptions.NewConnectionError)
    return isinstance(link, _TIMEOUTS) and not refused


def _reason(chain: list[BaseException]) -> str:
    """Return the reason of a failure in a few words: the system's where there is one."""
    for link in chain:
        if isinstance(link, UnusableSettingError):
            return plain_line(re.sub(_CREDENTIALS, "//", str(link)))
        if isinstance(link, _NOT_HTTP) and not isinstance(link, OSError):
            return f"what answers there does not speak HTTP ({plain_line(str(link))!r})"
        if isinstance(link, http.client.IncompleteRead):
            return f"the answer broke off ({link})"
    for link in reversed(chain):
        if isinstance(link, socket.gaierror):
            return f"the name of the host cannot be resolved ({link.strerror})"
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
    texts = (plain_line(re.sub(_CREDENTIALS, "//", str(link))) for link in reversed(chain))
    return next(filter(None, texts), f"it broke off ({type(chain[-1]).__name__})")


def _chain(cause: BaseException | None) -> Iterator[BaseException]:
    """Walk the causes, and the exceptions that urllib3 and requests hold as arguments."""
    known: set[int] = set()
    waiting: list[object] = [cause]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in known:
            known.add(id(link))
            yield link
            waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
