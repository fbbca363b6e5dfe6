"""What callers pass, checked before any request."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, IntEnum
from functools import partial
from typing import Any

import pytest

from access_tokens import generate_token
from access_tokens._calls import arguments as check
from access_tokens._secret import Secret
from access_tokens._unix_time import unix_seconds

COST = "$scrypt$ln=14,r=8,p=1"
PHC = f"{COST}$c2FsdA$aGFzaA"
PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
YEAR_9999_ENDS = 253_402_300_799
NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001 - naive on purpose
TOO_EARLY = [
    datetime(1969, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC),
    datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
]


@pytest.mark.parametrize(
    ("checked", "last", "next_one"),
    [
        (lambda n: check.roles("roles", ["r"] * n), 50, 51),
        (lambda n: check.role("role", "r" * n), 100, 101),
        (lambda n: check.owner("x" * n), 100, 101),
        (lambda n: check.owner("\uffff" * n), 100, 101),
        (lambda n: check.owner("😀" * n), 50, 51),
        (lambda n: check.owner("x" * n + "😀"), 98, 99),
        (lambda n: check.token_id("x" * n), 2048, 2049),
        (lambda n: check.token_id("ä" * n), 1024, 1025),
        (lambda n: check.phc(Secret(f"{COST}$AA$".ljust(n, "A"))), 200, 201),
        (lambda n: check.phc(Secret(f"{COST}$AA$".ljust(n, "A"))), len(COST) + 8, len(COST) + 9),
        (lambda n: unix_seconds("expires_at", n), 1, 0),
        (lambda n: unix_seconds("expires_at", n), YEAR_9999_ENDS, YEAR_9999_ENDS + 1),
        (lambda n: check.page_limit("limit", n), 2**63 - 1, 2**63),
        (check.page_size, 1000, 1001),
    ],
)
def test_a_limit_can_be_reached_and_not_passed(checked, last, next_one):
    checked(last)
    with pytest.raises(ValueError, match=" must "):
        checked(next_one)


@pytest.mark.fault(38)
@pytest.mark.parametrize("value", ["x", "no-such-id", "a/b", "a?b", "%2e%2e", "a\nb", "\0", "ä"])
def test_any_text_is_left_to_the_service_as_an_id(value):
    assert check.token_id(value) == value


# Which checks refuse what, by the name of the parameter.
REFUSED: list[tuple[str, Callable[[Any], Any], list[Any]]] = [
    ("token_id", check.token_id, ["", ".", "..", "\ud800", 7, None, b"id", PAT, PAT[4:]]),
    ("token_id", check.new_token_id, ["", "x", "A" * 20, "A" * 22, "A" * 20 + "-", "ä" + "A" * 20]),
    ("token_id", check.new_token_id, ["٣" * 21, "A" * 21 + "\n"]),
    ("owner", check.owner, ["", None, 7, "\udfff"]),
    ("add_roles", partial(check.roles, "add_roles"), ["admin", b"admin", None, 7]),
    ("each of add_roles", partial(check.roles, "add_roles"), [[""], ["x" * 101], ["😀" * 51], [7]]),
    ("limit", partial(check.page_limit, "limit"), [0, -1, True, 1.5, "1", None, 10**400]),
    ("is_admin", partial(check.flag, "is_admin"), [1, 0, None, "true"]),
    ("expires_at", partial(unix_seconds, "expires_at"), [-1, True, 1.5, float("nan"), "2030-01-01"]),
    ("expires_at", partial(unix_seconds, "expires_at"), [timedelta(days=1), 1_800_000_000_000]),
    ("expires_at", partial(unix_seconds, "expires_at"), [NAIVE, *TOO_EARLY]),
]


@pytest.mark.fault(38, 42, 61)
@pytest.mark.parametrize(
    ("name", "checked", "value"),
    [(name, checked, value) for name, checked, values in REFUSED for value in values],
)
def test_what_makes_no_sense_is_refused_by_name_and_unseen(name, checked, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must") as raised:
        checked(value)
    assert "q83v" not in str(raised.value)


@pytest.mark.parametrize(
    ("checked", "value"),
    [
        (check.new_token_id, "0aZ" * 7),
        (check.owner, "ä😀"),
        (partial(check.roles, "roles"), []),
        (lambda names: check.roles("roles", iter(names)), ["a", "b"]),
        (partial(check.page_limit, "limit"), 5000),
        (partial(check.flag, "is_admin"), False),
    ],
)
def test_what_makes_sense_is_returned(checked, value):
    assert checked(value) == value


def test_no_more_roles_are_taken_than_tell_that_there_are_too_many():
    names = iter([f"role {each}" for each in range(60)])
    with pytest.raises(ValueError, match="at most 50"):
        check.roles("roles", names)
    assert len(list(names)) == 60 - 51


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_800_000_000, 1_800_000_000),
        (datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC), 1),
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=1))), 3600),
        (datetime.max.replace(tzinfo=UTC), YEAR_9999_ENDS),
    ],
)
def test_a_time_becomes_unix_seconds(value, seconds):
    assert unix_seconds("expires_at", value) == seconds


class Variant(str, Enum):  # noqa: UP042 - a `StrEnum` would not show the difference
    RED = "the-value"


class Size(IntEnum):
    LARGE = 7


def test_a_member_of_an_enum_is_its_value():
    """The generated core and httpx would make "Variant.RED" of it."""
    assert f"{check.token_id(Variant.RED)} {check.role('has_role', Variant.RED)}" == "the-value the-value"
    assert f"{check.page_limit('limit', Size.LARGE)!r} {unix_seconds('expires_at', Size.LARGE)!r}" == "7 7"


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    "value",
    [
        *("", PAT, "$x", "$scrypt$", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", 7, None),
        *(PHC + "\n", " " + PHC, PHC + "$", PHC + "A" * 200),
        *(COST, f"{COST}$c2FsdA", f"{COST}$c2FsdA$", f"{COST}$$aGFzaA"),
        *("$scrypt$ln=14,r=8$c2FsdA$aGFzaA", "$scrypt$c2FsdA$aGFzaA"),
        *("$scrypt$ln=,r=8,p=1$c2FsdA$aGFzaA", "$scrypt$ln=0x1,r=8,p=1$c2FsdA$aGFzaA"),
        *("$scrypt$ln=٣,r=8,p=1$c2FsdA$aGFzaA", "$scrypt$ln=14,r=8,p=-1$c2FsdA$aGFzaA"),
        *(f"{COST}$c2FsdA==$aGFzaA", f"{COST}$c2FsdA$aGFzaA==", f"{COST}$c2Fs_A$aGFzaA"),
        *(f"{COST}$c2FsdA$aGFz-A", f"{COST}$c2Fsd$aGFzaA", f"{COST}$c2FsdA$aGFza"),
        "$scrypt$v=$ln=14,r=8,p=1$c2FsdA$aGFzaA",
    ],
)
def test_a_hash_with_which_nobody_could_log_in_is_refused_unseen(value):
    with pytest.raises(ValueError, match="^secret_phc must") as raised:
        check.phc(Secret(value))
    assert "q83v" not in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [
        *(PHC, "$scrypt$v=1$ln=14,r=8,p=1$c2FsdA$aGFzaA", "$scrypt$ln=20,r=16,p=100$c2FsdHM$aGFzaGhhc2g"),
        f"{COST}${'+/0Aa' * 4}$AB",
        generate_token().secret_phc,
    ],
    ids=["usual", "version", "costly", "every letter", "made here"],
)
def test_a_hash_may_have_any_cost_and_any_length(value):
    assert check.phc(Secret(value)) == value
