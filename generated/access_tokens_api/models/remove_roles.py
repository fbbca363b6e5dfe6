from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="RemoveRoles")


@_attrs_define
class RemoveRoles:
    """Roles to remove. Atomic, and removing a role that is not there does nothing.

    Attributes:
        remove (list[str]): Names of roles.
    """

    remove: list[str]

    def to_dict(self) -> dict[str, Any]:
        remove = self.remove

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "remove": remove,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        remove = cast(list[str], d.pop("remove"))

        remove_roles = cls(
            remove=remove,
        )

        return remove_roles
