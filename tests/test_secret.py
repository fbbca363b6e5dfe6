"""Secrets stay out of sight."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from access_tokens import (
    AccessTokensClient,
    AsyncAccessTokensClient,
    BatchLoadResult,
    IssueResult,
    TokenRecord,
    generate_token,
)
from access_tokens._flow.jwt import AuthToken, Jwt
from access_tokens._flow.steps import Answer, Call, Send
from access_tokens._secret import Secret, redact

CANARY = "canary-7f3a"
RECORD = TokenRecord(token_id="A" * 21, owner="x", is_admin=False, created_at=1, secret_phc=CANARY)
HOLDERS = [
    Secret(CANARY),
    Jwt(Secret(CANARY), 0.0, 1.0),
    Send(Secret(CANARY)),
    AuthToken(access_token=CANARY, token_type="Bearer", expires_in=1),
    Answer(200, {"set-cookie": CANARY}, CANARY.encode()),
    RECORD,
    IssueResult(CANARY, RECORD),
    BatchLoadResult((RECORD,), ()),
    attrs.evolve(generate_token(), token=CANARY, secret_phc=CANARY),
    AccessTokensClient("https://h", CANARY),
    AccessTokensClient("https://h", CANARY).auth,
    AsyncAccessTokensClient("https://h", CANARY),
    AsyncAccessTokensClient("https://h", CANARY).auth,
]


@pytest.mark.fault(46)
@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, lambda x: f"{[x]}", ascii])
def test_nothing_that_holds_a_secret_shows_it(holder: object, show: Callable[[object], str]) -> None:
    assert CANARY not in show(holder)


@pytest.mark.fault(46)
def test_a_call_does_not_show_its_arguments() -> None:
    nowhere: Any = None
    call = Call[Any](
        endpoint=nowhere, arguments={"body": CANARY}, result=repr, failed="", known=(Secret(CANARY),)
    )
    assert CANARY not in repr(call)


@pytest.mark.fault(46)
@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_duplicated(duplicate: Callable[[object], Any]) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        duplicate(Secret(CANARY))


def test_a_hash_that_says_its_version_is_one_too() -> None:
    assert redact("<$scrypt$v=1$ln=14,r=8,p=1$c2FsdA$aGFzaA>") == "<[hidden]>"


def test_known_secrets_are_cut_out_of_a_text() -> None:
    assert redact(f"<{CANARY}>", Secret(""), Secret(CANARY)) == "<[hidden]>"


@pytest.mark.parametrize(
    "text",
    [
        "Token not found: An6ladUCmSoDfciDaYDE9",
        "see https://example.com/a.b",
        "user.name@example.com",
        "v1.2.3",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_a_pat_made_here_is_recognised_with_any_prefix() -> None:
    for prefix in ("pat_", "", "acme-"):
        made = generate_token(prefix)
        assert redact(f"a {made.token} b {made.secret_phc} c") == f"a {prefix}[hidden] b [hidden] c"
