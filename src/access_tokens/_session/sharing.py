"""Decides how many processes share one JWT through a store. It makes no I/O itself.

Before an exchange the store is asked. Of the processes that find no JWT there, one at a time has the lease,
and makes the exchange for all. A store that fails is left out of the rest of that exchange.
"""

from __future__ import annotations

import inspect
import math
import secrets
from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeAlias

from attrs import define, field, frozen

from .._flow.jwt import Authorization, Jwt, JwtCache, bounded_life
from .._flow.steps import Wait
from .._pat import PatSource
from .._secret import Secret
from .._stores.seal import Seal, SharedJwt
from ..errors import AccessTokensError

# How long one process may take for an exchange before another one makes it, in seconds.
LEASE = 10.0
# How long a store may take in all by default, not counting the wait for another process, in seconds.
LIMIT = 1.0
# How long to wait for other processes, in seconds: for one that has died, and then for the next.
_LONGEST_WAIT = 2 * LEASE
# How long a store that has failed is left alone, in seconds.
_REST = 10.0
# Between two looks at the store while another process makes the exchange, in seconds.
_PAUSE = 0.1


class StoreError(AccessTokensError):
    """The store has failed, which was logged. It never leaves the session."""


@frozen
class Ask:
    """Call a method of the store. The reply: its result. If it fails, a `StoreError` is thrown in instead."""

    method: str
    arguments: tuple[Any, ...] = field(repr=False)


def checked(step: Ask, result: Any) -> Any:
    """Return the result of a step. That of `acquire` may be anything with a truth value."""
    return bool(result) if step.method == "acquire" else result


@frozen
class Exchange:
    """Exchange the PAT for a JWT. The reply: the `Authorization`."""


SharingStep: TypeAlias = Ask | Wait | Exchange


@frozen(eq=False, repr=False)
class _Entry:
    jwt: Jwt
    name: str
    value: str | bytes = field(repr=False)


class Clocks(Protocol):
    """The clock of this process, and the one by which processes tell each other how long a JWT lives."""

    now: Callable[[], float]
    wall: Callable[[], float]


@define(eq=False, repr=False)
class SharedCache:
    """A store, and what must be remembered of it.

    Attributes:
        store: The caller's `JwtStore` or `AsyncJwtStore`.
        endpoint: The URL of the exchange.
        pat: Where the PAT comes from.
        jwts: The session's current JWT.
        clocks: The session's clocks.
        limit: How long the store may take in all for one exchange, in seconds.
        rests_until: When a store that has failed is next asked, by the session's clock.
    """

    store: Any
    endpoint: str
    pat: PatSource = field(repr=False)
    jwts: JwtCache = field(repr=False)
    clocks: Clocks = field(repr=False)
    limit: float = LIMIT
    rests_until: float = -math.inf
    _entry: _Entry | None = None
    _refused: Secret | None = None

    def seal(self) -> Seal:
        """Return what names and encrypts the JWTs that are got with the current PAT."""
        return Seal(self.pat.held(), self.endpoint)

    def read(self, seal: Seal, value: Any) -> Jwt | None:
        """Return the JWT in an entry, unless it is somebody else's, has expired or was refused."""
        shared = seal.open(value)
        if shared is None or _is_same(shared.token, self._refused):
            return None
        if own := self.jwts.current_of(shared.token):
            self._entry = _Entry(own, seal.name, value)
            return self.jwts.living(self.clocks.now())  # by this process's clock, which nobody sets
        age = max(0.0, self.clocks.wall() - shared.obtained_at)  # the clock of another host may be ahead
        lifetime, now = bounded_life(shared.lifetime), self.clocks.now()
        jwt = Jwt(shared.token, now - age, lifetime, self.clocks.wall() + lifetime - age)
        if jwt.seconds_left(now) <= 0:
            return None
        self._entry = _Entry(jwt, seal.name, value)
        return jwt

    def put(self, jwt: Jwt) -> Ask:
        """Return the step that puts a new JWT into the store."""
        seal = self.seal()
        value = seal.close(SharedJwt(jwt.token, jwt.expires_at - jwt.lifetime, jwt.lifetime))
        self._entry = _Entry(jwt, seal.name, value)
        return Ask("put", (seal.name, value, jwt.seconds_left(self.clocks.now())))

    def drop(self, jwt: Jwt) -> Ask | None:
        """Return the step that drops a JWT that was refused, if it lies in the store."""
        entry, self._refused = self._entry, jwt.token
        if entry is None or self.is_resting or not _is_same(entry.jwt.token, jwt.token):
            return None
        self._entry = None
        return Ask("drop", (entry.name, entry.value))

    @property
    def is_resting(self) -> bool:
        """Whether the store has just failed, and is not asked for a while: each failure may cost time."""
        return self.clocks.now() < self.rests_until

    def rest(self) -> None:
        """Note that the store has failed."""
        self.rests_until = self.clocks.now() + _REST

    def call(self, step: Ask) -> Any:
        """Carry out a step, or return what must be awaited for it."""
        return getattr(self.store, step.method)(*step.arguments)


