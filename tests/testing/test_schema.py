"""The service against the API contract, with generated requests: what it accepts, refuses and answers."""

from pathlib import Path
from typing import Any, get_type_hints

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    unsupported_method,
)

from access_tokens.testing import Service
from access_tokens.testing import _schemas as schemas
from access_tokens.testing._record import new, public

from ..helpers.openapi import OPERATIONS, SCHEMAS, properties

# Authorization is set below: otherwise half of what is generated would be about its absence.
CONFIG = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
SERVICE = Service(documented=True)
JWT = SERVICE._backend.exchange(SERVICE.admin_pat)
SCHEMA = schemathesis.openapi.from_path(Path(__file__).parents[2] / "openapi.yaml", config=CONFIG)
SCHEMA.app = SERVICE.app
# Express answers 404, and not 405, for a method that a path does not have.
EXCEPT = {
    # Booleans that are none count as absent, and what follows the digits of a limit is ignored.
    "GET /admin/tokens": [unsupported_method, negative_data_rejection],
    # The reference service, too, takes a PUT or PATCH of this path for the token id "batch".
    "POST /admin/tokens/batch": [unsupported_method, allow_header_conformance],
}


@SCHEMA.parametrize()
@settings(max_examples=10)
def test_the_documented_service_conforms(case):
    is_exchange = case.operation.label == "POST /auth/token"
    headers = {"Authorization": f"Bearer {SERVICE.admin_pat if is_exchange else JWT}"}
    response = case.call(headers=headers)
    excluded = EXCEPT.get(case.operation.label, [unsupported_method])
    if is_exchange and not response.request.body:
        # An empty form is no body at all, and with a header none is needed.
        excluded = [*excluded, negative_data_rejection]
    case.validate_response(
        response, excluded_checks=excluded, headers=headers, transport_kwargs={"headers": headers}
    )


# The type by which the service knows the inputs of an operation.
INPUTS: dict[str, Any] = {
    "exchangeToken": schemas.ClientCredentials,
    "listTokens": schemas.ListQuery,
    "issueToken": schemas.Issue,
    "batchLoadTokens": schemas.BatchLoad,
    "registerToken": schemas.Register,
    "updateToken": schemas.Update,
    "revokeToken": schemas.Revoke,
    "restoreToken": None,
}
SOURCE = "src/access_tokens/testing"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_operation_is_served(admin, operation):
    method, path = operation["method"], operation["path"]
    answer = admin.request(method, path.replace("{tokenId}", "x"))
    assert "Cannot " not in answer.text, f"add {method} {path} to Api._routes in {SOURCE}/_api.py"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_input_is_known(name):
    assert name in INPUTS, f"add {name} to INPUTS here, and the type of its inputs to {SOURCE}/_schemas.py"
    in_query = [each["name"] for each in OPERATIONS[name]["parameters"] if each["in"] == "query"]
    known = get_type_hints(INPUTS[name]) if INPUTS[name] else {}
    missing = {*in_query, *properties(OPERATIONS[name])} - set(known)
    assert not missing, f"{SOURCE}/_schemas.py: {INPUTS[name].__name__} lacks {', '.join(missing)}"


def test_every_property_of_a_record_is_known():
    known = public(new("A" * 21, "a hash", {"owner": "x"}, 1), secret_phc=True, nulls=True)
    missing = set(SCHEMAS["TokenRecord"]["properties"]) - set(known)
    assert not missing, f"{SOURCE}/_record.py: new and _NULLABLE lack {', '.join(missing)}"
