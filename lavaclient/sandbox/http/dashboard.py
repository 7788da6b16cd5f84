"""The page at `/_sandbox/`: one HTML file, one stylesheet and one script, as they are."""

from __future__ import annotations

import functools
from importlib import resources

from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.http.messages import File

PATH = "/_sandbox/"
"""Where the page is."""

FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "dashboard.css": ("dashboard.css", "text/css; charset=utf-8"),
    "dashboard.js": ("dashboard.js", "text/javascript; charset=utf-8"),
}
"""What the page is made of, by the last part of each URL."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_METHODS = ("GET", "HEAD")


def show(method: str, name: str) -> Answer:
    """One of the page's files.

    Raises:
        ApiFault: 405; they can only be read.
    """
    _check_method(method)
    file_name, content_type = FILES[name]
    return Answer(200, File(content_type, _content(file_name)), _HEADERS)


def redirect(method: str) -> Answer:
    """Send whoever asks for the root to the page.

    Raises:
        ApiFault: 405; there is nothing to change.
    """
    _check_method(method)
    return Answer(302, headers={"Location": PATH})


def _check_method(method: str) -> None:
    if method not in _METHODS:
        raise ApiFault(405, f"{method} is not allowed here; GET is", allow=_METHODS)


@functools.cache
def _content(name: str) -> bytes:
    package = resources.files("lavaclient.sandbox")
    return package.joinpath("data", "dashboard", name).read_bytes()