@define(eq=False, repr=False)
class SharedExchange:
    """One exchange that is shared through a store.

    Attributes:
        cache: The store.
        seal: Names and encrypts what lies in the store.
        holder: Tells the lease of this exchange from others.
        has_lease: Whether this exchange may have the lease, which then must be released at the end.
        is_over: Whether the exchange has ended, so that a lease which comes late must be released at once.
        time_left: How long the store may still take, in seconds.
    """

    cache: SharedCache
    seal: Seal = field(init=False)
    holder: str = field(factory=lambda: secrets.token_hex(16))
    has_lease: bool = False
    is_over: bool = False
    time_left: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.seal, self.time_left = self.cache.seal(), self.cache.limit

    def steps(self, *, afresh: bool) -> Generator[SharingStep, Any, Authorization]:
        """Return the JWT in the store, or make an exchange while no other process does.

        Args:
            afresh: Whether to make an exchange in any case, and only put its JWT into the store.
        """
        try:
            found = None if afresh else (yield from self._found_or_leased())
        except StoreError:
            unshared: Authorization = yield Exchange()
            return unshared
        if found:
            return Authorization(found)
        got: Authorization = yield Exchange()
        try:
            if got.is_new:
                yield self.cache.put(got.jwt)
        except StoreError:
            pass
        return got

    def release(self) -> Any:
        """End the lease, or return what must be awaited for it."""
        return self.cache.call(Ask("release", (self.seal.name, self.holder)))

    def call(self, step: Ask) -> Any:
        """Same as `SharedCache.call`. A sync store may take longer to give the lease than the call lasts."""
        got = self.cache.call(step)
        if step.method == "acquire" and self.is_over and not inspect.isawaitable(got):
            self.release()
        return got

    def _found_or_leased(self) -> Generator[SharingStep, Any, Jwt | None]:
        """Return a JWT that will do, or None when it is time to make the exchange."""
        started = self.cache.clocks.now()
        while True:
            found = yield from self._look()
            if found and self._is_fresh(found):
                return found
            self.has_lease = True  # it is released even if the answer is lost
            self.has_lease = bool((yield Ask("acquire", (self.seal.name, self.holder, LEASE))))
            if self.has_lease:
                # Look again: another process may have ended its exchange just before.
                found = yield from self._look()
                if found and not self._is_fresh(found) and not self._living():
                    self.cache.jwts.keep(found)  # to go on with, should the renewal fail
                return found if found and self._is_fresh(found) else None
            if will_do := self._living() or found:
                return will_do
            if self.cache.clocks.now() - started >= _LONGEST_WAIT or not (yield Wait(_PAUSE)):
                return None

    def _living(self) -> Jwt | None:
        """Return the JWT that is to be renewed, if it is still valid."""
        return self.cache.jwts.living(self.cache.clocks.now())

    def _look(self) -> Generator[Ask, Any, Jwt | None]:
        value = yield Ask("get", (self.seal.name,))
        return self.cache.read(self.seal, value)

    def _is_fresh(self, jwt: Jwt) -> bool:
        return jwt.is_fresh(self.cache.clocks.now())


def _is_same(token: Secret, other: Secret | None) -> bool:
    return other is not None and token.reveal() == other.reveal()
