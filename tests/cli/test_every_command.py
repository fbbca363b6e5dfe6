"""What holds for every command: its outputs, its exit statuses, and that a mistake costs no request."""

import json
from itertools import product
from pathlib import Path

import pytest

from access_tokens._secret import Secret
from access_tokens.testing import LocalService
from access_tokens.tokens import id_of_token
from tests.helpers.command_line import EACH, ID, NEEDED, OF_TOKENS, CommandLine, needed
from tests.helpers.local_service import PHC, UNKNOWN_PAT

JWT = f"eyJ{'h' * 20}.eyJ{'p' * 20}.{'s' * 20}"
RECORD = {"tokenId", "owner", "isAdmin", "roles", "createdAt", "lastUsedAt", "expiresAt", "revokedAt"}
CHANGE = {"tokenId", "outcome"}
FIELDS = {
    "list": RECORD,
    "issue": {"token", "record"},
    "register": RECORD | {"secretPhc"},
    **dict.fromkeys(OF_TOKENS, CHANGE),
    "rotate": CHANGE | {"token"},
    "whoami": {"tokenId", "owner", "isAdmin", "roles", "issuer", "issuedAt", "expiresAt", "id"},
}
DATED = ("issue", "register", "update", "revoke", "restore")
WRONG_DATES = [
    *("", "soon", "-5", "1.5", "2030", "0", "1893456000000", "\u0661893456000", "1" * 5000, "NULL"),
    *("30x", "P", "P0D", "PT", "1.5d", " 30d", "P99999Y", "99999999w", "1969-12-31", "2030-02-31"),
    *("2030-01-02T03:04:05", "2030-01-02T25:00:00Z", "2030-01-02T03:04+99:00", "Jan 5 2031", "30s", "90m"),
    *("9999-12-31T23:59:59-01:00", "2030-01-02T03:04.5Z", "2030-01-02T03:04+02:60", "tomorrow"),
]
MISTAKES = [
    *(([*needed(each), "--expires-at", "2030-02-31"], "--expires-at") for each in DATED),
    *((["issue", "--owner", "ann", "--expires-at", each], "--expires-at") for each in WRONG_DATES),
    *(([each, *NEEDED[each]], "one or more ids") for each in OF_TOKENS),
    *(([*needed(each, "short")], "Id number 1 must be 21") for each in OF_TOKENS),
    *(([*needed(each), ID, "a/../" + "b" * 16], "Id number 3 must") for each in OF_TOKENS),
    (["update", ID], "what to change"),
    (["update", ID, "--admin", "maybe"], "--admin"),
    (["update", ID, "--admin", ""], "--admin"),
    (["update", ID, "--roles", "a", "--add-roles", "b"], "without --add-roles"),
    (["update", ID, "--roles", "", "--remove-roles", "b"], "without --add-roles"),
    (["update", ID, "--add-roles", "a,b", "--remove-roles", "b"], "same role"),
    (["update", ID, "--add-roles", ","], "need a role"),
    (["update", ID, "1" * 21, "--secret-phc", PHC], "one token"),
    (["update", ID, "--secret-phc", "$scrypt$ln=14"], "single quotes"),
    (["register", "--token-id", "short", "--secret-phc", PHC, "--owner", "ann"], "--token-id"),
    (["register", "--token-id", ID, "--secret-phc", "", "--owner", "ann"], "--secret-phc"),
    (["register", "--token-id", ID, "--secret-phc", PHC], "--owner"),
    (["issue"], "--owner"),
    (["issue", "--owner", ""], "--owner"),
    (["issue", "--owner", "😀" * 51], "--owner"),
    (["issue", "--owner", "ann", "--roles", ",".join(map(str, range(51)))], "--roles"),
    (["issue", "--owner", "ann", "--roles", "a" * 101], "--roles"),
    (["issue", "--owner", "ann", "--token-id", "a b"], "--token-id"),
    (["issue", "--owner", "ann", "--token-prefix", "x_"], "--generate-locally"),
    (["list", "--limit", "0"], "--limit"),
    (["list", "--limit", "9" * 20], "--limit"),
    (["issue", "--owner", "ann", "--output", ""], "--output"),
    (["issue", "--owner", "ann", "--output", "-"], "standard output"),
    (["issue", "--owner", "ann", "--expires-at", "6m"], "P6M"),
    (["help", "nothing"], "nothing"),
    (["generate", "--output", ""], "--output"),
    (["rotate", ID, "--yes", "--output", ""], "--output"),
    (["list", "--sort", "colour"], "--sort"),
    (["list", "--has-role", ""], "--has-role"),
    (["list", "--unused-for", "90"], "--unused-for"),
    (["list", "--unused-for", "P9999Y"], "--unused-for"),
    (["list", "--expiring-within", "99999999w"], "--expiring-within"),
    (["list", "extra"], "extra"),
    (["rotate", ID, "--yes", "--token-prefix", "a b"], "--token-prefix"),
    (["whoami", "--url", "https://api.example.com"], "--url needs its PAT"),
    (["generate", "--token-prefix", "a.b"], "--token-prefix"),
    (["generate", "--token-id", "short"], "--token-id"),
    (["completion", "tcsh"], "tcsh"),
    (["nothing"], "nothing"),
    (["list", "--nothing"], "--nothing"),
]
# Where a secret may be given by mistake.
PLACES = [
    *("", "--owner", "--roles", "--has-role", "--add-roles", "--expires-at", "--token-id", "--secret-phc"),
    *(
        "--limit",
        "--sort",
        "--admin",
        "--endpoint",
        "--config-dir",
        "--config",
        "--unused-for",
        "--auth-path",
    ),
    *("--token-prefix", "--admin-token-file", "--orphan-expires-in", "--admin-token-file missing --url"),
]


