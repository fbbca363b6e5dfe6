"""What a session shares with its views, which have other timeouts, deadlines or retry policies."""

from __future__ import annotations

from typing import Any

from attrs import Factory, define

from .._flow.jwt import JwtCache
from .exchange import FailedExchanges, PendingExchange
from .sharing import SharedCache


@define(eq=False, repr=False, weakref_slot=True)
class SessionState:
    """The part of the state that the sync and the async session have in common.

    Attributes:
        failures: The exchanges that have failed of late.
        cache: The current JWT.
        last: The exchange that ended last.
        refusers: The hosts of other APIs that refuse every JWT, and until when to get no other for them.
        shared: The store through which processes share one JWT, if there is one.
        is_closed: Whether the client was closed.
    """

    failures: FailedExchanges
    cache: JwtCache = Factory(JwtCache)
    last: PendingExchange[Any] | None = None
    refusers: dict[str, float] = Factory(dict[str, float])
    shared: SharedCache | None = None
    is_closed: bool = False
