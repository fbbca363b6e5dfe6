"""What is read from a JWT, and what of it is not believed."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_tokens import Bearer, Claims
from access_tokens.bearer import claims_of

NONE = Claims()
FULL = {
    "sub": "A" * 21,
    "owner": "x",
    "admin": True,
    "roles": ["r"],
    "iss": "i",
    "iat": 1,
    "exp": 2,
    "jti": "j",
}


def packed(payload: bytes) -> str:
    return f"e30.{urlsafe_b64encode(payload).decode().rstrip('=')}.s"


def token(payload: Any) -> str:
    return packed(json.dumps(payload).encode())


def test_all_claims_are_read():
    claims = Claims(
        token_id="A" * 21,
        owner="x",
        is_admin=True,
        roles=("r",),
        issuer="i",
        issued_at=1,
        expires_at=2,
        id="j",
    )
    assert Bearer(token(FULL | {"other": 1}), 5).claims == claims
    assert claims_of(token({})) == NONE


def test_the_service_says_who_calls(service, client):
    claims = client.whoami()
    assert claims == client.bearer().claims
    assert (claims.token_id, claims.is_admin) == (service.admin_token_id, True)
    assert claims.expires_at - claims.issued_at == 3600
    assert claims.id
    assert claims.issuer
    assert service.exchanges == 1


@pytest.mark.parametrize(
    "opaque",
    [
        *("", "opaque", "a.b", "a.b.c.d", "..", "e30..s", "a.!.c", "a.é.c", "a.\ud800.c", "a.bnVsbA.c"),
        *("a.A.c", packed(b"\xff{}"), packed(b"{"), packed(b"[" * 200_000), packed(b"1" * 5000)),
        *(token(each) for each in ([], [FULL], "x", 1, None, True)),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_a_text_that_is_no_jwt_has_none(opaque):
    assert claims_of(opaque) is None


@given(st.text() | st.tuples(st.text(), st.text(), st.text()).map(".".join) | st.binary().map(packed))
def test_any_text_has_some_or_none(text):
    assert isinstance(claims_of(text), Claims | None)


SIMPLE = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3)
ANYTHING = SIMPLE | st.lists(SIMPLE, max_size=3) | st.dictionaries(st.text(max_size=3), SIMPLE, max_size=3)
KINDS: dict[str, Any] = dict.fromkeys(("token_id", "owner", "issuer", "id"), str | None)
KINDS |= {"is_admin": bool, "roles": tuple, "issued_at": int | None, "expires_at": int | None}


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FULL, ANYTHING)))
def test_claims_of_any_type_are_of_theirs_or_missing(payload):
    claims = claims_of(token(payload))
    for name, kind in KINDS.items():
        assert isinstance(getattr(claims, name), kind)
    assert all(isinstance(each, str) for each in getattr(claims, "roles", ()))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1700000000", 1700000000),
        ("1.7e9", 1700000000),
        ("1.5", 1),
        ("0", 0),
        ("-1", -1),
        ("9" * 400, 10**400 - 1),
    ]
    + [(each, None) for each in ("NaN", "Infinity", "1e999", "true", '"1"', "null", "[1]")],
    ids=lambda value: str(value)[:12],
)
def test_times_are_finite_numbers(said, seconds):
    claims = claims_of(packed(b'{"iat": %b, "exp": %b}' % (said.encode(), said.encode())))
    assert claims == Claims(issued_at=seconds, expires_at=seconds)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"admin": 1}, NONE),
        ({"admin": "true"}, NONE),
        ({"roles": "admin"}, NONE),
        ({"roles": ["a", 1, None, "b", ["c"]]}, Claims(roles=("a", "b"))),
        ({"sub": 5, "owner": ["x"], "jti": {}}, NONE),
    ],
)
def test_a_claim_of_the_wrong_type_is_missing(payload, expected):
    assert claims_of(token(payload)) == expected


def test_base64_may_be_padded_or_not_and_of_either_alphabet():
    payload = json.dumps({"owner": "~~~???>>>"}).encode()
    for pack in (b64encode, urlsafe_b64encode):
        spelled = pack(payload).decode()
        for text in (spelled, spelled.rstrip("=")):
            assert claims_of(f"e30.{text}.s") == Claims(owner="~~~???>>>"), text
