"""JWTs: which the service accepts, and why it refuses the others."""

import httpx
import jwt
import pytest

from ..helpers.local_service import exchange


def refusal(http: httpx.Client, token: str) -> str:
    answer = http.get("/admin/tokens", headers={"Authorization": f"Bearer {token}"})
    error: dict[str, str] = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (401, "Invalid JWT")
    return error["code"]


def current_jwt(admin: httpx.Client) -> str:
    return admin.headers["Authorization"].removeprefix("Bearer ")


def test_a_jwt_expires_by_the_clock_of_the_service(fresh, admin_of):
    admin = admin_of(fresh)
    fresh.advance(3590)
    assert admin.get("/admin/tokens").is_success

    fresh.advance(10)
    assert refusal(admin, current_jwt(admin)) == "ERR_JWT_EXPIRED"


def test_a_clock_far_from_the_real_one_does_no_harm(fresh, connect):
    fresh.advance(10**8)
    fresh.verify(exchange(connect(fresh), fresh.admin_pat).json()["access_token"])


def test_a_new_key_ends_every_jwt(fresh, admin_of):
    admin = admin_of(fresh)
    fresh.rotate_key()

    assert refusal(admin, current_jwt(admin)) == "ERR_JWKS_NO_MATCHING_KEY"
    assert fresh.verify(exchange(admin, fresh.admin_pat).json()["access_token"])


def test_it_is_signed_with_eddsa_and_names_its_key_and_another_algorithm_is_refused(admin):
    header = jwt.get_unverified_header(current_jwt(admin))
    forged = jwt.encode({"admin": True, "exp": 2**40}, "k" * 32, "HS256", headers={"kid": header["kid"]})

    assert header["alg"] == "EdDSA"
    assert refusal(admin, forged) == "ERR_JOSE_NOT_SUPPORTED"


@pytest.mark.parametrize("claims", ["[]", "nonsense", "1"])
def test_claims_that_are_no_object_are_refused(service, http, claims):
    key = service._backend._key
    token = jwt.PyJWS().encode(claims.encode(), key._private, "EdDSA", headers={"kid": key._id})

    assert refusal(http, token) == "ERR_JWT_INVALID"


@pytest.mark.parametrize("wrong", [{"iss": "else"}, {"iat": "1"}, {"exp": "9"}, {"nbf": True}])
def test_claims_of_the_wrong_type_are_refused(service, http, wrong):
    token = service._backend.sign({"admin": True, "iss": service.issuer, **wrong})
    assert refusal(http, token) == "ERR_JWT_CLAIM_VALIDATION_FAILED"


def test_verify_raises_value_error_with_the_code(service, http):
    assert refusal(http, "x") == "ERR_JWS_INVALID"
    with pytest.raises(ValueError, match=r"Invalid JWT \(ERR_JWS_INVALID\)"):
        service.verify("x")
