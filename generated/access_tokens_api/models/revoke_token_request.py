from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RevokeTokenRequest")


@_attrs_define
class RevokeTokenRequest:
    """How to revoke a token.

    Attributes:
        expires_at (float | Unset): From when on the service may remove the record, Unix time. Kept for good, and an
            expiry that the token had cleared, when left out.
    """

    expires_at: float | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        expires_at = self.expires_at

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if expires_at is not UNSET:
            field_dict["expiresAt"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        expires_at = d.pop("expiresAt", UNSET)

        revoke_token_request = cls(
            expires_at=expires_at,
        )

        return revoke_token_request
