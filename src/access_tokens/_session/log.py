"""What the logger `access_tokens` is told."""

from __future__ import annotations

import logging
import os
from typing import Any

from .._flow.steps import Answer, Failure, Outcome

_log = logging.getLogger("access_tokens")


def write(level: int, text: str, *args: object) -> None:
    """Write to the log.

    A handler that forks holds no lock any more in the child, where logging fails to release it. That is no
    reason for the call to fail.
    """
    process = os.getpid()
    try:
        _log.log(level, text, *args, stacklevel=2)
    except RuntimeError:
        if os.getpid() == process:
            raise


def log_outcome(kwargs: dict[str, Any], outcome: Outcome) -> Outcome:
    """Write what came of a request to the log, and return it."""
    if _log.isEnabledFor(logging.DEBUG):
        result = outcome.cause if isinstance(outcome, Failure) else _described(outcome)
        write(logging.DEBUG, "%s %s: %s", kwargs["method"].upper(), kwargs["url"], result)
    return outcome


def _described(answer: Answer) -> str:
    request_id = answer.request_id()
    return f"{answer.status_code} (request {request_id})" if request_id else str(answer.status_code)
