"""Decides which JWT a call gets, when one is exchanged or renewed, and with whom a failure is shared."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import attrs

from .._flow.flow import exchanging
from .._flow.jwt import Authorization, Jwt
from .._flow.steps import Answer, Flow
from .._secret import Secret
from .._signals import pass_on
from ..errors import AccessTokensError
from .base import SessionBase
from .causes import cause_of
from .exchange import PAUSE, PendingExchange, may_pass
from .log import log_found, log_renewal, log_store
from .sharing import SharedCache, StoreError

# The longest time, in seconds, that a call waits for the early renewal of a JWT that is still valid. An
# exchange usually takes a fraction of a second.
_LONGEST_RENEWAL = 5.0
# A JWT that is valid for fewer seconds is not renewed early: half of that time is too short for an exchange.
_LEAST_LIFE = 1.0


class JwtDecisions(SessionBase):
    """The part of both sessions that decides about the JWT."""

    def _living(self, afresh: bool) -> Authorization | None:
        """Return the JWT if it is still valid, even if it is due for renewal."""
        jwt = None if afresh else self._state.cache.living(self.now())
        return Authorization(jwt) if jwt else None

    def _found(self, afresh: bool, last: PendingExchange[Any] | None) -> Authorization | None:
        """Return the JWT if no exchange is needed.

        Args:
            afresh: Whether the caller wants a JWT that was obtained since the start of the call.
            last: The exchange that had ended last when the caller came.

        Raises:
            AccessTokensError: The client is closed; or an exchange failed while the caller waited for a
                place, or so recently that its error is used instead of trying again.
        """
        if self._state.is_closed:
            raise self._closed_error()
        if jwt := None if afresh else self._state.cache.usable(self.now()):
            return Authorization(jwt)
        ended = self._state.last
        if ended is not None and ended is not last:
            shared = self._joined(ended, afresh)
            if shared and afresh and shared.jwt is self._state.cache.living(self.now()):
                return shared
        if (
            not afresh
            and not self._living(afresh=False)
            and (error := self._state.failures.standing(self.now()))
        ):
            raise error
        return None

    def _exchanges(
        self, deadline: float, afresh: bool, pat: Secret | None = None
    ) -> Iterator[tuple[Flow[Answer], float]]:
        """Yield the exchanges to try one after the other, each with its deadline.

        A JWT that is still valid is renewed in a single attempt, which may take half of the time that is left
        to the JWT and to the call. If the JWT has expired by then, an exchange with all retries and with the
        deadline of the call follows.
        """
        policy, now = self.settings.retry, self.now()
        left = 0.0 if afresh else self._seconds_left(now)
        if left >= _LEAST_LIFE:
            once = exchanging(self._exchange, attrs.evolve(policy, retries=0), pat)
            yield once, now + min(_LONGEST_RENEWAL, left / 2, (deadline - now) / 2)
            pat = None  # it may have changed since
        yield exchanging(self._exchange, policy, pat), deadline

    def _adopted(self, got: Authorization) -> Authorization:
        """Keep a JWT from the store. One that is due for renewal is looked for again in a moment."""
        now, cache = self.now(), self._state.cache
        if not got.is_new and cache.living(now) is not got.jwt:
            cache.keep(got.jwt)
            log_found(self._exchange)
            self._state.failures.forget()
        if cache.usable(now) is None:
            cache.put_off_renewal(now + PAUSE)
        return got

    def _store(self) -> SharedCache | None:
        """Return the store to ask before an exchange, if there is one that works."""
        store = self._state.shared
        return None if store is None or store.is_resting else store

    def _store_failed(self, store: SharedCache, error: Exception) -> StoreError:
        """Write to the log that the store has failed, and return the error for the generator.

        Raises:
            BaseException: A signal handler has ended the call.
        """
        pass_on(error)
        store.rest()
        cause = cause_of(error, self.settings.pat.known)
        log_store(self._exchange, f"{type(cause).__name__}: {cause}")
        return StoreError("")

    def _seconds_left(self, now: float) -> float:
        living = self._state.cache.living(now)
        return living.seconds_left(now) if living else 0.0

    def _kept(self, jwt: Jwt) -> Authorization:
        # Counted from now on, since the machine may have been asleep, or its clock set, since the start.
        kept = attrs.evolve(jwt, expires_at=self.wall() + jwt.seconds_left(self.now()))
        self._state.cache.keep(kept)
        self._state.failures.forget()
        return Authorization(kept, is_new=True)

    def _going_on(self, error: AccessTokensError, afresh: bool) -> Authorization | None:
        """After a failed renewal, return the JWT if it is still valid, and put off the next renewal."""
        now, living = self.now(), self._living(afresh)
        if living is None or self._state.is_closed:
            return None
        left = living.jwt.seconds_left(now)
        pause = max(error.retry_after or 0.0 if may_pass(error) else left / 2, PAUSE)
        log_renewal(self._exchange, error, left, pause)
        self._state.cache.put_off_renewal(now + pause)
        return living

    def _landed(self, pending: PendingExchange[Any], error: AccessTokensError, deadline: float) -> None:
        """Share the failure of an exchange with its waiters, unless the leader's own deadline has passed."""
        now = self.now()
        self._state.failures.note(error, now)
        if now < deadline:
            # A copy, since raising writes into the leader's own exception.
            pending.error, pending.settings = copy(error), self.settings
            self._state.last = pending

    def _joined(self, pending: PendingExchange[Any], afresh: bool) -> Authorization | None:
        """Return the JWT, or raise the error, of an exchange that another caller led.

        Returns None when another exchange is needed.
        """
        if pending.error and not self._living(afresh):
            if may_pass(pending.error) and pending.settings != self.settings:
                return None
            # Each waiter raises a copy, since raising writes a traceback into the exception.
            raise copy(pending.error)
        outcome = pending.authorization
        return outcome if outcome and outcome.is_new else None
