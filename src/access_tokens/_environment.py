"""Reads the endpoint and the PAT from environment variables, and explains common mistakes in them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ._pat import content_of, pat_problem, why_unread
from ._secret import Secret, redact
from ._settings import base_url

_QUOTES = "\"'`´‘’‚‛“”„‟«»‹›＂＇"  # noqa: RUF001 - meant to be these characters

_API_KEY = "ACCESS_TOKENS_API_KEY"
_API_KEY_FILE = "ACCESS_TOKENS_API_KEY_FILE"


def endpoint_from_environment(*, allow_http: bool) -> str:
    """Return the value of `ACCESS_TOKENS_ENDPOINT` without surrounding white space.

    Args:
        allow_http: Whether any http:// URL is allowed.

    Raises:
        ValueError: The variable is not set, or its value is invalid. The message names the variable. Neither
            the message nor the traceback's frames show the value, which may be the PAT by mistake.
    """
    return _variable("ACCESS_TOKENS_ENDPOINT", partial(_endpoint_problem, allow_http=allow_http)).reveal()


def api_key_from_environment() -> str | Path:
    """Return the value of `ACCESS_TOKENS_API_KEY`, or the path in `ACCESS_TOKENS_API_KEY_FILE`.

    Raises:
        ValueError: As in `endpoint_from_environment`, or both variables are set.
    """
    has_key, has_file = _has(_API_KEY), _has(_API_KEY_FILE)
    if has_key and has_file:
        raise ValueError(f"{_API_KEY} and {_API_KEY_FILE} must not both be set in the environment")
    if _API_KEY_FILE not in os.environ or has_key:
        return _variable(_API_KEY, _api_key_problem).reveal()
    return Path(_variable(_API_KEY_FILE, _file_problem).reveal())


def _has(name: str) -> bool:
    """Tell whether a variable has a value. Files that describe many programs set some to nothing."""
    return bool(os.environ.get(name, "").strip())


def _variable(name: str, other_problem: Callable[[str], str | None]) -> Secret:
    if name not in os.environ:
        raise ValueError(f"{name} is not set in the environment")
    value = Secret(os.environ[name].strip())
    if problem := _problem(value.reveal()) or other_problem(value.reveal()):
        raise ValueError(f"{name} {problem}")
    return value


def _problem(value: str) -> str | None:
    """Return what is wrong with a value that was copied from a shell, a file or a web page, if anything."""
    if not value:
        return "is set in the environment, but empty"
    if value[0] in _QUOTES or value[-1] in _QUOTES:
        return "is in quotes: remove them"
    if not value.isprintable():
        return "must hold no line break and nothing else that cannot be seen, such as a byte order mark"
    return None


def _api_key_problem(value: str) -> str | None:
    problem = pat_problem(value)
    return problem and f"must {problem}"


def _file_problem(value: str) -> str | None:
    if redact(value) != value:
        return "must be the path of a file, not the PAT itself"
    try:
        problem = pat_problem(content_of(Path(value)))
    except (OSError, ValueError) as error:
        return f"must be the path of a file that can be read: {why_unread(error)}"
    return problem and f"names a file whose content must {problem}"


def _endpoint_problem(value: str, *, allow_http: bool) -> str | None:
    try:
        base_url(value, allow_http)
    except ValueError as error:
        return str(error).removeprefix("endpoint ")
    return None
