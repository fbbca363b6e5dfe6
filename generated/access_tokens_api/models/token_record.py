from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TokenRecord")


@_attrs_define
class TokenRecord:
    """What the service knows of a token. An optional property may be missing or null.

    Attributes:
        token_id (str): The token's id, 21 letters and digits.
        owner (str): Whose token it is.
        is_admin (bool): Whether it may manage tokens.
        created_at (int): When it was issued or registered, Unix time.
        roles (list[str] | None | Unset): Names of the roles that it holds.
        secret_phc (None | str | Unset): The hash of its secret. Only when asked for.
        last_used_at (int | None | Unset): When it was last exchanged for a JWT, Unix time.
        expires_at (int | None | Unset): From when on it is refused, Unix time. On a revoked token, from when on the
            service may remove the record.
        revoked_at (int | None | Unset): When it was revoked, Unix time.
    """

    token_id: str
    owner: str
    is_admin: bool
    created_at: int
    roles: list[str] | None | Unset = UNSET
    secret_phc: None | str | Unset = UNSET
    last_used_at: int | None | Unset = UNSET
    expires_at: int | None | Unset = UNSET
    revoked_at: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        token_id = self.token_id

        owner = self.owner

        is_admin = self.is_admin

        created_at = self.created_at

        roles: list[str] | None | Unset
        if isinstance(self.roles, Unset):
            roles = UNSET
        elif isinstance(self.roles, list):
            roles = self.roles

        else:
            roles = self.roles

        secret_phc: None | str | Unset
        if isinstance(self.secret_phc, Unset):
            secret_phc = UNSET
        else:
            secret_phc = self.secret_phc

        last_used_at: int | None | Unset
        if isinstance(self.last_used_at, Unset):
            last_used_at = UNSET
        else:
            last_used_at = self.last_used_at

        expires_at: int | None | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = self.expires_at

        revoked_at: int | None | Unset
        if isinstance(self.revoked_at, Unset):
            revoked_at = UNSET
        else:
            revoked_at = self.revoked_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "tokenId": token_id,
                "owner": owner,
                "isAdmin": is_admin,
                "createdAt": created_at,
            }
        )
        if roles is not UNSET:
            field_dict["roles"] = roles
        if secret_phc is not UNSET:
            field_dict["secretPhc"] = secret_phc
        if last_used_at is not UNSET:
            field_dict["lastUsedAt"] = last_used_at
        if expires_at is not UNSET:
            field_dict["expiresAt"] = expires_at
        if revoked_at is not UNSET:
            field_dict["revokedAt"] = revoked_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        token_id = d.pop("tokenId")

        owner = d.pop("owner")

        is_admin = d.pop("isAdmin")

        created_at = d.pop("createdAt")

        def _parse_roles(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                roles_type_0 = cast(list[str], data)

                return roles_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        roles = _parse_roles(d.pop("roles", UNSET))

        def _parse_secret_phc(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        secret_phc = _parse_secret_phc(d.pop("secretPhc", UNSET))

        def _parse_last_used_at(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        last_used_at = _parse_last_used_at(d.pop("lastUsedAt", UNSET))

        def _parse_expires_at(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expiresAt", UNSET))

        def _parse_revoked_at(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        revoked_at = _parse_revoked_at(d.pop("revokedAt", UNSET))

        token_record = cls(
            token_id=token_id,
            owner=owner,
            is_admin=is_admin,
            created_at=created_at,
            roles=roles,
            secret_phc=secret_phc,
            last_used_at=last_used_at,
            expires_at=expires_at,
            revoked_at=revoked_at,
        )

        token_record.additional_properties = d
        return token_record

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
