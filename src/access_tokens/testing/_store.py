"""The table of tokens."""

import hashlib
import threading
from bisect import bisect_right, insort
from collections.abc import Callable
from itertools import islice

from access_tokens.testing import _credentials as credentials
from access_tokens.testing import _errors as errors
from access_tokens.testing._record import Record

_OWNER_MAX = 100
_PHC_MAX = 200


class Store:
    """Records by token id, safe to use from several threads.

    It refuses what the reference's store refuses, with the reference's errors.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[bytes, Record] = {}
        self._ranks: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is no record at all."""
        return not self._ranks

    def get(self, token_id: str) -> Record | None:
        """Look a record up."""
        return self._records.get(_rank(token_id))

    def add(self, record: Record) -> None:
        """Store a new record."""
        _check(record)
        with self._lock:
            self._insert(record)

    def add_first(self, record: Record) -> bool:
        """Store a record if the table is empty, and tell whether it was."""
        with self._lock:
            if self.is_empty:
                self._insert(record)
                return True
            return False

    def page(self, *, after: str | None, role: str | None, limit: int) -> list[Record]:
        """List records that hold a role. The cursor need not exist: only its place in the order counts."""
        with self._lock:
            start = 0 if after is None else bisect_right(self._ranks, _rank(after))
            records = (self._records[rank] for rank in islice(self._ranks, start, None))
            return list(islice((one for one in records if role is None or role in one.roles), limit))

    def edit(self, token_id: str, change: Callable[[Record], Record]) -> Record:
        """Change a record, and nothing comes between reading and writing it."""
        with self._lock:
            record = self._records.get(_rank(token_id))
            if record is None:
                raise errors.unknown_token(token_id)
            changed = change(record)
            _check(changed)
            self._records[_rank(token_id)] = changed
            return changed

    def _insert(self, record: Record) -> None:
        rank = _rank(record.token_id)
        if rank in self._records:
            raise errors.duplicate_token(record.token_id)
        self._records[rank] = record
        insort(self._ranks, rank)


def _rank(token_id: str) -> bytes:
    # The order of a hash, like that of the reference's store: neither by time nor by id, and with a
    # place for ids that do not exist.
    return hashlib.sha256(token_id.encode(errors="surrogatepass")).digest()


def _check(record: Record) -> None:
    if not credentials.is_token_id(record.token_id):
        raise errors.refused_value("tokenId must be 21 letters and digits")
    if not 1 <= len(record.owner) <= _OWNER_MAX:
        raise errors.refused_value(f"owner must have 1 to {_OWNER_MAX} characters")
    if not 1 <= len(record.secret_phc) <= _PHC_MAX:
        raise errors.refused_value(f"secretPhc must have 1 to {_PHC_MAX} characters")
    if record.expires_at is not None and not isinstance(record.expires_at, int):
        raise errors.refused_value("expiresAt must be a whole number of seconds")
