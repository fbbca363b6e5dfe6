"""Writes to the logger `access_tokens`; docs/logging.md describes the lines and their fields."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from attrs import Factory, define, field

from .._flow.steps import Answer, Call, Failure, Outcome
from ..errors import AccessTokensError, one_line

T = TypeVar("T")
U = TypeVar("U")
R = TypeVar("R", bound=Outcome)
_log = logging.getLogger("access_tokens")


def write(level: int, text: str, *args: object, **fields: str | float | None) -> None:
    """Write to the log.

    If a log handler forks, logging holds no lock in the child, and raises RuntimeError when it releases the
    lock there. This error is ignored, so that the call does not fail.

    Args:
        level: The level of the record.
        text: The message, with a placeholder for each of `args`.
        args: The values for the message.
        fields: The attributes of the record, without their prefix. Those that are None are left out.
    """
    # A prefix keeps clear of the attributes of LogRecord and of the application. Flat names and plain values
    # suit every formatter and exporter.
    extra = {f"access_tokens_{name}": value for name, value in fields.items() if value is not None}
    process = os.getpid()
    try:
        _log.log(level, text, *args, extra=extra)
    except RuntimeError:
        if os.getpid() == process:
            raise


@define(eq=False, repr=False)
class CallLog(Generic[T]):
    """Writes what happens in one call.

    Attributes:
        call: The call.
        request: Its request, as keyword arguments for httpx.
        now: The session's clock.
        attempt: How many attempts have ended.
        outcome: The outcome of the last one; unset before.
        started: When the call began.
        sent_at: When the current request was sent; None if it was not.
    """

    call: Call[T]
    request: dict[str, Any] = field(repr=False)
    now: Callable[[], float]
    attempt: int = 0
    outcome: Outcome = field(init=False)
    started: float = Factory(lambda self: self.now(), takes_self=True)
    sent_at: float | None = None

    def sending(self) -> float:
        """Note that a request is sent now, and return the time."""
        self.sent_at = self.now()
        return self.sent_at

    def ended(self, outcome: R) -> R:
        """Write that an attempt has ended, and return its outcome."""
        self.attempt += 1
        self.outcome = outcome
        if _log.isEnabledFor(logging.DEBUG):
            elapsed = None if self.sent_at is None else self.now() - self.sent_at
            self._write(logging.DEBUG, "%s", _result(outcome), attempt=self.attempt, elapsed=elapsed)
        self.sent_at = None
        return outcome

    def repeating(self, wait: float) -> None:
        """Write that another attempt follows after this many seconds."""
        if _log.isEnabledFor(logging.INFO):
            text, result = "%s, retry in %g s", _result(self.outcome)
            self._write(logging.INFO, text, result, wait, attempt=self.attempt + 1, wait=wait)

    def succeeded(self, result: U) -> U:
        """Write that the call has succeeded if it is an exchange, and return the result."""
        if self.call.is_exchange and _log.isEnabledFor(logging.INFO):
            text, elapsed = "exchanged the PAT for a JWT", self.now() - self.started
            self._write(logging.INFO, text, attempt=self.attempt, elapsed=elapsed)
        return result

    def _write(
        self,
        level: int,
        text: str,
        *args: object,
        attempt: int,
        elapsed: float | None = None,
        wait: float | None = None,
    ) -> None:
        fields, request_id = _described(self.call, self.request), self.outcome.request_id
        write(
            level,
            f"%s %s: {text}%s",
            fields["method"],
            fields["path"],
            *args,
            _notes(elapsed, attempt, request_id),
            **fields,
            status=self.outcome.status_code if isinstance(self.outcome, Answer) else None,
            reason=_result(self.outcome) if isinstance(self.outcome, Failure) else None,
            attempt=attempt,
            wait=wait,
            elapsed=elapsed,
            request_id=request_id,
        )


def log_renewal(exchange: Call[Any], error: AccessTokensError, left: float, wait: float) -> None:
    """Write that a JWT could not be renewed.

    Args:
        exchange: The exchange that failed.
        error: Its error.
        left: How many seconds the JWT still lives.
        wait: In how many seconds the next renewal may be tried.
    """
    if _log.isEnabledFor(logging.WARNING):
        write(
            logging.WARNING,
            "the JWT could not be renewed and lives on for %.0f s: %s",
            left,
            str(error),
            **_described(exchange, exchange.request()),
            status=error.status_code,
            reason=error.reason,
            attempt=error.attempts,
            wait=wait,
            request_id=error.request_id,
        )


def log_found(exchange: Call[Any]) -> None:
    """Write that another process had got a JWT, so that no exchange is needed."""
    if _log.isEnabledFor(logging.INFO):
        fields = _described(exchange, exchange.request())
        write(logging.INFO, "found the JWT of another process in the store", **fields)


def log_store(exchange: Call[Any], reason: str) -> None:
    """Write that the store for JWTs has failed, and that the exchange goes on without it."""
    if _log.isEnabledFor(logging.WARNING):
        text = "the JWT store has failed and is left out: %s"
        write(logging.WARNING, text, one_line(reason, 500), **_described(exchange, exchange.request()))


def _described(call: Call[Any], request: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        "operation": call.operation,
        "method": request["method"].upper(),
        "path": request["url"],
        "token_id": call.token_id and one_line(call.token_id),  # any text, which must not forge a line
    }


def _result(outcome: Outcome) -> str:
    return str(outcome.cause if isinstance(outcome, Failure) else outcome.status_code).removesuffix(".")


def _notes(elapsed: float | None, attempt: int, request_id: str | None) -> str:
    took = None if elapsed is None else f"{elapsed:.3f} s"
    notes = [took, f"attempt {attempt}" if attempt > 1 else None, request_id and f"request {request_id}"]
    text = ", ".join(filter(None, notes))
    return f" ({text})" if text else ""
