from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="IssueTokenRequest")


@_attrs_define
class IssueTokenRequest:
    """A token to issue.

    Attributes:
        owner (str): Whose token it is, for instance an e-mail address.
        token_id (str | Unset): 21 letters and digits.
        is_admin (bool | Unset): Whether it may manage tokens. Default: False.
        roles (list[str] | Unset): Names of roles.
        expires_at (int | Unset): Whole seconds since 1970-01-01T00:00:00Z.
    """

    owner: str
    token_id: str | Unset = UNSET
    is_admin: bool | Unset = False
    roles: list[str] | Unset = UNSET
    expires_at: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        owner = self.owner

        token_id = self.token_id

        is_admin = self.is_admin

        roles: list[str] | Unset = UNSET
        if not isinstance(self.roles, Unset):
            roles = self.roles

        expires_at = self.expires_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "owner": owner,
            }
        )
        if token_id is not UNSET:
            field_dict["tokenId"] = token_id
        if is_admin is not UNSET:
            field_dict["isAdmin"] = is_admin
        if roles is not UNSET:
            field_dict["roles"] = roles
        if expires_at is not UNSET:
            field_dict["expiresAt"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        owner = d.pop("owner")

        token_id = d.pop("tokenId", UNSET)

        is_admin = d.pop("isAdmin", UNSET)

        roles = cast(list[str], d.pop("roles", UNSET))

        expires_at = d.pop("expiresAt", UNSET)

        issue_token_request = cls(
            owner=owner,
            token_id=token_id,
            is_admin=is_admin,
            roles=roles,
            expires_at=expires_at,
        )

        return issue_token_request
