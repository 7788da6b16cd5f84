"""The warning that a client gives when others could read or pose as the service."""

from __future__ import annotations

import sys
import warnings

from lavaclient import error
from lavaclient._config.options import Options
from lavaclient._config.urls import is_open
from lavaclient.error import plain_line

__all__ = ["InsecureTransportWarner"]

_PACKAGE = "lavaclient."


class InsecureTransportWarner:
    """Warns once a client, at the line that made the client."""

    def __init__(self) -> None:
        self._warned = False

    def check(self, options: Options) -> None:
        """Warn of what the options say."""
        if options.verify is False:
            self._warn("verify_ssl=False: anyone on the way can pose as the service")
        if options.endpoint is not None:
            self.check_url(options.endpoint)
        if options.api_key is not None or options.endpoint is None:
            self.check_url(options.auth_url)

    def check_url(self, url: str) -> None:
        """Warn when secrets would travel to another machine over plain HTTP."""
        if is_open(url):
            place = plain_line(url, 300)
            self._warn(f"credentials go to {place} over http, readable by everyone on the way")

    def _warn(self, text: str) -> None:
        if self._warned:
            return
        self._warned = True
        level, frame = 1, sys._getframe(0)  # noqa: SLF001 (what warnings itself goes by)
        while frame.f_back is not None and frame.f_globals["__name__"].startswith(_PACKAGE):
            level, frame = level + 1, frame.f_back
        warnings.warn(text, error.InsecureTransportWarning, stacklevel=level)
