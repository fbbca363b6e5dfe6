"""`sync` with several endpoints."""

import json
from pathlib import Path
from typing import Any

import pytest

from access_tokens.testing import LocalService
from tests.helpers.local_service import PHC, UNKNOWN_PAT

from .syncing import InterruptedAt, changing, entry, new_id, record


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


@pytest.mark.usefixtures("ctrl_c")
def test_endpoints_that_were_not_begun_are_named(service, command_line, file):
    two_endpoints(file, service, [entry(each, owner="bob") for each in service.seed(2, owner="ann")])
    stopped = command_line("sync", "--config", file, out=InterruptedAt("Updated"))
    assert stopped.status == 130
    assert "two: not begun" in stopped.err
