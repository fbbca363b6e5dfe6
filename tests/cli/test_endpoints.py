"""Where the service is, and which PAT goes there: the command line, the files, the environment."""

import os
from pathlib import Path
from typing import Any

import pytest

from access_tokens._secret import Secret
from access_tokens.cli.config import Config, read_config
from access_tokens.cli.endpoints import target, targets
from access_tokens.cli.target import Given, Target

from .usage import OTHER_PAT, PAT, refusal

USER = f"""
defaults: {{adminToken: {PAT}, authPath: /user-auth}}
endpoints:
  prod: {{url: https://prod.example, adminToken: {OTHER_PAT}, adminPath: /prod-admin}}
  staging: {{url: https://staging.example/}}
  bare: {{adminToken: {PAT}}}
"""
ENDPOINT, API_KEY = "ACCESS_TOKENS_ENDPOINT", "ACCESS_TOKENS_API_KEY"
KEY = Secret(OTHER_PAT)
URL = "https://given.example"
NEEDS_SERVICE = (
    "--admin-token and --admin-token-file need the service to be given beside them: by --url, or by "
    "--endpoint with one name; ACCESS_TOKENS_ENDPOINT is not used with them"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's file, and nothing in the environment."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in (ENDPOINT, API_KEY, f"{API_KEY}_FILE"):
        monkeypatch.delenv(name, raising=False)
    return write(tmp_path / ".access-tokens-cli" / "config.yaml", USER)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def parts(found: Target) -> tuple[str, str, str, str, str]:
    return found.name, found.url, found.pat.reveal(), found.auth_path, found.admin_path


def no_stdin() -> str:
    raise AssertionError("standard input is not for this")


def one(**given: Any) -> tuple[str, str, str, str, str]:
    return parts(target(Given(**given), no_stdin, pytest.fail))


def refused(**given: Any) -> str:
    return refusal(lambda: target(Given(**given), no_stdin, list[str]().append))


def file_of(tmp_path: Path, text: str) -> Config:
    return read_config(write(tmp_path / "sync.yaml", text), pytest.fail)


def several(file: Config, **given: Any) -> list[tuple[str, str, str, str, str]]:
    return [parts(each) for each in targets(Given(**given), file, no_stdin, pytest.fail)]


def refused_sync(file: Config, **given: Any) -> str:
    return refusal(lambda: targets(Given(**given), file, no_stdin, list[str]().append))


def pat_file(tmp_path: Path) -> str:
    return str(write(tmp_path / "pat", f"{OTHER_PAT}\r\n"))


def test_a_url_with_a_pat(tmp_path):
    file = pat_file(tmp_path)
    expected = (URL, URL, OTHER_PAT, "/user-auth", "/admin")
    assert one(url=f"{URL}/", admin_token_file=file) == expected
    assert several(file_of(tmp_path, "defaults: {authPath: /no}"), url=URL, admin_token_file=file) == [
        expected
    ]
    paths = {"auth_path": "/x/", "admin_path": ""}
    assert one(url=URL, admin_token_file=file, **paths)[3:] == ("/x", "")


@pytest.mark.fault(115)
def test_a_url_takes_no_pat_from_elsewhere(monkeypatch):
    monkeypatch.setenv(ENDPOINT, URL)
    monkeypatch.setenv(API_KEY, PAT)
    needs = "--url needs its PAT beside it: --admin-token-file FILE, or - for standard input"
    assert refused(url=URL) == needs


def test_an_endpoint_of_the_users_file(tmp_path, monkeypatch):
    monkeypatch.setenv(API_KEY, PAT)
    prod = ("prod", "https://prod.example", OTHER_PAT, "/user-auth", "/prod-admin")
    assert one(endpoints=("prod",)) == prod
    staging = ("staging", "https://staging.example", PAT, "/user-auth", "/admin")
    assert one(endpoints=(" staging ,staging", "staging")) == staging
    given = {"admin_token_file": pat_file(tmp_path), "auth_path": "/a", "admin_path": "/b"}
    assert one(endpoints=("staging",), **given)[2:] == (OTHER_PAT, "/a", "/b")


def test_a_config_dir_takes_the_place_of_the_users_file(tmp_path):
    path = write(tmp_path / "other" / "config.yaml", f"endpoints: {{a: {{url: {URL}, adminToken: {PAT}}}}}")
    assert one(endpoints=("a",), config_dir=str(path)) == ("a", URL, PAT, "/auth", "/admin")


def test_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(ENDPOINT, f" {URL}/\n")
    monkeypatch.setenv(API_KEY, PAT)
    expected = (URL, URL, PAT, "/user-auth", "/admin")
    assert one() == expected
    assert several(file_of(tmp_path, "tokens: []")) == [expected]
    monkeypatch.delenv(API_KEY)
    monkeypatch.setenv(f"{API_KEY}_FILE", pat_file(tmp_path))
    assert one()[2] == OTHER_PAT


def test_what_is_wrong_in_the_environment(monkeypatch):
    assert refused().startswith("Say where the service is, in one of three ways:\n  --url")
    monkeypatch.setenv(API_KEY, PAT)
    assert refused().startswith("Say where")
    monkeypatch.setenv(ENDPOINT, URL)
    assert refused(admin_token=KEY) == NEEDS_SERVICE
    monkeypatch.setenv(API_KEY, f"'{PAT}'")
    assert refused() == "ACCESS_TOKENS_API_KEY is in quotes: remove them"
    monkeypatch.delenv(API_KEY)
    assert refused().startswith("ACCESS_TOKENS_API_KEY is not set in the environment\nSay where")


BOTH = "--admin-token and --admin-token-file cannot both be given"
NO_PATH = "--admin-token must be the PAT itself; for the path of a file with it, use --admin-token-file"
GONE = "--admin-token-file: /no/file cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"endpoints": ("prod",), "url": URL}, "--url and --endpoint cannot both be given"),
        ({"endpoints": ("prod", "staging")}, "--endpoint takes one name here"),
        ({"endpoints": ("prod,staging",)}, "--endpoint takes one name here"),
        ({"endpoints": (" , ",)}, "--endpoint must name an endpoint"),
        ({"admin_token": KEY}, NEEDS_SERVICE),
        ({"url": "given.example", "admin_token": KEY}, "--url must be an absolute https:// URL"),
        ({"url": "https://u:p@h"}, "--url must have no user name, password, query or fragment"),
        ({"url": URL, "auth_path": "auth"}, "--auth-path must be a plain path such as /auth"),
        ({"url": URL, "admin_path": "/a/../b"}, "--admin-path must be a plain path such as /auth"),
        ({"url": URL, "admin_token_file": "x"}, BOTH),
        ({"url": URL, "admin_token": Secret("/run/pat")}, NO_PATH),
        ({"url": URL, "admin_token": Secret("'pat'")}, "--admin-token must be the bare PAT, without quotes"),
        ({"url": URL, "admin_token": None, "admin_token_file": "/no/file"}, GONE),
    ],
)
def test_what_is_wrong_on_the_command_line(given, problem):
    with_pat = {} if "endpoints" in given else {"admin_token": KEY}
    assert refused(**(with_pat | given)) == problem


