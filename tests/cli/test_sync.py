"""`sync` as a user runs it: what the reference's gets wrong, and that it can be run again and again."""

import io
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from access_tokens import AccessTokensClient
from access_tokens.testing import LocalService
from tests.helpers.command_line import CommandLine, Ended
from tests.helpers.local_service import PHC, UNKNOWN_PAT

OTHER_PHC = PHC.replace("A", "B")
PAST, LATER = 1_700_000_000, 1_924_992_000  # the latter is 2031-01-01
ADMIN = "admin@example.com"
Sync = Callable[..., Ended]


def new_id(number: int) -> str:
    return f"new{number:018}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.yaml"


@pytest.fixture
def sync(command_line: CommandLine, service: LocalService, file: Path) -> Sync:
    """Write a file with these tokens, and synchronise the service with it."""
    run = command_line.use(service)

    def sync(tokens: list[dict[str, Any]], *options: str, **others: Any) -> Ended:
        file.write_text(json.dumps({"tokens": tokens}))  # which is YAML too
        return run("sync", "--config", file, *options, **others)

    return sync


def entry(token_id: str, **values: Any) -> dict[str, Any]:
    return {"tokenId": token_id, "owner": "ann", **values}


def record(service: LocalService, token_id: str) -> dict[str, Any]:
    found = service.record(token_id, include_secret_phc=True)
    assert found is not None
    return found


def changing(service: LocalService) -> list[str]:
    """Return the requests that change something, and forget them all."""
    sent = [f"{each.method} {each.path}" for each in service.requests if each.method != "GET"]
    service.clear_requests()
    return [each for each in sent if "/auth/" not in each]


@pytest.fixture
def story(service: LocalService) -> dict[str, list[str]]:
    """132 tokens, of which the reference saw 97: one is the administrator's, which is not in the file."""
    return {
        "active": service.seed(100, owner="ann"),
        "admins": service.seed(2, owner="boss", is_admin=True),
        "revoked": service.seed(9, owner="ann", revoked=True),
        "expired": service.seed(10, owner="ann", expires_at=PAST),
        "strays": service.seed(10, owner="gone"),
    }


