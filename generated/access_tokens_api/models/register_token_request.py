from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RegisterTokenRequest")


@_attrs_define
class RegisterTokenRequest:
    """A token that was generated elsewhere.

    Attributes:
        secret_phc (str): The hash of a token's secret, as a PHC string.
        owner (str): Whose token it is, for instance an e-mail address.
        is_admin (bool | Unset): Whether it may manage tokens. Default: False.
        roles (list[str] | Unset): Names of roles.
        expires_at (int | Unset): Whole seconds since 1970-01-01T00:00:00Z.
    """

    secret_phc: str
    owner: str
    is_admin: bool | Unset = False
    roles: list[str] | Unset = UNSET
    expires_at: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        secret_phc = self.secret_phc

        owner = self.owner

        is_admin = self.is_admin

        roles: list[str] | Unset = UNSET
        if not isinstance(self.roles, Unset):
            roles = self.roles

        expires_at = self.expires_at

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "secretPhc": secret_phc,
                "owner": owner,
            }
        )
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
        secret_phc = d.pop("secretPhc")

        owner = d.pop("owner")

        is_admin = d.pop("isAdmin", UNSET)

        roles = cast(list[str], d.pop("roles", UNSET))

        expires_at = d.pop("expiresAt", UNSET)

        register_token_request = cls(
            secret_phc=secret_phc,
            owner=owner,
            is_admin=is_admin,
            roles=roles,
            expires_at=expires_at,
        )

        return register_token_request