@pytest.fixture
def token_id(shared_service: LocalService) -> str:
    """The id of a token that only this test changes."""
    return shared_service.issue("ann", roles=["reader"]).token_id


def succeeding(command: str, token_id: str, service: LocalService) -> list[str]:
    if command == "register":
        service.remove(token_id)
    return needed(command, token_id)


@pytest.mark.parametrize("command", NEEDED)
def test_json_is_one_document_and_nothing_else(
    command: str, run: CommandLine, token_id: str, shared_service: LocalService
) -> None:
    ended = run(*succeeding(command, token_id, shared_service), "--json", "--quiet", "--verbose")
    found = ended.json
    assert ended.status == 0
    assert set(found[0] if isinstance(found, list) else found) == FIELDS[command]
    assert "exchange" in ended.err.lower()


@pytest.mark.parametrize("command", NEEDED)
def test_quiet_prints_what_a_script_needs(
    command: str, run: CommandLine, token_id: str, shared_service: LocalService
) -> None:
    ended = run(*succeeding(command, token_id, shared_service), "--quiet")
    assert (ended.status, ended.err) == (0, "")
    if command in {"issue", "rotate"}:
        assert [id_of_token(Secret(each)) is not None for each in ended.lines] == [True]
    elif command == "list":
        assert token_id in ended.lines
        assert all(shared_service.record(each) for each in ended.lines)
    else:
        bare = {"register": [token_id], "whoami": [shared_service.admin_token_id]}
        assert ended.lines == bare.get(command, [])


@pytest.mark.parametrize("command", NEEDED)
def test_verbose_adds_to_standard_error_alone(
    command: str, run: CommandLine, token_id: str, shared_service: LocalService
) -> None:
    told = run(*succeeding(command, token_id, shared_service), "--verbose")
    assert told.status == 0
    assert f"the service: {shared_service.endpoint}, exchange /auth, management /admin\n" in told.err
    assert "exchanged the PAT for a JWT" in told.err
    assert "exchange" not in told.out.lower()


@pytest.mark.parametrize(
    ("args", "named"), MISTAKES, ids=lambda each: " ".join(each)[:50] if isinstance(each, list) else "-"
)
def test_a_mistake_is_told_before_any_request(
    args: list[str], named: str, run: CommandLine, shared_service: LocalService
) -> None:
    ended = run(*args)
    assert (ended.status, ended.out) == (2, "")
    assert named in ended.err.split("Error: ", 1)[1]
    assert shared_service.requests == []


@pytest.mark.fault(116)
@pytest.mark.parametrize("secret", [UNKNOWN_PAT, JWT, PHC], ids=["PAT", "JWT", "hash"])
def test_a_secret_in_the_wrong_place_is_not_repeated(
    secret: str, command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command, place in product(EACH, PLACES):
        given = f"https://ann:{secret}@api.example.com" if place.endswith("--url") else secret
        ended = command_line(command, *place.split(), given)  # which looks for it on standard error
        assert (ended.status, ended.out) == (2, ""), (command, place)
    for args in (
        [secret],
        [f"--{secret}"],
        ["list", f"--{secret}"],
        ["list", f"--x={secret}"],
        ["list", "--json=" + secret],
    ):
        assert command_line(*args).status == 2
    assert command_line("revoke", "-", "--yes", stdin=f"{ID}\n{secret}\n").status == 2


@pytest.mark.parametrize("command", NEEDED)
def test_a_failure_names_its_cause(
    command: str,
    run: CommandLine,
    token_id: str,
    shared_service: LocalService,
    access_tokens_no_waits: object,
) -> None:
    args = succeeding(command, token_id, shared_service)
    shared_service.fail_next(8, status=503, headers={"X-Request-Id": "req-7"}, path="/a*")
    failed = run(*args, "--quiet", "--verbose")
    assert failed.status == 1
    assert "503, retry in 4 s" in failed.err
    assert "HTTP 503" in failed.err
    assert "req-7" in failed.err
    shared_service.clear_faults()
    run.environment["ACCESS_TOKENS_API_KEY"] = UNKNOWN_PAT
    refused = run(*args, "--json")
    assert refused.status == 1
    assert "HTTP 401" in refused.err
    assert refused.out == "" or json.loads(refused.out)[0]["outcome"] == "failed"


def test_a_pat_of_no_administrator_is_told_so(run: CommandLine, shared_service: LocalService) -> None:
    run.environment["ACCESS_TOKENS_API_KEY"] = shared_service.issue("ann").pat
    ended = run("list")
    assert ended.status == 1
    assert "HTTP 403" in ended.err


def test_twenty_commands_make_one_exchange(run: CommandLine, shared_service: LocalService) -> None:
    for _ in range(20):
        assert run("list", "--limit", "1").status == 0
    assert shared_service.exchanges == 1
    for _ in range(2):
        assert run("list", "--limit", "1", "--no-cache").status == 0
    assert shared_service.exchanges == 3


def test_a_cache_that_cannot_be_used_is_only_a_warning(
    run: CommandLine, shared_service: LocalService, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    run.environment["XDG_CACHE_HOME"] = str(tmp_path / "file")
    ended = run("whoami", "--quiet")
    assert (ended.status, ended.lines) == (0, [shared_service.admin_token_id])
    assert ended.err.startswith("Warning: ")