def tokens_of(story: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return a file that asks for all that the reference could not do."""
    return [
        *(entry(each) for each in story["active"][:90]),
        *(entry(each, owner="bob", roles=["writer"]) for each in story["active"][90:]),
        *(entry(each, owner="boss") for each in story["admins"]),  # says nothing of isAdmin
        *(entry(each, revoked=False, secretPhc=PHC) for each in story["revoked"][:4]),
        *(entry(each, revoked=False, expiresAt=LATER) for each in story["revoked"][4:8]),
        entry(story["revoked"][8]),  # says nothing of revoked
        *(entry(each, expiresAt="2031-01-01T01:00:00+01:00") for each in story["expired"]),
        entry(new_id(1), secretPhc=PHC, isAdmin=True),
        entry(new_id(2), secretPhc=PHC, revoked=True),
        entry(new_id(3)),
    ]


def test_the_story_of_132_tokens(service, story, sync):
    first = sync(tokens_of(story), "--revoke-orphans", "--orphan-expires-in", "7d")
    assert first.status == 0, first.err
    assert PHC not in first.out
    for each in story["active"][90:]:  # beyond what the reference saw
        assert record(service, each)["owner"] == "bob"
    for each in story["admins"]:
        assert record(service, each)["isAdmin"] is True
    for each in story["revoked"][:8]:
        assert "revokedAt" not in record(service, each)
    assert record(service, story["revoked"][0])["secretPhc"] == PHC
    assert record(service, story["revoked"][5])["expiresAt"] == LATER
    assert "revokedAt" in record(service, story["revoked"][8])
    assert "stays revoked" in first.err
    assert {record(service, each)["expiresAt"] for each in story["expired"]} == {LATER}
    assert record(service, new_id(1))["isAdmin"] is True
    assert service.record(new_id(2)) is None
    assert f"token {new_id(3)} for ann: not there, or hidden by the service, and no secretPhc" in first.err
    for each in story["strays"]:  # all of them, at once
        assert record(service, each)["expiresAt"] == pytest.approx(service.now() + 7 * 86_400, abs=60)
    assert "revokedAt" not in record(service, service.admin_token_id)
    assert f"Token {service.admin_token_id} for {ADMIN} is not in the file, and is kept" in first.out
    assert changing(service)
    second = sync(tokens_of(story), "--revoke-orphans", "--orphan-expires-in", "7d")
    assert (second.status, changing(service)) == (0, [])
    again = sync(tokens_of(story), "--dry-run", "--exit-code", "--json")
    assert (again.status, again.json["endpoints"][0]["changes"]) == (0, [])


def test_a_plan_is_shown_in_words_and_as_json_and_nothing_is_sent(service, sync):
    [there, stray] = service.seed(2, owner="ann", roles=["b", "a"])
    tokens = [
        entry(there, owner="bob", roles=["c"], secretPhc=OTHER_PHC, expiresAt=LATER),
        entry(new_id(1), secretPhc=PHC),
    ]
    words = sync(tokens, "--dry-run")
    assert words.status == 0
    [update] = [
        line for line in words.lines if line.startswith(f"[DRY RUN] Would update token {there} for bob: ")
    ]
    assert update.endswith(
        "owner: ann → bob, secretPhc: [hidden] → [updated], roles: a,b → c, "
        "expiresAt: none → 2031-01-01T00:00:00.000Z"
    )
    assert f"[DRY RUN] Would register token {new_id(1)} for ann\n" in words.out
    assert f"Token {stray} for ann is not in the file\n" in words.out
    quiet = sync([*tokens, entry(new_id(2))], "--dry-run", "--quiet")
    assert (quiet.status, quiet.out) == (0, "")
    assert f"Warning: token {new_id(2)} for ann: not there, or hidden by the service" in quiet.err
    assert words.lines[-1] == "Dry run completed - no changes were made"
    plan = sync(tokens, "--dry-run", "--exit-code", "--json", "--quiet")
    assert plan.status == 3
    [endpoint] = plan.json["endpoints"]
    update, registration = sorted(endpoint["changes"], key=lambda each: each["actions"], reverse=True)
    assert (update["tokenId"], update["outcome"], update["actions"]) == (there, "planned", ["update"])
    assert update["differences"]["roles"] == {"old": ["a", "b"], "new": ["c"]}
    assert update["differences"]["secretPhc"] == {"old": "[hidden]", "new": "[updated]"}
    assert registration["actions"] == ["register"]
    assert {each["tokenId"] for each in endpoint["orphans"]} == {stray, service.admin_token_id}
    assert changing(service) == []


def test_it_goes_on_after_a_failure_and_names_it(service, sync):
    ids = service.seed(3, owner="ann")
    service.fail_next(1, status=400, path=f"/admin/tokens/{ids[1]}", method="PATCH")
    ran = sync([entry(each, owner="bob") for each in ids], "--json")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert f"token {ids[1]} for bob: Failed to update token: " in ran.err
    changes = {each["tokenId"]: each for each in ran.json["endpoints"][0]["changes"]}
    assert [changes[each]["outcome"] for each in ids] == ["done", "failed", "done"]
    assert changes[ids[1]]["error"] in ran.err
    assert [record(service, each)["owner"] for each in ids] == ["bob", "ann", "bob"]


@pytest.mark.fault(113)
def test_its_own_token_and_the_last_administrator_keep_their_rights_unless_forced(service, sync):
    own = service.admin_token_id
    for taken in ({"isAdmin": False}, {"revoked": True}, {"expiresAt": PAST}, {"secretPhc": OTHER_PHC}):
        refused = sync([entry(own, owner=ADMIN, **taken)])
        assert (refused.status, changing(service)) == (1, [])
        assert f"token {own}: this would " in refused.err
        assert "--force" in refused.err
    assert sync([entry(own, owner=ADMIN, isAdmin=False)], "--force").status == 0
    assert record(service, own)["isAdmin"] is False


def test_endpoints_are_synchronised_one_after_the_other(command_line, service, file):
    [token_id] = service.seed(1, owner="ann")
    url = {"url": service.endpoint}
    endpoints = {
        "first": {**url, "adminToken": UNKNOWN_PAT},
        "second": {**url, "adminToken": service.admin_pat},
    }
    file.write_text(json.dumps({"endpoints": endpoints, "tokens": [entry(token_id, owner="bob")]}))
    file.chmod(0o600)
    chosen = command_line("sync", "--config", file, "--endpoint", "second", "--dry-run", "--json")
    assert [each["endpoint"] for each in chosen.json["endpoints"]] == ["second"]
    both = command_line("sync", "--config", file)
    assert both.status == 1
    assert "Error: first: Failed to authenticate: Invalid Authorization token (HTTP 401" in both.err
    assert [line for line in both.lines if line.startswith("===")] == [
        "=== Endpoint: first ===",
        "=== Endpoint: second ===",
    ]
    assert record(service, token_id)["owner"] == "bob"


@pytest.mark.fault(113)
def test_two_endpoints_of_one_service_do_not_revoke_each_others_token(command_line, service, file):
    other = service.issue("other", is_admin=True)
    endpoints = {
        name: {"url": service.endpoint, "adminToken": pat}
        for name, pat in (("a", service.admin_pat), ("b", other.pat))
    }
    [token_id] = service.seed(1, owner="ann")
    file.write_text(json.dumps({"endpoints": endpoints, "tokens": [entry(token_id)]}))
    assert command_line("sync", "--config", file, "--revoke-orphans").status == 0
    assert "revokedAt" not in record(service, other.token_id)


def test_an_unsafe_url_is_found_before_the_first_service_is_changed(command_line, service, file):
    pat = {"adminToken": service.admin_pat}
    endpoints = {"a": {"url": service.endpoint, **pat}, "b": {"url": "http://tokens.example.com", **pat}}
    file.write_text(json.dumps({"endpoints": endpoints, "tokens": [entry(new_id(1), secretPhc=PHC)]}))
    ran = command_line("sync", "--config", file, "--json")
    assert (ran.status, ran.out, service.requests) == (2, "", [])
    assert "b: endpoint must be https://" in ran.err


def test_a_restored_orphan_is_said_to_expire(service, sync):
    [token_id] = service.seed(1, owner="ann", revoked=True, expires_at=LATER)
    assert (
        f"Restored token {token_id} for ann, expires 2031-01-01" in sync([entry(token_id, revoked=False)]).out
    )


def test_what_contradicts_itself_is_refused_before_any_request(service, sync, file):
    whole = [entry(new_id(1), secretPhc=PHC)]
    for options, tokens, problem in (
        (["--exit-code"], whole, "--exit-code needs --dry-run"),
        (["--orphan-expires-in", "P30D"], whole, "--orphan-expires-in needs --revoke-orphans"),
        (["--revoke-orphans"], [], "would revoke them all"),
        (["--revoke-orphans", "--orphan-expires-in", "soon"], whole, "duration"),
        ([], whole * 2, "tokens[1]"),
        ([], [entry(new_id(1), secretPhc="$scrypt$ln=14")], "cut at its first comma"),
        ([], [entry("short")], "21 ASCII letters and digits"),
    ):
        refused = sync(tokens, *options)
        assert (refused.status, refused.out) == (2, ""), options
        assert problem in refused.err
    empty = sync([])
    assert (empty.status, empty.out) == (0, "")
    assert "has no tokens: nothing is done" in empty.err
    assert service.requests == []


def test_revoking_asks_on_a_terminal_and_registering_does_not(service, command_line, sync, file):
    [stray] = service.seed(1, owner="gone")
    assert sync([entry(new_id(1), secretPhc=PHC)], "--dry-run").status == 0
    on_terminal = command_line.on_terminal
    registered = on_terminal("sync", "--config", file)
    assert (registered.status, "[y/N]" in registered.out) == (0, False)
    declined = on_terminal("sync", "--config", file, "--revoke-orphans", typed="n\n")
    assert declined.status == 1
    assert f"Would revoke orphaned token {stray} for gone, expires " in declined.out
    assert "1 to revoke? [y/N]" in declined.out
    assert "nothing was done" in declined.out
    assert "revokedAt" not in record(service, stray)
    assert on_terminal("sync", "--config", file, "--revoke-orphans", typed="y\n").status == 0
    assert "revokedAt" in record(service, stray)
    assert sync([entry(new_id(1), secretPhc=OTHER_PHC)], "--dry-run").status == 0
    assert on_terminal("sync", "--config", file, typed="n\n").status == 1  # the old PAT would be refused
    assert record(service, new_id(1))["secretPhc"] == PHC


def test_a_file_that_is_the_users_as_well_is_warned_of_once(service, command_line, file):
    target = {"url": service.endpoint, "adminToken": service.admin_pat}
    file.write_text(json.dumps({"endpoints": {"one": target}, "tokens": [entry(new_id(1), secretPhc=PHC)]}))
    file.chmod(0o644)
    assert command_line("sync", "--config", file, "--config-dir", file).err.count("chmod 600") == 1


class InterruptedAt(io.TextIOWrapper):
    """Standard output at which the user presses Ctrl-C when a line begins like this."""

    def __init__(self, start: str) -> None:
        super().__init__(io.BytesIO(), "utf-8", write_through=True)
        self.start = start

    def write(self, text: str) -> int:
        if text.startswith(self.start):
            self.start = "never again"
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def two_endpoints(file: Path, service: LocalService, tokens: list[dict[str, Any]]) -> None:
    target = {"url": service.endpoint, "adminToken": service.admin_pat}
    file.write_text(json.dumps({"endpoints": {"one": target, "two": target}, "tokens": tokens}))


def test_an_endpoint_that_is_declined_is_named_and_the_others_go_on(service, command_line, file):
    service.seed(2, owner="gone")
    two_endpoints(file, service, [entry(new_id(1), secretPhc=PHC)])
    declined = command_line.on_terminal("sync", "--config", file, "--revoke-orphans", typed="n\ny\n")
    assert declined.status == 1
    assert "one: declined: nothing was done" in declined.out
    assert "1 of 2 endpoints failed: one" in declined.out
    assert len(changing(service)) == 3


def test_what_was_done_is_told_when_a_change_is_broken_off(service, sync, monkeypatch):
    """As by a second Ctrl-C, which does not wait for the change under way."""
    ids, update = service.seed(3, owner="ann"), AccessTokensClient.update

    def broken_off(client: AccessTokensClient, token_id: str, **changes: Any) -> None:
        if token_id == ids[1]:
            raise KeyboardInterrupt
        update(client, token_id, **changes)

    monkeypatch.setattr(AccessTokensClient, "update", broken_off)
    ended = sync([entry(each, owner="bob") for each in ids], "--json")
    assert ended.status == 130
    [endpoint] = ended.json["endpoints"]
    outcomes = {each["tokenId"]: each["outcome"] for each in endpoint["changes"]}
    assert [outcomes[each] for each in ids] == ["done", "unknown", "not done"]


@pytest.mark.usefixtures("ctrl_c")
def test_endpoints_that_were_not_begun_are_named(service, command_line, file):
    two_endpoints(file, service, [entry(each, owner="bob") for each in service.seed(2, owner="ann")])
    stopped = command_line("sync", "--config", file, out=InterruptedAt("Updated"))
    assert stopped.status == 130
    assert "two: not begun" in stopped.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
def test_a_reader_that_has_seen_enough_does_not_end_it(service, sync):
    ids = service.seed(5, owner="ann")
    reader, writer = os.pipe()
    os.close(reader)
    with suppress(BrokenPipeError), os.fdopen(writer, "w") as out:
        assert sync([entry(each, owner="bob") for each in ids], out=out).status == 0
    assert {record(service, each)["owner"] for each in ids} == {"bob"}
    with Path("/dev/full").open("w") as full:
        told = sync([entry(each, owner="eve") for each in ids], out=full)
    assert (told.status, told.err) == (1, "Error: what is done cannot be written: No space left on device\n")
    assert {record(service, each)["owner"] for each in ids} == {"eve"}


@pytest.mark.fault(111)
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_it_after_the_change_at_hand(service, sync):
    ids = service.seed(5, owner="ann")
    tokens = [entry(each, owner="bob") for each in ids]
    stopped = sync(tokens, out=InterruptedAt("Updated"))
    assert stopped.status == 130
    assert "stopping after the change that is under way" in stopped.err
    assert "4 more to change: run it again" in stopped.err
    assert len(changing(service)) == 1
    assert sync(tokens).status == 0
    assert len(changing(service)) == 4


class Killer:
    """Kills a process when a service has acted on its request of this number, before it gets the answer."""

    def __init__(self, service: LocalService, number: int) -> None:
        self.left = number
        self.serve, service.app = service.app, self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        answer: list[Any] = []

        async def keep(message: Any) -> None:
            answer.append(message)

        await self.serve(scope, receive, keep)
        self.left -= 1
        if self.left == 0:
            self.victim.kill()
            self.victim.wait()
        for message in answer:
            await send(message)

    def run(self, command_line: CommandLine, *args: object) -> int:
        """Run a command in a process of its own, and return its status: negative if it was killed."""
        self.victim = command_line.started(*args)
        self.victim.communicate()
        return self.victim.returncode


@pytest.mark.fault(111)
@pytest.mark.untraced
@pytest.mark.parametrize("number", [3, 6, 9, 12])
def test_a_process_that_is_killed_is_made_good_by_the_next_run(command_line, file, number):
    """With each request without a process of its own: tests/cli/test_apply.py."""
    service = LocalService()
    killer = Killer(service, number)
    with service:
        there = [*service.seed(3, owner="ann"), *service.seed(1, owner="gone")]
        [revoked] = service.seed(1, owner="ann", revoked=True)
        hidden = new_id(2)
        backend: Any = service._backend
        backend.register(hidden, {"owner": "ann", "secretPhc": OTHER_PHC})
        backend.update(hidden, {"expiresAt": -1})
        wanted = [
            entry(service.admin_token_id, owner=ADMIN),
            entry(there[0], owner="bob"),
            entry(there[1], revoked=True, expiresAt=LATER),
            entry(there[2], roles=["a"], isAdmin=True),
            entry(revoked, owner="bob", revoked=False, expiresAt=LATER),
            entry(new_id(1), secretPhc=PHC, expiresAt=LATER),
            entry(hidden, secretPhc=PHC, expiresAt=None),
        ]
        file.write_text(json.dumps({"tokens": wanted}))
        options = ("sync", "--config", file, "--revoke-orphans", "--no-cache")
        assert killer.run(command_line.use(service), *options) == -signal.SIGKILL
        assert command_line(*options).status == 0
        state = {each: record(service, each) for each in (*there, revoked, new_id(1), hidden)}
    assert state[there[0]]["owner"] == state[revoked]["owner"] == "bob"
    assert {each for each in state if "revokedAt" in state[each]} == {there[1], there[3]}
    assert {state[each]["expiresAt"] for each in (there[1], revoked, new_id(1))} == {LATER}
    assert (state[there[2]]["roles"], state[there[2]]["isAdmin"]) == (["a"], True)
    assert (state[hidden]["secretPhc"], "expiresAt" in state[hidden]) == (PHC, False)
