"""Durations: `P30D` as in ISO 8601, and `30d`, the short form."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

from attrs import frozen

_NUMBER = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_ISO = re.compile(
    f"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    f"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
# No m: it could be minutes or months.
_SHORT = re.compile(r"(\d{1,9})([hdw])", re.ASCII)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_FORM = "be a duration such as 12h, 30d or 4w, or one of ISO 8601 such as P6M"


@frozen
class Duration:
    """A length of time. Months and years are those of the calendar: a month after 31 January is 28 February.

    Attributes:
        months: The number of months.
        rest: The weeks, days, hours, minutes and seconds.
    """

    months: int
    rest: timedelta

    def after(self, seconds: float) -> int:
        """Return the time, in Unix seconds, that is this long after another."""
        return self._from(seconds, 1)

    def before(self, seconds: float) -> int:
        """Return the time, in Unix seconds, that was this long before another."""
        return self._from(seconds, -1)

    def _from(self, seconds: float, sign: int) -> int:
        try:
            start = _months_later(datetime.fromtimestamp(seconds, UTC), sign * self.months)
            return int((start + sign * self.rest).timestamp())
        except (OverflowError, ValueError):
            raise ValueError("be a duration that ends between the years 1 and 9999") from None


def _months_later(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last_day))


def duration(text: str) -> Duration:
    """Read a duration: `30d`, with h, d or w, or one of ISO 8601, such as `P1M` or `PT12H`.

    Raises:
        ValueError: It is no duration, or none at all. The message completes "must …".
    """
    found = _short(text) or _iso(text)
    if found is None:
        raise ValueError(_FORM)
    if not found.months and not found.rest:
        raise ValueError("be longer than nothing")
    return found


def _short(text: str) -> Duration | None:
    found = _SHORT.fullmatch(text)
    return Duration(0, _time(**{_UNITS[found[2]]: float(found[1])})) if found else None


def _iso(text: str) -> Duration | None:
    found = _ISO.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    years, months, *others = (float((each or "0").replace(",", ".")) for each in found.groups())
    if years % 1 or months % 1:
        raise ValueError("have whole years and months")
    names = ("weeks", "days", "hours", "minutes", "seconds")
    return Duration(int(12 * years + months), _time(**dict(zip(names, others, strict=True))))


def _time(**parts: float) -> timedelta:
    try:
        return timedelta(**parts)
    except OverflowError:
        raise ValueError("be shorter") from None
