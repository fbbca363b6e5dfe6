"""The types of request bodies and queries, with the names of the API, used by `_validation`."""

from typing import NewType, NotRequired, TypedDict, final

Role = NewType("Role", str)
Roles = NewType("Roles", list[Role])
Ids = NewType("Ids", list[str])
Number = NewType("Number", float)
Flag = NewType("Flag", bool)
Limit = NewType("Limit", int)


class Issue(TypedDict):
    """The schema `IssueTokenRequest` in openapi.yaml."""

    owner: str
    tokenId: NotRequired[str]
    isAdmin: NotRequired[bool]
    roles: NotRequired[Roles]
    expiresAt: NotRequired[Number]


class Register(TypedDict):
    """The schema `RegisterTokenRequest` in openapi.yaml."""

    secretPhc: str
    owner: str
    isAdmin: NotRequired[bool]
    roles: NotRequired[Roles]
    expiresAt: NotRequired[Number]


@final
class AddRoles(TypedDict):
    """The schema `AddRoles` in openapi.yaml."""

    add: Roles


@final
class RemoveRoles(TypedDict):
    """The schema `RemoveRoles` in openapi.yaml."""

    remove: Roles


RolesChange = Roles | AddRoles | RemoveRoles


class Update(TypedDict, total=False):
    """The schema `UpdateTokenRequest` in openapi.yaml."""

    owner: str
    isAdmin: bool
    secretPhc: str
    expiresAt: Number | None
    roles: RolesChange


class Revoke(TypedDict, total=False):
    """The schema `RevokeTokenRequest` in openapi.yaml."""

    expiresAt: Number


class BatchLoad(TypedDict):
    """The schema `BatchLoadRequest` in openapi.yaml."""

    tokenIds: Ids
    includeSecretPhc: NotRequired[bool]


class ListQuery(TypedDict, total=False):
    """The query parameters of the operation `listTokens` in openapi.yaml."""

    afterTokenId: str
    limit: Limit
    includeRevoked: Flag
    includeExpired: Flag
    includeSecretPhc: Flag
    hasRole: str


class ClientCredentials(TypedDict, total=False):
    """The schema `ClientCredentials` in openapi.yaml."""

    grant_type: str
    client_id: str
    client_secret: str
    state: str
