"""What callers pass, checked before any request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, IntEnum

import pytest

from access_tokens import generate_token
from access_tokens._calls import arguments as check
from access_tokens._secret import Secret
from access_tokens._settings import _checked_pat as checked_pat

PHC = "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA"
PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    "value", ["x", "no-such-id", "a/b", "a?b", "%2e%2e", "a\nb", "\0", "ä", "x" * 2048, "ä" * 1024]
)
def test_any_text_is_left_to_the_service_as_an_id(value):
    assert check.token_id(value) == value


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    "value", ["", ".", "..", "\ud800", "x" * 2049, "ä" * 1025, 7, None, b"id", PAT, PAT[4:]]
)
def test_an_id_that_is_no_path_segment_or_a_secret_is_refused_unseen(value):
    with pytest.raises((ValueError, TypeError), match="^token_id must") as raised:
        check.token_id(value)
    assert "q83v" not in str(raised.value)


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    "value", ["", "x", "A" * 20, "A" * 22, "A" * 20 + "-", "ä" + "A" * 20, "٣" * 21, "A" * 21 + "\n"]
)
def test_the_id_of_a_token_to_be_made_has_the_services_form(value):
    with pytest.raises(ValueError, match="^token_id must"):
        check.new_token_id(value)
    assert check.new_token_id("0aZ" * 7) == "0aZ" * 7


@pytest.mark.fault(42, 61)
@pytest.mark.parametrize("value", ["", "x" * 101, "😀" * 51, "x" * 99 + "😀", None, 7, "\udfff"])
def test_an_owner_has_1_to_100_units_of_utf_16(value):
    """A letter is one, and an emoji two."""
    with pytest.raises((ValueError, TypeError), match="^owner must"):
        check.owner(value)
    for longest in ("x" * 100, "ä" * 100, "😀" * 50, "x" * 98 + "😀"):
        assert check.owner(longest) == longest


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    "value", ["admin", b"admin", None, 7, [""], ["x" * 101], ["😀" * 51], [7], ["r"] * 51]
)
def test_roles_are_a_collection_of_at_most_50_names(value):
    with pytest.raises((ValueError, TypeError), match="^(each of )?add_roles must"):
        check.roles("add_roles", value)


def test_no_more_roles_are_taken_than_tell_that_there_are_too_many():
    names = iter([f"role {each}" for each in range(60)])
    with pytest.raises(ValueError, match="at most 50"):
        check.roles("roles", names)
    assert len(list(names)) == 60 - 51


def test_roles_may_come_from_any_iterable():
    assert check.roles("roles", (name for name in ("a", "b"))) == ["a", "b"]
    assert check.roles("roles", []) == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1, 1),
        (1_800_000_000, 1_800_000_000),
        (datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC), 1),
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=1))), 3600),
        (datetime.max.replace(tzinfo=UTC), 253_402_300_799),
    ],
)
def test_a_time_becomes_unix_seconds(value, seconds):
    assert check.moment("expires_at", value) == seconds


@pytest.mark.fault(42, 61)
@pytest.mark.parametrize(
    "value",
    [
        -1,
        0,
        True,
        1.5,
        float("nan"),
        "2030-01-01",
        1_800_000_000_000,
        datetime(2030, 1, 1),  # noqa: DTZ001 - naive on purpose
        datetime(1969, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        timedelta(days=1),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(value):
    with pytest.raises((ValueError, TypeError), match="^expires_at must"):
        check.moment("expires_at", value)


@pytest.mark.fault(42)
def test_milliseconds_are_recognised():
    with pytest.raises(ValueError, match="milliseconds"):
        check.moment("expires_at", 1_800_000_000_000)


class Variant(str, Enum):  # noqa: UP042 - a `StrEnum` would not show the difference
    RED = "the-value"


class Size(IntEnum):
    LARGE = 7


def test_a_member_of_an_enum_is_its_value():
    """The generated core and httpx would make "Variant.RED" of it."""
    assert f"{check.token_id(Variant.RED)} {check.role('has_role', Variant.RED)}" == "the-value the-value"
    assert f"{check.page_limit('limit', Size.LARGE)!r} {check.moment('expires_at', Size.LARGE)!r}" == "7 7"


@pytest.mark.fault(42)
@pytest.mark.parametrize("value", [0, -1, True, 1.5, "1", None, 10**400])
def test_a_limit_is_a_whole_number_over_0(value):
    with pytest.raises((ValueError, TypeError), match="^limit must"):
        check.page_limit("limit", value)
    assert check.page_limit("limit", 5000) == 5000


@pytest.mark.fault(42)
def test_a_page_size_the_service_would_cut_is_refused():
    assert check.page_size(1000) == 1000
    with pytest.raises(ValueError, match="^page_size must"):
        check.page_size(1001)


@pytest.mark.parametrize("value", [1, 0, None, "true"])
def test_a_flag_is_true_or_false(value):
    with pytest.raises(TypeError, match="^is_admin must"):
        check.flag("is_admin", value)


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            PAT,
            "$x",
            "$scrypt$",
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
            PHC + "\n",
            " " + PHC,
            7,
            None,
        ),
        *("$scrypt$ln=14,r=8,p=1", "$scrypt$ln=14,r=8,p=1$c2FsdA", "$scrypt$ln=14,r=8,p=1$c2FsdA$"),
        *("$scrypt$ln=14,r=8,p=1$$aGFzaA", "$scrypt$ln=14,r=8$c2FsdA$aGFzaA", "$scrypt$c2FsdA$aGFzaA"),
        *("$scrypt$ln=,r=8,p=1$c2FsdA$aGFzaA", "$scrypt$ln=0x1,r=8,p=1$c2FsdA$aGFzaA"),
        *("$scrypt$ln=٣,r=8,p=1$c2FsdA$aGFzaA", "$scrypt$ln=14,r=8,p=-1$c2FsdA$aGFzaA"),
        *("$scrypt$ln=14,r=8,p=1$c2FsdA==$aGFzaA", "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA=="),
        *("$scrypt$ln=14,r=8,p=1$c2Fs_A$aGFzaA", "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFz-A"),
        *("$scrypt$ln=14,r=8,p=1$c2Fsd$aGFzaA", "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFza"),
        *("$scrypt$v=$ln=14,r=8,p=1$c2FsdA$aGFzaA", PHC + "A" * 200, PHC + "$"),
    ],
)
def test_a_hash_with_which_nobody_could_log_in_is_refused_unseen(value):
    with pytest.raises(ValueError, match="^secret_phc must") as raised:
        check.phc(Secret(value))
    assert "q83v" not in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [
        PHC,
        "$scrypt$v=1$ln=14,r=8,p=1$c2FsdA$aGFzaA",
        "$scrypt$ln=20,r=16,p=100$c2FsdHM$aGFzaGhhc2g",
        "$scrypt$ln=14,r=8,p=1$" + "+/0Aa" * 4 + "$" + "AB",
    ],
)
def test_a_hash_may_have_any_cost_and_any_length(value):
    assert check.phc(Secret(value)) == value


def test_a_hash_made_here_is_one():
    made = generate_token()
    assert check.phc(Secret(made.secret_phc)) == made.secret_phc


def test_a_pat_may_have_any_prefix():
    for prefix in ("pat_", "bearer_", ""):
        assert checked_pat(Secret(prefix + PAT[4:])).reveal() == prefix + PAT[4:]


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    "value",
    [
        "",
        None,
        7,
        PAT.encode(),
        PAT + "\n",
        f"{PAT}\r\nX-Evil: 1",
        PAT + "\0",
        f"“{PAT}”",
        f"Bearer {PAT}",
        PAT + "x" * 150,
    ],
)
def test_a_pat_that_fits_no_header_is_refused_unseen(value):
    with pytest.raises(ValueError, match="^api_key must") as raised:
        checked_pat(Secret(value))
    assert "q83v" not in str(raised.value)
