"""What `sync` decides, one rule after the other."""

from typing import Any

import pytest

from access_tokens._secret import HIDDEN
from access_tokens.cli.sync.changes import Difference
from access_tokens.cli.sync.entry import EXPIRED, NO_HASH, STAYS_REVOKED
from access_tokens.cli.sync.guard import LAST_ADMINISTRATOR, NOT_LISTED
from access_tokens.cli.sync.plan import Plan

from .states import LATER, MUCH_LATER, NEW, NOW, OLD, PAST, entry, planned, record, token_id

ADMIN = record("o", is_admin=True)
REGISTERED = {"owner": "me", "secret_phc": OLD, "is_admin": False, "roles": (), "expires_at": None}


def steps_of(made: Plan) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (change.token_id[0], step.method, step.arguments) for change in made.changes for step in change.steps
    ]


def order_of(made: Plan) -> str:
    return "".join(change.token_id[0] for change in made.changes)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, REGISTERED),
        ({"revoked": False, "expires_at": None}, REGISTERED),
        (
            {"is_admin": True, "roles": ("a",), "expires_at": LATER},
            {**REGISTERED, "is_admin": True, "roles": ("a",), "expires_at": LATER},
        ),
    ],
)
def test_what_is_absent_is_registered(given, expected):
    made = planned([entry(secret_phc=OLD, **given)], [ADMIN])
    assert steps_of(made) == [("x", "register", expected)]
    assert (made.skipped, made.refused, made.is_empty) == ((), (), False)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, NO_HASH),
        ({"expires_at": PAST}, NO_HASH),
        ({"secret_phc": OLD, "expires_at": NOW}, EXPIRED),
        ({"secret_phc": OLD, "revoked": True}, None),
        ({"revoked": True}, None),
    ],
)
def test_what_is_absent_and_not_registered(given, reason):
    made = planned([entry(**given)], [ADMIN])
    assert made.is_empty
    assert [(each.entry.token_id, each.reason) for each in made.skipped] == [(token_id("x"), reason)] * bool(
        reason
    )


@pytest.mark.parametrize(
    ("given", "there", "expected"),
    [
        # Nothing differs, or is left out.
        ({}, {"is_admin": True, "roles": ("a",), "expires_at": LATER, "secret_phc": "other"}, []),
        ({"expires_at": None, "roles": (), "is_admin": False, "secret_phc": OLD, "revoked": False}, {}, []),
        ({"roles": ("b", "a", "b")}, {"roles": ("a", "b")}, []),
        # Only what differs is updated, also of what is revoked or expired.
        ({"owner": "you"}, {}, [("update", {"owner": "you"})]),
        ({"is_admin": True, "roles": ("a",)}, {"roles": ("a",)}, [("update", {"is_admin": True})]),
        ({"roles": ()}, {"roles": ("a",)}, [("update", {"roles": ()})]),
        ({"roles": ("a",)}, {"roles": ("a", "b")}, [("update", {"roles": ("a",)})]),
        ({"secret_phc": NEW}, {}, [("update", {"secret_phc": NEW})]),
        ({"expires_at": LATER}, {"expires_at": PAST}, [("update", {"expires_at": LATER})]),
        ({"expires_at": None}, {"expires_at": LATER}, [("update", {"expires_at": None})]),
        ({"expires_at": None}, {"expires_at": 0}, [("update", {"expires_at": None})]),
        (
            {"revoked": True, "expires_at": LATER},
            {"revoked_at": PAST, "expires_at": MUCH_LATER},
            [("update", {"expires_at": LATER})],
        ),
        # Revoked first; the expiry is sent again, unless it is none.
        ({"revoked": True}, {}, [("revoke", {})]),
        ({"revoked": True}, {"expires_at": LATER}, [("revoke", {"expires_at": LATER})]),
        ({"revoked": True}, {"expires_at": PAST}, [("revoke", {"expires_at": PAST})]),
        ({"revoked": True}, {"expires_at": 0}, [("revoke", {})]),
        ({"revoked": True}, {"expires_at": 1_800_000_000_000}, [("revoke", {})]),
        ({"revoked": True, "expires_at": None}, {"expires_at": LATER}, [("revoke", {})]),
        (
            {"revoked": True, "expires_at": MUCH_LATER, "owner": "you"},
            {"expires_at": LATER},
            [("revoke", {"expires_at": MUCH_LATER}), ("update", {"owner": "you"})],
        ),
        ({"revoked": True}, {"revoked_at": PAST}, []),
        # Restored last.
        ({"revoked": False}, {"revoked_at": PAST}, [("restore", {})]),
        (
            {"revoked": False, "secret_phc": NEW, "roles": ()},
            {"revoked_at": PAST, "roles": ("a",), "expires_at": LATER},
            [("update", {"secret_phc": NEW, "roles": ()}), ("restore", {"expires_at": LATER})],
        ),
        (
            {"revoked": False, "expires_at": LATER},
            {"revoked_at": PAST},
            [("restore", {"expires_at": LATER})],
        ),
        (
            {"revoked": False, "expires_at": None, "owner": "you"},
            {"revoked_at": PAST, "expires_at": LATER},
            [("update", {"owner": "you"}), ("restore", {})],
        ),
    ],
)
def test_what_is_there_becomes_as_the_file_says(given, there, expected):
    made = planned([entry(**given)], [ADMIN, record(**there)])
    assert steps_of(made) == [("x", *each) for each in expected]
    assert made.skipped == ()


