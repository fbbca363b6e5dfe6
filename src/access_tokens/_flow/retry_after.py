"""Parses the `Retry-After` header and HTTP dates."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from .._signals import pass_on

_ASCTIME = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}")


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Parse a `Retry-After` header (RFC 9110, section 10.2.3).

    Returns:
        The wait in seconds from now, 0 or more, perhaps infinite; None if the value is neither a number of
        seconds nor an HTTP date.
    """
    if re.fullmatch("[0-9]+", value):
        return float(value)
    moment = date_of(value)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def date_of(value: str) -> datetime | None:
    """Parse an HTTP date (RFC 9110, section 5.6.7); None if the value is not a date, or has no time zone.

    The obsolete asctime format must be understood as well. It has no time zone, and means GMT.
    """
    try:
        moment = parsedate_to_datetime(f"{value} GMT" if _ASCTIME.fullmatch(value) else value)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        pass_on(error)
        return None
    return moment if moment.tzinfo else None
