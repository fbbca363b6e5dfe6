"""Converts times between the service's Unix seconds and datetimes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_YEAR_10000 = 253_402_300_800


def unix_seconds(name: str, value: Any) -> int:
    """Check a time argument, and return it in Unix seconds. Fractions of a second in a datetime are cut off.

    Raises:
        ValueError, TypeError: The value is no time after 1970 began. The message names the parameter.
    """
    if isinstance(value, datetime):
        return _from_datetime(name, value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be whole Unix seconds or an aware datetime, not {type(value).__name__}")
    if value >= _YEAR_10000:
        raise ValueError(f"{name} must be Unix seconds, and looks like milliseconds")
    return _after_1970_began(name, int(value))


def _from_datetime(name: str, value: datetime) -> int:
    if value.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime, with a time zone")
    return _after_1970_began(name, (value - _EPOCH) // timedelta(seconds=1))


def _after_1970_began(name: str, seconds: int) -> int:
    # The service's exchange treats an expiry of 0 as "never", but its list hides the token as expired.
    if seconds <= 0:
        raise ValueError(f"{name} must lie after 1970-01-01T00:00:00Z")
    return seconds


def aware_datetime(seconds: int) -> datetime:
    """Return Unix seconds as a datetime in UTC; times before the year 1 or after 9999 as the nearest one.

    The service stores any number as an expiry, and one odd record must not end an audit of all.
    """
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return _EARLIEST if seconds < 0 else _LATEST
