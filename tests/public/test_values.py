"""What a method is given arrives in its request, by its name in openapi.yaml; its Call says what it does."""

import inspect
import json
import re
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient

from ..helpers.callers import result_of
from ..helpers.openapi import OPERATIONS, inputs, parameter_of, value_of
from ..helpers.world import ID, PHC, Canned, World, answers, canned_json
from .test_spec import METHODS, NO_BODY

PARAMETERS = {
    name: {each: given for each, given in inspect.signature(method).parameters.items() if each != "self"}
    for name, method in inspect.getmembers(AccessTokensClient, inspect.isfunction)
    if not name.startswith("_")
}
INPUTS = {
    name: dict(inputs(OPERATIONS[name])) for name in sorted(METHODS.keys() & OPERATIONS.keys() - {NO_BODY})
}
# What else than "x" a parameter must have; and what a method needs beside the parameters without a default.
VALID = {"token_id": ID, "secret_phc": PHC, "token_ids": ["x"]}
BESIDES = {"update": {"is_admin": False}}
# A walk asks for these anyway, and drops records by itself (calls/test_walk.py); it has no cursor, no limit.
DECIDED_HERE = {"includeRevoked", "includeExpired"}
OF_A_WALK = set(INPUTS["listTokens"]) - DECIDED_HERE - {"afterTokenId", "limit"}
# Operations that change nothing, though they are no GET.
READING = {"batchLoadTokens"}
REMOVING = ["revokeToken", *(name for name in INPUTS if OPERATIONS[name]["method"] == "DELETE")]
LOST = Canned(error=httpx.ReadError("lost"))


def module_of(world: World) -> str:
    return "client.py" if world.portal is None else "async_client.py"


def least(method: str) -> dict[str, Any]:
    """Return the arguments without which a method sends nothing."""
    needed = [each for each, given in PARAMETERS[method].items() if given.default is given.empty]
    return BESIDES.get(method, {}) | {each: VALID.get(each, "x") for each in needed}


def called(world: World, method: str, name: str, *given: str, answered: tuple[Canned, ...]) -> Any:
    """Call a method with these inputs of its operation, and return its result or error."""
    options = least(method) | {parameter_of(each): value_of(INPUTS[name][each]) for each in given}
    client = world.client(answers(*answered))
    result = result_of(lambda: getattr(client, method)(**options))
    assert world.calls, f"{method} ({module_of(world)}) sends nothing: {result!r}"
    return result


def held(request: httpx.Request, path: str) -> dict[str, Any]:
    """Return what a request holds in its body, its query and its path."""
    in_path = re.search(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + "$", request.url.path)
    assert in_path, f"{request.url.path} is not {path}"
    return {**json.loads(request.content or "{}"), **request.url.params, **in_path.groupdict()}


@pytest.mark.parametrize(
    ("method", "name", "each"),
    [(METHODS[name], name, each) for name in INPUTS for each in INPUTS[name]]
    + [("iter_tokens", "listTokens", each) for each in sorted(OF_A_WALK)]
    + [("get", "batchLoadTokens", "includeSecretPhc")],
)
def test_every_value_arrives(world, method, name, each):
    called(world, method, name, each, answered=(Canned(403),))
    value, (outer, _, inner) = value_of(INPUTS[name][each]), each.partition(".")
    found = held(world.calls[0], OPERATIONS[name]["path"]).get(outer)
    hint = f"({module_of(world)}, _calls/) loses {parameter_of(each)} on the way to the generated function"
    walk = "; if TokenWalk filters by it, add it to DECIDED_HERE" * (method == "iter_tokens")
    assert found in ({inner: value} if inner else value, json.dumps(value)), f"{method} {hint}{walk}"


@pytest.mark.parametrize(
    ("method", "parameter"), [(name, each) for name, given in PARAMETERS.items() for each in given]
)
def test_every_parameter_arrives_at_its_check(world, method, parameter):
    """Also one that is in no request, such as a prefix."""
    options = least(method) | {parameter: object()}
    client = world.client(answers(Canned(403)))
    error = result_of(lambda: getattr(client, method)(**options))
    assert str(error).startswith(f"{parameter} must "), (
        f"{method} ({module_of(world)}, _calls/) loses {parameter}, or has no check"
    )


@pytest.mark.parametrize("name", INPUTS)
def test_a_lost_answer_leaves_open_what_was_changed_unless_nothing_can_be(world, name):
    changes = OPERATIONS[name]["method"] != "GET" and name not in READING
    error = called(world, METHODS[name], name, answered=(LOST,))
    assert error.outcome_unknown is changes, f"{METHODS[name]}: `changes` of its Call in _calls/, or READING"


@pytest.mark.parametrize("name", REMOVING)
def test_a_token_that_is_gone_after_a_lost_answer_may_have_been_removed(world, name):
    token_id = value_of(INPUTS[name]["tokenId"])
    gone = canned_json({"error": {"message": f"Token not found: {token_id}"}}, 404)
    error = called(world, METHODS[name], name, *INPUTS[name], answered=(LOST, gone))
    assert error.outcome_unknown, f"{METHODS[name]}: its Call in _calls/ needs removes=True"
