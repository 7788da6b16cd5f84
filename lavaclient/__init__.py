"""The Python SDK for the Rackspace Cloud Big Data API.

Everything begins with ``Lava``::

    from lavaclient import Lava

    with Lava("myusername", region="DFW", api_key="807895ec1ec4ca255e49ccc6715bf29f") as lava:
        print(lava.clusters.list())
"""

from importlib import import_module
from typing import TYPE_CHECKING

from lavaclient._version import __version__

__all__ = [
    "ApiError",
    "AuthenticationError",
    "AuthorizationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionError",
    "FailedError",
    "ForbiddenError",
    "InsecureTransportWarning",
    "InvalidError",
    "Lava",
    "LavaError",
    "NotFoundError",
    "OverLimitError",
    "ProxyError",
    "RequestError",
    "ServerError",
    "TimeoutError",
    "__version__",
]

# Names are imported on first use: the program's help, and code that needs only the errors, do
# not load the client. A package that imports its own modules can deadlock where one thread
# imports the package while another one imports such a module.
if TYPE_CHECKING:
    from lavaclient.client import Lava
    from lavaclient.error import (
        ApiError,
        AuthenticationError,
        AuthorizationError,
        BadRequestError,
        ConflictError,
        ConnectionError,
        FailedError,
        ForbiddenError,
        InsecureTransportWarning,
        InvalidError,
        LavaError,
        NotFoundError,
        OverLimitError,
        ProxyError,
        RequestError,
        ServerError,
        TimeoutError,
    )
else:

    def __getattr__(name: str) -> object:
        if name in {"api", "client", "error", "identity"}:
            return import_module(f"lavaclient.{name}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = import_module("lavaclient.client" if name == "Lava" else "lavaclient.error")
        return globals().setdefault(name, getattr(module, name))

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
