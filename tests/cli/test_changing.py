"""`update`, `revoke` and `restore`, of one token and of many; and `whoami`."""

from typing import Any

import pytest

from access_tokens import AccessTokensClient, UnavailableError
from access_tokens.testing import LocalService
from tests.helpers.command_line import ID, OF_TOKENS, CommandLine, needed
from tests.helpers.fault_server import FaultServer
from tests.helpers.local_service import PHC, UNKNOWN_PAT
from tests.helpers.signals import handling, needs_signals, send_signal

EXPIRY = 1_893_456_000  # 2030-01-01
DONE = {"update": "updated", "revoke": "revoked", "restore": "restored", "rotate": "rotated"}


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.fixture
def ids(shared_service: LocalService) -> list[str]:
    """The ids of three tokens, in the order of a caller."""
    return shared_service.seed(3, owner="ann", roles=["reader"], expires_at=EXPIRY)


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["--owner", "bob"], {"owner": "bob"}),
        (["--admin", "TRUE"], {"isAdmin": True}),
        (["--roles", "a,b"], {"roles": ["a", "b"]}),
        (["--roles", ""], {"roles": []}),
        (["--add-roles", "a"], {"roles": ["reader", "a"]}),
        (["--remove-roles", "reader"], {"roles": []}),
        (
            ["--add-roles", "a", "--remove-roles", "reader", "--owner", "bob"],
            {"roles": ["a"], "owner": "bob"},
        ),
        (["--expires-at", "null"], {"expiresAt": None}),
        (["--expires-at", "1893456001", "--admin=true"], {"expiresAt": EXPIRY + 1, "isAdmin": True}),
        (["--secret-phc", PHC], {"secretPhc": PHC}),
    ],
    ids=lambda each: " ".join(each)[:40] if isinstance(each, list) else "-",
)
def test_update_changes_what_is_given_and_nothing_else(
    options: list[str],
    changed: dict[str, Any],
    run: CommandLine,
    ids: list[str],
    shared_service: LocalService,
) -> None:
    before = shared_service.record(ids[0], include_secret_phc=True) or {}
    assert run("update", ids[0], *options).lines == [f"Token {ids[0]} updated successfully"]
    after = shared_service.record(ids[0], include_secret_phc=True)
    assert after == {name: value for name, value in (before | changed).items() if value not in (None, [])}
    if "isAdmin" in changed:
        assert run("update", ids[0], "--admin", "false").status == 0
        assert (shared_service.record(ids[0]) or {})["isAdmin"] is False


def test_revoke_and_restore_take_an_expiry(
    run: CommandLine, ids: list[str], shared_service: LocalService
) -> None:
    def times() -> tuple[bool, object]:
        record = shared_service.record(ids[0]) or {}
        return "revokedAt" in record, record.get("expiresAt")

    assert run("revoke", ids[0], "--yes").lines == [f"Token {ids[0]} revoked successfully"]
    assert times() == (True, None)
    assert run("restore", "--token-id", ids[0], "--expires-at", "2030-01-01").status == 0
    assert times() == (False, EXPIRY)
    assert run("revoke", "--token-id", ids[0], "--yes", "--expires-at", "2030-01-01").status == 0
    assert times() == (True, EXPIRY)
    assert run("restore", ids[0]).status == 0
    assert times() == (False, None)


@pytest.mark.parametrize("command", OF_TOKENS)
def test_several_tokens_go_on_after_a_failure(
    command: str, run: CommandLine, ids: list[str], shared_service: LocalService
) -> None:
    given = [ids[0], ID, "-", ids[0], "--token-id", ids[2]]
    ended = run(*needed(command)[:-1], *given, "--json", stdin=f"\n {ids[1]} \r\n{ids[0]}\n")
    done = DONE[command]
    assert ended.status == 1
    assert [(each["tokenId"], each["outcome"]) for each in ended.json] == [
        *((ids[0], done), (ID, "failed"), (ids[1], done), (ids[2], done)),
    ]
    assert f"Token not found: {ID}" in ended.json[1]["error"]
    assert ended.err.splitlines()[-1] == f"Error: 1 of 4 tokens are not {done}: {ID} (failed)"
    assert len({each.path for each in shared_service.requests if ids[0] in each.path}) == 1
    again = run(*needed(command)[:-1], *ids)
    assert (again.status, again.err) == (0, "")
    assert again.out.count(f"{done} successfully") == 3


@pytest.mark.parametrize("command", OF_TOKENS)
def test_a_refused_pat_stops_at_once(
    command: str, run: CommandLine, ids: list[str], shared_service: LocalService
) -> None:
    run.environment["ACCESS_TOKENS_API_KEY"] = UNKNOWN_PAT
    ended = run(*needed(command)[:-1], *ids, "--json")
    assert ended.status == 1
    assert [each["outcome"] for each in ended.json] == ["failed", "not done", "not done"]
    assert f"3 of 3 tokens are not {DONE[command]}" in ended.err
    assert len(shared_service.requests) == 1


