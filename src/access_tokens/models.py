"""The public classes for the service's answers: token records and results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

from ._secret import Masked, mask

Moment: TypeAlias = int | datetime
"""A time as an argument: Unix seconds, or an aware datetime."""


class Keep(Enum):
    """The type of `KEEP`, for annotations."""

    KEEP = "KEEP"

    def __repr__(self) -> str:
        return self.name


KEEP: Final[Literal[Keep.KEEP]] = Keep.KEEP
"""The default of `expires_at` in `update`: keeps the expiry as it is. None would remove it."""


@frozen(kw_only=True, eq=False)
class TokenRecord(Masked):
    """The service's record of a token, without the PAT itself. Times are Unix seconds.

    Attributes:
        token_id: The id of the token, 21 letters and digits.
        owner: The owner of the token.
        is_admin: Whether the token may be used to manage tokens.
        roles: The names of the token's roles.
        secret_phc: The hash of the PAT's secret, only if it was asked for. Not shown in the repr.
        created_at: When the token was issued or registered.
        last_used_at: When the PAT was last exchanged for a JWT.
        expires_at: When the PAT expires. For a revoked token: from when on the service may remove the record.
        revoked_at: When the token was revoked.
    """

    token_id: str
    owner: str
    is_admin: bool
    roles: tuple[str, ...] = ()
    secret_phc: str | None = field(default=None, repr=mask)
    created_at: int
    last_used_at: int | None = None
    expires_at: int | None = None
    revoked_at: int | None = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Only a record with the hash is secret, and refuses to be pickled.
        return super().__reduce_ex__(protocol) if self.secret_phc else object.__reduce_ex__(self, protocol)


A = TypeVar("A")
B = TypeVar("B")

if TYPE_CHECKING:

    class _Pair(tuple[A, B]):
        """A tuple for type checkers only, since only tuples have a type for each part when unpacked.

        At runtime the class is neither a tuple nor a `Sequence`. Tools such as pytest and error trackers look
        into sequences, but use the repr of other objects, and the repr shows no secret.
        """

        def __new__(cls, *_: Any, **__: Any) -> Self: ...
else:

    class _Pair:
        __slots__ = ()

        def __class_getitem__(cls, _: Any) -> type[Self]:
            return cls

        def __len__(self) -> int:
            return len(attrs.fields(type(self)))

        def __getitem__(self, index: int | slice) -> Any:
            return attrs.astuple(self, recurse=False)[index]

        def __iter__(self) -> Iterator[Any]:
            return iter(self[:])


@frozen(eq=False)
class IssueResult(Masked, _Pair[str, TokenRecord]):
    """A new token. Can be unpacked: `token, record = client.issue(...)`.

    `len()`, indexing and the class pattern `case IssueResult(token, record)` also work. Type checkers treat
    the class as a tuple. At runtime it is not one: `isinstance` says no, it equals no tuple, the pattern
    `case (token, record)` does not match, and `+`, `*`, `<`, `count()` and `index()` are missing.

    Attributes:
        token: The PAT. The service keeps only its hash and never shows it again. Not shown in the repr.
        record: The record of the token.
    """

    token: str = field(repr=mask)
    record: TokenRecord


@frozen(order=False)
class BatchLoadResult(_Pair[tuple[TokenRecord, ...], tuple[str, ...]]):
    """The records for several ids. Can be unpacked: `found, not_found = client.batch_load(ids)`.

    Behaves like a tuple in the same ways as `IssueResult`.

    Attributes:
        found: The records that were found, in no particular order.
        not_found: The ids for which no record was found.
    """

    found: tuple[TokenRecord, ...]
    not_found: tuple[str, ...]
