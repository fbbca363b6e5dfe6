from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.add_roles import AddRoles
    from ..models.remove_roles import RemoveRoles


T = TypeVar("T", bound="UpdateTokenRequest")


@_attrs_define
class UpdateTokenRequest:
    """Changes to a token. What is left out stays as it is.

    Attributes:
        owner (str | Unset): The new owner.
        is_admin (bool | Unset): Whether it may manage tokens.
        secret_phc (str | Unset): The hash of a new secret. The old PAT is refused from now on. What is neither empty
            nor a PHC string of scrypt, with its parameters, a salt and a hash, is refused (500, "Invalid secret PHC string:
            …").
        expires_at (float | None | Unset): From when on it is refused, Unix time. `null` removes the expiry.
        roles (AddRoles | list[str] | RemoveRoles | Unset): All its roles anew, or roles to add, or roles to remove.
    """

    owner: str | Unset = UNSET
    is_admin: bool | Unset = UNSET
    secret_phc: str | Unset = UNSET
    expires_at: float | None | Unset = UNSET
    roles: AddRoles | list[str] | RemoveRoles | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.add_roles import AddRoles

        owner = self.owner

        is_admin = self.is_admin

        secret_phc = self.secret_phc

        expires_at: float | None | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = self.expires_at

        roles: dict[str, Any] | list[str] | Unset
        if isinstance(self.roles, Unset):
            roles = UNSET
        elif isinstance(self.roles, list):
            roles = self.roles

        elif isinstance(self.roles, AddRoles):
            roles = self.roles.to_dict()
        else:
            roles = self.roles.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if owner is not UNSET:
            field_dict["owner"] = owner
        if is_admin is not UNSET:
            field_dict["isAdmin"] = is_admin
        if secret_phc is not UNSET:
            field_dict["secretPhc"] = secret_phc
        if expires_at is not UNSET:
            field_dict["expiresAt"] = expires_at
        if roles is not UNSET:
            field_dict["roles"] = roles

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.add_roles import AddRoles
        from ..models.remove_roles import RemoveRoles

        d = dict(src_dict)
        owner = d.pop("owner", UNSET)

        is_admin = d.pop("isAdmin", UNSET)

        secret_phc = d.pop("secretPhc", UNSET)

        def _parse_expires_at(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expiresAt", UNSET))

        def _parse_roles(data: object) -> AddRoles | list[str] | RemoveRoles | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                roles_type_0 = cast(list[str], data)

                return roles_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                roles_type_1 = AddRoles.from_dict(data)

                return roles_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            roles_type_2 = RemoveRoles.from_dict(data)

            return roles_type_2

        roles = _parse_roles(d.pop("roles", UNSET))

        update_token_request = cls(
            owner=owner,
            is_admin=is_admin,
            secret_phc=secret_phc,
            expires_at=expires_at,
            roles=roles,
        )

        return update_token_request
