"""Decides the steps of a call, its retries, and when it has failed. No I/O, no clock and no lock here.

A flow is a generator that yields steps. A session performs each step and sends back its result. At the end,
the flow returns the service's answer, or raises the error that the caller sees.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeGuard

import attrs
from attrs import define

from .._secret import Secret
from ..errors import AccessTokensError, AuthenticationError, ClientClosedError, UnavailableError
from ..retry import RetryPolicy
from .error_mapping import error_for, is_foreign_page, is_refusal, may_have_acted
from .jwt import Authorization
from .steps import (
    Answer,
    Authorize,
    Call,
    Discard,
    Failure,
    Flow,
    Outcome,
    ReadPat,
    Send,
    SendWithJwt,
    Sent,
    Step,
    Wait,
)


@define(eq=False, repr=False)
class _Attempts:
    """The attempts of a call so far."""

    call: Call[Any]
    policy: RetryPolicy
    sent: int = 0
    retries: int = 0
    acted: bool = False

    def send_with_jwt(self) -> Generator[Step, Sent, Sent]:
        try:
            sent = yield SendWithJwt()
        except ClientClosedError as error:
            closed = Failure(RuntimeError(error.reason), acted=False, kind=ClientClosedError)
            raise self.error(closed) from None
        except AccessTokensError as error:
            # The caller must know whether earlier attempts may have been carried out.
            error.token_id = self.call.token_id
            error.token_id_chosen_here = self.call.token_id_chosen_here
            error.outcome_unknown = self.call.changes and self.acted
            raise
        self.sent += 1
        return sent

    def send(self, bearer: Secret) -> Generator[Step, Outcome, Outcome]:
        outcome = yield Send(bearer)
        self.sent += 1
        return outcome

    def numbered(self, answer: Answer) -> Answer:
        return answer if self.sent == 1 else attrs.evolve(answer, attempts=self.sent)

    def error(self, outcome: Outcome) -> AccessTokensError:
        return error_for(self.call, outcome, self.sent, self.acted)

    def wait(self, outcome: Outcome) -> Generator[Step, bool, None]:
        """Wait before the next attempt, or raise the error if there must be no further attempt."""
        error = self.error(outcome)
        wait = self._wait_after(outcome, error)
        if wait is None or not (yield Wait(wait)):
            raise error
        self.retries += 1
        self.acted = self.acted or may_have_acted(outcome)

    def _wait_after(self, outcome: Outcome, error: AccessTokensError) -> float | None:
        if is_refusal(self.call, error) or not _may_pass(outcome, self.policy):
            return None
        if may_have_acted(outcome) and not self.call.repeatable:
            return None
        return self.policy.wait_before(self.retries + 1, error.retry_after)


def calling(call: Call[Any], policy: RetryPolicy) -> Flow[Answer]:
    """Carry out a call with the JWT.

    A 401 for a JWT that is not new means that the JWT is out of date, for instance because the service has
    changed its key. The JWT is discarded, and the request is repeated once with a new one. One that another
    call or process had got meanwhile may be out of date as well; then it is repeated once more.

    Args:
        call: The call.
        policy: The retry policy.

    Raises:
        AccessTokensError: The call failed for good.
    """
    attempts = _Attempts(call, policy)
    replays = 0
    while True:
        sent = yield from attempts.send_with_jwt()
        outcome, authorization = sent.outcome, sent.authorization
        if _succeeded(outcome):
            return attempts.numbered(outcome)
        if authorization is None:
            yield from attempts.wait(outcome)
        elif _refuses_jwt(call, outcome):
            is_last = authorization.is_new or replays >= authorization.most_replays
            yield Discard(authorization.jwt, is_replaced=not is_last)
            if is_last:
                raise attempts.error(outcome)
            replays += 1
        else:
            yield from attempts.wait(outcome)


def exchanging(call: Call[Any], policy: RetryPolicy, pat: Secret | None = None) -> Flow[Answer]:
    """Exchange the PAT for a JWT.

    A PAT that is refused may have been rotated meanwhile. It is read once more, and if it has changed, the
    exchange is repeated with the new one.

    Args:
        call: The call.
        policy: The retry policy.
        pat: The PAT, if it was read just now.

    Raises:
        AccessTokensError: The exchange failed for good.
    """
    attempts = _Attempts(call, policy)
    current: Secret = pat or (yield ReadPat())
    refused = None
    while True:
        outcome = yield from attempts.send(current)
        if _succeeded(outcome):
            return attempts.numbered(outcome)
        if refused is None and isinstance(attempts.error(outcome), AuthenticationError):
            refused, current = current, (yield from _other_pat(current))
            if current is not refused:
                continue
        yield from attempts.wait(outcome)


def _other_pat(refused: Secret) -> Generator[Step, Secret, Secret]:
    """Read the PAT once more after it was refused. If it cannot be read, the refusal stands."""
    try:
        return (yield ReadPat(refused))
    except AccessTokensError:
        return refused


def authorizing(call: Call[Any], policy: RetryPolicy, step: Authorize) -> Flow[Authorization]:
    """Get a JWT for the caller, who sends it to other APIs.

    Args:
        call: The exchange, for error messages.
        policy: How often to retry when no place in the pool is free.
        step: Which JWT will do.

    Raises:
        AccessTokensError: No JWT can be obtained.
    """
    attempts = _Attempts(call, policy)
    while True:
        authorization: Authorization | Failure = yield step
        if isinstance(authorization, Authorization):
            return authorization
        attempts.sent += 1
        yield from attempts.wait(authorization)


def _succeeded(outcome: Outcome) -> TypeGuard[Answer]:
    return isinstance(outcome, Answer) and 200 <= outcome.status_code < 300


def _refuses_jwt(call: Call[Any], outcome: Outcome) -> bool:
    if not isinstance(outcome, Answer):
        return False
    return outcome.status_code == 401 and not is_foreign_page(call, outcome)


def _may_pass(outcome: Outcome, policy: RetryPolicy) -> bool:
    if isinstance(outcome, Failure):
        return outcome.kind is UnavailableError
    return outcome.status_code in policy.statuses
