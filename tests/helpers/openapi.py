"""What openapi.yaml describes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

SPEC = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text())
SCHEMAS = SPEC["components"]["schemas"]
VERBS = {"get", "put", "post", "patch", "delete"}
# The keywords that limit a value: those of JSON Schema, and those that its header explains.
KEYWORDS = {"minLength", "maxLength", "maxItems", "minimum", "maximum", "pattern"}
OUR_OWN = {"x-maxLengthUtf16", "x-maxBytesUtf8", "x-hidden-unless", "x-useless-unless"}


# Parameters of the methods that openapi.yaml has inside of others.
INSIDE = {"roles.add": "add_roles", "roles.remove": "remove_roles"}
# An id, a hash, and a text, for `value_of`.
SAMPLES = ("a1B2c3D4e5F6g7H8i9J0k", "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA", "distinctive")


def snake(name: str) -> str:
    return re.sub("(?=[A-Z])", "_", name).lower()


def parameter_of(name: str) -> str:
    """Return the name that the methods have for an input."""
    return INSIDE.get(name, snake(name))


def resolved(reference: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in reference:
        return reference
    found: Any = SPEC
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found)


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, path in SPEC["paths"].items():
        for verb in VERBS & set(path):
            parameters = [*path.get("parameters", []), *path[verb].get("parameters", [])]
            whole = {"path": name, "method": verb.upper(), "parameters": [*map(resolved, parameters)]}
            yield path[verb]["operationId"], path[verb] | whole


# Each with its path, its method and all its parameters.
OPERATIONS: dict[str, dict[str, Any]] = dict(sorted(_operations()))


def properties(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of an operation's JSON body, with their schemas."""
    content = operation.get("requestBody", {}).get("content", {})
    body = resolved(content.get("application/json", {}).get("schema", {}))
    return dict(body.get("properties", {}))


def limited(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the inputs of an operation that have a limit, with their schemas."""
    return ((name, schema) for name, schema in inputs(operation) if _has_limit(schema))


def inputs(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the parameters of an operation and the properties of its body, with their schemas."""
    for each in operation["parameters"]:
        yield each["name"], _whole(each["schema"])
    for name, schema in properties(operation).items():
        yield name, _whole(schema)
        for part in map(_whole, schema.get("oneOf", [])):
            yield from ((f"{name}.{key}", _whole(each)) for key, each in part.get("properties", {}).items())


def value_of(schema: dict[str, Any]) -> Any:
    """Return a value that an input may have, and has not by default."""
    schema = _whole(schema)
    kinds = schema.get("type", ())
    if "enum" in schema:
        return schema["enum"][-1]
    if "boolean" in kinds:
        return not schema.get("default", False)
    if "array" in kinds:
        return [value_of(schema["items"])]
    if "integer" in kinds or "number" in kinds:
        return schema.get("minimum", 0) + 7
    pattern = schema.get("pattern", "^distinctive")
    fitting = [each for each in SAMPLES if "string" in kinds and re.search(pattern, each)]
    assert fitting, f"add a value for {schema} to value_of or SAMPLES in tests/helpers/openapi.py"
    return fitting[0][: schema.get("maxLength")]


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with what it refers to, and with the keywords that the service does not check."""
    first: dict[str, Any] = next((each for each in schema.get("oneOf", []) if "$ref" in each), {})
    merged = {**resolved(first or schema), **{k: v for k, v in schema.items() if k != "$ref"}}
    careful = {**merged.get("x-hidden-unless", {}), **merged.get("x-useless-unless", {})}
    items = {"items": _whole(merged["items"])} if "items" in merged else {}
    return {**merged, **careful, **items}


def _has_limit(schema: dict[str, Any]) -> bool:
    return bool((KEYWORDS | OUR_OWN) & schema.keys()) or ("items" in schema and _has_limit(schema["items"]))
