"""The public face."""

import inspect
import subprocess
import sys
from importlib import metadata

import attrs
import pytest

import access_tokens


def test_the_public_names_are_these():
    clients = ["AccessTokensClient", "AsyncAccessTokensClient", "RetryPolicy"]
    models = ["BatchLoadResult", "Bearer", "Claims", "GeneratedToken", "IssueResult", "TokenRecord"]
    errors = [
        *("AccessTokensError", "ApiError", "AuthenticationError", "ClientClosedError", "ConflictError"),
        *("EndpointError", "InvalidResponseError", "NotFoundError", "PermissionDeniedError"),
        *("RateLimitedError", "RequestRejectedError", "UnavailableError", "is_api_error"),
    ]
    stores = ["AsyncJwtStore", "FileJwtStore", "JwtStore", "RedisJwtStore"]
    others = [
        "ApiKey",
        "AsyncApiKey",
        "AsyncOptions",
        "KEEP",
        "Keep",
        "Moment",
        "SyncOptions",
        "__version__",
        "generate_token",
    ]
    assert sorted(access_tokens.__all__) == sorted([*clients, *models, *errors, *stores, *others])


def test_nothing_else_is_shown():
    assert dir(access_tokens) == sorted(access_tokens.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Client'"):
        access_tokens.Client  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    "name", sorted(set(access_tokens.__all__) - {"ApiKey", "AsyncApiKey", "KEEP", "Moment", "__version__"})
)
def test_every_public_name_is_documented(name):
    assert inspect.getdoc(getattr(access_tokens, name))


QUIET = {"__init__", "__repr__", "close", "aclose", "__enter__", "__exit__", "__aenter__", "__aexit__"}
CLIENTS = [access_tokens.AccessTokensClient, access_tokens.AsyncAccessTokensClient]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_method_says_what_it_raises(client):
    for name in {each for each in vars(client) if inspect.isfunction(getattr(client, each))} - QUIET:
        said = " ".join((inspect.getdoc(getattr(client, name)) or "").split())
        assert "Raises: " in said or f"rrors as in `AccessTokensClient.{name}`" in said, name


MODELS = [access_tokens.TokenRecord, access_tokens.IssueResult, access_tokens.BatchLoadResult]
MODELS += [access_tokens.Bearer, access_tokens.Claims]


@pytest.mark.parametrize("model", [*MODELS, access_tokens.ApiError])
def test_every_attribute_of_a_model_is_documented_and_none_can_be_set(model):
    for field in attrs.fields(model):
        assert f"    {field.name}: " in (inspect.getdoc(model) or "")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(object.__new__(model), attrs.fields(model)[0].name, "x")


def test_keep_reads_as_its_name():
    assert repr(access_tokens.KEEP) == "KEEP"


def test_the_version_is_that_of_the_distribution():
    assert access_tokens.__version__ == metadata.version("access-tokens-client")


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import access_tokens", {"httpx", "cattrs", "anyio", "access_tokens_api", "msgspec"}),
        (
            "from access_tokens import AccessTokensClient as A; A('https://h', 'x')",
            {"asyncio", "anyio.abc", "cattrs"},
        ),
        ("from access_tokens import AsyncAccessTokensClient as A; A('https://h', 'x')", {"cattrs"}),
    ],
)
def test_importing_it_imports_no_more_than_is_needed(statement, absent):
    code = f"import sys; {statement}; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert "access_tokens" in modules
    assert not (absent | {"httpx2", "starlette", "uvicorn", "jwt", "cryptography", "pytest"}) & set(modules)
