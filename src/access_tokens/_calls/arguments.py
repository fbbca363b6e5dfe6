"""Checks the arguments of the clients' methods before any request is sent.

Each check returns the value in the form that the service expects, or raises a `ValueError` or `TypeError`
that names the parameter. No message contains the value, which may be a secret in the wrong place. The limits
are those of the service, as in openapi.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar, cast

from access_tokens_api.types import UNSET, Unset

from .._secret import Secret, redact
from .._settings import type_name
from .._spelling import SURROGATE
from .._unix_time import unix_seconds
from ..bearer import Bearer
from ..models import Moment
from ..tokens import GeneratedToken

S = TypeVar("S")
T = TypeVar("T")

_LONGEST_OWNER = 100
_LONGEST_ROLE = 100
_MOST_ROLES = 50
_LONGEST_PHC = 200
# The default size of a page, and the largest, in records. The service reduces a larger limit to the largest.
USUAL_PAGE, LARGEST_PAGE = 100, 1000
_LARGEST_NUMBER = 2**63 - 1
# In bytes. The service's store fails for a longer id, and a batch with such an id fails as a whole.
_LONGEST_ID = 2048
_NEW_ID = re.compile("[0-9A-Za-z]{21}")
# A PHC string with the parameters of scrypt: https://github.com/P-H-C/phc-string-format
_PHC = re.compile(
    r"\$scrypt(?:\$v=[0-9]+)?\$ln=(?:0|[1-9][0-9]*),r=[1-9][0-9]*,p=[1-9][0-9]*\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<hash>[A-Za-z0-9+/]+)"
)


def text(name: str, value: Any, longest: int | None = None) -> str:
    """Check a text: not empty, not too long, and encodable."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise ValueError(f"{name} must not be empty")
    if longest is not None and utf16_units(value) > longest:
        raise ValueError(
            f"{name} must have at most {longest} characters, counted in UTF-16 units as the service does"
        )
    if SURROGATE.search(value):
        raise ValueError(f"{name} must not hold a lone surrogate")
    return str.__str__(value)  # a plain str; for a member of a str enum its value, as in JSON


def utf16_units(value: str) -> int:
    """Return the length of a text as the service counts it, in UTF-16 units: an emoji counts as 2."""
    return len(value) + sum(character > "\uffff" for character in value)


def instance(name: str, value: Any, kind: type) -> None:
    """Check that a value is None or an instance of a class."""
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{name} must be an {kind.__module__}.{kind.__name__}, not {type_name(value)}")


def http_client(value: Any, kind: type, ssl_context: Any = None) -> None:
    """Check the caller's own httpx client, if given. It excludes `ssl_context`, since it has its own TLS."""
    instance("http_client", value, kind)
    if value is not None and value.is_closed:
        raise ValueError("http_client must not be closed")
    if value is not None and ssl_context is not None:
        raise ValueError("ssl_context must not be given with http_client, which would not use it")


def bearer(value: Secret) -> Secret:
    """Check a `Bearer`, and return its JWT."""
    return Secret(_hidden("bearer", value, Bearer).access_token)


def generated(value: Secret) -> tuple[str, Secret, Secret]:
    """Check a `GeneratedToken`, and return its id, PAT and hash."""
    made = _hidden("new", value, GeneratedToken)
    return new_token_id(made.token_id), Secret(made.token), Secret(made.secret_phc)


def _hidden(name: str, value: Secret, kind: type[T]) -> T:
    """Return an argument that holds secrets, and so was hidden, if it is an instance of a class."""
    given: Any = value.reveal
    if not isinstance(given(), kind):
        raise TypeError(f"{name} must be a {kind.__name__}, not {type(given()).__name__}")
    return cast(T, given())


def flag(name: str, value: Any) -> bool:
    """Check that a value is True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def token_id(value: Any, name: str = "token_id") -> str:
    """Check that a text can be used as one segment of a URL path. The service checks the rest."""
    if type(value) is str and _NEW_ID.fullmatch(value):
        return value  # as the service makes them; in a batch of thousands, the checks below take long
    checked = text(name, value)
    if len(checked.encode()) > _LONGEST_ID:
        raise ValueError(f"{name} must have at most {_LONGEST_ID} bytes in UTF-8")
    if checked in {".", ".."}:
        # Percent-encoding does not protect them, and they lead to another path (RFC 3986, section 5.2.4).
        raise ValueError(f"{name} must not be a dot segment")
    if redact(checked) != checked:
        raise ValueError(f"{name} must be the id of a token, not a secret")
    return checked


def new_token_id(value: Any) -> str:
    """Check the id for a new token."""
    checked = token_id(value)
    if not _NEW_ID.fullmatch(checked):
        raise ValueError("token_id must be 21 ASCII letters and digits")
    return checked


def owner(value: Any) -> str:
    """Check an owner."""
    return _shown("owner", value, _LONGEST_OWNER)


def role(name: str, value: Any) -> str:
    """Check the name of a role."""
    return _shown(name, value, _LONGEST_ROLE)


def _shown(name: str, value: Any, longest: int) -> str:
    """Check a text that every administrator sees in the record."""
    checked = text(name, value, longest)
    if redact(checked) != checked:
        raise ValueError(f"{name} must not be a secret")
    return checked


def roles(name: str, value: Iterable[str]) -> list[str]:
    """Check a collection of role names."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a collection of strings, not {type(value).__name__}")
    # Take no more than needed to detect too many, since the iterable may be infinite.
    checked = [role(f"each of {name}", each) for each in islice(value, _MOST_ROLES + 1)]
    if len(checked) > _MOST_ROLES:
        raise ValueError(f"{name} must have at most {_MOST_ROLES} roles")
    return checked


def page_limit(name: str, value: Any, most: int = _LARGEST_NUMBER) -> int:
    """Check the size of a page."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if not 1 <= value <= most:
        raise ValueError(f"{name} must be from 1 to {most}")
    return int(value)


def page_size(value: Any) -> int:
    """Check the page size of a walk. The service would silently reduce a larger one."""
    return page_limit("page_size", value, LARGEST_PAGE)


def phc(value: Secret) -> str:
    """Check a PHC string. The service would store any text, even one that no secret can match."""
    problem = _phc_problem(value.reveal())
    if problem:
        raise ValueError(f"secret_phc must {problem}")
    return value.reveal()


def _phc_problem(value: Any) -> str | None:
    if isinstance(value, str) and len(value) > _LONGEST_PHC:
        return f"have at most {_LONGEST_PHC} characters"
    found = _PHC.fullmatch(value) if isinstance(value, str) else None
    # In Base64 without padding, 4 characters encode 3 bytes, and a single remaining character is invalid.
    if found is None or any(len(part) % 4 == 1 for part in found.groups()):
        return "be a PHC string, such as $scrypt$ln=14,r=8,p=1$…, and not the secret itself"
    return None


def given(value: S | None, checked: Callable[[S], T]) -> T | Unset:
    """Return the checked value, or UNSET for None, which leaves the field out of the request."""
    return UNSET if value is None else checked(value)


def if_true(name: str, value: bool) -> bool | Unset:
    """Return the checked flag if it is True. False is the service's default, and is left out."""
    return flag(name, value) or UNSET


def expiry(value: Moment | None) -> int | Unset:
    """Return an expiry in Unix seconds, or UNSET for None, which leaves the field out of the request."""
    return UNSET if value is None else unix_seconds("expires_at", value)


def role_names(value: Iterable[str]) -> list[str]:
    """Return the checked value of the parameter `roles`."""
    return roles("roles", value)
