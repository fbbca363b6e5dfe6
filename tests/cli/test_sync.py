"""`sync` as a user runs it: what the reference's gets wrong, and that it can be run again and again."""

import json
from typing import Any

import pytest

from access_tokens.testing import LocalService
from tests.helpers.local_service import PHC

from .syncing import ADMIN, LATER, OTHER_PHC, PAST, changing, entry, new_id, record


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