@pytest.mark.parametrize("command", OF_TOKENS)
def test_standard_input_holds_ids_or_the_pat(
    command: str, run: CommandLine, ids: list[str], shared_service: LocalService
) -> None:
    service = ("--url", shared_service.endpoint, "--admin-token-file", "-")
    both = run(*needed(command)[:-1], "-", *service, stdin=f"{shared_service.admin_pat}\n{ids[0]}\n")
    assert (both.status, shared_service.requests) == (2, [])
    assert "Standard input holds either" in both.err
    none = run(*needed(command)[:-1], "-", "--json", stdin="\n \n")
    assert (none.status, none.json, shared_service.requests) == (0, [], [])
    assert "nothing to do" in none.err
    odd = run(*needed(command)[:-1], "-", stdin=f"{ids[0]}\n\udcff{ids[1]}\n")
    assert (odd.status, shared_service.requests) == (2, [])
    assert "Id number 2 must" in odd.err
    assert run(needed(command)[0], "-", *needed(command)[1:-1], *service[:2], stdin=ids[0]).status == 2
    assert run(*needed(command)[:-1], ids[0], *service, stdin=f"{shared_service.admin_pat}\n").status == 0


@pytest.mark.parametrize("command", ["revoke", "rotate"])
def test_what_cannot_be_undone_is_asked_for(
    command: str, run: CommandLine, ids: list[str], shared_service: LocalService
) -> None:
    unasked = run(command, *ids)
    assert (unasked.status, unasked.out) == (2, "")
    assert "3 tokens: give --yes" in unasked.err
    for typed, status in (("n\n", 1), ("\n", 1), ("\x04", 130)):
        ended = run.on_terminal(command, ids[0], typed=typed)
        assert ended.status == status
        assert f"token {ids[0]}? [y/N]" in ended.out
    assert shared_service.requests == []
    assert run.on_terminal(command, ids[0], typed="y\n").status == 0
    assert any(ids[0] in each.path for each in shared_service.requests)


@needs_signals
@pytest.mark.parametrize("command", OF_TOKENS)
def test_ctrl_c_says_what_was_not_done(command: str, command_line: CommandLine, server: FaultServer) -> None:
    command_line.environment |= {"ACCESS_TOKENS_ENDPOINT": server.endpoint, "ACCESS_TOKENS_API_KEY": "pat_x"}
    method = {"revoke": "/revoke", "restore": "/restore"}.get(command, "")
    server.play(f"/admin/tokens/{'1' * 21}{method}", send_signal)
    ids = ["0" * 21, "1" * 21, "2" * 21]
    with handling(interrupt):
        ended = command_line(*needed(command)[:-1], *ids, "--json")
    assert ended.status == 130
    assert [each["outcome"] for each in ended.json] == [DONE[command], "unknown", "not done"]
    assert f"2 of 3 tokens are not {DONE[command]}: {ids[1]} (unknown), {ids[2]} (not done)" in ended.err


def test_whoami_says_whose_pat_it_is(run: CommandLine, shared_service: LocalService) -> None:
    token_id, run.environment["ACCESS_TOKENS_API_KEY"] = shared_service.issue("Ann\x1b[1m", roles=["a", "b"])
    told = run("whoami")
    assert told.lines[:4] == [f"Token ID: {token_id}", "Owner: Ann [1m", "Admin: false", "Roles: a, b"]
    assert told.lines[4].startswith("JWT expires: 20")
    assert run("whoami", "--json").json["roles"] == ["a", "b"]


def test_whoami_of_a_token_that_is_no_jwt(command_line: CommandLine, server: FaultServer) -> None:
    command_line.environment |= {"ACCESS_TOKENS_ENDPOINT": server.endpoint, "ACCESS_TOKENS_API_KEY": "pat_x"}
    ended = command_line("whoami")
    assert (ended.status, ended.out) == (1, "")
    assert "no JWT" in ended.err


@pytest.mark.parametrize(
    "command",
    [
        ["revoke", "--yes"],
        ["update", "--admin", "false"],
        ["update", "--expires-at", "2020-01-01"],
        ["update", "--secret-phc", PHC],
    ],
    ids=lambda each: " ".join(each[:2]),
)
def test_the_token_that_a_command_uses_keeps_its_rights_unless_forced(
    command: list[str], command_line: CommandLine, service: LocalService
) -> None:
    run, own = command_line.use(service), service.admin_token_id
    refused = run(*command, own)
    assert (refused.status, service.requests) == (2, [])
    assert f"Token {own} is the one that this command uses" in refused.err
    assert run(*command, own, "--force").status == 0


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [(503, {}, ["unknown"] * 3), (429, {"Retry-After": "1000"}, ["failed"])],
    ids=["unavailable", "rate limited"],
)
def test_a_service_that_would_fail_for_all_is_not_asked_for_all(
    status: int,
    headers: dict[str, str],
    told: list[str],
    command_line: CommandLine,
    service: LocalService,
    access_tokens_no_waits: None,
) -> None:
    service.fail_next(1000, status=status, headers=headers, method="PUT")
    ids = service.seed(10)
    ran = command_line.use(service)("revoke", *ids, "--yes", "--json")
    assert [each["outcome"] for each in ran.json] == told + ["not done"] * (10 - len(told))


def test_what_an_update_has_done_before_it_fails_is_told(
    run: CommandLine, shared_service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = AccessTokensClient.update

    def refuse_removals(client: AccessTokensClient, token_id: str, **changes: Any) -> None:
        if changes.get("remove_roles"):
            raise UnavailableError("Failed to update token", status_code=503)
        update(client, token_id, **changes)

    monkeypatch.setattr(AccessTokensClient, "update", refuse_removals)
    [token_id] = shared_service.seed(1, roles=["a"])
    half = run("update", token_id, "--add-roles", "b", "--remove-roles", "a")
    assert half.status == 1
    assert f"token {token_id}: the other changes are made, but no role is removed" in half.err