def test_what_is_revoked_stays_so_where_the_file_does_not_say_otherwise():
    made = planned([entry(owner="you")], [ADMIN, record(revoked_at=PAST)])
    assert steps_of(made) == [("x", "update", {"owner": "you"})]
    assert [each.reason for each in made.skipped] == [STAYS_REVOKED]


def test_the_differences_are_told_without_a_hash():
    given = entry(owner="you", secret_phc=NEW, roles=("y", "q"), expires_at=None, is_admin=True)
    made = planned([given], [ADMIN, record(roles=("z", "y"), expires_at=LATER)])
    assert made.changes[0].differences == (
        Difference("owner", "me", "you"),
        Difference("secretPhc", HIDDEN, "[updated]"),
        Difference("isAdmin", False, True),
        Difference("roles", ("y", "z"), ("q", "y")),
        Difference("expiresAt", LATER, None),
    )
    assert (made.changes[0].owner, made.changes[0].why) == ("you", "entry")
    assert "$scrypt" not in repr(made)


def test_orphans_are_named_or_revoked_where_they_are_active():
    there = [
        record("a", expires_at=LATER),
        record("b", revoked_at=PAST),
        record("c", expires_at=PAST),
        record("d", expires_at=0),
        record("x"),
        ADMIN,
    ]
    named = planned([entry("o"), entry(expires_at=PAST)], there)
    assert [(each.record.token_id[0], each.reason) for each in named.orphans] == [("a", None), ("d", None)]
    made = planned([entry("o"), entry()], there, orphans_expire_at=LATER)
    assert steps_of(made) == [(each, "revoke", {"expires_at": LATER}) for each in "ad"]
    assert {(each.why, each.owner) for each in made.changes} == {("orphan", "me")}
    assert made.orphans == ()


def test_what_gives_rights_comes_before_what_takes_them():
    given = [
        entry("a", revoked=True),
        entry("b", is_admin=False),
        entry("c", expires_at=PAST),
        entry("d", owner="you"),
        entry("e", secret_phc=OLD),
        entry("f", revoked=False),
        entry("g", is_admin=True, secret_phc=NEW),
        entry("h", revoked=False, is_admin=False),
    ]
    there = [
        record(each, is_admin=each in "bh", revoked_at=PAST if each in "fh" else None) for each in "abcdfghz"
    ]
    assert order_of(planned(given, [ADMIN, *there], orphans_expire_at=LATER)) == "defghabcz"


