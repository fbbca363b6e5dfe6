"""Writes to the logger `access_tokens`."""

from __future__ import annotations

import logging
import os
from typing import Any

from .._flow.steps import Failure, Outcome

_log = logging.getLogger("access_tokens")


def write(level: int, text: str, *args: object) -> None:
    """Write to the log.

    If a log handler forks, logging holds no lock in the child, and raises RuntimeError when it releases the
    lock there. This error is ignored, so that the call does not fail.
    """
    process = os.getpid()
    try:
        _log.log(level, text, *args, stacklevel=2)
    except RuntimeError:
        if os.getpid() == process:
            raise


def log_outcome(kwargs: dict[str, Any], outcome: Outcome) -> Outcome:
    """Write the outcome of a request to the log, and return the outcome."""
    if _log.isEnabledFor(logging.DEBUG):
        write(logging.DEBUG, "%s %s: %s", kwargs["method"].upper(), kwargs["url"], _described(outcome))
    return outcome


def _described(outcome: Outcome) -> str:
    if isinstance(outcome, Failure):
        result, request_id = str(outcome.cause), outcome.request_id
    else:
        result, request_id = str(outcome.status_code), outcome.request_id
    return f"{result} (request {request_id})" if request_id else result
