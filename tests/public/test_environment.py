"""The variables of the environment, as they really arrive (case 95)."""

import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient

from ..helpers.frames import chain, locals_of

ENDPOINT, API_KEY = "ACCESS_TOKENS_ENDPOINT", "ACCESS_TOKENS_API_KEY"
API_KEY_FILE = f"{API_KEY}_FILE"
GOOD = {ENDPOINT: "https://api.example.com/base", API_KEY: "pat_An6ladUCmSoDfciDaYDE9.canary7f3a"}
# Of both values, of which nothing is to be seen.
PARTS = ("An6lad", "canary7f3a", "example.com")
QUOTED = "is in quotes: remove them"
UNSEEN = "must hold no line break and nothing else that cannot be seen, such as a byte order mark"
# What becomes of a value, and what is said of it.
SPOILED = [
    *((value, "is set in the environment, but empty") for value in ("", " \t\r\n")),
    *((f"{quotes[0]}{{}}{quotes[-1]}", QUOTED) for quotes in ['"', "'", "`", "“”", "‘’", "„“", "«»", "´"]),  # noqa: RUF001
    *((value, QUOTED) for value in ('""', '"{}"\r\n', '" {} "', "'{}", "{}”", '{}\\"')),
    # A byte order mark, a space of no width, lines, a header, other bytes, an escape of a terminal.
    *(
        (value, UNSEEN)
        for value in ("\ufeff{}", "{}\u200b", "{}\n{}", "{}\r\nX-Evil: 1", "{}\udcfc", "\x1b[0m{}")
    ),
]
# What the other checks refuse.
UNFIT = [
    (API_KEY, "Bearer {}", "must be the bare PAT, without 'Bearer'"),
    (API_KEY, "{} {}", "must hold visible ASCII characters only, no space and no newline"),
    (ENDPOINT, "pat_An6ladUCmSoDfciDaYDE9.canary7f3a", "must be an absolute https:// URL"),
    (ENDPOINT, "https://x:canary7f3a@h", "must have no user name, password, query or fragment"),
]

pytestmark = [
    pytest.mark.fault(95),
    pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient]),
]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(API_KEY_FILE, raising=False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the PAT, which the environment names."""
    path = tmp_path / "pat"
    path.write_text(f"{GOOD[API_KEY]}\n")
    monkeypatch.delenv(API_KEY)
    monkeypatch.setenv(API_KEY_FILE, f" {path}\n")
    return path


def refused(kind: Any) -> str:
    """Return what is said of the environment, and see that nothing else is shown of it."""
    with pytest.raises(ValueError, match="^ACCESS_TOKENS_") as raised:
        kind.from_env()
    error = raised.value
    assert chain(error) == [error]
    shown = [*traceback.format_exception_only(error), repr(error)]
    held = [f"{place} {text}" for place, text in locals_of(error.__traceback__) if "'endpoint'" not in place]
    assert not [(part, text) for part in PARTS for text in [*shown, *held] if part in text]
    return str(error)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", ["{}", "{}\n", "{}\r\n", "{} \t ", "  {}", "\n{}\n\n", "{}\u00a0"])
def test_white_space_around_a_value_is_ignored(kind, name, value, monkeypatch):
    monkeypatch.setenv(name, value.format(GOOD[name]))
    settings = kind.from_env(deadline=7)._session.settings
    assert (settings.base, settings.pat.held().reveal()) == (GOOD[ENDPOINT], GOOD[API_KEY])
    assert settings.deadline == 7


@pytest.mark.parametrize("name", GOOD)
def test_a_variable_that_is_not_set_is_named(kind, name, monkeypatch):
    monkeypatch.delenv(name)
    assert refused(kind) == f"{name} is not set in the environment"


@pytest.mark.parametrize(
    ("name", "value", "problem"), [*((name, *spoiled) for name in GOOD for spoiled in SPOILED), *UNFIT]
)
def test_a_value_that_no_client_takes_is_refused_by_name(kind, name, value, problem, monkeypatch):
    monkeypatch.setenv(name, value.replace("{}", GOOD[name]))
    assert refused(kind) == f"{name} {problem}"


@pytest.mark.skipif(os.name == "nt", reason="the environment is no bytes there")
def test_bytes_that_are_no_text_are_refused(kind):
    os.environb[API_KEY.encode()] = b"pat_canary7f3a\xff"  # put back by the fixture
    assert refused(kind) == f"{API_KEY} {UNSEEN}"


def test_http_is_for_who_asks_for_it(kind, monkeypatch):
    monkeypatch.setenv(ENDPOINT, "http://api.example.com\n")
    assert kind.from_env(allow_http=True)._session.settings.base == "http://api.example.com"
    with pytest.raises(TypeError, match="^allow_http must be True or False"):
        kind.from_env(allow_http="yes")


def test_a_file_may_hold_the_pat(kind, file):
    pat = kind.from_env()._session.settings.pat
    assert pat.current.reveal() == GOOD[API_KEY]
    file.write_text("pat_new")
    assert pat.ask() == "pat_new"


def test_only_one_of_them_may_be_set(kind, file, monkeypatch):
    monkeypatch.setenv(API_KEY, "pat_x")
    assert refused(kind) == f"{API_KEY} and {API_KEY_FILE} must not both be set in the environment"


def test_one_that_is_empty_counts_as_not_set_beside_the_other(kind, file, monkeypatch):
    monkeypatch.setenv(API_KEY, " ")
    assert kind.from_env()._session.settings.pat.current.reveal() == GOOD[API_KEY]
    monkeypatch.setenv(API_KEY, GOOD[API_KEY])
    monkeypatch.setenv(API_KEY_FILE, "")
    assert kind.from_env()._session.settings.pat.ask is None


CANNOT = "must be the path of a file that can be read"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is set in the environment, but empty"),
        ("'{}'", QUOTED),
        ("{}\nx", UNSEEN),
        ("{}-gone", f"{CANNOT}: No such file or directory"),
        ("{}/..", f"{CANNOT}: Not a directory"),
        ("/", f"{CANNOT}: Not a regular file"),
        (os.devnull, f"{CANNOT}: Not a regular file"),
        ("x" * 300, f"{CANNOT}: File name too long"),
        (f"pat_{'A' * 21}.{'q83v' * 10}q8s=", "must be the path of a file, not the PAT itself"),
    ],
)
def test_a_path_of_no_use_is_refused_by_name(kind, file, monkeypatch, value, problem):
    monkeypatch.setenv(API_KEY_FILE, value.format(file))
    assert refused(kind) == f"{API_KEY_FILE} {problem}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "not be empty"),
        ("Bearer {}", "be the bare PAT, without 'Bearer'"),
        ('"{}"', "be the bare PAT, without quotes"),
        ("KEY={}\nOTHER=x", "hold visible ASCII characters only, no space and no newline"),
    ],
)
def test_a_file_without_a_pat_is_refused_by_name(kind, file, content, problem):
    file.write_text(content.format(GOOD[API_KEY]))
    assert refused(kind) == f"{API_KEY_FILE} names a file whose content must {problem}"
