"""PATs made on this side."""

import base64
import hashlib
import re

import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, generate_token


def test_a_pat_has_the_services_form():
    made = generate_token()
    assert re.fullmatch(r"pat_[0-9A-Za-z]{21}\.[0-9A-Za-z+/]{43}=", made.token)
    assert made.token.startswith(f"pat_{made.token_id}.")


def test_the_hash_is_scrypt_over_the_raw_secret():
    made = generate_token()
    secret = base64.b64decode(made.token.partition(".")[2])
    _, name, cost, salt, digest = made.secret_phc.split("$")
    assert (name, cost, len(secret)) == ("scrypt", "ln=14,r=8,p=1", 32)
    raw_salt = base64.b64decode(salt + "==")
    assert (len(raw_salt), "=" in made.secret_phc.rpartition("p=1")[2]) == (16, False)
    expected = hashlib.scrypt(secret, salt=raw_salt, n=16384, r=8, p=1, dklen=32)
    assert base64.b64decode(digest + "=") == expected


def test_prefix_and_id_can_be_chosen():
    made = generate_token("acme_", "A" * 21)
    assert made.token.startswith("acme_AAAAAAAAAAAAAAAAAAAAA.")
    assert made.token_id == "A" * 21


def test_no_two_are_alike():
    first, second = generate_token(), generate_token()
    assert first.token_id != second.token_id
    assert first.secret_phc != second.secret_phc


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("prefix", value) for value in ("a.b", "a b", "x" * 101, None, b"pat_")),
        *(("token_id", value) for value in ("short", "ä" * 21, 7)),
    ],
)
def test_another_form_or_type_is_refused(name, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must be"):
        generate_token(**{name: value})


PAT = f"acme_{'A' * 21}.{'q' * 43}="


@pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient])
@pytest.mark.parametrize("pat", [PAT, PAT[:-1], PAT.removeprefix("acme_"), PAT.replace("_", "x")])
def test_a_client_tells_which_token_it_uses(kind, pat):
    assert kind("https://api.example.com", pat).token_id == "A" * 21


@pytest.mark.parametrize(
    "other",
    [
        "opaque",
        PAT + "x",
        PAT[:-2],
        PAT.replace("A.", "."),
        PAT.replace("A.", "-."),
        f"eyJ.{PAT}",
        f"{PAT}.x",
    ],
)
def test_of_another_form_it_tells_nothing(other):
    """Such as a JWT, whose payload may end like an id, and whose signature is as long as a secret."""
    assert AccessTokensClient("https://api.example.com", other).token_id is None
