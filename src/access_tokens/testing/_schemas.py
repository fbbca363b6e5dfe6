"""What requests may hold, in the words of the API; `_bodies` says how strictly."""

from typing import NewType, NotRequired, TypedDict, final

Role = NewType("Role", str)
Roles = NewType("Roles", list[Role])
Ids = NewType("Ids", list[str])
UnixTime = NewType("UnixTime", float)
GrantType = NewType("GrantType", str)
Secret = NewType("Secret", str)
Flag = NewType("Flag", bool)
Limit = NewType("Limit", int)
Cursor = NewType("Cursor", str)


class Issue(TypedDict):
    """`IssueTokenRequest`."""

    owner: str
    tokenId: NotRequired[str]
    isAdmin: NotRequired[bool]
    roles: NotRequired[Roles]
    expiresAt: NotRequired[UnixTime]


class Register(TypedDict):
    """`RegisterTokenRequest`."""

    secretPhc: str
    owner: str
    isAdmin: NotRequired[bool]
    roles: NotRequired[Roles]
    expiresAt: NotRequired[UnixTime]


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
    expiresAt: UnixTime | None
    roles: RolesChange


class Revoke(TypedDict, total=False):
    """`RevokeTokenRequest`."""

    expiresAt: UnixTime


class BatchLoad(TypedDict):
    """`BatchLoadRequest`."""

    tokenIds: Ids
    includeSecretPhc: NotRequired[bool]


class ListQuery(TypedDict, total=False):
    """The query of `listTokens`."""

    afterTokenId: Cursor
    limit: Limit
    includeRevoked: Flag
    includeExpired: Flag
    includeSecretPhc: Flag
    hasRole: Role


class ClientCredentials(TypedDict):
    """`ClientCredentials`."""

    grant_type: GrantType
    client_secret: Secret
    state: NotRequired[str]
