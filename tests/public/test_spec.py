"""Everything that openapi.yaml describes can be reached from both clients.

When this fails after `make generate`, it names what is left to do.
"""

import inspect
from typing import Any

import attrs
import pytest

from access_tokens import (
    AccessTokensClient,
    ApiError,
    AsyncAccessTokensClient,
    BatchLoadResult,
    IssueResult,
    TokenRecord,
)
from access_tokens._flow.jwt import AuthToken
from access_tokens.models import json_name

from ..helpers.openapi import OPERATIONS, SCHEMAS, properties, snake

METHODS = {
    "exchangeToken": "authenticate",
    "listTokens": "list",
    "issueToken": "issue",
    "batchLoadTokens": "batch_load",
    "registerToken": "register",
    "updateToken": "update",
    "revokeToken": "revoke",
    "restoreToken": "restore",
}
# What the service answers, and what callers get of it: a class of ours, or the one property it holds.
ANSWERS: dict[str, type | str] = {
    "AuthToken": AuthToken,
    "TokenRecord": TokenRecord,
    "IssueTokenResult": IssueResult,
    "BatchLoadResult": BatchLoadResult,
    "ApiError": ApiError,
    "ListTokensResult": "records",
    "RegisterTokenResult": "record",
    "ErrorAnswer": "error",
}
# Parameters that have another name, or several.
RENAMED = {("updateToken", "roles"): {"roles", "add_roles", "remove_roles"}}
PARTS_OF_A_REQUEST = {"AddRoles", "RemoveRoles"}
# The PAT is sent in the header, which needs no body; and what is sent back of that body never comes.
NO_BODY, UNREACHABLE = "exchangeToken", {("AuthToken", "state")}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("client", [AccessTokensClient, AsyncAccessTokensClient])
def test_every_operation_and_every_input_has_its_place(client, name):
    assert name in METHODS, (
        f"write a method for {name} (_calls/, client.py, async_client.py), add it to METHODS"
    )
    accepted = set(inspect.signature(getattr(client, METHODS[name])).parameters)
    in_body = {} if name == NO_BODY else properties(OPERATIONS[name])
    for each in [*(parameter["name"] for parameter in OPERATIONS[name]["parameters"]), *in_body]:
        expected = RENAMED.get((name, each), {snake(each)})
        assert expected <= accepted, (
            f"add {each} to {client.__name__}.{METHODS[name]}, and to its function in _calls/"
        )


def test_every_schema_with_properties_has_its_place():
    requests = {
        media["schema"]["$ref"].rpartition("/")[2]
        for operation in OPERATIONS.values()
        for media in operation.get("requestBody", {}).get("content", {}).values()
    }
    with_properties = {name for name, schema in SCHEMAS.items() if "properties" in schema}
    left = with_properties - requests - set(ANSWERS) - PARTS_OF_A_REQUEST
    assert not left, f"write a class for {', '.join(sorted(left))} in models.py, and add it to ANSWERS"


def read_from(model: Any) -> dict[str, Any]:
    """The properties of the JSON that a model is read from, and what it makes of each."""
    return {json_name(field): field for field in attrs.fields(attrs.resolve_types(model))}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_every_property_of_an_answer_reaches_the_caller_and_no_other_is_read(name):
    model = ANSWERS[name]
    reached = {model} if isinstance(model, str) else set(read_from(model))
    described = {each for each in SCHEMAS[name]["properties"] if (name, each) not in UNREACHABLE}
    assert reached == described, f"{name}: add to or take from its class {reached ^ described}"


READ = sorted(name for name, model in ANSWERS.items() if model in {TokenRecord, IssueResult, BatchLoadResult})
TYPES = {"string": str, "integer": int, "boolean": bool}


def type_of(schema: dict[str, Any]) -> Any:
    """The type that a value of a schema has in a public model, null left aside."""
    if "$ref" in schema:
        return ANSWERS[schema["$ref"].rpartition("/")[2]]
    kind = schema["type"]
    (kind,) = set(kind) - {"null"} if isinstance(kind, list) else {kind}
    return tuple[type_of(schema["items"]), ...] if kind == "array" else TYPES[kind]  # type: ignore[misc]


@pytest.mark.parametrize("name", READ)
def test_every_property_of_an_answer_has_its_type_and_may_be_missing_when_the_service_says_so(name):
    fields, required = read_from(ANSWERS[name]), SCHEMAS[name]["required"]
    for each, schema in SCHEMAS[name]["properties"].items():
        expected, found = type_of(schema), fields[each]
        assert found.type in (expected, expected | None), f"{name}.{each} is not {found.type}"
        assert (found.default is attrs.NOTHING) == (each in required), f"{name}.{each}: is it required?"


def test_everything_is_described():
    described = {**OPERATIONS, **SCHEMAS}
    for name, operation in OPERATIONS.items():
        described |= {f"{name}: {each['name']}": each for each in operation["parameters"]}
    for name, schema in SCHEMAS.items():
        described |= {f"{name}.{each}": inner for each, inner in schema.get("properties", {}).items()}
    assert [name for name, each in described.items() if not each.get("description")] == []
