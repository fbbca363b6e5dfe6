"""PATs and PHC strings."""

import base64
import hashlib

import pytest

from access_tokens.testing import _credentials as credentials
from access_tokens.testing._credentials import Pat
from access_tokens.testing._errors import ServiceError

SECRET = bytes(range(32))


def phc(secret: bytes, *, ln: int = 14) -> str:
    """Spell the contract out once more, independently."""
    salt = bytes(16)
    digest = hashlib.scrypt(secret, salt=salt, n=2**ln, r=8, p=1, dklen=32)
    fields = (base64.b64encode(part).decode().rstrip("=") for part in (salt, digest))
    return f"$scrypt$ln={ln},r=8,p=1${'$'.join(fields)}"


def test_pat_is_prefix_id_dot_secret():
    text = Pat("0" * 21, SECRET).text("pat_")

    assert text == "pat_" + "0" * 21 + "." + base64.b64encode(SECRET).decode()
    assert Pat.parse(text, "pat_") == Pat("0" * 21, SECRET)


def test_generated_pats_differ_and_parse():
    first, second = Pat.generate(), Pat.generate()

    assert first != second
    assert Pat.parse(first.text("x"), "x") == first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pat_",
        "0" * 21 + "." + "A" * 43 + "=",
        "pat_" + "0" * 20 + "." + "A" * 43 + "=",
        "pat_" + "0" * 22 + "." + "A" * 43 + "=",
        "pat_" + "0" * 20 + "é" + "." + "A" * 43 + "=",
        "pat_" + "0" * 21 + ".",
        "pat_" + "0" * 21 + "." + "A" * 43 + "=.",
        "pat_" + "0" * 21 + "." + "A" * 180,
        "pat_" + "0" * 21 + "." + "A" * 43 + "=\n",
    ],
)
def test_what_is_not_a_pat_is_not_parsed(text):
    assert Pat.parse(text, "pat_") is None


def test_repr_does_not_show_the_secret():
    assert repr(Pat("0" * 21, SECRET)) == f"Pat(token_id='{'0' * 21}')"


def test_hash_is_scrypt_over_the_raw_secret():
    assert credentials.matches(SECRET, phc(SECRET))
    assert credentials.matches(SECRET, credentials.hash_secret(SECRET))


def test_another_secret_does_not_match():
    assert not credentials.matches(bytes(32), phc(SECRET))


def test_hash_of_another_cost_matches():
    assert credentials.matches(SECRET, phc(SECRET, ln=10))
    assert not credentials.matches(bytes(32), phc(SECRET, ln=10))


@pytest.mark.parametrize("cost", ["ln=15,r=8,p=1", "ln=0,r=8,p=1", "ln=31,r=8,p=1", "ln=14,r=-1,p=1"])
def test_hash_of_a_cost_that_the_service_does_not_pay_is_500(cost):
    with pytest.raises(ServiceError, match="Invalid scrypt params") as caught:
        credentials.matches(SECRET, phc(SECRET).replace("ln=14,r=8,p=1", cost))

    assert caught.value.status == 500


@pytest.mark.parametrize("secret", ["A" * 43, "_-" * 21, "A" * 43 + ";,", "A" * 43 + "=="])
def test_a_secret_in_almost_base64_is_read(secret):
    assert Pat.parse("pat_" + "0" * 21 + "." + secret, "pat_") is not None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (phc(SECRET), None),
        ("$scrypt$v=1$r=8,p=1,ln=3,more=x$c2Fs$aGFzaA", None),
        ("nonsense", "invalid_phc"),
        ("$scrypt", "invalid_phc"),
        ("$SCRYPT$ln=14,r=8,p=1$c2Fs$aGFzaA", "invalid_phc"),
        ("$scrypt$ln=14,r=8,p=1$c2Fs$aGFzaA$x", "invalid_phc"),
        ("$scrypt$ln=14,r=8,p=1$c2Fs==$aGFzaA==", "invalid_phc"),
        ("$argon2id$v=19$m=1,t=1,p=1$c2Fs$aGFzaA", "unsupported_algorithm"),
        ("$scrypt$ln=14,r=8,p=1$c2Fs", "invalid_parameters"),
        ("$scrypt$c2Fs$aGFzaA", "invalid_parameters"),
        ("$scrypt$ln=014,r=8,p=1$c2Fs$aGFzaA", "invalid_parameters"),
        ("$scrypt$ln=14,r=8$c2Fs$aGFzaA", "invalid_parameters"),
    ],
)
def test_which_hashes_can_be_compared_with(text, problem):
    assert credentials.phc_problem(text) == problem
    assert problem is None or not credentials.matches(SECRET, text)


def test_nothing_matches_the_hash_of_a_seeded_token():
    assert credentials.unknown_secret().startswith("$scrypt$ln=14,r=8,p=1$")
    assert not credentials.matches(SECRET, credentials.unknown_secret())
