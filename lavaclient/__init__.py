"""The Python SDK for the Rackspace Cloud Big Data API.

Everything begins with ``Lava``::

    from lavaclient import Lava

    with Lava("myusername", region="DFW", api_key="807895ec1ec4ca255e49ccc6715bf29f") as lava:
        print(lava.clusters.list())
"""

from typing import TYPE_CHECKING

from lavaclient._version import __version__
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


# Imported when first used: the program's help, and code that needs only the errors, do without.
if TYPE_CHECKING:
    from lavaclient.client import Lava
else:

    def __getattr__(name: str) -> object:
        if name != "Lava":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from lavaclient.client import Lava

        globals()["Lava"] = Lava
        return Lava

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
