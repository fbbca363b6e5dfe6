"""The public classes for the service's answers: token records and results."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

from ._secret import Masked, mask
from ._unix_time import aware_datetime, unix_seconds

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
    """The service's record of a token, without the PAT itself.

    Times are Unix seconds, and beside each is the same time as a datetime in UTC: `created` for `created_at`,
    and `last_used`, `expires` and `revoked`. Both are None if there is no such time.

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

    @property
    def created(self) -> datetime:
        """When the token was issued or registered, in UTC.

        Example:
            print(client.get(token_id).created.isoformat())
        """
        return aware_datetime(self.created_at)

    @property
    def last_used(self) -> datetime | None:
        """When the PAT was last exchanged for a JWT, in UTC; None if never.

        Example:
            if client.get(token_id).last_used is None:
                print("was never used")
        """
        return None if self.last_used_at is None else aware_datetime(self.last_used_at)

    @property
    def expires(self) -> datetime | None:
        """When the PAT expires, in UTC; None if never, also for an expiry of 0, as the service treats it.

        For a revoked token, it is from when on the service may remove the record.
        An expiry before the year 1 or after 9999, which the service stores, is the nearest datetime there is.

        Example:
            if expires := client.get(token_id).expires:
                print(f"expires on {expires:%Y-%m-%d}")
        """
        return aware_datetime(self.expires_at) if self.expires_at else None

    @property
    def revoked(self) -> datetime | None:
        """When the token was revoked, in UTC; None if it is not.

        Example:
            if revoked := client.get(token_id).revoked:
                print(f"revoked on {revoked:%Y-%m-%d}")
        """
        return None if self.revoked_at is None else aware_datetime(self.revoked_at)

    def is_active(self, at: Moment | None = None) -> bool:
        """Tell whether the PAT is accepted: its token is not revoked, and not expired at a time.

        A revoked token is not active at any time, since the clocks of the service and of this machine may
        differ. A token expires with the second `expires_at`. An expiry of 0 is none.

        Args:
            at: The time, in Unix seconds or as an aware datetime. By default now, by this machine's clock.

        Raises:
            ValueError: `at` is not after 1970 began, in milliseconds, or without a time zone.
            TypeError: `at` is no whole number and no datetime.

        Example:
            from datetime import UTC, datetime, timedelta

            record = client.get(token_id)
            print(record.is_active(), record.is_active(datetime.now(UTC) + timedelta(days=30)))
        """
        now = time.time() if at is None else unix_seconds("at", at)
        return self.revoked_at is None and (not self.expires_at or now < self.expires_at)

    def to_dict(self, *, include_secret_phc: bool = False) -> dict[str, Any]:
        """Return the record as a dict that `json.dumps` takes, with the service's names.

        The keys are always the same: tokenId, owner, isAdmin, roles, createdAt, lastUsedAt, expiresAt and
        revokedAt. A value that is missing is None. Times are Unix seconds.

        Args:
            include_secret_phc: Include the hash of the PAT's secret, `secretPhc`. It is a secret.

        Example:
            import json

            print(json.dumps(client.get(token_id).to_dict()))
        """
        kept = [each for each in attrs.fields(TokenRecord) if include_secret_phc or each.name != "secret_phc"]
        values = {json_name(each): getattr(self, each.name) for each in kept}
        return {**values, "roles": list(self.roles)}

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Only a record with the hash is secret, and refuses to be pickled.
        return super().__reduce_ex__(protocol) if self.secret_phc else object.__reduce_ex__(self, protocol)


def json_name(field: attrs.Attribute[Any]) -> str:
    """Return the JSON name of an attribute: from its metadata, else in camel case (`tokenId`)."""
    first, *others = field.name.split("_")
    return field.metadata.get("json_name") or first + "".join(each.title() for each in others)


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

    It refuses to be pickled, since it holds a secret. In a worker process, return what the caller needs by
    name: `result.record`, or `result.token`, which is then a plain str that nothing masks.

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
