"""What the logger `access_tokens` is told."""

from __future__ import annotations

import logging
import os
from typing import Any

from .._flow.steps import Failure, Outcome

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
        write(logging.DEBUG, "%s %s: %s", kwargs["method"].upper(), kwargs["url"], _described(outcome))
    return outcome


def _described(outcome: Outcome) -> str:
    if isinstance(outcome, Failure):
        result, request_id = str(outcome.cause), outcome.request_id
    else:
        result, request_id = str(outcome.status_code), outcome.request_id
    return f"{result} (request {request_id})" if request_id else result
