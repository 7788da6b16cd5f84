"""A certificate made at the start, for `--tls`."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path


class Authority:
    """A certificate authority that lives as long as the server, and the file that trusts it.

    Raises:
        RuntimeError: The package trustme is not installed.
    """

    def __init__(self) -> None:
        try:
            import trustme
        except ImportError as error:
            message = "TLS needs the package trustme: pip install 'lavaclient[sandbox-tls]'"
            raise RuntimeError(message) from error
        self._authority = trustme.CA(organization_name="lavaclient sandbox")
        self._directory = tempfile.TemporaryDirectory(prefix="lavaclient-sandbox-")
        self.path: Path = Path(self._directory.name) / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.path))

    def context(self, host: str) -> ssl.SSLContext:
        """The TLS context for a host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host, "localhost").configure_cert(context)
        return context

    def close(self) -> None:
        """Remove the file."""
        self._directory.cleanup()
