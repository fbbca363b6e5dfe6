"""The two clients have the same methods, parameters and sense."""

import inspect
import re
from typing import Any

import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient
from access_tokens._settings import AsyncOptions, Options, SyncOptions

# What carries another name in async code.
TWINS = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
NOT_AWAITED = {"api", "auth", "from_env", "iter_tokens", "token_id", "with_options"}
SHARED = {"__init__", "__repr__", "__enter__", "__exit__"}


def members(client: type) -> set[str]:
    return {name for name in vars(client) if not name.startswith("_")}


def function_of(client: type, name: str) -> Any:
    member = inspect.getattr_static(client, name)
    return member.fget if isinstance(member, property) else getattr(client, name)


def parameters(client: type, name: str) -> list[tuple[str, Any, Any, str]]:
    function = function_of(client, name)
    found = inspect.signature(function).parameters.values()
    return [(p.name, p.kind, p.default, in_sync_words(p.annotation)) for p in found]


def returned(client: type, name: str) -> str:
    function = function_of(client, name)
    return in_sync_words(inspect.signature(function).return_annotation)


def in_sync_words(annotation: Any) -> str:
    words = re.sub(
        r"\bAsync(?=Iterator|Client|AccessTokensClient|ApiKey|JwtStore|Options)", "", str(annotation)
    )
    return words.replace("SyncOptions", "Options").replace("JwtStore | JwtStore", "JwtStore")


def test_they_have_the_same_members():
    assert {TWINS.get(name, name) for name in members(AccessTokensClient)} == members(AsyncAccessTokensClient)


@pytest.mark.parametrize("name", sorted(members(AccessTokensClient) | SHARED))
def test_they_take_and_return_the_same_and_are_awaited_where_they_wait(name):
    twin = TWINS.get(name, name)
    assert parameters(AccessTokensClient, name) == parameters(AsyncAccessTokensClient, twin)
    assert returned(AccessTokensClient, name) == returned(AsyncAccessTokensClient, twin)
    waits = name not in SHARED - {"__enter__", "__exit__"} | NOT_AWAITED
    assert not inspect.iscoroutinefunction(getattr(AccessTokensClient, name))
    assert inspect.iscoroutinefunction(getattr(AsyncAccessTokensClient, twin)) is waits


@pytest.mark.parametrize("name", sorted(members(AccessTokensClient)))
def test_the_async_one_says_what_it_does_as_the_sync_one(name):
    sync = inspect.getdoc(getattr(AccessTokensClient, name)) or ""
    twin = inspect.getdoc(getattr(AsyncAccessTokensClient, TWINS.get(name, name))) or ""
    what = sync.split(".\n")[0].split(". ")[0]
    assert what
    assert twin.replace("AsyncClient", "Client").startswith(what)


@pytest.mark.parametrize(
    ("client", "options"), [(AccessTokensClient, SyncOptions), (AsyncAccessTokensClient, AsyncOptions)]
)
def test_from_env_takes_what_the_constructor_takes(client, options):
    constructor = inspect.signature(client).parameters.values()
    keywords = {p.name: p.annotation for p in constructor if p.kind is p.KEYWORD_ONLY}
    hints = Options.__annotations__ | options.__annotations__
    assert {name: hint.__forward_arg__ for name, hint in hints.items()} == keywords


def test_every_parameter_is_described():
    for name in members(AccessTokensClient) - {"api", "auth", "from_env"}:
        described = inspect.getdoc(getattr(AccessTokensClient, name)) or ""
        for parameter, *_ in parameters(AccessTokensClient, name)[1:]:
            assert f"\n    {parameter}: " in described, f"{name} does not describe {parameter}"
