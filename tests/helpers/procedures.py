"""The procedures of the methods, with the arguments that a method has by default."""

import inspect
from collections.abc import Callable
from typing import Any

from access_tokens._calls import issuing, tokens
from access_tokens._flow.steps import Procedure
from access_tokens._secret import Secret
from access_tokens.models import KEEP

from .stories import ID, PHC


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """What a method passes on for the keywords that its caller leaves out: False for a flag, else None."""
    parameters = inspect.signature(function).parameters.values()
    required = [each for each in parameters if each.kind is each.KEYWORD_ONLY and each.default is each.empty]
    return {each.name: False if each.annotation == "bool" else None for each in required}


def list_page(**options: Any) -> Procedure[Any]:
    return tokens.list_page(**(defaults(tokens.list_page) | options))


def issue(owner: Any = "x", **options: Any) -> Procedure[Any]:
    return issuing.issue(owner, **(defaults(issuing.issue) | options))


def register(owner: Any = "x", secret_phc: str = PHC, token_id: Any = ID, **options: Any) -> Procedure[Any]:
    return issuing.register(token_id, Secret(secret_phc), owner, **(defaults(issuing.register) | options))


def update(token_id: Any = ID, secret_phc: str | None = None, **options: Any) -> Procedure[Any]:
    known = None if secret_phc is None else Secret(secret_phc)
    unchanged = defaults(tokens.update) | {"secret_phc": known, "expires_at": KEEP}
    return tokens.update(token_id, **(unchanged | options))


def revoke(token_id: Any = ID, expires_at: Any = None, **options: Any) -> Procedure[Any]:
    return tokens.revoke(token_id, **(defaults(tokens.revoke) | {"expires_at": expires_at} | options))


def restore(token_id: Any = ID, expires_at: Any = None, **options: Any) -> Procedure[Any]:
    return tokens.restore(token_id, **(defaults(tokens.restore) | {"expires_at": expires_at} | options))


def get(token_id: Any, **options: Any) -> Procedure[Any]:
    return tokens.get(token_id, **(defaults(tokens.get) | options))


def batch_load(token_ids: Any, **options: Any) -> Procedure[Any]:
    return tokens.batch_load(token_ids, **(defaults(tokens.batch_load) | options))
