"""The state of the sync session, which starts afresh in a forked child."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import Factory, define, field

from .._http.fork import reset_after_fork
from .._http.interrupts import InterruptibleEvent
from .._http.sync_pool import SyncPool
from .exchange import PendingExchange
from .state import SessionState

Pending: TypeAlias = PendingExchange[InterruptibleEvent]


@define(eq=False, repr=False, kw_only=True, weakref_slot=True)
class SyncState(SessionState):
    """The state that a sync session shares with its views.

    Attributes:
        new_pool: Makes the connection pool.
        pool: The connection pool.
        closing: Set when the client is closed.
        under_way: The exchange under way. A dict with the single key None: `setdefault` is atomic, where a
            lock could stay held for ever in a forked child.
    """

    new_pool: Callable[[], SyncPool]
    pool: SyncPool = field(init=False)
    closing: InterruptibleEvent = Factory(InterruptibleEvent)
    under_way: dict[None, Pending] = Factory(dict[None, Pending])

    def __attrs_post_init__(self) -> None:
        self.pool = self.new_pool()
        reset_after_fork(self)

    def reset(self) -> None:
        """Start afresh in a forked child: with new connections, and with no exchange under way.

        If a signal handler or a hook has forked, this thread may be in the midst of a call. The call goes on,
        and must not wait for threads of the parent, which do not exist in the child.
        """
        pool, pending = self.pool, self.under_way.get(None)
        self.pool, self.under_way = self.new_pool(), {}
        pool.abandon()
        if pending:
            pending.done.set()
