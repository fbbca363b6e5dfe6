"""Secrets are cut out of a text, in whatever spelling they stand there, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import generate_token
from access_tokens._calls import arguments as check
from access_tokens._secret import Secret, redact, secrets_in

from ..helpers.spellings import ESCAPED, PACKED, SPELLINGS, windows

pytestmark = pytest.mark.fault(72)

PAT = "pat_An6ladUCmSoDfciDaYDE9.+83v/SNFZ4mrze8BI0VniavN7wEjRWeJq83vASNF/4k="
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln-bmF0dXJlIG9mIHRoZSBKV1QgYWxvbmU_"
PHC = "$scrypt$ln=14,r=8,p=1$c2FsdCBvZiAxNiBieXRl$aGFzaCBvZiB0aGUgc2VjcmV0IG9mIHRoZSBQQVQ+Lg"
KNOWN = [Secret(each) for each in (PAT, JWT, PHC)]
# Wholes, and parts: what comes behind the dot, a beginning, an end, a middle.
PARTS = [PAT, JWT, PHC, PAT[26:], JWT[37:], PHC[43:], PAT[26:40], JWT[:12], PHC[-14:], PAT[33:45]]
# What cannot be told from other words by who does not know the secret.
LOSSY = {"form, read", "capital letters", "small letters", "blanks"}


def test_known_secrets_are_cut_out_of_a_text():
    assert redact("<canary-7f3a>", Secret(""), Secret("canary-7f3a")) == "<[hidden]>"


def test_a_hash_that_says_its_version_is_one_too():
    assert redact("<$scrypt$v=1$ln=14,r=8,p=1$c2FsdA$aGFzaA>") == "<[hidden]>"


def test_ordinary_text_is_left_alone():
    for text in (f"Token not found: {PAT[4:25]}", "see https://example.com/a.b", "a.b@example.com", "v1.2.3"):
        assert redact(text) == text


@pytest.mark.parametrize("prefix", ["pat_", "", "acme-"])
def test_a_pat_made_here_is_recognised_with_any_prefix(prefix):
    made = generate_token(prefix)
    assert redact(f"a {made.token} b {made.secret_phc} c") == f"a {prefix}[hidden] b [hidden] c"


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_that_was_sent_is_hidden_in_every_spelling(spell):
    for part in PARTS:
        shown = redact(f"Error: <{spell(part)}> was refused", *KNOWN)
        assert shown.startswith("Error: <")
        assert shown.endswith("> was refused")
        secret = part.removeprefix(PAT[:26])  # the id of a PAT is none
        assert not [each for each in windows(spell(secret)) | windows(secret) if each in shown]
        assert redact(shown, *KNOWN) == shown


@pytest.mark.parametrize("name", sorted(ESCAPED.keys() - LOSSY))
def test_the_shape_of_a_secret_is_known_in_every_escape(name):
    for secret in (PAT, JWT, PHC):
        spelled = ESCAPED[name](secret)
        assert redact(f"Error: <{spelled}> was refused").endswith("[hidden]> was refused")
        assert [each.reveal() for each in secrets_in(spelled)] == [secret.removeprefix("pat_")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Token not found: {PAT[4:25]} ({PAT})", f"Token not found: {PAT[4:25]} ([hidden])"),
        (f"id={PAT[4:25]}&secret={PAT[26:]}&x=1", f"id={PAT[4:25]}&secret=[hidden]&x=1"),
        (f"Basic {PACKED['Basic'](PAT)}, or Bearer", "Basic [hidden], or Bearer"),
        (f"a%2Fb {PAT.replace('+', '%2B')} c%2Fd", "a%2Fb [hidden] c%2Fd"),
        (f"the end of it is {PAT[-9:]}", f"the end of it is {PAT[-9:]}"),
    ],
)
def test_words_beside_a_secret_are_shown(text, shown):
    assert redact(text, *KNOWN) == shown


@given(st.text() | st.text("0123456789abcdefABCDEFxu&#;%\\+/=.$-_"))
@profile(max_examples=70)
def test_what_holds_no_secret_is_left_as_it_is(text):
    assert redact(text, *KNOWN) == text


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=21, max_size=21))
@profile(max_examples=50)
def test_no_honest_id_is_taken_for_a_secret(token_id):
    assert check.new_token_id(token_id) == token_id
    for form in ("{}%2F&#43;\\u002b", "tokens/{}", "a.{}@b.c", "{0}.{0}"):
        other = form.format(token_id)
        assert check.token_id(other) == other
    with pytest.raises(ValueError, match="not a secret"):
        check.token_id(f"{token_id}%2E{PAT[26:].replace('+', '%252B')}")


def test_a_short_secret_is_hidden_whole_and_none_of_its_letters():
    short = (Secret("jwt"), Secret("a.b.c"), Secret("pat_x"))
    shown = redact("Invalid JWT: jwt, a.b.c b c pat%5fx", *short)
    assert shown == "Invalid JWT: [hidden], [hidden] b c [hidden]"


# What an impatient reader would begin anew at each place, or look at from each place to the end.
ENDLESS = [
    *("a", "a ", "eyJ", "eyJaaaaaaaa.", "$scrypt$", "$scrypt$a,", ".", "A" * 21 + ".", "\\", "%", "&", "&#0"),
    *("\\u{0", "%25", "%2525", "&#43;", "\\u002b", "&amp;"),
    *(PAT[26:], PAT[26:38], JWT[:13], PAT + " ", f"{PAT[26:60]}\n"),
]


@pytest.mark.parametrize("part", ENDLESS)
def test_no_large_text_takes_long(part):
    """It would take minutes if the time grew with the square of the size."""
    redact(part * (2**18 // len(part)), *KNOWN)


def test_a_large_text_is_looked_through_to_its_end():
    text = "a word, %41 & " * 2**13
    assert redact(text + PAT[26:].replace("/", "%2F") + text, *KNOWN) == f"{text}[hidden]{text}"


def test_what_a_secret_is_known_by_is_made_when_it_is_needed_and_goes_with_it():
    secret = Secret(PAT)
    assert secret._traces is None
    redact("x", secret)
    assert secret.traces is secret.traces
    assert 100 < len(secret.traces) < 1000
