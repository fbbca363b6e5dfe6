"""What `sync` does, with the local service: what fails, what is hidden, and what is broken off."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from attrs import define

from access_tokens import AccessTokensClient, UnavailableError
from access_tokens.cli.sync.apply import STAYS_HIDDEN, Results
from access_tokens.cli.sync.guard import LAST_ADMINISTRATOR
from access_tokens.cli.sync.plan import Plan
from access_tokens.testing import LocalService, Service

from ..helpers.frames import chain, locals_of
from .states import (
    LATER,
    MUCH_LATER,
    NEW,
    OLD,
    OWN_PAT,
    PAST,
    Serve,
    add,
    connected,
    entry,
    new_service,
    synced,
    token_id,
)

X = f"/admin/tokens/{token_id('x')}"
TOO_MANY = [str(n) for n in range(51)]


@pytest.fixture
def service() -> Service:
    return new_service()


@pytest.fixture
def client(service):
    with connected(service) as made:
        yield made


def stored(service: Service, letter: str) -> dict[str, Any]:
    """Return the record of a token, with whether it is revoked instead of when things happened to it."""
    found = service.record(token_id(letter), include_secret_phc=True) or {}
    revoked = {"revoked": True} if found.get("revokedAt") else {}
    return {
        name: value
        for name, value in found.items()
        if name not in {"tokenId", "createdAt", "revokedAt", "lastUsedAt"}
    } | revoked


def letters(results: Results) -> tuple[str, ...]:
    done, failed = results.done, [each.change for each in results.failed]
    return tuple("".join(each.token_id[0] for each in some) for some in (done, failed, results.left))


FILE = [
    entry("a", secret_phc=NEW, is_admin=True, roles=("r",), expires_at=LATER),
    entry("b", owner="you", secret_phc=NEW, expires_at=None),
    entry("c", revoked=True),
    entry("d", revoked=True, roles=(), expires_at=MUCH_LATER),
    entry("e", revoked=False, secret_phc=NEW, expires_at=LATER),
    entry("f", secret_phc=NEW),
    entry("g", secret_phc=NEW),
    entry("h", secret_phc=NEW, revoked=False, expires_at=LATER),
    entry("o"),
]


def fill(service: Service) -> None:
    add(service, "b", expires_at=LATER, roles=("r",))
    add(service, "c", expires_at=LATER)
    add(service, "d", is_admin=True, roles=("r",))
    add(service, "e", expires_at=MUCH_LATER, revoked=True)
    add(service, "f", roles=("r",), hidden={"owner": ""})
    add(service, "g", hidden={"roles": TOO_MANY})
    add(service, "h", expires_at=MUCH_LATER, revoked=True, hidden={"secretPhc": ""})
    add(service, "y", expires_at=LATER)
    add(service, "z", revoked=True)


OLD_PHC, NEW_PHC = OLD.reveal(), NEW.reveal()
MINE: dict[str, Any] = {"owner": "me", "isAdmin": False, "secretPhc": NEW_PHC}
END = {
    "a": {**MINE, "isAdmin": True, "roles": ["r"], "expiresAt": LATER},
    "b": {**MINE, "owner": "you", "roles": ["r"]},
    "c": {**MINE, "secretPhc": OLD_PHC, "expiresAt": LATER, "revoked": True},
    "d": {**MINE, "secretPhc": OLD_PHC, "isAdmin": True, "expiresAt": MUCH_LATER, "revoked": True},
    "e": {**MINE, "expiresAt": LATER},
    "f": {**MINE, "roles": ["r"]},
    "g": {**MINE},
    "h": {**MINE, "expiresAt": LATER},
    "y": {**MINE, "secretPhc": OLD_PHC, "expiresAt": MUCH_LATER, "revoked": True},
    "z": {**MINE, "secretPhc": OLD_PHC, "revoked": True},
}


def sync_all(client: AccessTokensClient) -> tuple[Plan, Results]:
    return synced(client, FILE, orphans_expire_at=MUCH_LATER)


def test_the_second_run_does_nothing():
    with LocalService(admin_pat=OWN_PAT) as service, AccessTokensClient(service.endpoint, OWN_PAT) as live:
        service._backend.update(token_id("o"), {"owner": "me"})
        fill(service)
        _, results = sync_all(live)
        assert letters(results) == ("abefghcdy", "", "")
        assert {letter: stored(service, letter) for letter in END} == END
        service.clear_requests()
        again, _ = sync_all(live)
        assert again.is_empty
        assert {each.method for each in service.requests} == {"GET"}


@define
class Death:
    """Ends a run at one of its requests: by an exception there, and everywhere after it.

    Attributes:
        left: How many requests come through before.
        kind: What is raised.
        is_done: Whether the request at which it ends is carried out first.
    """

    left: int
    kind: Callable[[], BaseException]
    is_done: bool
    came: bool = False

    def __call__(self, request: httpx.Request, serve: Serve) -> httpx.Response:
        self.left -= 1
        if self.left >= 0:
            return serve()
        if self.is_done and not self.came:
            serve()
        self.came = True
        raise self.kind()


@pytest.mark.fault(111)
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("kind", "is_done"), [(KeyboardInterrupt, False), (lambda: httpx.ReadError("gone"), True)]
)
def test_a_run_that_ends_at_any_request_is_completed_by_the_next(kind, is_done):
    number, came = 0, True
    while came:
        service = new_service()
        fill(service)
        death = Death(number, kind, is_done)
        with connected(service, death) as client:
            try:
                made, results = sync_all(client)
            except (KeyboardInterrupt, UnavailableError):
                pass
            else:
                assert sum(map(len, letters(results))) == len(made.changes)
                assert len(results.failed) == death.came  # a service that is gone is asked no more
        with connected(service) as client:
            sync_all(client)
            assert {letter: stored(service, letter) for letter in END} == END, number
            assert sync_all(client)[0].is_empty
        number, came = number + 1, death.came
    assert number > 25


def test_what_fails_is_named_and_the_rest_is_done(service, client):
    for letter in "xyz":
        add(service, letter, roles=("a",))
    service.fail_next(path=f"{X}/revoke", status=500, body={"error": {"message": "No such luck"}})
    told: list[tuple[str, str]] = []
    file = [entry("x", revoked=True, roles=()), entry("y", owner="you"), entry("z", revoked=True)]
    _, results = synced(
        client, file, done=lambda each, problem: told.append((each.token_id[0], str(problem)))
    )
    assert [letter for letter, _ in told] == ["y", "x", "z"]
    assert told[1][1].startswith("Failed to revoke token: No such luck (HTTP 500, token xxxxx")
    assert letters(results) == ("yz", "x", "")
    assert stored(service, "x")["roles"] == ["a"]  # its first step failed, so that the second was not taken


@pytest.mark.parametrize(
    ("status", "count"), [(401, 1), (403, 1), (404, 1), (429, 1), (503, 3), (500, 3), (400, 5), (409, 5)]
)
def test_where_no_more_can_succeed_the_rest_is_left(service, client, status, count):
    for letter in "abcde":
        add(service, letter)
    service.fail_next(20, path="/admin/tokens/*", status=status)
    _, results = synced(client, [entry(letter, owner="you") for letter in "abcde"])
    assert letters(results) == ("", "abcde"[:count], "abcde"[count:])


def test_a_few_tokens_that_fail_are_no_dead_service(service, client):
    statuses = {"a": 500, "b": 500, "d": 500, "e": 500, "f": 409, "g": 500, "h": 500}
    for letter in "abcdefgh":
        add(service, letter)
    for letter, status in statuses.items():
        service.fail_next(path=f"/admin/tokens/{token_id(letter)}", status=status)
    _, results = synced(client, [entry(letter, owner="you") for letter in "abcdefgh"])
    assert letters(results) == ("c", "abdefgh", "")


def test_it_stops_between_two_changes(service, client):
    asked = iter([False, False, True])
    file = [entry(letter, secret_phc=NEW) for letter in "abcd"]
    _, results = synced(client, file, stopped=lambda: next(asked))
    assert letters(results) == ("ab", "", "cd")


@pytest.mark.fault(112)
@pytest.mark.parametrize(
    ("hidden", "overwritten"),
    [
        ({"owner": ""}, []),
        ({"secretPhc": ""}, []),
        ({"expiresAt": -1}, ["expiresAt"]),
        ({"roles": TOO_MANY}, ["expiresAt", "roles"]),
    ],
)
def test_a_hidden_record_is_mended(service, client, hidden, overwritten):
    """What the file leaves out is overwritten, and named, only where the rest was not enough."""
    add(service, "x", is_admin=True, hidden=hidden, roles=("a",), expires_at=LATER)
    _, results = synced(client, [entry(secret_phc=NEW)])
    assert [each.name for each in results.done[0].differences] == overwritten
    assert len(results.done[0].steps) == 1 + len(overwritten)
    there = stored(service, "x")
    assert there["isAdmin"] is True
    kept = {name for name in ("expiresAt", "roles") if there.get(name)}
    assert kept == {"expiresAt", "roles"} - set(overwritten)
    assert client.get(token_id("x")).owner == "me"


@pytest.mark.fault(112)
def test_a_record_that_stays_hidden_is_a_failure(service, client):
    add(service, "x")
    service._backend.store.edit(token_id("x"), lambda each: type(each)({**each, "createdAt": -1}))
    _, results = synced(client, [entry(secret_phc=NEW), entry("y", secret_phc=NEW)])
    assert letters(results) == ("y", "x", "")
    assert results.failed[0].problem == STAYS_HIDDEN


@pytest.mark.fault(112)
@pytest.mark.parametrize(
    ("theirs", "steps"),
    [
        ({}, ["update"]),
        ({"secret_phc": NEW_PHC}, ["register"]),  # all is as planned, only not by this run
        ({"secret_phc": NEW_PHC, "revoked": True}, ["restore"]),
    ],
)
def test_what_somebody_else_registers_meanwhile_is_planned_again(service, theirs, steps):
    def around(request: httpx.Request, serve: Serve) -> httpx.Response:
        if request.method == "PUT" and not service.record(token_id("x")):
            add(service, "x", is_admin=True, **theirs)
        return serve()

    with connected(service, around) as client:
        _, results = synced(client, [entry(secret_phc=NEW, revoked=False)])
    assert [each.method for each in results.done[0].steps] == steps
    assert stored(service, "x") == {**MINE, "isAdmin": True}


def test_what_is_guarded_stays_so_when_it_was_registered_meanwhile(service):
    def around(request: httpx.Request, serve: Serve) -> httpx.Response:
        if request.method == "PUT" and not service.record(token_id("x")):
            add(service, "x", is_admin=True)
            service._backend.update(token_id("o"), {"isAdmin": False})
        return serve()

    with connected(service, around) as client:
        _, results = synced(client, [entry(secret_phc=NEW, is_admin=False)], own_ids=())
    assert (
        results.failed[0].problem
        == "this would demote an administrator's token, which may be the one that this run uses"
    )


@pytest.fixture
def no_own(service, client):
    """The run's own token is none of the administrators by now; its JWT lives on."""
    client.authenticate()
    service.revoke(token_id("o"))


