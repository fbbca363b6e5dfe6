"""The operations of the generated core, and one way to call them through a client of any variant."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest
from access_tokens_api import AuthenticatedClient
from access_tokens_api.api.auth import exchange_token
from access_tokens_api.api.tokens import (
    batch_load_tokens,
    issue_token,
    list_tokens,
    register_token,
    restore_token,
    revoke_token,
    update_token,
)
from access_tokens_api.models import (
    AuthToken,
    BatchLoadRequest,
    BatchLoadResult,
    IssueTokenRequest,
    IssueTokenResult,
    ListTokensResult,
    RegisterTokenRequest,
    RegisterTokenResult,
    RevokeTokenRequest,
    UpdateTokenRequest,
)
from attrs import frozen

from access_tokens import AccessTokensError
from access_tokens.testing import LocalService

from .callers import SyncCaller

TOKENS, EXCHANGE = "/admin/tokens", "/auth/token"
PHC = f"$scrypt$ln=14,r=8,p=1${'s' * 22}${'h' * 43}"
_ids = count()


def new_id() -> str:
    """Return the id of a token that nobody has made."""
    return f"{next(_ids):021d}"


def invoke(
    caller: Any,
    module: Any,
    *args: Any,
    api: AuthenticatedClient | None = None,
    form: str = "",
    **kwargs: Any,
) -> Any:
    """Call a generated function, in the variant of the client.

    Args:
        caller: The client, with its variant.
        module: The generated module of the operation.
        args: The arguments of the path.
        api: The generated client, that of the caller by default.
        form: "_detailed" for the whole response.
        kwargs: The other arguments.
    """
    api = caller.client.api if api is None else api
    if isinstance(caller, SyncCaller):
        return getattr(module, f"sync{form}")(*args, client=api, **kwargs)
    return caller.portal.call(partial(getattr(module, f"asyncio{form}"), *args, client=api, **kwargs))


@frozen
class Operation:
    """An operation of the generated core.

    Attributes:
        module: Where its functions are.
        method: The method of its request.
        path: The path of its request; `{id}` is that of a token.
        arguments: The arguments of its functions, for a token.
        status: The status of its success.
        parsed: What its answer is parsed into.
        is_about: Whether the token that it is about is there before ("old") or not ("new").
        changes: Whether it changes anything at the service.
        again: Whether it is repeated though the service may have acted.
    """

    module: Any
    method: str
    path: str
    arguments: Callable[[str], dict[str, Any]]
    status: int
    parsed: type | None
    is_about: str | None = None
    changes: bool = True
    again: bool = True

    @property
    def name(self) -> str:
        return str(self.module.__name__.rpartition(".")[2])

    def token(self, service: LocalService) -> str:
        """Return the id of a token on which it succeeds."""
        return service.seed(1)[0] if self.is_about == "old" else new_id()

    def taken(self, service: LocalService) -> str:
        """Return the id of a token for which it is refused."""
        return new_id() if self.is_about == "old" else service.seed(1)[0]

    def path_of(self, token_id: str) -> str:
        return self.path.format(id=token_id)

    def title(self, token_id: str) -> str:
        """Return what messages call it."""
        return f"{self.method} {self.path_of(token_id)}"

    def told(self, token_id: str) -> str | None:
        """Return the token id that its errors have."""
        return token_id if self.is_about else None

    def call(self, caller: Any, token_id: str, **options: Any) -> Any:
        return invoke(caller, self.module, **self.arguments(token_id), **options)


LIST = Operation(list_tokens, "GET", TOKENS, lambda _: {}, 200, ListTokensResult, changes=False)
BATCH = Operation(
    batch_load_tokens,
    "POST",
    f"{TOKENS}/batch",
    lambda token_id: {"body": BatchLoadRequest([token_id])},
    200,
    BatchLoadResult,
    changes=False,
)
ISSUE = Operation(
    issue_token,
    "POST",
    TOKENS,
    lambda token_id: {"body": IssueTokenRequest("x", token_id=token_id)},
    201,
    IssueTokenResult,
    "new",
)
REGISTER = Operation(
    register_token,
    "PUT",
    f"{TOKENS}/{{id}}",
    lambda token_id: {"token_id": token_id, "body": RegisterTokenRequest(PHC, "x")},
    200,
    RegisterTokenResult,
    "new",
    again=False,
)
UPDATE = Operation(
    update_token,
    "PATCH",
    f"{TOKENS}/{{id}}",
    lambda token_id: {"token_id": token_id, "body": UpdateTokenRequest(owner="y")},
    204,
    None,
    "old",
)
REVOKE = Operation(
    revoke_token,
    "PUT",
    f"{TOKENS}/{{id}}/revoke",
    lambda token_id: {"token_id": token_id, "body": RevokeTokenRequest()},
    204,
    None,
    "old",
)
RESTORE = Operation(
    restore_token,
    "PUT",
    f"{TOKENS}/{{id}}/restore",
    lambda token_id: {"token_id": token_id},
    204,
    None,
    "old",
)
EXCHANGE_PAT = Operation(exchange_token, "POST", EXCHANGE, lambda _: {}, 200, AuthToken, changes=False)

WITH_JWT = (LIST, BATCH, ISSUE, REGISTER, UPDATE, REVOKE, RESTORE)
OPERATIONS = (*WITH_JWT, EXCHANGE_PAT)


def each(*operations: Operation) -> pytest.MarkDecorator:
    """Run a test for each of some operations."""
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.name)


def sent(service: LocalService) -> list[str]:
    return [f"{request.method} {request.path}" for request in service.requests]


def bearer(service: LocalService, index: int = -1) -> str:
    return service.requests[index].headers["authorization"].removeprefix("Bearer ")


def failing(operation: Operation, client: Any, token_id: str, **options: Any) -> AccessTokensError:
    with pytest.raises(AccessTokensError) as raised:
        operation.call(client, token_id, **options)
    return raised.value
