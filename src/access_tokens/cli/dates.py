"""Reads the dates of options and files."""

from __future__ import annotations

import re
from datetime import datetime

from .._unix_time import unix_seconds

_YEAR_1971 = 31_536_000
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"([T ](?P<time>\d\d:\d\d(:\d\d([.,]\d+)?)?)(?P<offset>Z|[+-]\d\d(:?[0-5]\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)


def iso_seconds(text: str) -> int:
    """Return the Unix seconds of an ISO 8601 date, at midnight UTC, or of a datetime with an offset or Z.

    Raises:
        ValueError: The text is neither, or does not lie after 1970 began. The message completes "must …".
    """
    found = _ISO.fullmatch(text)
    if found is None:
        raise ValueError("be an ISO 8601 date or datetime, such as 2030-12-31 or 2030-12-31T12:00:00Z")
    date, time, offset = found["date"], found["time"], found["offset"]
    if time and not offset:
        raise ValueError("say the offset from UTC, such as Z or +02:00")
    try:
        moment = datetime.fromisoformat(f"{date}T{(time or '00:00')[:8]}{(offset or 'Z').upper()}")
    except ValueError:
        raise ValueError("be a date and time that exist") from None
    try:
        return unix_seconds(
            "it", unix_seconds("it", moment)
        )  # a time in the year 9999 may be one of 10000 in UTC
    except ValueError:
        raise ValueError("lie between the years 1970 and 9999 in UTC") from None


def whole_seconds(seconds: int) -> int:
    """Check Unix seconds. A number that lies in 1970 is a year, or 0 for "never", by mistake.

    Raises:
        ValueError: They lie in 1970, or are milliseconds. The message completes "must …".
    """
    if seconds < _YEAR_1971:
        raise ValueError("be Unix seconds after the year 1970, a date such as 2030-12-31, or null for none")
    try:
        return unix_seconds("it", seconds)
    except ValueError as error:
        raise ValueError(str(error).removeprefix("it must ")) from None
