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

from ..helpers.openapi import OPERATIONS, SCHEMAS, properties, value_of

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


# A filter of a list: its value, and the options of `service.seed` for a token that is listed with it.
FILTERS: dict[str, tuple[str, dict[str, Any]]] = {
    "includeRevoked": ("true", {"revoked": True}),
    "includeExpired": ("true", {"expired": True}),
    "includeSecretPhc": ("true", {}),
    "hasRole": ("reader", {"roles": ["reader"]}),
}
QUERY = {each["name"] for each in OPERATIONS["listTokens"]["parameters"]}


@pytest.mark.parametrize("name", sorted(QUERY - {"afterTokenId", "limit"}))  # those two: test_list.py
def test_every_filter_changes_what_is_listed(service, admin, name):
    assert name in FILTERS, f"add {name} to FILTERS: its value, and a token that is listed with it"
    value, options = FILTERS[name]
    service.seed(1)
    [token_id] = service.seed(1, **options)
    queries: list[dict[str, str]] = [{}, {name: value}]
    every, some = (admin.get("/admin/tokens", params=query).json()["records"] for query in queries)
    is_listed = token_id in {record["tokenId"] for record in some}
    assert is_listed and every != some, f"{name}: page in {SOURCE}/_backend.py and _store.py"  # noqa: PT018


# The options of `service.seed` for the token beforehand (None: there is none), and the property of its record
# that has another value afterwards: "tokenId" if the record comes or goes.
CHANGES: dict[str, tuple[dict[str, Any] | None, str]] = {
    "issueToken": (None, "tokenId"),
    "registerToken": (None, "tokenId"),
    "updateToken": ({}, "owner"),
    "revokeToken": ({}, "revokedAt"),
    "restoreToken": ({"revoked": True}, "revokedAt"),
}
# What the exchange changes is in test_exchange.py.
CHANGES_NOTHING = {"listTokens", "batchLoadTokens", "exchangeToken"}


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in CHANGES_NOTHING])
def test_every_operation_changes_what_it_is_to_change(service, admin, token_id, name):
    assert name in CHANGES, f"add {name} to CHANGES or CHANGES_NOTHING"
    options, changed = CHANGES[name]
    [token_id] = [token_id] if options is None else service.seed(1, **options)
    method, path = OPERATIONS[name]["method"], OPERATIONS[name]["path"].replace("{tokenId}", token_id)
    body = {each: value_of(schema) for each, schema in properties(OPERATIONS[name]).items()}
    body |= {"tokenId": token_id} if "tokenId" in body else {}
    before = service.record(token_id, include_secret_phc=True) or {}
    assert admin.request(method, path, json=body or None).is_success
    after = service.record(token_id, include_secret_phc=True) or {}
    assert before.get(changed) != after.get(changed), f"{SOURCE}/_backend.py: {name} does nothing"
    lost = [
        each for each in {*body} & {*SCHEMAS["TokenRecord"]["properties"]} if after.get(each) != body[each]
    ]
    assert not lost, f"{SOURCE}/_record.py and _backend.py: {name} does not store {', '.join(lost)}"
