"""Secrets stay out of sight."""

from __future__ import annotations

import copy
import pickle
import time
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_tokens import (
    AccessTokensClient,
    AsyncAccessTokensClient,
    BatchLoadResult,
    IssueResult,
    TokenRecord,
    generate_token,
)
from access_tokens._calls import arguments as check
from access_tokens._flow.jwt import AuthToken, Jwt
from access_tokens._flow.steps import Answer, Call, Send
from access_tokens._secret import Secret, redact, secrets_in

from ..helpers.spellings import ESCAPED, PACKED, SPELLINGS

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
def test_nothing_that_holds_a_secret_shows_it(holder, show):
    assert CANARY not in show(holder)


@pytest.mark.fault(46)
def test_a_call_does_not_show_its_arguments():
    nowhere: Any = None
    call = Call[Any](
        endpoint=nowhere, arguments={"body": CANARY}, result=repr, failed="", known=(Secret(CANARY),)
    )
    assert CANARY not in repr(call)


@pytest.mark.fault(46)
@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_duplicated(duplicate):
    with pytest.raises(TypeError, match="cannot be pickled"):
        duplicate(Secret(CANARY))


def test_a_hash_that_says_its_version_is_one_too():
    assert redact("<$scrypt$v=1$ln=14,r=8,p=1$c2FsdA$aGFzaA>") == "<[hidden]>"


def test_known_secrets_are_cut_out_of_a_text():
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
def test_ordinary_text_is_left_alone(text):
    assert redact(text) == text


def test_a_pat_made_here_is_recognised_with_any_prefix():
    for prefix in ("pat_", "", "acme-"):
        made = generate_token(prefix)
        assert redact(f"a {made.token} b {made.secret_phc} c") == f"a {prefix}[hidden] b [hidden] c"


PAT = "pat_An6ladUCmSoDfciDaYDE9.+83v/SNFZ4mrze8BI0VniavN7wEjRWeJq83vASNF/4k="
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln-bmF0dXJlIG9mIHRoZSBKV1QgYWxvbmU_"
PHC = "$scrypt$ln=14,r=8,p=1$c2FsdCBvZiAxNiBieXRl$aGFzaCBvZiB0aGUgc2VjcmV0IG9mIHRoZSBQQVQ+Lg"
KNOWN = [Secret(each) for each in (PAT, JWT, PHC)]
# Wholes, and parts: what comes behind the dot, a beginning, an end, a middle.
PARTS = [PAT, JWT, PHC, PAT[26:], JWT[37:], PHC[43:], PAT[26:40], JWT[:12], PHC[-14:], PAT[33:45]]


# What cannot be told from other words by who does not know the secret.
LOSSY = {"form, read", "capital letters", "small letters", "blanks"}


def windows(text: str) -> set[str]:
    """Return all parts of 12 characters."""
    return {text[at : at + 12] for at in range(len(text) - 11)} or {text}


@pytest.mark.fault(72)
@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("part", PARTS, ids=range(len(PARTS)))
def test_a_secret_that_was_sent_is_hidden_in_every_spelling(part, spell):
    text = f"Error: <{spell(part)}> was refused"
    shown = redact(text, *KNOWN)
    assert shown.startswith("Error: <")
    assert shown.endswith("> was refused")
    secret = part.removeprefix(PAT[:26])  # the id of a PAT is none
    assert not [each for each in windows(spell(secret)) | windows(secret) if each in shown]
    assert redact(shown, *KNOWN) == shown


@pytest.mark.fault(72)
@pytest.mark.parametrize("name", sorted(ESCAPED.keys() - LOSSY))
@pytest.mark.parametrize("secret", [PAT, JWT, PHC])
def test_the_shape_of_a_secret_is_known_in_every_escape(secret, name):
    spelled = ESCAPED[name](secret)
    assert redact(f"Error: <{spelled}> was refused").endswith("[hidden]> was refused")
    assert [each.reveal() for each in secrets_in(spelled)] == [secret.removeprefix("pat_")]


@pytest.mark.fault(72)
def test_words_beside_a_secret_are_shown():
    for text, shown in {
        f"Token not found: {PAT[4:25]} ({PAT})": f"Token not found: {PAT[4:25]} ([hidden])",
        f"id={PAT[4:25]}&secret={PAT[26:]}&x=1": f"id={PAT[4:25]}&secret=[hidden]&x=1",
        f"Basic {PACKED['Basic'](PAT)}, or Bearer": "Basic [hidden], or Bearer",
        f"a%2Fb {PAT.replace('+', '%2B')} c%2Fd": "a%2Fb [hidden] c%2Fd",
        f"the end of it is {PAT[-9:]}": f"the end of it is {PAT[-9:]}",
    }.items():
        assert redact(text, *KNOWN) == shown


@pytest.mark.fault(72)
@given(st.text() | st.text("0123456789abcdefABCDEFxu&#;%\\+/=.$-_"))
def test_what_holds_no_secret_is_left_as_it_is(text):
    assert redact(text, *KNOWN) == text


@pytest.mark.fault(72)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=21, max_size=21))
def test_no_honest_id_is_taken_for_a_secret(token_id):
    assert check.new_token_id(token_id) == token_id
    for other in (
        f"{token_id}%2F&#43;\\u002b",
        f"tokens/{token_id}",
        f"a.{token_id}@b.c",
        f"{token_id}.{token_id}",
    ):
        assert check.token_id(other) == other
    with pytest.raises(ValueError, match="not a secret"):
        check.token_id(f"{token_id}%2E{PAT[26:].replace('+', '%252B')}")


@pytest.mark.fault(72)
def test_a_short_secret_is_hidden_whole_and_none_of_its_letters():
    short = (Secret("jwt"), Secret("a.b.c"), Secret("pat_x"))
    assert (
        redact("Invalid JWT: jwt, a.b.c b c pat%5fx", *short)
        == "Invalid JWT: [hidden], [hidden] b c [hidden]"
    )


# What an impatient reader would begin anew at each place, or look at from each place to the end.
ENDLESS = [
    *(
        "a",
        "a ",
        "eyJ",
        "eyJaaaaaaaa.",
        "$scrypt$",
        "$scrypt$a,",
        ".",
        "A" * 21 + ".",
        "\\",
        "%",
        "&",
        "&#0",
        "\\u{0",
    ),
    *(
        "%25",
        "%2525",
        "&#43;",
        "\\u002b",
        "&amp;",
        PAT[26:],
        PAT[26:38],
        JWT[:13],
        PAT + " ",
        f"{PAT[26:60]}\n",
    ),
]


@pytest.mark.fault(72)
@pytest.mark.parametrize("part", ENDLESS, ids=range(len(ENDLESS)))
def test_the_work_grows_as_the_text_does(part):
    """It is 16 times as much for 16 times the text, where it would be 256 times as much."""

    def work(size: int) -> float:
        text, begun = part * (size // len(part)), time.process_time()
        redact(text, *KNOWN)
        return time.process_time() - begun

    assert min(work(2**18) for _ in range(2)) < 80 * min(work(2**14) for _ in range(5))


@pytest.mark.fault(72)
def test_a_text_of_1_mib_is_looked_through_to_its_end():
    text = "a word, %41 & " * 2**16
    assert redact(text + PAT[26:].replace("/", "%2F") + text, *KNOWN) == f"{text}[hidden]{text}"


@pytest.mark.fault(72)
def test_what_a_secret_is_known_by_is_made_when_it_is_needed_and_goes_with_it():
    secret = Secret(PAT)
    assert secret._traces is None
    redact("x", secret)
    assert secret.traces is secret.traces
    assert 100 < len(secret.traces) < 1000
