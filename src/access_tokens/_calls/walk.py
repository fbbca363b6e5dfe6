"""Lists all tokens page by page, for `iter_tokens`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from .._flow.steps import Procedure
from .._signals import pass_on
from ..errors import InvalidResponseError, UnreadableError
from ..models import TokenRecord
from . import arguments as check
from .tokens import list_page


class TokenWalk:
    """Fetches all tokens that the caller wants to see, page by page.

    The service drops revoked and expired records after it has counted them towards the limit, so that a short
    page need not be the last one. Therefore the walk asks for all records, ends at the first short page, and
    drops unwanted records itself.

    Args:
        include_revoked: Keep revoked tokens.
        include_expired: Keep expired tokens.
        include_secret_phc: Ask for each token's secret hash as well.
        has_role: Only tokens that hold this role.
        page_size: How many records to ask for at a time.
        now: Returns the time of day, in Unix seconds.

    Raises:
        ValueError, TypeError: An argument is invalid; the message names it.
    """

    def __init__(
        self,
        *,
        include_revoked: bool,
        include_expired: bool,
        include_secret_phc: bool,
        has_role: str | None,
        page_size: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._include_revoked = check.flag("include_revoked", include_revoked)
        self._include_expired = check.flag("include_expired", include_expired)
        self._include_secret_phc = check.flag("include_secret_phc", include_secret_phc)
        self._has_role = None if has_role is None else check.role("has_role", has_role)
        self._page_size = check.page_size(page_size)
        self._now = now
        self._cursor: str | None = None
        self._been: set[str] = set()
        # Hashes take half the memory of ids. For 100,000 ids, two have the same hash once in 10**9 walks.
        self._seen: set[int] = set()
        self.is_over = False

    def next_page(self) -> Procedure[Iterator[TokenRecord]]:
        """Fetch the next page, and return the records in it that the caller wants to see."""
        page = yield from list_page(
            include_revoked=True,
            include_expired=True,
            include_secret_phc=self._include_secret_phc,
            has_role=self._has_role,
            limit=self._page_size,
            after_token_id=self._cursor,
        )
        self.is_over = len(page) < self._page_size
        if not self.is_over:
            self._move_to(page[-1].token_id)
        # Drop repeated records: pages may overlap, for instance if the service includes the cursor's record.
        return filter(self._is_wanted, self._new_of(page))

    def _new_of(self, page: list[TokenRecord]) -> list[TokenRecord]:
        new: list[TokenRecord] = []
        for record in page:
            mark = hash(record.token_id)
            if mark not in self._seen:
                self._seen.add(mark)
                new.append(record)
        return new

    def _move_to(self, cursor: str) -> None:
        """Continue after this id. Raise if it was a cursor before, since the walk would never end."""
        if cursor in self._been:
            raise _unreadable("the list goes in a circle")
        try:
            check.token_id(cursor)
        except ValueError as error:
            pass_on(error)
            raise _unreadable("the list cannot be continued after its last id") from None
        self._been.add(cursor)
        self._cursor = cursor

    def _is_wanted(self, record: TokenRecord) -> bool:
        if record.revoked_at is not None and not self._include_revoked:
            return False
        return self._include_expired or record.expires_at is None or record.expires_at > self._now()


def _unreadable(problem: str) -> InvalidResponseError:
    return InvalidResponseError("Invalid list tokens response", cause=UnreadableError(problem))
