"""What the service answers, as values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

from ._secret import Masked, mask

Moment: TypeAlias = int | datetime
"""A time that goes in: Unix seconds, or an aware datetime."""


class Keep(Enum):
    """The type of `KEEP`, for annotations."""

    KEEP = "KEEP"

    def __repr__(self) -> str:
        return self.name


KEEP: Final[Literal[Keep.KEEP]] = Keep.KEEP
"""Leaves an expiry as it is, where None removes it."""


@frozen(kw_only=True, eq=False)
class TokenRecord(Masked):
    """What the service knows of a token. Times are Unix seconds.

    Attributes:
        token_id: The token's id, 21 letters and digits.
        owner: Whose token it is.
        is_admin: Whether it may manage tokens.
        roles: Names of the roles that it holds.
        secret_phc: The hash of its secret, only when asked for; no repr shows it.
        created_at: When it was issued or registered.
        last_used_at: When it was last exchanged for a JWT.
        expires_at: From when on it is refused; on a revoked token, from when on the service may remove the
            record.
        revoked_at: When it was revoked.
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
        # Only the hash is a secret, and most records lack it.
        return super().__reduce_ex__(protocol) if self.secret_phc else object.__reduce_ex__(self, protocol)


A = TypeVar("A")
B = TypeVar("B")

if TYPE_CHECKING:

    class _Pair(tuple[A, B]):
        """To a type checker a tuple, since nothing else gives each part its type when it is unpacked.

        Tools that collect values, such as pytest and error trackers, look into sequences, but ask other
        objects for their repr, which shows no secret. So in fact it is neither a tuple nor a `Sequence`.
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
    """A new token. It unpacks: `token, record = client.issue(...)`.

    It also has `len()`, an index, and the class pattern `case IssueResult(token, record)`. A type checker
    takes it for a tuple; yet it is none to `isinstance` and equals none, a pattern without the class,
    `case (token, record)`, does not match it, and it has no `+`, `*`, `<`, `count()` and `index()`.

    Attributes:
        token: The PAT. The service shows it this once and keeps only its hash; no repr shows it.
        record: Its record.
    """

    token: str = field(repr=mask)
    record: TokenRecord


@frozen(order=False)
class BatchLoadResult(_Pair[tuple[TokenRecord, ...], tuple[str, ...]]):
    """Records of a set of ids. It unpacks: `found, not_found = client.batch_load(ids)`.

    It has what an `IssueResult` has of a tuple, and lacks the same.

    Attributes:
        found: The records of the ids that exist, in no particular order.
        not_found: The ids that do not exist.
    """

    found: tuple[TokenRecord, ...]
    not_found: tuple[str, ...]
