"""What an exception of the network is taken for, and which are none."""

from __future__ import annotations

import email.errors
import errno
import functools
import http.client
import itertools
import signal
import socket
import ssl
from collections.abc import Callable
from types import FrameType

import pytest
import requests
import urllib3

from lavaclient import error
from lavaclient._config.secret import Secret
from lavaclient._http.failures import (
    FOREIGN,
    NEVER_SENT,
    TooLargeError,
    TransportFailure,
    UnsupportedEncodingError,
    UnusableSettingError,
    classify_failure,
    foreign_exception,
)
from lavaclient._http.messages import OutgoingRequest
from lavaclient._http.redaction import Redactor

KEY = "0123456789abcdef"
POOL = urllib3.HTTPConnectionPool("a.example", 80)
CONNECTION = urllib3.connection.HTTPConnection("a.example", 80)


def outgoing(method: str = "PUT") -> OutgoingRequest:
    url = "https://a.example:8443/v2/1/c"
    return OutgoingRequest(method, url, "c", headers={}, redactor=Redactor())


def judged(cause: BaseException, proxy: str = "") -> TransportFailure:
    return classify_failure(cause, outgoing(), "sent-id", 2.5, proxy)


def certificate_error() -> ssl.SSLCertVerificationError:
    refusal = ssl.SSLCertVerificationError(1, "[SSL] certificate verify failed")
    refusal.verify_message = "self-signed certificate"
    return refusal


def marked() -> OSError:
    failure = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    setattr(failure, NEVER_SENT, True)
    return failure


def wrapped(*inner: BaseException) -> requests.exceptions.ConnectionError:
    """What requests raises around what urllib3 raised, with the innermost last."""
    outer = requests.exceptions.ConnectionError(inner[0])
    for link, reason in itertools.pairwise(inner):
        link.__context__ = reason
    return outer


RESET = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
HERE = "a.example:8443"

