"""Whatever is passed: refused by the parameter's name before any request, or sent as it was meant."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from ..helpers.callers import result_of
from ..helpers.world import ID, PHC, Canned, World, answers, canned_json

RECORD = {"tokenId": ID, "owner": "x", "isAdmin": False, "createdAt": 1}
ISSUED = canned_json({"token": "t", "record": RECORD})
YEAR_10000 = 253_402_300_800


class Odd(tzinfo):
    """A zone of any offset that Python allows."""

    def __init__(self, offset: timedelta | None) -> None:
        self._offset = offset

    def utcoffset(self, _: datetime | None) -> timedelta | None:
        return self._offset

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> None:
        return None


DAY = timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999)
ZONES = st.none() | st.timezones() | st.builds(Odd, st.none() | st.timedeltas(-DAY, DAY))
MOMENTS = (
    st.integers()
    | st.integers(-2, YEAR_10000 + 2)
    | st.floats()
    | st.booleans()
    | st.text(max_size=5)
    | st.datetimes(timezones=ZONES)
    | st.dates()
    | st.timedeltas()
    | st.lists(st.integers(), max_size=1)
)
WITH_EXPIRY: dict[str, Callable[[Any, Any], Any]] = {
    "issue": lambda client, when: client.issue("x", expires_at=when),
    "register": lambda client, when: client.register(ID, PHC, "x", expires_at=when),
    "update": lambda client, when: client.update(ID, expires_at=when),
    "revoke": lambda client, when: client.revoke(ID, expires_at=when),
    "restore": lambda client, when: client.restore(ID, expires_at=when),
}
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=5)
LONG = st.sampled_from(["x" * 100, "x" * 101, "😀" * 50, "😀" * 51])
ODD = st.none() | st.integers() | st.binary(max_size=3) | st.booleans()
NAMES = ANY_TEXT | LONG | ODD


def sent(world: World, call: Callable[[Any], Any]) -> Any:
    """Return the body of a call's last request, or the error of one that was refused before any."""
    client = world.client(lambda request: answers(Canned(204) if has_no_body(request) else ISSUED)(request))
    result = result_of(lambda: call(client))
    if isinstance(result, (ValueError, TypeError)):
        assert world.requests == []
        return result
    *_, request = world.calls
    return json.loads(request.content)


def has_no_body(request: httpx.Request) -> bool:
    """Tell whether a success of a request has no body."""
    return request.method == "PATCH" or request.url.path.endswith("/restore")


def seconds(value: Any) -> int | None:
    """Return the Unix seconds that are meant, or None for what makes no sense."""
    if type(value) is int:
        return value if 0 < value < YEAR_10000 else None
    if isinstance(value, datetime) and value.utcoffset() is not None:
        since = (
            value.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC) - (value.utcoffset() or timedelta())
        )
        whole = since.days * 86_400 + since.seconds
        return whole if whole > 0 else None
    return None


@pytest.mark.fault(42)
@given(st.sampled_from(sorted(WITH_EXPIRY)), MOMENTS)
@example("revoke", math.nan)
@example("revoke", 1_800_000_000_000)
@example("issue", datetime.max.replace(tzinfo=Odd(-DAY)))
@example("issue", datetime.min.replace(tzinfo=Odd(DAY)))
@profile(max_examples=200)
def test_any_time_is_refused_by_name_or_sent_in_whole_unix_seconds(sync_world, operation, when):
    body = sent(sync_world, lambda client: WITH_EXPIRY[operation](client, when))
    expected = seconds(when)
    if expected is None:
        assert str(body).startswith("expires_at must ")
    else:
        assert type(body["expiresAt"]) is int
        assert body["expiresAt"] == expected


def is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 1 <= utf16_units(value) <= longest and not surrogates(value)


def utf16_units(value: str) -> int:
    return len(value.encode("utf-16-le", errors="surrogatepass")) // 2


def surrogates(value: str) -> bool:
    return value.encode(errors="ignore").decode() != value


@pytest.mark.fault(42)
@given(NAMES)
@profile(max_examples=60)
def test_any_owner_is_refused_by_name_or_sent_as_it_is(sync_world, owner):
    body = sent(sync_world, lambda client: client.issue(owner))
    if is_text(owner, 100):
        assert body["owner"] == owner
    else:
        assert str(body).startswith("owner must ")


COLLECTIONS: tuple[Callable[[Any], Any], ...] = (list, tuple, iter, dict.fromkeys)
WITH_ROLES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], Any]]] = {
    "roles": (lambda client, roles: client.issue("x", roles=roles), lambda body: body["roles"]),
    "add_roles": (
        lambda client, roles: client.update(ID, add_roles=roles),
        lambda body: body["roles"]["add"],
    ),
    "remove_roles": (
        lambda client, roles: client.update(ID, remove_roles=roles),
        lambda body: body["roles"]["remove"],
    ),
}


@pytest.mark.fault(42)
@given(
    st.sampled_from(sorted(WITH_ROLES)),
    st.lists(st.text(max_size=5) | NAMES, max_size=4) | st.lists(st.just("r"), min_size=49, max_size=52),
    st.sampled_from(COLLECTIONS[:3]),
)
@profile(max_examples=80)
def test_any_roles_are_refused_by_name_or_sent_as_they_are(sync_world, name, roles, collection):
    call, told = WITH_ROLES[name]
    body = sent(sync_world, lambda client: call(client, collection(roles)))
    if not roles and name != "roles":
        assert str(body).endswith("must be given, and change something")
    elif len(roles) <= 50 and all(is_text(role, 100) for role in roles):
        assert told(body) == roles
    else:
        assert str(body).startswith((f"{name} must ", f"each of {name} must "))


@pytest.mark.fault(42)
@given(st.sampled_from(sorted(WITH_ROLES)), ANY_TEXT | st.integers() | st.binary(max_size=3) | st.booleans())
@profile(max_examples=30)
def test_what_is_no_collection_of_roles_is_refused(sync_world, name, roles):
    """Above all a text, which is a collection of letters."""
    body = sent(sync_world, lambda client: WITH_ROLES[name][0](client, roles))
    assert str(body).startswith(f"{name} must ")


@pytest.mark.fault(42)
@given(st.integers() | st.floats() | st.booleans() | st.text(max_size=3) | st.sampled_from([10**400, 2**63]))
@profile(max_examples=50)
def test_any_limit_is_refused_by_name_or_sent_as_it_is(sync_world, limit):
    client = sync_world.client(answers(canned_json({"records": []})))
    result = result_of(lambda: client.list(limit=limit))
    if type(limit) is int and 1 <= limit < 2**63:
        assert sync_world.calls[0].url.params["limit"] == str(limit)
    else:
        assert str(result).startswith("limit must ")
        assert sync_world.requests == []
