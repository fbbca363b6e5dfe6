from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="AddRoles")


@_attrs_define
class AddRoles:
    """Roles to add. Atomic, and adding a role twice does nothing.

    Attributes:
        add (list[str]): Names of roles.
    """

    add: list[str]

    def to_dict(self) -> dict[str, Any]:
        add = self.add

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "add": add,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        add = cast(list[str], d.pop("add"))

        add_roles = cls(
            add=add,
        )

        return add_roles
