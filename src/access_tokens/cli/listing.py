"""Chooses, sorts and shows token records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from attrs import frozen

from .output import iso, plain, true_or_false

if TYPE_CHECKING:
    from rich.table import Table

    from ..models import TokenRecord

# In seconds.
_SOON = 14 * 86_400
_UNITS = (
    ("year", 31_557_600),
    ("month", 2_629_800),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
    ("second", 1),
)
_TITLES = ("Token ID", "Owner", "Admin", "Roles", "Created", "Last used", "State")

SORT_KEYS: dict[str, Callable[[TokenRecord], str | int | None]] = {
    "id": lambda record: record.token_id,
    "owner": lambda record: record.owner.casefold(),
    "created": lambda record: record.created_at,
    "last-used": lambda record: record.last_used_at,
    "expires": lambda record: record.expires_at or None,
    "revoked": lambda record: record.revoked_at,
}


def in_order(records: Iterable[TokenRecord], key: str, *, reverse: bool) -> list[TokenRecord]:
    """Return the records in the order of one of `SORT_KEYS`. Those without a value come last, either way."""
    value: Callable[[TokenRecord], Any] = SORT_KEYS[key]
    records = list(records)
    there = [each for each in records if value(each) is not None]
    return sorted(there, key=value, reverse=reverse) + [each for each in records if value(each) is None]


@frozen(kw_only=True)
class Filter:
    """Which records an audit asks for, beyond what the service filters. Times are Unix seconds.

    Attributes:
        now: The current time.
        owner: Only tokens of this owner.
        is_admin: Only administrators' tokens.
        expires_by: Only tokens that are not revoked, and expire from now until then.
        unused_since: Only tokens whose last exchange, or creation if there was none, was not after this.
    """

    now: float
    owner: str | None = None
    is_admin: bool = False
    expires_by: int | None = None
    unused_since: int | None = None

    def matches(self, record: TokenRecord) -> bool:
        """Tell whether a record is asked for."""
        return (
            (self.owner is None or record.owner == self.owner)
            and (record.is_admin or not self.is_admin)
            and (self.expires_by is None or self._expires(record, self.expires_by))
            and (self.unused_since is None or (record.last_used_at or record.created_at) <= self.unused_since)
        )

    def _expires(self, record: TokenRecord, by: int) -> bool:
        return record.revoked_at is None and self.now < (record.expires_at or 0) <= by


def lines(records: Iterable[TokenRecord]) -> Iterator[str]:
    """Yield a line for each record, for other programs: fields with tabs between them, and "-" for none."""
    for record in records:
        times = (record.created_at, record.last_used_at, record.expires_at, record.revoked_at)
        roles = ",".join(record.roles) or "-"
        hashed = [record.secret_phc] if record.secret_phc else []
        fields = (
            record.token_id,
            record.owner,
            true_or_false(record.is_admin),
            roles,
            *map(iso, times),
            *hashed,
        )
        yield "\t".join(map(plain, fields))


def table(records: Iterable[TokenRecord], now: float) -> Table:
    """Return a table for people, with times relative to now."""
    from rich.table import Table
    from rich.text import Text

    records = list(records)
    has_hashes = any(record.secret_phc for record in records)
    shown = Table(*_TITLES, *["Secret hash"] * has_hashes, box=None, header_style="bold", pad_edge=False)
    shown.columns[0].no_wrap, shown.columns[0].min_width = True, 21
    for column in shown.columns[1:]:
        column.overflow = "fold"  # rather than cut: half an address tells nothing
    for record in records:
        words, style = _state(record, now)
        cells = [Text(plain(each)) for each in _cells(record, now)]
        hashes = [Text(record.secret_phc or "-")] * has_hashes
        shown.add_row(*cells, Text(words, style=style), *hashes)
    return shown


def _cells(record: TokenRecord, now: float) -> Iterator[str]:
    yield record.token_id
    yield record.owner
    yield "admin" if record.is_admin else ""
    yield ", ".join(record.roles)
    yield relative(record.created_at, now)
    yield "never" if record.last_used_at is None else relative(record.last_used_at, now)


def _state(record: TokenRecord, now: float) -> tuple[str, str]:
    """Return whether a token is valid, and until when, and the style in which it is shown."""
    if record.revoked_at is not None:
        return f"revoked {relative(record.revoked_at, now)}", "red"
    if not record.expires_at:
        return "valid", "green"
    if record.expires_at <= now:
        return f"expired {relative(record.expires_at, now)}", "red"
    is_soon = record.expires_at - now < _SOON
    return f"expires {relative(record.expires_at, now)}", "yellow" if is_soon else "green"


def relative(seconds: float, now: float) -> str:
    """Return a time as people say it: "in 3 days", "2 hours ago", "now"."""
    away = abs(seconds - now)
    for unit, size in _UNITS:
        if away >= size:
            count = int(away // size)
            said = f"{count} {unit}{'s' * (count > 1)}"
            return f"in {said}" if seconds > now else f"{said} ago"
    return "now"
