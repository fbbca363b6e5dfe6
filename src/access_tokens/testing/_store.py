"""The table of token records, in memory."""

import hashlib
import threading
from bisect import bisect_right, insort
from collections.abc import Callable
from itertools import islice

from access_tokens.testing import _errors as errors
from access_tokens.testing import _javascript as javascript
from access_tokens.testing import _record as records
from access_tokens.testing._credentials import new_token_id
from access_tokens.testing._record import Record

_LONGEST_KEY = 2048


class Store:
    """Stores records by token id. Safe to use from several threads.

    Like the reference's store, it checks a record when it is added, but not when it is changed. A record that
    a change has made invalid is hidden from readers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[bytes, Record] = {}
        self._hidden: set[bytes] = set()
        self._ranks: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Whether the table has no record, not even a hidden one."""
        return not self._ranks

    def get(self, token_id: str) -> Record | None:
        """Return a record, hidden or not.

        Raises:
            ServiceError: The id is too long for a key of the table.
        """
        return self._records.get(_rank(_key(token_id)))

    def find(self, token_id: str) -> Record | None:
        """Same as `get`, but None for a hidden record."""
        return None if _rank(_key(token_id)) in self._hidden else self.get(token_id)

    def add(self, record: Record) -> None:
        """Store a new record.

        Raises:
            ServiceError: The record is invalid, or its id is taken.
        """
        if issues := records.issues(record):
            raise errors.unstorable_record(issues)
        with self._lock:
            self._insert(record)

    def add_first(self, record: Record) -> bool:
        """Store a record if the table is empty, and tell whether the table was empty."""
        with self._lock:
            if self.is_empty:
                self._insert(record)
                return True
            return False

    def page(self, *, after: str | None, role: str | None, limit: int) -> list[Record]:
        """List the records with a role, if given, after a cursor, which need not be the id of a token."""
        with self._lock:
            start = bisect_right(self._ranks, _rank(_key(after))) if after else 0
            shown = (rank for rank in islice(self._ranks, start, None) if rank not in self._hidden)
            found = (self._records[rank] for rank in shown)
            return list(islice((record for record in found if _holds(record, role)), limit))

    def edit(self, token_id: str, change: Callable[[Record], Record]) -> Record:
        """Change a record atomically, without checking the result.

        Raises:
            ServiceError: There is no such record, or a number is out of the table's range.
        """
        rank = _rank(_key(token_id))
        with self._lock:
            record = self._records.get(rank)
            if record is None:
                raise errors.unknown_token(token_id)
            return self._put(rank, _marshalled(change(record)))

    def remove(self, token_id: str) -> None:
        """Remove a record.

        Raises:
            ServiceError: There is no such record.
        """
        rank = _rank(_key(token_id))
        with self._lock:
            if self._records.pop(rank, None) is None:
                raise errors.unknown_token(token_id)
            self._ranks.remove(rank)

    def _insert(self, record: Record) -> None:
        rank = _rank(record["tokenId"])
        if rank in self._records:
            raise errors.duplicate_token(record["tokenId"])
        self._put(rank, records.stored(record))
        insort(self._ranks, rank)

    def _put(self, rank: bytes, record: Record) -> Record:
        self._records[rank] = record
        if records.issues(record):
            self._hidden.add(rank)
        else:
            self._hidden.discard(rank)
        return record


def early_token_id() -> str:
    """Generate an id that is listed early, so that few other ids can come before it."""
    return next(each for each in iter(new_token_id, None) if not _rank(each)[0])


def _holds(record: Record, role: str | None) -> bool:
    return not role or role in record.get("roles", ())


def _rank(token_id: str) -> bytes:
    # The table is ordered by a hash of the id, like the reference's store: neither by time nor by id, and any
    # id has a place in the order, whether it exists or not.
    return hashlib.sha224(token_id.encode(errors="surrogatepass")).digest()


def _key(token_id: str) -> str:
    if len(token_id.encode(errors="surrogatepass")) > _LONGEST_KEY:
        reason = f"Size of hashkey has exceeded the maximum size limit of {_LONGEST_KEY} bytes"
        raise errors.store_failure(f"One or more parameter values were invalid: {reason}")
    return token_id


def _marshalled(record: Record) -> Record:
    expires_at = record.get("expiresAt") or 0
    if abs(expires_at) > javascript.MAX_SAFE_INTEGER:
        side = (
            "greater than Number.MAX_SAFE_INTEGER"
            if expires_at > 0
            else "lesser than Number.MIN_SAFE_INTEGER"
        )
        raise errors.store_failure(
            f"Number {expires_at:g} is {side}. Use NumberValue from @aws-sdk/lib-dynamodb."
        )
    return record
