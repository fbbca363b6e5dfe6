"""What the values of options mean: times, durations, booleans; and how times are said to people."""

import time

import click
import pytest

from access_tokens.cli.durations import duration
from access_tokens.cli.listing import relative
from access_tokens.cli.values import BOOLEAN, EXPIRY, ROLES, moment

# Noon on 31 January 2024.
NOW = 1_706_702_400
DAY = 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2030-01-02", 1_893_542_400),
        ("2030-01-02T03:04:05Z", 1_893_553_445),
        ("2030-01-02t03:04z", 1_893_553_440),
        ("2030-01-02 03:04:05+02:00", 1_893_546_245),
        ("2030-01-02T03:04:05.999-0030", 1_893_555_245),
        ("1893456000", 1_893_456_000),
        ("31536000", 31_536_000),
        ("12h", NOW + DAY // 2),
        ("30d", NOW + 30 * DAY),
        ("2w", NOW + 14 * DAY),
        ("P30D", NOW + 30 * DAY),
        ("P0.5D", NOW + DAY // 2),
        ("P1,5D", NOW + 3 * DAY // 2),
        ("P2Y", NOW + 731 * DAY),
        ("PT1H30M", NOW + 5400),
        ("P1W", NOW + 7 * DAY),
        ("P1M", NOW + 29 * DAY),  # 29 February: the calendar's months
        ("P13M", NOW + 394 * DAY),  # 28 February
        ("P1Y2M3DT4H", NOW + (366 + 28 + 31 + 3) * DAY + 4 * 3600),
    ],
)
def test_moments(text: str, seconds: int) -> None:
    assert moment(text, NOW) == seconds


def test_a_duration_goes_both_ways() -> None:
    assert duration("P11M").before(NOW) == NOW - 337 * DAY  # 28 February 2023
    assert duration("P1M").before(NOW) == NOW - 31 * DAY


def test_an_expiry_may_be_null_and_counts_from_now() -> None:
    assert EXPIRY.convert("null", None, None) is None
    assert abs(EXPIRY.convert("1d", None, None) - DAY - time.time()) < 60


@pytest.mark.parametrize(
    "text",
    [
        "P",
        "PT",
        "P1",
        "P1S",
        "P1.5M",
        "P0.5Y",
        "P1.5Y1M",
        "-P1D",
        "P-1D",
        "P1D ",
        "p1d",
        "1D",
        "٣d",
        "P0D",
        "PT0S",
        "0d",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="be |have whole"):
        duration(text)


def test_booleans_and_roles() -> None:
    assert [BOOLEAN.convert(each, None, None) for each in ("TRUE", "Yes", "on", "1")] == [True] * 4
    assert [BOOLEAN.convert(each, None, None) for each in ("false", "NO", "off", "0")] == [False] * 4
    for each in ("", "2", "tru", " true", "nope"):
        with pytest.raises(click.BadParameter, match="must be true or false"):
            BOOLEAN.convert(each, None, None)
    assert ROLES.convert(" b ,,a,b", None, None) == ("b", "a")
    assert ROLES.convert("", None, None) == ()


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (0, "now"),
        (0.9, "now"),
        (1, "in 1 second"),
        (-119, "1 minute ago"),
        (7200, "in 2 hours"),
        (-3 * DAY, "3 days ago"),
        (45 * DAY, "in 1 month"),
        (-800 * DAY, "2 years ago"),
    ],
)
def test_relative_times(away: float, said: str) -> None:
    assert relative(NOW + away, NOW) == said
