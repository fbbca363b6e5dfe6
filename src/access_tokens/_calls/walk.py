"""The walk over all tokens."""

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
    """Walks over all tokens that a caller wants to see, page by page.

    The service drops revoked and expired records after it has counted them, so that a short page is not the
    end. The walk therefore asks for all of them, stops at the first page that is short, and filters here.

    Args:
        include_revoked: Keep revoked tokens.
        include_expired: Keep expired tokens.
        include_secret_phc: Ask for each token's secret hash as well.
        has_role: Only tokens that hold this role.
        page_size: How many records to ask for at a time.
        now: The time of day, in Unix seconds.

    Raises:
        ValueError, TypeError: An argument makes no sense; the message names it.
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
        # Hashes, which take half the memory of the ids: of 100,000 ids, two are alike in one of 10**9 walks.
        self._seen: set[int] = set()
        self.is_over = False

    def next_page(self) -> Procedure[Iterator[TokenRecord]]:
        """Get the next page and return what the caller wants to see of it."""
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
        # Pages may overlap, for instance when the service counts the cursor in.
        return filter(self._is_wanted, [record for record in page if self._is_new(record)])

    def _is_new(self, record: TokenRecord) -> bool:
        known = len(self._seen)
        self._seen.add(hash(record.token_id))
        return len(self._seen) > known

    def _move_to(self, cursor: str) -> None:
        """Go on from a record, unless the walk has been there: then it would never end."""
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
        expired = record.expires_at is not None and record.expires_at <= self._now()
        return (self._include_revoked or record.revoked_at is None) and (self._include_expired or not expired)


def _unreadable(problem: str) -> InvalidResponseError:
    return InvalidResponseError("Invalid list tokens response", cause=UnreadableError(problem))
