"""The warning about connections that others could read or intercept."""

from __future__ import annotations

import sys
import warnings

from lavaclient import error
from lavaclient._config.options import Options
from lavaclient._config.urls import is_unprotected
from lavaclient.error import plain_line

__all__ = ["InsecureTransportWarner"]

_PACKAGE = "lavaclient."


class InsecureTransportWarner:
    """Warns once per client, at the line of the caller's code that made it."""

    def __init__(self) -> None:
        self._warned = False

    def check(self, options: Options) -> None:
        """Warn if the options make connections insecure."""
        if options.verify is False:
            self._warn("verify_ssl=False: anyone on the way can pose as the service")
        if options.endpoint is not None:
            self.check_url(options.endpoint)
        if options.api_key is not None or options.endpoint is None:
            self.check_url(options.auth_url)

    def check_url(self, url: str) -> None:
        """Warn when secrets would travel to another machine over plain HTTP."""
        if is_unprotected(url):
            shown_url = plain_line(url, 300)
            self._warn(f"credentials go to {shown_url} over http, readable by everyone on the way")

    def _warn(self, text: str) -> None:
        if self._warned:
            return
        self._warned = True
        level, frame = 1, sys._getframe(0)  # noqa: SLF001 (as warnings does)
        while frame.f_back is not None and frame.f_globals["__name__"].startswith(_PACKAGE):
            level, frame = level + 1, frame.f_back
        warnings.warn(text, error.InsecureTransportWarning, stacklevel=level)
