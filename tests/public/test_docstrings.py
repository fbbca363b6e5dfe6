"""The docstrings are a reference: each has an example, which runs, and names the errors that can come."""

import ast
import builtins
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import FunctionType
from typing import Any

import anyio
import pytest

import access_tokens
import access_tokens.testing
from access_tokens import AccessTokensClient, AccessTokensError, generate_token
from access_tokens.testing import LocalService, pytest_plugin

from ..helpers.failing_calls import AUTHORIZING, CALLS, ID, ONCE
from ..helpers.redis_server import with_redis

CONSTRUCTED = {"AccessTokensClient", "AsyncAccessTokensClient", "FileJwtStore", "RedisJwtStore"}
CONSTRUCTED |= {"LocalService", "RetryPolicy", "Service"}
# Stores have the methods that `JwtStore` describes.
LIKE_JWT_STORE = {"AsyncJwtStore", "FileJwtStore", "RedisJwtStore"}


def public() -> Iterator[tuple[str, Any]]:
    """Find what is to have an example: functions, members, fixtures, and classes that a user constructs."""
    for module in (access_tokens, access_tokens.testing):
        for name, found in ((name, getattr(module, name)) for name in module.__all__):
            if inspect.isfunction(found) or name in CONSTRUCTED:
                yield name, found
            if inspect.isclass(found):
                yield from ((f"{name}.{each}", member) for each, member in members(found))
    fixtures = {name for name in vars(pytest_plugin) if name.startswith("access_tokens_")}
    yield from ((name, getattr(pytest_plugin, name)) for name in fixtures)


def members(kind: type) -> Iterator[tuple[str, Any]]:
    described = vars(access_tokens.JwtStore) if kind.__name__ in LIKE_JWT_STORE else {}
    for base in kind.__mro__:
        if base.__module__.startswith("access_tokens"):
            for name, member in vars(base).items():
                is_member = isinstance(member, (FunctionType, property, classmethod))
                if is_member and not name.startswith("_") and name not in described:
                    yield name, member


# Each once, though several classes inherit it.
FOUND = {name: each for each, name in {each: name for name, each in reversed([*public()])}.items()}
DOCS = {name: inspect.getdoc(each) or "" for name, each in sorted(FOUND.items())}
METHODS = {name.partition(".")[2]: DOCS[name] for name in DOCS if name.startswith("AccessTokensClient.")}


def section(doc: str, title: str) -> str:
    found = re.search(rf"^{title}:\n((?: {{4}}.*\n|\n)+)", f"{doc}\n", re.MULTILINE)
    return dedent(found[1]) if found else ""


def named(doc: str) -> set[str]:
    """Return the names of the errors in the section Raises."""
    entries = re.findall(r"^(\w+(?:, \w+)*): ", section(doc, "Raises"), re.MULTILINE)
    return {name for each in entries for name in each.split(", ")}


@pytest.fixture
def names(
    request: pytest.FixtureRequest,
    access_tokens_env: LocalService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Any]:
    """What an example finds there, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    kind = "async_client" if "[AsyncAccessTokensClient" in request.node.name else "client"
    client = request.getfixturevalue(f"access_tokens_{kind}")
    return {
        **{name: getattr(access_tokens, name) for name in access_tokens.__all__},
        "client": client,
        "service": access_tokens_env,
        "token_id": access_tokens_env.issue("user@example.com").token_id,
    }


@pytest.mark.parametrize("name", DOCS)
def test_its_example_runs(name, names, request):
    example = section(DOCS[name], "Example")
    assert example
    with with_redis(example) as source:
        code = compile(source, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if awaited := eval(code, names):
            anyio.run(lambda: awaited)
    if test := names.get("test_it"):
        test(**{each: request.getfixturevalue(each) for each in inspect.signature(test).parameters})


@pytest.mark.parametrize("name", DOCS)
def test_it_can_be_typeset(name):
    first, *_ = DOCS[name].splitlines()
    assert "``" not in DOCS[name]
    assert not re.search(r":\w+:`", DOCS[name])
    assert not (isinstance(FOUND[name], property) and ":" in first), "would be taken for a type"


@pytest.mark.parametrize("name", [name for name, doc in DOCS.items() if "\nRaises:" in doc])
def test_the_errors_that_it_names_exist(name):
    assert named(DOCS[name])
    for error in named(DOCS[name]):
        assert hasattr(builtins, error) or error in access_tokens.__all__


def test_all_that_can_fail_says_how():
    assert {name for name, doc in METHODS.items() if not named(doc)} == {"close", "token_id"}
    assert named(METHODS["auth"]) > named(METHODS["bearer"])


# What the service, or what stands before it, may answer to any request.
ANSWERS: list[Any] = [*((each, None) for each in (302, 401, 403, 404, 418, 429, 503)), (200, "not JSON")]
REQUESTS = {name: call for name, call in {**CALLS, **AUTHORIZING}.items() if name in METHODS}
REQUESTS |= {
    "issue": lambda client: client.issue("x", token_id=ID),
    "iter_tokens": lambda client: list(client.iter_tokens()),
    "register": lambda client: client.register(ID, generate_token().secret_phc, "x"),
}
del REQUESTS["discard"]


def errors_of(service: LocalService, name: str) -> Iterator[AccessTokensError]:
    """Make a call twice, then once for each of the answers, then with a client that is closed."""
    for answer in [None, None, *ANSWERS, "closed"]:
        with AccessTokensClient(service.endpoint, service.admin_pat, retry=ONCE) as client:
            if answer == "closed":
                client.close()
            elif answer:
                path = "/auth/*" if name in AUTHORIZING else "/admin/*"
                service.fail_next(9, status=answer[0], body=answer[1], path=path)
            try:
                REQUESTS[name](client)
            except AccessTokensError as error:
                yield error
            service.clear_faults()


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_it_names_the_errors_of_the_service_that_come_and_no_others(name, service):
    come = {type(error).__name__ for error in errors_of(service, name)}
    assert named(METHODS[name]) - {"ValueError", "TypeError"} == come


def test_each_method_that_makes_requests_is_looked_at():
    others = {"from_env", "discard", "with_options", "token_id", "api", "auth", "close"}
    assert set(METHODS) - others == set(REQUESTS)
