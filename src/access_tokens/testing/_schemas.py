"""What requests may hold, in the words of the API; `_validation` says how strictly."""

from typing import NewType, NotRequired, TypedDict, final

Role = NewType("Role", str)
Roles = NewType("Roles", list[Role])
Ids = NewType("Ids", list[str])
Number = NewType("Number", float)
Flag = NewType("Flag", bool)
Limit = NewType("Limit", int)


class Issue(TypedDict):
    """`IssueTokenRequest`."""

    owner: str
    tokenId: NotRequired[str]
    isAdmin: NotRequired[bool]
    roles: NotRequired[Roles]
    expiresAt: NotRequired[Number]


class Register(TypedDict):
    """`RegisterTokenRequest`."""

    secretPhc: str
    owner: str
    isAdmin: NotRequired[bool]
    roles: NotRequired[Roles]
    expiresAt: NotRequired[Number]


@final
class AddRoles(TypedDict):
    """`AddRoles`."""

    add: Roles


@final
class RemoveRoles(TypedDict):
    """`RemoveRoles`."""

    remove: Roles


RolesChange = Roles | AddRoles | RemoveRoles


class Update(TypedDict, total=False):
    """`UpdateTokenRequest`."""

    owner: str
    isAdmin: bool
    secretPhc: str
    expiresAt: Number | None
    roles: RolesChange


class Revoke(TypedDict, total=False):
    """`RevokeTokenRequest`."""

    expiresAt: Number


class BatchLoad(TypedDict):
    """`BatchLoadRequest`."""

    tokenIds: Ids
    includeSecretPhc: NotRequired[bool]


class ListQuery(TypedDict, total=False):
    """The query of `listTokens`."""

    afterTokenId: str
    limit: Limit
    includeRevoked: Flag
    includeExpired: Flag
    includeSecretPhc: Flag
    hasRole: str


class ClientCredentials(TypedDict, total=False):
    """`ClientCredentials`."""

    grant_type: str
    client_id: str
    client_secret: str
    state: str
