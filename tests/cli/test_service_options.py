"""The options that say where the service is, and whose PAT is used, as a user gives them."""

import json
from pathlib import Path

import pytest

from access_tokens.testing import LocalService

PATHS = ("--auth-path", "/tokens/auth", "--admin-path", "/tokens/admin")


@pytest.fixture
def mounted():
    """A service that is not where services usually are."""
    with LocalService(auth_path="/tokens/auth", admin_path="/tokens/admin") as service:
        yield service


@pytest.fixture
def pat_file(mounted: LocalService, tmp_path: Path) -> Path:
    file = tmp_path / "pat.txt"
    file.write_text(f"{mounted.admin_pat}\n")
    file.chmod(0o600)
    return file


def test_a_url_with_its_paths_and_a_file_with_the_pat(mounted, pat_file, command_line):
    at_url = ("whoami", "--quiet", "--url", f"{mounted.endpoint}/", *PATHS)
    by_file = command_line(*at_url, "--admin-token-file", pat_file)
    assert (by_file.out, by_file.err) == (f"{mounted.admin_token_id}\n", "")
    typed = command_line(*at_url, "--admin-token-file", "-", stdin=f"{mounted.admin_pat}\n")
    assert typed.out == by_file.out
    seen = command_line(*at_url, "--admin-token", mounted.admin_pat)
    assert seen.out == by_file.out
    assert "--admin-token shows the PAT to the other users" in seen.err


@pytest.mark.parametrize("names_file", [True, False], ids=["file", "directory"])
def test_an_endpoint_of_the_configuration(mounted, command_line, tmp_path, names_file):
    directory = tmp_path / "configuration"
    directory.mkdir()
    config = directory / "config.yaml"
    endpoint = {"url": mounted.endpoint, "adminToken": mounted.admin_pat, "authPath": "/tokens/auth"}
    config.write_text(
        json.dumps({"defaults": {"adminPath": "/tokens/admin"}, "endpoints": {"prod": endpoint}})
    )
    config.chmod(0o600)
    options = ("--endpoint", "prod", "--config-dir", config if names_file else directory)
    listed = command_line("list", "--quiet", *options)
    assert (listed.out, listed.err) == (f"{mounted.admin_token_id}\n", "")
    config.chmod(0o644)
    assert f"chmod 600 {config}" in command_line("list", "--quiet", *options).err
    unknown = command_line("list", "--endpoint", "prd", *options[2:])
    assert unknown.status == 2
    assert "Did you mean prod?" in unknown.err


def test_what_is_wrong_in_a_file_is_told_without_the_usage_of_the_command(mounted, command_line, tmp_path):
    for file in (tmp_path / "missing", tmp_path):
        refused = command_line("list", "--url", mounted.endpoint, "--admin-token-file", file)
        assert (refused.status, refused.err.count("\n"), "Usage" in refused.err) == (2, 1, False)


def test_a_pat_of_the_environment_goes_to_no_other_service(mounted, service, command_line):
    run = command_line.use(service)
    for options in (("--url", mounted.endpoint), ("--endpoint", "prod")):
        assert run("list", *options).status == 2
    assert mounted.requests == service.requests == []


def test_http_beyond_this_machine_must_be_allowed(pat_file, command_line, access_tokens_no_waits):
    far = ("whoami", "--url", "http://tokens.invalid", "--admin-token-file", pat_file)
    refused = command_line(*far)
    assert refused.status == 2
    assert "--allow-http" in refused.err
    allowed = command_line(*far, "--allow-http")
    assert allowed.status == 1
    assert "Failed to authenticate: tokens.invalid" in allowed.err
