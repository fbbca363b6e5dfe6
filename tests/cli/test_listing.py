"""`list`: all tokens, chosen, sorted and shown."""

from collections.abc import Iterator
from typing import Any

import pytest

from access_tokens.testing import LocalService
from tests.helpers.command_line import CommandLine
from tests.helpers.local_service import PHC

DAY = 86_400
NASTY = "\x1b[31mred\x1b[0m\n[bold]x[/bold]\t\x9b5m\u202e\r😀"


@pytest.fixture(scope="module")
def audited() -> Iterator[tuple[LocalService, dict[str, str]]]:
    """A service with a token of each kind, and their ids by their names."""
    with LocalService() as service:
        now = int(service.now())
        kinds: dict[str, dict[str, Any]] = {
            "active": {"roles": ["reader"], "created_at": 100, "last_used_at": now - 10 * DAY},
            "soon": {"expires_at": now + 3 * DAY, "created_at": 300, "last_used_at": now - 5 * DAY},
            "later": {"expires_at": now + 40 * DAY, "created_at": 200, "last_used_at": 50},
            "new": {"roles": ["reader", "writer"]},
            "expired": {"expires_at": now - DAY, "created_at": 500},
            "revoked": {"revoked_at": now - DAY, "expires_at": now + 2 * DAY, "created_at": 400},
        }
        ids = {name: service.seed(1, owner=name, **given)[0] for name, given in kinds.items()}
        yield service, ids | {"admin": service.admin_token_id}


VALID = {"active", "soon", "later", "new", "admin"}


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ([], VALID),
        (["--include-revoked"], VALID | {"revoked"}),
        (["--include-expired"], VALID | {"expired"}),
        (["--has-role", "reader"], {"active", "new"}),
        (["--owner", "soon"], {"soon"}),
        (["--admin"], {"admin"}),
        (["--owner", "Soon"], set()),
        (["--expiring-within", "30d", "--include-revoked", "--include-expired"], {"soon"}),
        (["--expiring-within", "P2M"], {"soon", "later"}),
        (["--unused-for", "7d"], {"active", "later"}),
        (["--unused-for", "7d", "--include-expired"], {"active", "later", "expired"}),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "-",
)
def test_shows_what_an_audit_asks_for(
    args: list[str], found: set[str], command_line: CommandLine, audited: tuple[LocalService, dict[str, str]]
) -> None:
    service, ids = audited
    ended = command_line.use(service)("list", "--quiet", *args)
    assert (ended.status, ended.err) == (0, "")
    assert sorted(ended.lines) == sorted(ids[each] for each in found)


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("owner", "active admin expired later new revoked soon"),
        ("created", "active later soon revoked expired"),
        ("last-used", "later active soon"),
        ("expires", "expired revoked soon later"),
        ("revoked", "revoked"),
        ("id", ""),
    ],
)
def test_sorts(
    key: str, order: str, command_line: CommandLine, audited: tuple[LocalService, dict[str, str]]
) -> None:
    service, ids = audited
    every = ("list", "--quiet", "--include-revoked", "--include-expired", "--sort", key)
    lines = command_line.use(service)(*every).lines
    first = [ids[each] for each in order.split()] or sorted(ids.values())
    assert lines[: len(first)] == first
    backwards = command_line(*every, "--reverse").lines
    assert [each for each in backwards if each in first] == first[::-1]
    if key in {"expires", "revoked"}:  # which not all have
        assert backwards[: len(first)] == first[::-1]


def test_walks_all_pages(run: CommandLine, shared_service: LocalService) -> None:
    ids = shared_service.seed(2_500, roles=["crowd"])
    gone = shared_service.seed(100, roles=["crowd"], revoked=True)
    every = run("list", "--quiet", "--has-role", "crowd")
    assert sorted(every.lines) == sorted(ids)
    assert sorted(run("list", "--quiet", "--has-role", "crowd", "--include-revoked").lines) == sorted(
        ids + gone
    )
    assert run("list", "--has-role", "crowd", "--json").json[7].keys() >= {"tokenId", "createdAt"}
    shared_service.clear_requests()
    some = run("list", "--limit", "7", "--has-role", "crowd")
    assert len(some.lines) == 7
    assert some.err == "There are more: these are the first 7.\n"
    assert len(shared_service.requests) == 1
    assert run("list", "--limit", "2500", "--quiet", "--has-role", "crowd").err == ""


def test_a_pipe_gets_a_line_with_tabs_for_each(command_line: CommandLine, service: LocalService) -> None:
    times: dict[str, Any] = {"created_at": 1, "last_used_at": 2, "expires_at": 4_000_000_000, "revoked_at": 4}
    [token_id] = service.seed(1, owner=NASTY, roles=["a", "b"], **times)
    [line] = command_line.use(service)("list", "--owner", NASTY, "--include-revoked").lines
    owner = "[31mred [0m [bold]x[/bold] 5m 😀"
    assert line.split("\t") == [
        *(token_id, owner, "false", "a,b", "1970-01-01T00:00:01.000Z", "1970-01-01T00:00:02.000Z"),
        *("2096-10-02T07:06:40.000Z", "1970-01-01T00:00:04.000Z"),
    ]
    assert command_line("list", "--include-secret-phc").lines[0].split("\t")[-1].startswith(PHC[:10])
    as_json = command_line("list", "--include-revoked", "--json")
    assert NASTY in [each["owner"] for each in as_json.json]
    assert all(each.isprintable() for each in as_json.out.replace("\n", ""))
    on_terminal = command_line.on_terminal("list", "--include-revoked").out
    assert "\x1b[31mred" not in on_terminal
    assert "[bold]x" in on_terminal.replace("\n", "")
    assert not {"\x9b", "\u202e"} & {*on_terminal}


def test_nothing_found_is_no_failure(run: CommandLine) -> None:
    nobody = ("list", "--owner", "nobody")
    assert [run(*nobody, *form).out for form in ((), ("--quiet",), ("--json",))] == ["", "", "[]\n"]
    assert "0 tokens" in run.on_terminal(*nobody).out
