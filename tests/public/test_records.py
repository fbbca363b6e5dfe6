"""What a record tells of itself: its times, whether its token is active, and how it is written out."""

import csv
import io
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from access_tokens import TokenRecord
from access_tokens._unix_time import aware_datetime
from access_tokens.models import json_name

from ..helpers.openapi import SCHEMAS

LEAST: Any = {"token_id": "A" * 21, "owner": "x", "is_admin": False, "created_at": 1_893_456_000}
PLAIN = TokenRecord(**LEAST)
FULL = TokenRecord(
    **LEAST, roles=("a", "b"), secret_phc="the-hash", last_used_at=1, expires_at=2_000_000_000, revoked_at=2
)
WRITTEN = {
    "tokenId": "A" * 21,
    "owner": "x",
    "isAdmin": False,
    "roles": ["a", "b"],
    "secretPhc": "the-hash",
    "createdAt": 1_893_456_000,
    "lastUsedAt": 1,
    "expiresAt": 2_000_000_000,
    "revokedAt": 2,
}
JUST_NOW = datetime.now(UTC)
EARLIER, LATER = (int((JUST_NOW + timedelta(hours=hours)).timestamp()) for hours in (-1, 1))


def expiring(expires_at: int | None, revoked_at: int | None = None) -> TokenRecord:
    return attrs.evolve(PLAIN, expires_at=expires_at, revoked_at=revoked_at)


def test_each_time_is_a_datetime_as_well():
    assert PLAIN.created == datetime(2030, 1, 1, tzinfo=UTC)
    assert (PLAIN.last_used, PLAIN.expires, PLAIN.revoked) == (None, None, None)
    for integer, moment in (("last_used_at", FULL.last_used), ("expires_at", FULL.expires)):
        assert moment == datetime.fromtimestamp(getattr(FULL, integer), UTC)
    assert FULL.revoked == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "year"),
    [(-(10**17), 1), (-62_135_596_801, 1), (-1, 1969), (253_402_300_800, 9999)],
)
def test_an_expiry_that_no_calendar_has_does_not_end_an_audit(seconds, year):
    moment = expiring(seconds).expires
    assert moment is not None
    assert (moment.year, moment.utcoffset()) == (year, timedelta(0))


def test_an_expiry_of_0_is_none():
    assert expiring(0).expires is None
    assert aware_datetime(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert expiring(0).is_active()


@pytest.mark.parametrize(
    ("record", "active"),
    [
        (PLAIN, True),
        (expiring(LATER), True),
        (expiring(EARLIER), False),
        (expiring(-1), False),
        (expiring(None, EARLIER), False),
        (expiring(LATER, EARLIER), False),
        (expiring(None, LATER), False),  # the clocks may differ
        (expiring(None, 0), False),
    ],
)
def test_a_token_is_active_unless_it_is_revoked_or_expired(record, active):
    assert record.is_active() is active


def test_a_token_expires_with_the_second_of_its_expiry():
    record = expiring(1000)
    assert (record.is_active(999), record.is_active(1000)) == (True, False)
    west = timezone(timedelta(hours=-1))
    assert record.is_active(datetime(1969, 12, 31, 23, 16, 39, 999_999, tzinfo=west))
    assert not record.is_active(datetime(1969, 12, 31, 23, 16, 40, tzinfo=west))


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        (datetime(2030, 1, 1), "aware datetime"),  # noqa: DTZ001
        ("now", "Unix seconds"),
        (True, "Unix seconds"),
        (1_800_000_000_000, "milliseconds"),
    ],
)
def test_another_time_is_refused(at, problem):
    with pytest.raises((ValueError, TypeError), match=f"^at must be .*{problem}"):
        PLAIN.is_active(at)


def test_a_record_is_written_with_the_names_of_the_service():
    missing = set(SCHEMAS["TokenRecord"]["properties"]) - set(WRITTEN)
    assert not missing, f"add {', '.join(missing)} to FULL and WRITTEN"
    assert FULL.to_dict(include_secret_phc=True) == WRITTEN
    assert json.loads(json.dumps(FULL.to_dict(include_secret_phc=True))) == WRITTEN


def test_the_hash_is_written_only_when_asked_for():
    assert "the-hash" not in json.dumps(FULL.to_dict())
    assert list(FULL.to_dict()) == [
        name for name in FULL.to_dict(include_secret_phc=True) if name != "secretPhc"
    ]


def test_all_records_have_the_same_keys():
    """As `csv.DictWriter` wants them."""
    assert list(PLAIN.to_dict()) == list(FULL.to_dict())
    assert PLAIN.to_dict(include_secret_phc=True)["secretPhc"] is None
    file = io.StringIO()
    writer = csv.DictWriter(file, PLAIN.to_dict())
    writer.writeheader()
    writer.writerows(each.to_dict() for each in (PLAIN, FULL))
    assert len(file.getvalue().splitlines()) == 3


def test_a_name_in_json_may_be_its_own():
    @attrs.frozen
    class Odd:
        some_id: str = attrs.field(metadata={"json_name": "ID"})
        other_id: str

    assert [json_name(each) for each in attrs.fields(Odd)] == ["ID", "otherId"]


def test_only_a_record_with_a_hash_refuses_to_be_pickled():
    assert pickle.loads(pickle.dumps(PLAIN)) == PLAIN
    with pytest.raises(TypeError, match="^TokenRecord holds a secret and is not pickled"):
        pickle.dumps(FULL)


def test_what_others_make_of_a_record():
    """As the README says."""
    assert attrs.asdict(PLAIN)["token_id"] == "A" * 21
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(PLAIN)
