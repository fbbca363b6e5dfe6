"""The files of the command line: what is read from them, and all that is found wrong in them."""

import os
from pathlib import Path

import click
import pytest

from access_tokens import KEEP
from access_tokens.cli.config import Config, Endpoint, Entry, read_config, user_config

from ..helpers.canaries import masked
from .usage import OTHER_PAT, PAT, PHC, TOKEN_ID, refusal

needs_modes = pytest.mark.skipif(os.name == "nt", reason="it has no such permissions")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that only its owner can read."""
    path = tmp_path / "sync.yaml"
    path.touch(mode=0o600)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the user's file, which is not there yet."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path / ".access-tokens-cli"


def problems_of(file: Path, text: str, warnings: list[str] | None = None) -> list[str]:
    file.write_text(text)
    first, *problems = refusal(lambda: read_config(file, (warnings or []).append)).splitlines()
    assert first == f"{file} cannot be used:"
    return [each.removeprefix("  ") for each in problems]


def test_a_whole_file(file):
    file.write_text(f"""
        defaults: {{adminToken: {PAT}, authPath: /a/, adminPath: /b}}
        endpoints:
          prod: {{url: "https://API.example.com:443/base/", adminToken: "{OTHER_PAT}"}}
          2024: {{url: "http://staging.example.com"}}
          none: {{}}
        tokens:
        - tokenId: {TOKEN_ID}
          owner: ops@example.com
          secretPhc: {PHC}
          isAdmin: false
          roles: [b, a, b]
          revoked: true
          expiresAt: 2030-01-02T03:04:05.9+02:00
        - {{tokenId: "123456789012345678901", owner: x, roles: [], expiresAt: null}}
        - {{tokenId: {"x" * 21}, owner: x}}""")
    config = read_config(file, pytest.fail)
    assert config.path == file
    tokens = [
        each.admin_token and each.admin_token.reveal()
        for each in (config.defaults, *config.endpoints.values())
    ]
    assert tokens == [PAT, OTHER_PAT, None, None]
    assert (config.defaults.auth_path, config.defaults.admin_path) == ("/a", "/b")
    urls = {"prod": "https://api.example.com/base", "2024": "http://staging.example.com", "none": None}
    assert {name: each.url for name, each in config.endpoints.items()} == urls
    first, second, third = config.tokens
    assert first.secret_phc
    assert first.secret_phc.reveal() == PHC
    assert (first.is_admin, first.roles, first.revoked, first.expires_at) == (
        False,
        ("b", "a"),
        True,
        1893546245,
    )
    assert second == Entry(token_id="123456789012345678901", owner="x", roles=(), expires_at=None)
    assert third == Entry(token_id="x" * 21, owner="x")
    assert (third.roles, third.is_admin, third.revoked, third.expires_at) == (None, None, None, KEEP)
    assert not [secret for secret in (PAT, OTHER_PAT, PHC) if secret[-20:] in repr(config)]


@pytest.mark.parametrize("text", ["", "# nothing", "---\n", "{}", "\ufeff", "tokens: []"])
def test_an_empty_file(file, text):
    file.write_text(text, encoding="utf-8")
    assert read_config(file, pytest.fail) == Config(path=file)


TEXT, FLAG, LIST = "must be text, not", "must be true or false, not", "must be a list, not"
QUOTED = "must be true or false, not text: write true or false, without quotes"
NUMBER = f"{TEXT} a whole number: quote it"
TIME = "must be a date, whole Unix seconds or null, not"
# The name of a field, what is said of it, and the values of which it is said.
WRONG = [
    ("tokenId", NUMBER, "123456789012345678901", "0x1F", "0o17"),
    (
        "tokenId",
        "must be 21 ASCII letters and digits",
        "short",
        "a/b",
        "x" * 22,
        "'" + "\uff11" * 21 + "'",
    ),
    ("tokenId", "must not be empty", "''"),
    ("owner", f"{TEXT} a number: quote it", "1.5", ".inf"),
    ("owner", f"{TEXT} a boolean: quote it", "true"),
    ("owner", f"{TEXT} null: leave it out", "~", "", "null"),
    ("owner", f"{TEXT} a list", "[a]"),
    ("owner", f"{TEXT} a mapping", "{a: b}"),
    ("owner", "must have at most 100 characters, counted in UTF-16 units as the service does", "😀" * 51),
    ("owner", "must not be a secret", PAT),
    (
        "secretPhc",
        "was cut at its first comma: quote it",
        "$scrypt$ln=14,r=8,p=1$c2Fs$aGFz",
        "$scrypt$v=1$ln=14,r=8",
    ),
    (
        "secretPhc",
        "must be a PHC string, such as $scrypt$ln=14,r=8,p=1$…, and not the secret itself",
        *("'$scrypt$ln=14,r=8,p=1$c2Fs$aGFzx'", PAT, "x"),
    ),
    ("secretPhc", f"{TEXT} null: leave it out", "null"),
    *((name, QUOTED, "yes", "'true'", "on", "tRUE") for name in ("isAdmin", "revoked")),
    ("isAdmin", f"{FLAG} a whole number", "1"),
    ("revoked", f"{FLAG} null", "~"),
    ("roles", f"{LIST} text", "a"),
    ("roles", f"{LIST} null", "~"),
    ("roles", f"{LIST} a mapping", "{a: }"),
    ("roles", "must have at most 50 roles", f"[{', '.join(f'r{number}' for number in range(51))}]"),
    (
        "expiresAt",
        "must be Unix seconds after the year 1970, a date such as 2030-12-31, or null for none",
        *("2030", "0", "-5", "'2030'", "20300102", "1e6"),
    ),
    ("expiresAt", "must be Unix seconds, and looks like milliseconds", "1893456000000", "'1893456000000'"),
    (
        "expiresAt",
        "must be a date: a duration would end later with every run",
        *("30d", "P30D", "-P1D", "12 h"),
    ),
    (
        "expiresAt",
        "must be an ISO 8601 date or datetime, such as 2030-12-31 or 2030-12-31T12:00:00Z",
        *(
            "''",
            "2030-01",
            "2030-W01-1",
            "Jan 5 2031",
            "'-5'",
            "2030-1-2",
            "\uff12030-01-02",
            "2030-01-02T03Z",
        ),
    ),
    (
        "expiresAt",
        "must be a date and time that exist",
        *("2030-02-31", "2030-13-01", "2030-01-01T25:00Z", "2030-01-01T00:00+99:00"),
    ),
    (
        "expiresAt",
        "must say the offset from UTC, such as Z or +02:00",
        *("2030-01-02T03:04:05", "2030-01-02 03:04"),
    ),
    ("expiresAt", "must lie between the years 1970 and 9999 in UTC", "1970-01-01", "1969-12-31T23:00Z"),
    ("expiresAt", f"{TIME} a boolean", "true"),
    ("expiresAt", f"{TIME} a list", "[]"),
    ("expiresAt", f"{TIME} a number", "1893456000.5", ".inf", ".nan"),
]


@pytest.mark.fault(114)
@pytest.mark.parametrize(
    ("name", "problem", "values"), [(name, problem, values) for name, problem, *values in WRONG]
)
def test_a_value_of_a_token_that_is_wrong(file, name, problem, values):
    place = f"tokens[1].{name}" + ("" if name == "tokenId" else f" (token {TOKEN_ID})")
    for value in values:
        fields = {"tokenId": TOKEN_ID, "owner": "x", name: value}
        entry = ", ".join(f"{key}: {each}" for key, each in fields.items())
        text = f"tokens: [{{tokenId: {'x' * 21}, owner: x}}, {{{entry}}}]"
        assert problems_of(file, text) == [f"{place}: {problem}"], masked(value)


NO_PATH = "must be the PAT itself; for the path of a file with it, use --admin-token-file"
DATES = ["2030-01-01", "2030-01-01T00:00Z", "2030-01-01 02:00:00+02:00", "'2029-12-31t14:00:00,5-1000'"]
NUMBERS = ["1893456000", "1.893456e9", "'1893456000'"]


@pytest.mark.parametrize("text", [*DATES, *NUMBERS])
def test_an_expiry(file, text):
    file.write_text(f"tokens: [{{tokenId: {TOKEN_ID}, owner: x, expiresAt: {text}}}]")
    assert read_config(file, pytest.fail).tokens[0].expires_at == 1893456000


@pytest.mark.fault(114)
@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[]", ["must be a mapping, not a list"]),
        ("a: 1\na: PAT", ["the key is there twice (line 2, column 1)"]),
        (
            "defaults: ~\nendpoints: []\ntokens: {}",
            [
                "defaults: must be a mapping, not null",
                "endpoints: must be a mapping, not a list",
                f"tokens: {LIST} a mapping",
            ],
        ),
        (
            "endpoints: {eu/a b: ~, 'PAT': ~}",
            [
                "endpoints.eu/a b: must be a mapping, not null",
                "endpoints.pat_[hidden]: must be a mapping, not null",
            ],
        ),
        (
            "endpoints: {a: {url: api.example.com, adminToken: ''}, b: {url: https://PAT@h}}",
            [
                "endpoints.a.url: must be an absolute https:// URL",
                "endpoints.a.adminToken: must not be empty",
                "endpoints.b.url: must have no user name, password, query or fragment",
            ],
        ),
        (
            "defaults: {adminToken: 'Bearer PAT', authPath: auth, adminPath: ~}",
            [
                "defaults.adminToken: must be the bare PAT, without 'Bearer'",
                "defaults.authPath: must be a plain path such as /auth",
                f"defaults.adminPath: {TEXT} null: leave it out",
            ],
        ),
        ("defaults: {adminToken: /run/pat}", [f"defaults.adminToken: {NO_PATH}"]),
        (
            "tokens: [7, {}]",
            [
                "tokens[0]: must be a mapping, not a whole number",
                "tokens[1].tokenId: is missing",
                "tokens[1].owner: is missing",
            ],
        ),
        (
            "tokens: [{owner: '', roles: [a, 1], tokenId: ID}, {owner: x, roles: [a, a, ''], tokenId: x}]",
            [
                "tokens[0].owner (token ID): must not be empty",
                f"tokens[0].roles[1] (token ID): {NUMBER}",
                "tokens[1].tokenId: must be 21 ASCII letters and digits",
                "tokens[1].roles[2]: must not be empty",
            ],
        ),
        (
            "tokens: [{tokenId: ID, owner: a}, {tokenId: ID, owner: ''}, {tokenId: ID, owner: x}]",
            [
                "tokens[1].owner (token ID): must not be empty",
                "tokens[1].tokenId (token ID): is that of tokens[0] as well",
                "tokens[2].tokenId (token ID): is that of tokens[0] as well",
            ],
        ),
        ("tokens: [&a {tokenId: ID, owner: ''}, *a]", ["tokens: an entry is there twice, by an alias"]),
    ],
)
def test_all_that_is_wrong_is_told_together(file, text, problems):
    told = problems_of(file, text.replace("PAT", PAT).replace("ID", TOKEN_ID))
    assert told == [each.replace("ID", TOKEN_ID) for each in problems]


def test_of_very_many_problems_some_are_told(file):
    problems = problems_of(file, "tokens:\n" + "- {}\n" * 15)
    assert (len(problems), problems[-1]) == (21, "and 10 more")


def test_unknown_keys_are_named_once(file):
    file.write_text(f"""
        version: 1
        <<: {{}}
        defaults: {{url: x}}
        endpoints: {{a: {{URL: x, {PAT}: x}}}}
        tokens: [{{tokenId: {TOKEN_ID}, owner: x, createdAt: 1, note: x, "p=1$c2Fs$aGFz": }}]""")
    warnings: list[str] = []
    assert len(read_config(file, warnings.append).tokens) == 1
    keys = (
        "version",
        "<<",
        "defaults.url",
        "endpoints.a.URL",
        "endpoints.a.[hidden]",
        "tokens[0].note",
        "tokens[0].[hidden]",
    )
    assert warnings == [f"{file}: these keys are unknown and ignored: {', '.join(keys)}"]


def test_a_key_of_a_token_that_is_almost_one_with_a_meaning_is_no_warning(file):
    text = f"tokens: [{{tokenId: {TOKEN_ID}, owner: x, revokd: true, role: [a]}}]"
    place = f"tokens[0].{{}} (token {TOKEN_ID}): is unknown: did you mean {{}}?"
    assert set(problems_of(file, text)) == {place.format("revokd", "revoked"), place.format("role", "roles")}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe{\x00}\x00", "must be in UTF-8"),
        (b"owner: M\xfcller", "must be in UTF-8"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read(file, content, problem):
    file.write_bytes(content) if content else file.unlink()
    assert refusal(lambda: read_config(file, pytest.fail)) == f"{file} {problem}"


def test_a_pat_in_the_place_of_a_path_is_not_shown(file):
    with pytest.raises(click.UsageError) as raised:
        read_config(file.parent / PAT, pytest.fail)
    assert raised.value.message.endswith("[hidden] cannot be read: No such file or directory")


def test_a_file_that_is_too_large(file):
    with file.open("wb") as large:
        large.truncate(2**24 + 1)
    assert refusal(lambda: read_config(file, pytest.fail)) == f"{file} cannot be read: File too large"


def test_the_users_file(home):
    assert user_config(None, pytest.fail).endpoints == {}
    home.write_text("in the place of the directory")
    assert user_config(None, pytest.fail).defaults == Endpoint()
    home.unlink()
    home.mkdir()
    path = home / "config.yaml"
    path.write_text("endpoints: {a: {url: 'https://a.example'}}\ntokens: not read")
    for each in (None, str(home), str(path)):
        config = user_config(each, pytest.fail)
        assert (config.path, list(config.endpoints), config.tokens) == (path, ["a"], ())


def test_a_config_dir_that_is_given_must_be_there(home):
    assert (
        refusal(lambda: user_config(str(home), pytest.fail))
        == f"{home} cannot be read: No such file or directory"
    )
    home.mkdir()
    missing = home / "config.yaml"
    assert (
        refusal(lambda: user_config(str(home), pytest.fail))
        == f"{missing} cannot be read: No such file or directory"
    )
    assert refusal(lambda: user_config("", pytest.fail)) == "--config-dir must not be empty"
    with pytest.raises(click.UsageError, match="not a path"):
        user_config("a\0b", pytest.fail)


@needs_modes
@pytest.mark.parametrize(
    "text", [f"defaults: {{adminToken: {PAT}}}", f"endpoints: {{a: {{adminToken: {PAT}}}}}", "{}"]
)
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604])
def test_a_file_with_a_pat_that_others_can_read(tmp_path, text, mode):
    path = tmp_path / "my config.yaml"
    path.write_text(text)
    path.chmod(mode)
    warnings: list[str] = []
    read_config(path, warnings.append)
    user_config(str(path), warnings.append)
    told = f"'{path}' can be read by others and holds a token: chmod 600 '{path}'"
    assert warnings == ([told, told] if mode != 0o600 and text != "{}" else [])
