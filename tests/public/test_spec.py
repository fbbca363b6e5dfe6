"""Everything that openapi.yaml describes can be reached from both clients.

When this fails after `make generate`, it names what is left to do.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from access_tokens import (
    AccessTokensClient,
    ApiError,
    AsyncAccessTokensClient,
    BatchLoadResult,
    IssueResult,
    TokenRecord,
)
from access_tokens._calls.convert import json_name
from access_tokens._flow.jwt import AuthToken

SPEC = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text())
SCHEMAS = SPEC["components"]["schemas"]
VERBS = {"get", "put", "post", "patch", "delete"}

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
UNREACHABLE = {
    ("exchangeToken", "body"): "the PAT is sent in the header, which needs no body",
    ("AuthToken", "state"): "is sent back only to who sent it, in the body that is not used",
}


def snake(name: str) -> str:
    return re.sub("(?=[A-Z])", "_", name).lower()


def operations() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in SPEC["paths"].values():
        for verb in VERBS & set(path):
            shared = path.get("parameters", [])
            found.append((path[verb]["operationId"], path[verb] | {"shared": shared}))
    return sorted(found, key=lambda operation: operation[0])


def resolved(reference: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in reference:
        return reference
    found: Any = SPEC
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found)


def inputs(operation: dict[str, Any], with_body: bool) -> set[str]:
    """The names of an operation's parameters, and of the properties of its JSON body."""
    parameters = [*operation.get("parameters", []), *operation["shared"]]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    properties = resolved(body).get("properties", {}) if with_body else {}
    return {resolved(each)["name"] for each in parameters} | set(properties)


@pytest.mark.parametrize(
    ("name", "operation"), operations(), ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("client", [AccessTokensClient, AsyncAccessTokensClient])
def test_every_operation_and_every_input_has_its_place(client, name, operation):
    assert name in METHODS, f"{client.__name__} has no method for the operation {name}"
    accepted = set(inspect.signature(getattr(client, METHODS[name])).parameters)
    for each in inputs(operation, with_body=(name, "body") not in UNREACHABLE):
        expected = RENAMED.get((name, each), {snake(each)})
        assert expected <= accepted, f"{client.__name__}.{METHODS[name]} lacks {each} of the operation {name}"


def test_every_schema_with_properties_has_its_place():
    requests = {
        media["schema"]["$ref"].rpartition("/")[2]
        for _, operation in operations()
        for media in operation.get("requestBody", {}).get("content", {}).values()
    }
    with_properties = {name for name, schema in SCHEMAS.items() if "properties" in schema}
    left = with_properties - requests - set(ANSWERS) - PARTS_OF_A_REQUEST
    assert not left, f"no public model for {', '.join(sorted(left))}"


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_every_property_of_an_answer_reaches_the_caller(name):
    model = ANSWERS[name]
    reached = {model} if isinstance(model, str) else set(read_from(model))
    for each in SCHEMAS[name]["properties"]:
        if (name, each) not in UNREACHABLE:
            assert each in reached, f"the public model of {name} lacks {each}"


def read_from(model: Any) -> dict[str, Any]:
    """The properties of the JSON that a model is read from, and what it makes of each."""
    return {json_name(field): field for field in attrs.fields(attrs.resolve_types(model))}


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


@pytest.mark.parametrize(
    "name", sorted(name for name, model in ANSWERS.items() if not isinstance(model, str))
)
def test_no_model_has_what_the_service_does_not_answer(name):
    model: Any = ANSWERS[name]
    assert set(read_from(model)) <= set(SCHEMAS[name]["properties"])


def test_every_operation_parameter_and_property_is_described():
    bare = [name for name, operation in operations() if not operation.get("description")]
    for name, operation in operations():
        bare += [
            f"{name}: {p['name']}"
            for p in map(resolved, [*operation.get("parameters", []), *operation["shared"]])
            if not p.get("description")
        ]
    for name, schema in SCHEMAS.items():
        bare += [name] * (not schema.get("description"))
        bare += [
            f"{name}.{each}" for each, p in schema.get("properties", {}).items() if not p.get("description")
        ]
    assert not bare
