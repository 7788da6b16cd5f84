"""What requests to identity and its answers say."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from lavaclient.sandbox.resources.answer_models import Link, Timestamp

Text = Annotated[str, Meta(min_length=1, max_length=1024)]


class ApiKeyCredentials(Struct, forbid_unknown_fields=True):
    """A user's API key."""

    username: Text
    api_key: Text = field(name="apiKey")


class PasswordCredentials(Struct, forbid_unknown_fields=True):
    """A user's password."""

    username: Text
    password: Text


class TokenCredentials(Struct, forbid_unknown_fields=True):
    """A token that is good."""

    id: Text


class Domain(Struct, forbid_unknown_fields=True):
    """Where users of the company's own sign in; overlooked."""

    name: Text


class SignIn(Struct, forbid_unknown_fields=True):
    """Exactly one of key, password and token; and a tenant, if it is to be checked."""

    api_key: ApiKeyCredentials | UnsetType = field(
        default=UNSET, name="RAX-KSKEY:apiKeyCredentials"
    )
    password: PasswordCredentials | UnsetType = field(default=UNSET, name="passwordCredentials")
    token: TokenCredentials | UnsetType = UNSET
    tenant_id: Text | UnsetType = field(default=UNSET, name="tenantId")
    tenant_name: Text | UnsetType = field(default=UNSET, name="tenantName")
    domain: Domain | UnsetType = field(default=UNSET, name="RAX-AUTH:domain")


class SignInBody(Struct, forbid_unknown_fields=True):
    """The body of `POST tokens`."""

    auth: SignIn


class TokenTenant(Struct, forbid_unknown_fields=True):
    """The tenant that a token is for."""

    id: str
    name: str


class TokenView(Struct, forbid_unknown_fields=True):
    """A token."""

    id: str
    expires: Timestamp
    tenant: TokenTenant
    authenticated_by: list[str] | UnsetType = field(default=UNSET, name="RAX-AUTH:authenticatedBy")


class Role(Struct, forbid_unknown_fields=True):
    """A role."""

    id: str
    name: str
    description: str


class UserView(Struct, forbid_unknown_fields=True):
    """Whose token it is."""

    id: str
    name: str
    roles: list[Role]
    default_region: str = field(name="RAX-AUTH:defaultRegion")


class Endpoint(Struct, forbid_unknown_fields=True):
    """Where a service is, in one region or in all."""

    tenant_id: str = field(name="tenantId")
    public_url: str = field(name="publicURL")
    region: str | UnsetType = UNSET
    version_id: str | UnsetType = field(default=UNSET, name="versionId")
    version_info: str | UnsetType = field(default=UNSET, name="versionInfo")
    version_list: str | UnsetType = field(default=UNSET, name="versionList")


class CatalogEntry(Struct, forbid_unknown_fields=True):
    """A service of the catalog."""

    name: str
    type: str
    endpoints: list[Endpoint]


class Access(Struct, forbid_unknown_fields=True):
    """A token and its user; a sign-in has the catalog too."""

    token: TokenView
    user: UserView
    catalog: list[CatalogEntry] | UnsetType = field(default=UNSET, name="serviceCatalog")


class AccessAnswer(Struct, forbid_unknown_fields=True):
    """What a sign-in gives, or what a token is."""

    access: Access


class Tenant(Struct, forbid_unknown_fields=True):
    """A tenant."""

    id: str
    name: str
    enabled: bool


class TenantsAnswer(Struct, forbid_unknown_fields=True):
    """The tenants that a token is for."""

    tenants: list[Tenant]
    tenants_links: list[Link]


class MediaType(Struct, forbid_unknown_fields=True):
    """A form of bodies."""

    base: str
    type: str


class Version(Struct, forbid_unknown_fields=True):
    """A version of the API."""

    id: str
    status: str
    updated: Timestamp
    links: list[Link]
    media_types: list[MediaType] = field(name="media-types")


class VersionAnswer(Struct, forbid_unknown_fields=True):
    """A version of the API."""

    version: Version