OWN = [
    ({"revoked": True}, "revoke"),
    ({"is_admin": False}, "demote"),
    ({"expires_at": PAST}, "expire"),
    ({"secret_phc": NEW}, "change the hash of"),
]


@pytest.mark.parametrize("own_ids", [{token_id("o")}, {token_id("z"), token_id("o")}, set()])
@pytest.mark.parametrize(("given", "verb"), OWN)
def test_the_runs_own_token_keeps_its_rights(given, verb, own_ids):
    theirs, records = entry("o", owner="you", **given), [record("b", is_admin=True), ADMIN]
    made = planned([theirs, entry("b")], records, own_ids=own_ids)
    assert made.is_empty
    whose = "the token" if own_ids else "an administrator's token, which may be the one"
    assert [each.reason for each in made.refused] == [f"this would {verb} {whose} that this run uses"]
    forced = planned([theirs, entry("b", revoked=True)], records, own_ids={token_id("o")}, force=True)
    assert (order_of(forced), forced.refused) == ("bo", ())


def test_the_runs_own_token_may_change_otherwise():
    made = planned([entry("o", owner="you", roles=("a",), expires_at=LATER)], [ADMIN])
    assert (order_of(made), made.refused) == ("o", ())


def test_the_runs_own_token_that_the_list_does_not_show_is_not_touched():
    made = planned([entry("o", secret_phc=OLD)], [record("b", is_admin=True)])
    assert made.is_empty
    assert [each.reason for each in made.refused] == [NOT_LISTED]


def test_the_runs_own_orphan_stays():
    made = planned([], [ADMIN, record("a")], orphans_expire_at=LATER)
    assert (order_of(made), made.refused) == ("a", ())
    assert [each.reason for each in made.orphans] == ["this would revoke the token that this run uses"]
    forced = planned([], [ADMIN, record("a")], orphans_expire_at=LATER, force=True)
    assert (order_of(forced), forced.orphans) == ("ao", ())


@pytest.mark.parametrize("given", [given for given, _ in OWN[:3]])
def test_the_last_administrator_stays(given):
    # The run's own token is none by now, or the service has removed it: its JWT lives on.
    there = [
        record("a", is_admin=True),
        record("b", is_admin=True),
        record("c", is_admin=True, revoked_at=PAST),
    ]
    given_to_both = [entry("a", **given), entry("b", **given), entry("c")]
    made = planned(given_to_both, there)
    assert order_of(made) == "a"
    assert [(each.change.token_id[0], each.reason) for each in made.refused] == [("b", LAST_ADMINISTRATOR)]
    assert order_of(planned(given_to_both, there, force=True)) == "ab"


def test_the_last_administrator_goes_when_there_is_a_successor():
    revoked = record("c", is_admin=True, revoked_at=PAST, expires_at=PAST)
    there = [record("a", is_admin=True), record("b"), revoked]
    for successor in (
        entry("b", is_admin=True),
        entry("c", revoked=False, expires_at=LATER),
        entry("d", is_admin=True, secret_phc=NEW),
    ):
        made = planned([entry("a", is_admin=False), successor], there)
        assert order_of(made) == successor.token_id[0] + "a"
    # A successor that is restored, but has expired, is none.
    made = planned([entry("a", is_admin=False), entry("c", revoked=False)], there)
    assert (order_of(made), [each.reason for each in made.refused]) == ("c", [LAST_ADMINISTRATOR])


def test_the_last_administrator_stays_as_an_orphan():
    made = planned([], [record("a", is_admin=True), record("b")], orphans_expire_at=LATER)
    assert order_of(made) == "b"
    assert [(each.record.token_id[0], each.reason) for each in made.orphans] == [("a", LAST_ADMINISTRATOR)]
