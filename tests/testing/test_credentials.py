"""PATs and PHC strings."""

import base64
import hashlib

import pytest

from access_tokens.testing import _credentials as credentials
from access_tokens.testing._credentials import Pat
from access_tokens.testing._errors import ServiceError

ID, SECRET = "0" * 21, bytes(range(32))


def phc(secret: bytes, *, ln: int = 14) -> str:
    """Spell the contract out once more, independently."""
    salt = bytes(16)
    digest = hashlib.scrypt(secret, salt=salt, n=2**ln, r=8, p=1, dklen=32)
    fields = (base64.b64encode(part).decode().rstrip("=") for part in (salt, digest))
    return f"$scrypt$ln={ln},r=8,p=1${'$'.join(fields)}"


def test_a_pat_is_prefix_id_dot_secret_and_does_not_show_it():
    pat = Pat(ID, SECRET)

    assert pat.text("pat_") == f"pat_{ID}.{base64.b64encode(SECRET).decode()}"
    assert Pat.parse(pat.text("pat_"), "pat_") == pat
    assert repr(pat) == f"Pat(token_id='{ID}')"


def test_generated_pats_differ():
    assert Pat.generate() != Pat.generate()


@pytest.mark.parametrize(
    "text",
    [
        *("", "pat_", f"{ID}.{'A' * 43}=", f"pat_{ID[1:]}.{'A' * 43}=", f"pat_{ID}0.{'A' * 43}="),
        *(f"pat_{ID[1:]}é.{'A' * 43}=", f"pat_{ID}.", f"pat_{ID}.{'A' * 43}=.", f"pat_{ID}.{'A' * 180}"),
        f"pat_{ID}.{'A' * 43}=\n",
    ],
)
def test_what_is_not_a_pat_is_not_parsed(text):
    assert Pat.parse(text, "pat_") is None


@pytest.mark.parametrize("secret", ["A" * 43, "_-" * 21, "A" * 43 + ";,", "A" * 43 + "=="])
def test_a_secret_in_almost_base64_is_read(secret):
    assert Pat.parse(f"pat_{ID}.{secret}", "pat_") is not None


@pytest.mark.parametrize(
    "stored", [phc(SECRET), phc(SECRET, ln=10), credentials.hash_secret(SECRET)], ids=["14", "10", "its own"]
)
def test_a_hash_is_scrypt_over_the_raw_secret_of_any_cost(stored):
    assert credentials.matches(SECRET, stored)
    assert not credentials.matches(bytes(32), stored)


@pytest.mark.parametrize("cost", ["ln=15,r=8,p=1", "ln=0,r=8,p=1", "ln=31,r=8,p=1", "ln=14,r=-1,p=1"])
def test_a_hash_of_a_cost_that_the_service_does_not_pay_is_500(cost):
    with pytest.raises(ServiceError, match="Invalid scrypt params") as caught:
        credentials.matches(SECRET, phc(SECRET).replace("ln=14,r=8,p=1", cost))

    assert caught.value.status == 500


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (phc(SECRET), None),
        ("$scrypt$v=1$r=8,p=1,ln=3,more=x$c2Fs$aGFzaA", None),
        *((text, "invalid_phc") for text in ("nonsense", "$scrypt", "$scrypt$ln=14,r=8,p=1$c2Fs$aGFzaA$x")),
        ("$argon2id$v=19$m=1,t=1,p=1$c2Fs$aGFzaA", "unsupported_algorithm"),
        *((text, "invalid_parameters") for text in ("$scrypt$ln=14,r=8,p=1$c2Fs", "$scrypt$c2Fs$aGFzaA")),
    ],
)
def test_which_hashes_can_be_compared_with(text, problem):
    assert credentials.phc_problem(text) == problem
    assert problem is None or not credentials.matches(SECRET, text)


def test_nothing_matches_the_hash_of_a_seeded_token():
    assert credentials.unknown_secret().startswith("$scrypt$ln=14,r=8,p=1$")
    assert not credentials.matches(SECRET, credentials.unknown_secret())
