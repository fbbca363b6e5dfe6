"""What a method is given arrives in its request, by its name in openapi.yaml; its Call says what it does."""

import inspect
import json
import re
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient

from ..helpers.callers import result_of
from ..helpers.fault_server import RECORD
from ..helpers.openapi import OPERATIONS, inputs, parameter_of, value_of
from ..helpers.world import Canned, World, answers, canned_json
from .test_spec import METHODS, NO_BODY

INPUTS = {name: dict(inputs(OPERATIONS[name])) for name in METHODS if name != NO_BODY}
# What a method must be given besides the parameters that have no default.
BESIDES = {"update": {"is_admin": False}}
# A walk asks for all, and drops records itself, by these properties. It has no cursor and no limit.
DECIDED_HERE = {"includeRevoked": "revokedAt", "includeExpired": "expiresAt"}
OF_A_WALK = set(INPUTS["listTokens"]) - set(DECIDED_HERE) - {"afterTokenId", "limit"}
# Operations that change nothing, though they are no GET.
READING = {"batchLoadTokens"}
REMOVING = ["revokeToken", *(name for name in INPUTS if OPERATIONS[name]["method"] == "DELETE")]
LOST = Canned(error=httpx.ReadError("lost"))


def called(world: World, method: str, name: str, *given: str, answered: tuple[Canned, ...]) -> Any:
    """Call a method with what it needs and these inputs of its operation, and return its result or error."""
    parameters = inspect.signature(getattr(AccessTokensClient, method)).parameters.values()
    chosen = {each.name for each in parameters if each.default is each.empty} | {*map(parameter_of, given)}
    values = {parameter_of(each): value_of(schema) for each, schema in INPUTS[name].items()}
    options = BESIDES.get(method, {}) | {each: values[each] for each in values if each in chosen}
    client = world.client(answers(*answered))
    result = result_of(lambda: getattr(client, method)(**options))
    assert world.calls, f"{method} sends nothing: {result!r}"
    return result


def held(request: httpx.Request, path: str) -> dict[str, Any]:
    """Return what a request holds in its body, its query and its path."""
    in_path = re.search(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + "$", request.url.path)
    assert in_path, f"{request.url.path} is not {path}"
    return {**json.loads(request.content or "{}"), **request.url.params, **in_path.groupdict()}


@pytest.mark.parametrize(
    ("method", "name", "each"),
    [(METHODS[name], name, each) for name in INPUTS for each in INPUTS[name]]
    + [("iter_tokens", "listTokens", each) for each in sorted(OF_A_WALK)],
)
def test_every_value_arrives(world, method, name, each):
    called(world, method, name, each, answered=(Canned(403),))
    value, (outer, _, inner) = value_of(INPUTS[name][each]), each.partition(".")
    found = held(world.calls[0], OPERATIONS[name]["path"]).get(outer)
    module = "client.py" if world.portal is None else "async_client.py"
    hint = f"pass {parameter_of(each)} on in {module}, and in _calls/ to the generated function"
    walk = "; TokenWalk may also filter by itself (DECIDED_HERE)" * (method == "iter_tokens")
    assert found in ({inner: value} if inner else value, json.dumps(value)), f"{method}: {hint}{walk}"


@pytest.mark.parametrize("each", DECIDED_HERE)
def test_a_walk_includes_what_it_is_asked_to(world, each):
    client = world.client(answers(canned_json({"records": [RECORD | {DECIDED_HERE[each]: 1}]})))
    shown = [len(client.iter_tokens(**{parameter_of(each): wanted})) for wanted in (False, True)]
    assert shown == [0, 1], f"iter_tokens or TokenWalk (_calls/walk.py) loses {parameter_of(each)}"


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
