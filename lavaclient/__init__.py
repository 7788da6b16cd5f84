"""The Python SDK for the Rackspace Cloud Big Data API.

``from lavaclient import Lava`` is the whole door::

    from lavaclient import Lava

    with Lava("myusername", region="DFW", api_key="0123456789abcdef") as lava:
        print(lava.clusters.list())
"""

from lavaclient._version import __version__
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
