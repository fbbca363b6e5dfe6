"""Whatever is passed: refused by the parameter's name before any request, or sent as it was meant."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from ..helpers.callers import result_of
from ..helpers.world import ID, Canned, World, answers, canned_json

RECORD = {"tokenId": ID, "owner": "x", "isAdmin": False, "createdAt": 1}
NOTHING, ISSUED = Canned(204), canned_json({"token": "t", "record": RECORD})
YEAR_10000 = 253_402_300_800


class Nowhere(tzinfo):
    """A zone that does not know its offset."""

    def utcoffset(self, _: datetime | None) -> None:
        return None


DAY = timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999)
OFFSETS = st.builds(timezone, st.timedeltas(-DAY, DAY))
ZONES = st.none() | st.timezones() | OFFSETS | st.builds(Nowhere)
NUMBERS = st.integers() | st.floats() | st.booleans()
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=5)
MOMENTS = st.integers(-2, YEAR_10000 + 2) | NUMBERS | st.datetimes(timezones=ZONES) | st.dates() | ANY_TEXT
LONG = st.sampled_from(["x" * 100, "x" * 101, "😀" * 50, "😀" * 51])
NAMES = ANY_TEXT | LONG | st.none() | st.integers() | st.binary(max_size=3) | st.booleans()


def sent(world: World, answer: Canned, call: Callable[[Any], Any]) -> Any:
    """Return the body of a call's request, or the error of one that was refused before any."""
    client = world.client(answers(answer))
    result = result_of(lambda: call(client))
    if isinstance(result, (ValueError, TypeError)):
        assert world.requests == []
        return result
    *_, request = world.calls
    return json.loads(request.content)


def seconds(value: Any) -> int | None:
    """Return the Unix seconds that are meant, or None for what makes no sense."""
    if type(value) is int:
        return value if 0 < value < YEAR_10000 else None
    if isinstance(value, datetime) and (offset := value.utcoffset()) is not None:
        since = value.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC) - offset
        whole = since.days * 86_400 + since.seconds
        return whole if whole > 0 else None
    return None


def is_text(value: Any, longest: int = 100) -> bool:
    if not isinstance(value, str) or value.encode(errors="ignore").decode() != value:
        return False
    return 1 <= len(value.encode("utf-16-le")) // 2 <= longest


@pytest.mark.fault(42)
@given(MOMENTS)
@example(math.nan)
@example(1_800_000_000_000)
@example(datetime.max.replace(tzinfo=timezone(-DAY)))
@example(datetime.min.replace(tzinfo=timezone(DAY)))
@profile(max_examples=100)
def test_any_time_is_refused_by_name_or_sent_in_whole_unix_seconds(sync_world, when):
    body = sent(sync_world, NOTHING, lambda client: client.update(ID, expires_at=when))
    expected = seconds(when)
    if expected is not None:
        assert (type(body["expiresAt"]), body["expiresAt"]) == (type(expected), expected)
    else:
        assert str(body).startswith("expires_at must ")


@pytest.mark.fault(42)
@given(NAMES)
@profile(max_examples=60)
def test_any_owner_is_refused_by_name_or_sent_as_it_is(sync_world, owner):
    body = sent(sync_world, ISSUED, lambda client: client.issue(owner))
    if is_text(owner):
        assert body["owner"] == owner
    else:
        assert str(body).startswith("owner must ")


COLLECTIONS: tuple[Callable[[Any], Any], ...] = (list, tuple, iter)
WITH_ROLES: dict[str, Callable[[Any], Any]] = {
    "roles": lambda body: body["roles"],
    "add_roles": lambda body: body["roles"]["add"],
    "remove_roles": lambda body: body["roles"]["remove"],
}


@pytest.mark.fault(42)
@given(
    st.sampled_from(sorted(WITH_ROLES)),
    st.lists(NAMES, max_size=4) | st.lists(st.just("r"), min_size=49, max_size=52),
    st.sampled_from(COLLECTIONS),
)
@profile(max_examples=80)
def test_any_roles_are_refused_by_name_or_sent_as_they_are(sync_world, name, roles, collection):
    body = sent(sync_world, NOTHING, lambda client: client.update(ID, **{name: collection(roles)}))
    if not roles and name != "roles":
        assert str(body).endswith("must be given, and change something")
    elif len(roles) <= 50 and all(map(is_text, roles)):
        assert WITH_ROLES[name](body) == roles
    else:
        assert str(body).startswith((f"{name} must ", f"each of {name} must "))