VERDICTS: dict[str, tuple[BaseException, type[error.LavaError], str, bool, bool]] = {
    "reset": (
        wrapped(urllib3.exceptions.ProtocolError("Connection aborted.", RESET)),
        error.ConnectionError,
        f"connection to {HERE} failed: Connection reset by peer",
        True,
        False,
    ),
    "reset before it stood": (
        wrapped(urllib3.exceptions.ProtocolError("Connection aborted.", marked())),
        error.ConnectionError,
        f"connection to {HERE} failed: Connection reset by peer",
        False,
        False,
    ),
    "refused": (
        wrapped(urllib3.exceptions.NewConnectionError(CONNECTION, "no"), REFUSED),
        error.ConnectionError,
        f"connection to {HERE} failed: Connection refused",
        False,
        False,
    ),
    "an unknown name": (
        wrapped(
            urllib3.exceptions.NameResolutionError("a.example", CONNECTION, socket.gaierror()),
            socket.gaierror(-2, "Name or service not known"),
        ),
        error.ConnectionError,
        (
            f"connection to {HERE} failed: "
            "the name of the host cannot be resolved (Name or service not known)"
        ),
        False,
        False,
    ),
    "connecting takes too long": (
        requests.exceptions.ConnectTimeout(urllib3.exceptions.ConnectTimeoutError("slow")),
        error.TimeoutError,
        f"no complete answer from {HERE} within 2.5 s",
        False,
        False,
    ),
    "reading takes too long": (
        requests.exceptions.ReadTimeout(urllib3.exceptions.ReadTimeoutError(POOL, "/", "slow")),
        error.TimeoutError,
        f"no complete answer from {HERE} within 2.5 s",
        True,
        False,
    ),
    "the time is over": (
        TimeoutError(),
        error.TimeoutError,
        f"no complete answer from {HERE} within 2.5 s",
        True,
        False,
    ),
    "a certificate": (
        wrapped(urllib3.exceptions.SSLError("no"), certificate_error()),
        error.ConnectionError,
        f"connection to {HERE} failed: certificate refused: self-signed certificate",
        False,
        True,
    ),
    "too large": (
        TooLargeError(),
        error.ApiError,
        "the body is larger than 64 MiB",
        True,
        True,
    ),
    "another encoding": (
        UnsupportedEncodingError(),
        error.ApiError,
        "the body has a Content-Encoding that was not asked for",
        True,
        True,
    ),
    "not to be unpacked": (
        requests.exceptions.ContentDecodingError(urllib3.exceptions.DecodeError("odd")),
        error.ApiError,
        "the body cannot be decompressed",
        True,
        True,
    ),
    "no words": (
        http.client.HTTPException(),
        error.ConnectionError,
        f"connection to {HERE} failed: it broke off (HTTPException)",
        True,
        False,
    ),
    "half a body": (
        wrapped(http.client.IncompleteRead(b"{}", 7)),
        error.ConnectionError,
        (
            f"connection to {HERE} failed: the answer broke off "
            "(IncompleteRead(2 bytes read, 7 more expected))"
        ),
        True,
        False,
    ),
    "no HTTP": (
        wrapped(http.client.BadStatusLine("220 mail.example\r\n")),
        error.ConnectionError,
        f"connection to {HERE} failed: what answers there does not speak HTTP ('220 mail.example')",
        True,
        False,
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_16_17_what_an_exception_of_the_network_is_taken_for(name: str) -> None:
    cause, kind, text, sent, permanent = VERDICTS[name]
    failure = judged(cause)
    assert (failure.kind, failure.text) == (kind, text)
    assert (failure.request_sent, failure.permanent) == (sent, permanent)
    assert (failure.method, failure.path, failure.request_id) == ("PUT", "c", "sent-id")
    is_certificate = isinstance(failure.cause, ssl.SSLCertVerificationError)
    assert is_certificate if name == "a certificate" else failure.cause is cause


def test_43_no_link_of_the_chain_holds_a_request() -> None:
    inner = requests.exceptions.InvalidURL(request=requests.PreparedRequest())
    outer = requests.exceptions.ConnectionError(inner, request=requests.PreparedRequest())
    outer.__cause__ = OSError("between")
    outer.__cause__.__context__ = last = requests.exceptions.Timeout(response=requests.Response())
    judged(outer)
    for link in (inner, outer, last):
        assert (link.request, link.response) == (None, None)


def test_43_frames_that_hold_no_request_stay_in_the_cause() -> None:
    with pytest.raises(requests.exceptions.MissingSchema) as caught:
        requests.Session().get("no-url")
    traceback = judged(caught.value).cause.__traceback__
    assert traceback is not None
    assert (traceback.tb_frame.f_globals["__name__"], traceback.tb_next) == (__name__, None)


def test_a_chain_that_leads_back_to_itself_ends() -> None:
    first, second = OSError("first"), OSError("second")
    first.__cause__, second.__cause__ = second, first
    assert judged(first).text.startswith(f"connection to {HERE} failed: ")


@pytest.mark.parametrize(
    ("message", "proxy", "text"),
    [
        (
            "Tunnel connection failed: 407 Proxy Authentication Required",
            "p.example:3128",
            (
                "the proxy p.example:3128 wants a user name and a password "
                "(407 Proxy Authentication Required)"
            ),
        ),
        (
            "Tunnel connection failed: 401 Unauthorized",
            "p.example:3128",
            "the proxy p.example:3128 wants a user name and a password (401 Unauthorized)",
        ),
        (
            "Tunnel connection failed: 403 Filtered",
            "p.example:3128",
            f"the proxy p.example:3128 does not connect to {HERE}: 403 Filtered",
        ),
    ],
)
def test_44_a_proxy_that_refuses_is_named_with_what_it_said(
    message: str, proxy: str, text: str
) -> None:
    cause = requests.exceptions.ProxyError(urllib3.exceptions.ProxyError("no", OSError(message)))
    failure = judged(cause, proxy)
    assert (failure.kind, failure.text) == (error.ConnectionError, text)
    assert not failure.request_sent


@pytest.mark.parametrize("cause", [RESET, TimeoutError(), certificate_error()])
def test_44_what_fails_through_a_proxy_names_it(cause: OSError) -> None:
    assert f"{HERE} through the proxy p.example:1" in judged(cause, "p.example:1").text
    assert "proxy" not in judged(cause).text


@pytest.mark.parametrize(
    ("method", "sent", "earlier", "applied"),
    [
        ("PUT", True, False, True),
        ("PUT", False, False, False),
        ("PUT", False, True, True),
        ("GET", True, True, False),
    ],
)
def test_17_what_may_have_been_carried_out_is_told(
    method: str, sent: bool, earlier: bool, applied: bool
) -> None:
    cause = RESET if sent else marked()
    failure = classify_failure(cause, outgoing(method), "sent-id", 2.5)
    told = failure.as_error(Redactor(), maybe_applied=earlier)
    assert told.maybe_applied is applied
    assert told.__cause__ is cause
    assert (told.code, told.method, told.path) == (None, method, "c")
    assert told.request_id == "sent-id"


@pytest.mark.parametrize("message", [f"HTTP/1.1 {KEY}", "https://ada:pw@proxy.example is odd"])
def test_31_a_cause_that_repeats_a_secret_is_left_out(message: str) -> None:
    redactor = Redactor(Secret(KEY))
    told = judged(wrapped(http.client.HTTPException(message))).as_error(redactor)
    assert told.__cause__ is None
    assert KEY not in str(told)
    assert "pw" not in str(told)
    plain = judged(wrapped(http.client.HTTPException("plain"))).as_error(redactor)
    assert plain.__cause__ is not None


@pytest.mark.parametrize("kind", [UnusableSettingError, http.client.HTTPException])
def test_44_a_reason_names_a_proxy_without_its_credentials(kind: type[Exception]) -> None:
    told = judged(wrapped(kind("no way to 'http://ada:pw@proxy.example:3128'")))
    assert told.text == (
        "connection to a.example:8443 failed: no way to 'http://proxy.example:3128'"
    )


def test_what_urllib3_gives_as_its_reason_counts_as_a_cause() -> None:
    refusal = urllib3.exceptions.NewConnectionError(CONNECTION, "refused")
    told = judged(urllib3.exceptions.MaxRetryError(POOL, "/", refusal))
    assert not told.request_sent


def test_09_the_time_that_was_given_is_told_in_milliseconds_at_most() -> None:
    told = classify_failure(TimeoutError(), outgoing(), "sent-id", 0.123456)
    assert told.text == "no complete answer from a.example:8443 within 0.123 s"


def raised(kind: type[BaseException], module: str) -> BaseException:
    """An exception that a function of this module has raised."""
    space: dict[str, object] = {"__name__": module, "kind": kind}
    exec("def fail():\n    raise kind", space)
    with pytest.raises(kind) as caught:
        space["fail"]()  # type: ignore[operator]
    return caught.value


@pytest.mark.parametrize(
    ("kind", "module", "passes"),
    [
        (OSError, "urllib3.connection", False),
        (ValueError, "urllib3.connection", False),
        (KeyError, "requests", False),
        (KeyError, "keystoneauth1.session", False),
        (AttributeError, "http.client", False),
        (email.errors.HeaderParseError, "http.client", False),
        (UnicodeError, "socket", False),
        (UnicodeError, "encodings.idna", False),
        (OSError, "hooks", False),
        (urllib3.exceptions.ProtocolError, "hooks", False),
        (ValueError, "hooks", True),
        (ValueError, "requests_cache", True),
        (FileNotFoundError, "hooks", True),
        (PermissionError, "hooks", True),
        (FileNotFoundError, "ssl", False),
        (PermissionError, "lavaclient._http.connections", False),
        (UnsupportedEncodingError, "lavaclient._http.exchange", False),
        (AttributeError, "lavaclient._http.connections", True),
        (ValueError, "lavaclient._http.session", True),
        (RecursionError, "lavaclient._http.exchange", True),
        (KeyboardInterrupt, "urllib3.connection", True),
        (SystemExit, "urllib3.connection", True),
    ],
)
def test_64_what_is_no_failure_of_the_network_passes_through(
    kind: type[BaseException], module: str, passes: bool
) -> None:
    failure = raised(kind, module)
    assert foreign_exception(failure) is (failure if passes else None)


@pytest.mark.parametrize(
    ("outer", "inner", "passes"),
    [
        ("requests.sessions", "hooks", True),
        ("hooks", "requests.sessions", False),
        ("lavaclient._http.exchange", "urllib3.response", False),
        ("urllib3.connectionpool", "lavaclient._http.connections", True),
    ],
)
def test_64_whose_an_exception_is_the_innermost_frame_tells(
    outer: str, inner: str, passes: bool
) -> None:
    space: dict[str, object] = {"__name__": outer}
    exec("def call(failure):\n    raise failure", space)
    failure = raised(ValueError, inner)
    with pytest.raises(ValueError) as caught:
        space["call"](failure)  # type: ignore[operator]
    assert foreign_exception(caught.value) is (failure if passes else None)


def test_64_what_is_marked_passes_through_out_of_what_wraps_it() -> None:
    inner = raised(OSError, "urllib3.connection")
    setattr(inner, FOREIGN, True)
    assert foreign_exception(requests.exceptions.ConnectionError(inner)) is inner


def by_function(number: int, frame: FrameType | None) -> None:
    raise OSError("the job's time is over")


class Handler:
    def by_method(self, number: int, frame: FrameType | None) -> None:
        raise TimeoutError


@pytest.mark.parametrize("handler", [by_function, Handler().by_method])
def test_64_what_a_signal_handler_raises_passes_through_whatever_it_is(
    handler: Callable[[int, FrameType | None], None],
) -> None:
    before = signal.signal(signal.SIGUSR2, handler)
    try:
        with pytest.raises(OSError) as caught:
            handler(signal.SIGUSR2, None)
        inner = caught.value
        outer = urllib3.exceptions.ProtocolError("Connection aborted.", inner)
        assert foreign_exception(outer) is inner
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert foreign_exception(outer) is None


class ByObject:
    def __call__(self, number: int, frame: FrameType | None) -> None:
        raise TimeoutError


def by_keyword(kind: type[OSError], number: int, frame: FrameType | None) -> None:
    raise kind


def once(*arguments: object) -> None:
    """Raise, and take no signal any more."""
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    raise TimeoutError


@pytest.mark.parametrize("handler", [ByObject(), functools.partial(by_keyword, OSError), once])
def test_64_a_handler_that_is_an_object_or_has_gone_is_known_by_the_frame_it_interrupts(
    handler: Callable[[int, FrameType | None], None],
) -> None:
    before = signal.signal(signal.SIGUSR2, handler)
    try:
        with pytest.raises(OSError) as caught:
            signal.raise_signal(signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR2, before)
    outer = urllib3.exceptions.ProtocolError("Connection aborted.", caught.value)
    assert foreign_exception(outer) is caught.value


def test_an_exception_without_frames_is_a_failure_of_the_network() -> None:
    assert foreign_exception(KeyError()) is None


class JobTimeLimit(Exception):
    """What another thread raises in the frames of urllib3."""


@pytest.mark.parametrize("kind", [JobTimeLimit, RecursionError, MemoryError])
def test_64_what_is_no_error_of_the_libraries_passes_through_out_of_their_frames(
    kind: type[Exception],
) -> None:
    failure = raised(kind, "urllib3.connectionpool")
    assert foreign_exception(failure) is failure