def test_an_unknown_endpoint_is_told_with_those_there_are(home):
    there = "There are: prod, staging, bare"
    told = f"--endpoint: there is no prdo in {home}. Did you mean prod? {there}"
    assert refused(endpoints=("prdo",)) == told
    assert refused(endpoints=("zzz",)) == f"--endpoint: there is no zzz in {home}. {there}"
    assert refused(endpoints=("bare",)) == f"endpoint bare has no url in {home}"
    home.unlink()
    assert refused(endpoints=("prod",)).endswith(" There are: none")


@pytest.mark.parametrize("option", [{"admin_token": Secret("-")}, {"admin_token_file": "-"}])
def test_a_pat_on_standard_input(option):
    given = Given(url=URL, **option)
    assert target(given, lambda: f"{PAT} \r\nmore", pytest.fail).pat.reveal() == PAT
    assert refusal(lambda: target(given, lambda: "\n", pytest.fail)) == "standard input must not be empty"


def test_a_pat_on_the_command_line_is_seen_by_others():
    warnings: list[str] = []
    assert target(Given(url=URL, admin_token=KEY), no_stdin, warnings.append).pat is KEY
    (warning,) = warnings
    assert warning.startswith("--admin-token shows the PAT to the other users of this machine")


@pytest.mark.skipif(os.name == "nt", reason="it has no such pipes and permissions")
def test_a_pat_in_a_pipe_or_an_open_file(tmp_path, monkeypatch):
    reader, writer = os.pipe()
    os.write(writer, OTHER_PAT.encode() + b"\n")
    os.close(writer)
    assert one(url=URL, admin_token_file=f"/dev/fd/{reader}")[2] == OTHER_PAT
    os.close(reader)
    path = Path(pat_file(tmp_path))
    path.chmod(0o640)
    warnings: list[str] = []
    target(Given(url=URL, admin_token_file=str(path)), no_stdin, warnings.append)
    monkeypatch.setenv(ENDPOINT, URL)
    monkeypatch.setenv(f"{API_KEY}_FILE", str(path))
    target(Given(), no_stdin, warnings.append)
    assert warnings == [f"{path} can be read by others and holds a token: chmod 600 {path}"] * 2
    large = str(write(tmp_path / "large", "x" * (2**16 + 1)))
    assert refused(url=URL, admin_token_file=large).endswith("large cannot be read: File too large")


