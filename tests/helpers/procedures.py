"""The procedures of the methods, with the arguments that a method has by default."""

from typing import Any

from access_tokens._calls import issuing, tokens
from access_tokens._flow.steps import Procedure
from access_tokens._secret import Secret
from access_tokens.models import KEEP

from .stories import ID, PHC

GRANTED: dict[str, Any] = {"is_admin": False, "roles": None, "expires_at": None}


def list_page(**options: Any) -> Procedure[Any]:
    flags = dict.fromkeys(("include_revoked", "include_expired", "include_secret_phc"), False)
    rest: dict[str, Any] = dict.fromkeys(("has_role", "limit", "after_token_id"))
    return tokens.list_page(**(flags | rest | options))


def issue(owner: Any = "x", **options: Any) -> Procedure[Any]:
    defaults = GRANTED | {"token_id": None, "generate_locally": False, "prefix": None}
    return issuing.issue(owner, **(defaults | options))


def register(owner: Any = "x", secret_phc: str = PHC, token_id: Any = ID, **options: Any) -> Procedure[Any]:
    return issuing.register(token_id, Secret(secret_phc), owner, **(GRANTED | options))


def update(token_id: Any = ID, secret_phc: str | None = None, **options: Any) -> Procedure[Any]:
    rest = dict.fromkeys(("owner", "is_admin", "roles", "add_roles", "remove_roles")) | {"expires_at": KEEP}
    known = None if secret_phc is None else Secret(secret_phc)
    return tokens.update(token_id, secret_phc=known, **(rest | options))


def revoke(token_id: Any = ID, expires_at: Any = None) -> Procedure[Any]:
    return tokens.revoke(token_id, expires_at=expires_at)


def restore(token_id: Any = ID, expires_at: Any = None) -> Procedure[Any]:
    return tokens.restore(token_id, expires_at=expires_at)


def get(token_id: Any, include_secret_phc: Any = False) -> Procedure[Any]:
    return tokens.get(token_id, include_secret_phc=include_secret_phc)


def batch_load(token_ids: Any, include_secret_phc: Any = False) -> Procedure[Any]:
    return tokens.batch_load(token_ids, include_secret_phc=include_secret_phc)
