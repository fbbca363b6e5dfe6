from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ClientCredentialsJson")


@_attrs_define
class ClientCredentialsJson:
    """A PAT as OAuth 2.0 client credentials (RFC 6749, section 4.4.2).

    Attributes:
        grant_type (Literal['client_credentials']): Always `client_credentials`.
        client_secret (str): The PAT.
        state (str | Unset): Sent back as it is.
    """

    grant_type: Literal["client_credentials"]
    client_secret: str
    state: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        grant_type = self.grant_type

        client_secret = self.client_secret

        state = self.state

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "grant_type": grant_type,
                "client_secret": client_secret,
            }
        )
        if state is not UNSET:
            field_dict["state"] = state

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        grant_type = cast(Literal["client_credentials"], d.pop("grant_type"))
        if grant_type != "client_credentials":
            raise ValueError(
                f"grant_type must match const 'client_credentials', got '{grant_type}'"
            )

        client_secret = d.pop("client_secret")

        state = d.pop("state", UNSET)

        client_credentials_json = cls(
            grant_type=grant_type,
            client_secret=client_secret,
            state=state,
        )

        client_credentials_json.additional_properties = d
        return client_credentials_json

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
