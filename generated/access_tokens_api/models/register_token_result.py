from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.token_record import TokenRecord


T = TypeVar("T", bound="RegisterTokenResult")


@_attrs_define
class RegisterTokenResult:
    """A registered token. Its record holds the `secretPhc` that was sent.

    Attributes:
        record (TokenRecord): What the service knows of a token. An optional property may be missing or null.
    """

    record: TokenRecord
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        record = self.record.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "record": record,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.token_record import TokenRecord

        d = dict(src_dict)
        record = TokenRecord.from_dict(d.pop("record"))

        register_token_result = cls(
            record=record,
        )

        register_token_result.additional_properties = d
        return register_token_result

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
