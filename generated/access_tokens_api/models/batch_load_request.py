from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="BatchLoadRequest")


@_attrs_define
class BatchLoadRequest:
    """Which records to load.

    Attributes:
        token_ids (list[str]): The ids of the tokens, each once. None is allowed.
        include_secret_phc (bool | Unset): Send each record's secret hash as well. Default: False.
    """

    token_ids: list[str]
    include_secret_phc: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        token_ids = self.token_ids

        include_secret_phc = self.include_secret_phc

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "tokenIds": token_ids,
            }
        )
        if include_secret_phc is not UNSET:
            field_dict["includeSecretPhc"] = include_secret_phc

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        token_ids = cast(list[str], d.pop("tokenIds"))

        include_secret_phc = d.pop("includeSecretPhc", UNSET)

        batch_load_request = cls(
            token_ids=token_ids,
            include_secret_phc=include_secret_phc,
        )

        return batch_load_request
