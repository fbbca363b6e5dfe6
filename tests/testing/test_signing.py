"""JWTs: which the service accepts, and why it refuses the others."""

import base64
import json

import httpx
import jwt
import pytest

from access_tokens.testing import Service


def refusal(http: httpx.Client, token: str) -> dict[str, str]:
    answer = http.get("/admin/tokens", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    error: dict[str, str] = answer.json()["error"]
    return error


def current_jwt(admin: httpx.Client) -> str:
    return admin.headers["Authorization"].removeprefix("Bearer ")


def test_jwt_expires_by_the_clock_of_the_service(service, admin):
    service.advance(3590)
    assert admin.get("/admin/tokens").is_success

    service.advance(10)

    assert refusal(admin, current_jwt(admin)) == {"message": "Invalid JWT", "code": "ERR_JWT_EXPIRED"}


def test_clock_far_from_the_real_one_does_no_harm(service, http):
    service.advance(10**8)
    answer = http.post("/auth/token", headers={"Authorization": f"Bearer {service.admin_pat}"})

    service.verify(answer.json()["access_token"])


def test_new_key_ends_every_jwt(service, admin, http):
    service.rotate_key()

    assert refusal(admin, current_jwt(admin))["code"] == "ERR_JWKS_NO_MATCHING_KEY"
    answer = http.post("/auth/token", headers={"Authorization": f"Bearer {service.admin_pat}"})
    assert service.verify(answer.json()["access_token"])


def test_jwt_of_another_service_is_refused(http):
    other = Service()
    token = other._backend.exchange(other.admin_pat)

    assert refusal(http, token)["code"] == "ERR_JWKS_NO_MATCHING_KEY"


def test_altered_claims_are_refused(admin):
    header, payload, signature = current_jwt(admin).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    altered = base64.urlsafe_b64encode(json.dumps(claims | {"exp": 2**40}).encode()).decode().rstrip("=")

    assert (
        refusal(admin, f"{header}.{altered}.{signature}")["code"] == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
    )


def test_another_algorithm_is_refused(admin):
    key_id = jwt.get_unverified_header(current_jwt(admin))["kid"]
    forged = jwt.encode({"admin": True, "exp": 2**40}, "k" * 32, "HS256", headers={"kid": key_id})

    assert refusal(admin, forged)["code"] == "ERR_JOSE_NOT_SUPPORTED"


@pytest.mark.parametrize("claims", ["[]", "nonsense", "1"])
def test_claims_that_are_no_object_are_refused(service, http, claims):
    key = service._backend._key
    token = jwt.PyJWS().encode(claims.encode(), key._private, "EdDSA", headers={"kid": key._id})

    assert refusal(http, token)["code"] == "ERR_JWT_INVALID"


@pytest.mark.parametrize("wrong", [{"iss": "else"}, {"iat": "1"}, {"exp": "9"}, {"nbf": True}])
def test_claims_of_the_wrong_type_are_refused(service, http, wrong):
    token = service._backend.sign({"admin": True, "iss": service.issuer, **wrong})

    assert refusal(http, token)["code"] == "ERR_JWT_CLAIM_VALIDATION_FAILED"


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "pat_x.y"])
def test_malformed_jwt_is_refused(http, token):
    assert refusal(http, token) == {"message": "Invalid JWT", "code": "ERR_JWS_INVALID"}


def test_jwt_is_signed_with_eddsa_and_names_its_key(admin):
    header = jwt.get_unverified_header(current_jwt(admin))

    assert header["alg"] == "EdDSA"
    assert header["kid"]


def test_verify_raises_value_error_with_the_code(service):
    with pytest.raises(ValueError, match=r"Invalid JWT \(ERR_JWS_INVALID\)"):
        service.verify("x")