@pytest.mark.fault(113)
@pytest.mark.usefixtures("no_own")
@pytest.mark.parametrize(
    ("status", "force", "stays"),
    [(400, False, True), (500, False, True), (400, True, False), (None, False, False)],
)
@pytest.mark.parametrize("successor", [{"is_admin": True}, {"is_admin": True, "secret_phc": NEW}])
def test_the_last_administrator_stays_where_its_successor_fails(
    service, client, successor, status, force, stays
):
    add(service, "a", is_admin=True)
    if "secret_phc" not in successor:
        add(service, "x")
    if status:
        service.fail_next(path=X, status=status)
    file = [entry("a", is_admin=False), entry("x", **successor), entry("o")]
    made, results = synced(client, file, force=force)
    assert [each.token_id[0] for each in made.changes] == ["x", "a"]
    assert stored(service, "a")["isAdmin"] is stays
    assert [each.problem for each in results.failed[1:]] == [LAST_ADMINISTRATOR] * stays


@pytest.mark.usefixtures("no_own")
def test_an_administrator_whose_demotion_is_uncertain_does_not_count(service, client):
    for letter in "ab":
        add(service, letter, is_admin=True)
    file = [
        entry("a", is_admin=False),
        entry("b", is_admin=False),
        entry("x", is_admin=True, secret_phc=NEW),
        entry("o"),
    ]
    service.fail_next(path=X, status=400)
    service.fail_next(path=f"/admin/tokens/{token_id('a')}", status=500)
    _, results = synced(client, file)
    assert letters(results) == ("", "xab", "")
    assert results.failed[2].problem == LAST_ADMINISTRATOR


OWN_LOST = [{"revoked": True}, {"is_admin": False}, {"expires_at": PAST}, {"secret_phc": NEW}]


@pytest.mark.fault(113)
@pytest.mark.parametrize("given", OWN_LOST)
def test_the_runs_own_token_loses_its_rights_only_by_force(service, client, given):
    before = stored(service, "o")
    made, _ = synced(client, [entry("o", **given)])
    assert (len(made.refused), stored(service, "o")) == (1, before)
    made, results = synced(client, [entry("o", **given), entry("x", secret_phc=NEW)], force=True)
    assert letters(results) == ("xo", "", "")
    assert stored(service, "o") != before


def test_no_hash_is_in_sight(service, client):
    add(service, "x")
    service.fail_next(2, path="/admin/tokens/*", status=400, body={"error": {"message": NEW_PHC}})
    made, results = synced(client, [entry(secret_phc=NEW), entry("y", secret_phc=NEW)])
    places = [repr(made), repr(results)]
    for each in results.failed:
        places.append(str(each.problem))
        assert isinstance(each.problem, Exception)
        places += [text for error in chain(each.problem) for _, text in locals_of(error.__traceback__)]
    assert len(places) > 10
    assert not [each for each in places if "$scrypt" in each]