SYNC = f"""
defaults: {{adminPath: /sync-admin}}
endpoints:
  second: {{url: https://second.example, adminToken: {OTHER_PAT}}}
  first: {{url: https://first.example, adminToken: {PAT}, authPath: /}}
"""


def test_sync_is_for_all_endpoints_of_its_file_in_its_order(tmp_path):
    file = file_of(tmp_path, SYNC)
    second = ("second", "https://second.example", OTHER_PAT, "/user-auth", "/sync-admin")
    first = ("first", "https://first.example", PAT, "", "/sync-admin")
    assert several(file) == [second, first]
    assert several(file, endpoints=("first,second", "first")) == [first, second]
    assert several(file, endpoints=("prod",)) == [
        ("prod", "https://prod.example", OTHER_PAT, "/user-auth", "/prod-admin")
    ]


def test_sync_merges_the_files_field_by_field(tmp_path):
    text = "endpoints: {prod: {url: https://prod.example/, authPath: /a}, staging: {}}"
    # Not /a: a path of the file would lead the user's PAT elsewhere on the same host.
    prod = ("prod", "https://prod.example", OTHER_PAT, "/user-auth", "/prod-admin")
    staging = ("staging", "https://staging.example", PAT, "/user-auth", "/admin")
    assert several(file_of(tmp_path, text)) == [prod, staging]


@pytest.mark.fault(115)
@pytest.mark.parametrize(
    "text",
    [
        "endpoints: {prod: {url: https://evil.example}}",
        "endpoints: {evil: {url: https://evil.example}}",  # the PAT would be that of the user's defaults
        "endpoints: {bare: {url: https://evil.example}}",
        "endpoints: {prod: {url: https://prod.example:8443}}",
        "endpoints: {prod: {url: https://prod.example/else}}",
    ],
)
def test_a_pat_goes_only_where_its_own_file_says(tmp_path, home, text):
    file = file_of(tmp_path, text)
    (name,) = file.endpoints
    assert refused_sync(file) == (
        f"endpoint {name} has its url in {file.path} and its adminToken in {home}, which does not name this "
        f"url: add the url to {home}, or give --endpoint {name} with --admin-token-file FILE"
    )
    given = {"endpoints": (name,), "admin_token_file": pat_file(tmp_path)}
    if name == "prod":  # which the user's file knows by another URL
        assert "has one url in" in refused_sync(file, **given)
    else:
        assert several(file, **given)[0][1:3] == (file.endpoints[name].url, OTHER_PAT)


@pytest.mark.fault(115)
def test_a_path_of_the_sync_file_does_not_lead_a_pat_of_elsewhere(tmp_path, monkeypatch):
    file = file_of(tmp_path, "defaults: {authPath: /steal, adminPath: /steal}")
    given = {"endpoints": ("prod",), "admin_token_file": pat_file(tmp_path)}
    monkeypatch.setenv(ENDPOINT, URL)
    monkeypatch.setenv(API_KEY, PAT)
    for found in (*several(file), *several(file, endpoints=("prod",)), *several(file, **given)):
        assert "/steal" not in found


@pytest.mark.fault(115)
def test_a_pat_of_the_sync_file_does_not_go_to_a_url_of_the_users(tmp_path):
    told = refused_sync(file_of(tmp_path, f"endpoints: {{staging: {{adminToken: {PAT}}}}}"))
    assert told.startswith("endpoint staging has its url in ")


def test_what_sync_refuses_before_it_does_anything(tmp_path, home):
    home.write_text("")
    file = file_of(tmp_path, f"endpoints: {{a: {{url: {URL}}}, b: {{adminToken: {PAT}}}}}")
    places, remedy = f"{file.path} or {home}", "give --endpoint a with --admin-token-file FILE"
    assert refused_sync(file).splitlines() == [
        f"endpoint a has no adminToken in {places}: add it, or {remedy}",
        f"endpoint b has no url in {places}",
    ]
    assert refused_sync(file, endpoints=("c",)).startswith(f"--endpoint: there is no c in {places}.")
    for names in ((), ("a,b",)):
        assert refused_sync(file, endpoints=names, admin_token=KEY) == NEEDS_SERVICE
    assert refused_sync(file_of(tmp_path, "")).startswith("Say where the service is")
