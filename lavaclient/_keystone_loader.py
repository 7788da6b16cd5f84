"""How keystoneauth1 and openstacksdk load the plugin by its name, ``rax_apikey``."""

from __future__ import annotations

import keystoneauth1.identity.base  # noqa: F401 (so that the plugin registers there)
from keystoneauth1 import loading

from lavaclient.identity import RackspaceApiKey

__all__ = ["RackspaceApiKeyLoader"]


class RackspaceApiKeyLoader(loading.BaseLoader):  # type: ignore[type-arg]
    """Makes a :class:`RackspaceApiKey` from the options in a ``clouds.yaml``.

    ::

        clouds:
          rackspace:
            auth_type: rax_apikey
            auth:
              username: myusername
              api_key: 0123456789abcdef
            region_name: DFW
    """

    @property
    def plugin_class(self) -> type[RackspaceApiKey]:
        """The plugin."""
        return RackspaceApiKey

    def get_options(self) -> list[loading.Opt]:
        """Return the plugin's options; names that other plugins use are accepted too."""
        return [
            loading.Opt(
                "username",
                deprecated=[loading.Opt("user-name")],
                required=True,
                help="Rackspace user",
                metavar="<username>",
            ),
            loading.Opt(
                "api-key",
                deprecated=[loading.Opt("apikey")],
                required=True,
                secret=True,
                prompt="API key: ",
                help="The user's API key",
                metavar="<API key>",
            ),
            loading.Opt(
                "auth-url",
                help="Identity's URL, by default Rackspace's own",
                metavar="<URL>",
            ),
            loading.Opt(
                "tenant-id",
                deprecated=[loading.Opt("project-id"), loading.Opt("tenant-name")],
                help="Account number",
                metavar="<number>",
            ),
        ]
