"""What a caller reads who made a mistake in an argument."""

import re
from datetime import datetime
from functools import partial
from typing import Any

import httpx2
import pytest

from access_tokens import RetryPolicy
from access_tokens._calls import arguments as check
from access_tokens._calls.walk import TokenWalk
from access_tokens._pat import PatSource, pat_source
from access_tokens._secret import Secret
from access_tokens._settings import settings
from access_tokens._unix_time import unix_seconds

from ..helpers.procedures import batch_load, defaults
from ..helpers.sessions import SETTINGS

NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001 - naive on purpose
PAT = f"pat_{'A' * 21}.{'q83v' * 10}q8s="
FLAGS = ("include_revoked", "include_expired", "include_secret_phc")


def checked_pat(value):
    return pat_source(value, may_await=False)


def client(**wrong: Any) -> Any:
    right = {"endpoint": "https://api.example.com", "pat": PatSource(Secret("pat_x")), **SETTINGS}
    return partial(settings, **(right | wrong))


def walk(**wrong: Any) -> Any:
    return partial(TokenWalk, **(defaults(TokenWalk) | {"page_size": 10} | wrong))


def batch(token_ids: Any) -> Any:
    return lambda: next(batch_load(token_ids))


def retry(**wrong: Any) -> Any:
    return partial(RetryPolicy, **wrong)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check.text("x", 7), "x must be a string, not int"),
        (lambda: check.text("x", ""), "x must not be empty"),
        (
            lambda: check.text("x", "abc", 2),
            "x must have at most 2 characters, counted in UTF-16 units as the service does",
        ),
        (lambda: check.text("x", "\ud800"), "x must not hold a lone surrogate"),
        (
            lambda: check.instance("x", 7, RetryPolicy),
            "x must be an access_tokens.retry.RetryPolicy, not int",
        ),
        (lambda: check.flag("x", 7), "x must be True or False, not int"),
        (lambda: check.token_id("ä" * 2000), "token_id must have at most 2048 bytes in UTF-8"),
        (lambda: check.new_token_id("short"), "token_id must be 21 ASCII letters and digits"),
        (lambda: check.token_id(".."), "token_id must not be a dot segment"),
        (
            lambda: check.token_id(f"pat_{'A' * 21}.{'A' * 43}="),
            "token_id must be the id of a token, not a secret",
        ),
        (lambda: check.role("x", 7), "x must be a string, not int"),
        (lambda: check.roles("x", b"ab"), "x must be a collection of strings, not bytes"),  # type: ignore[arg-type]
        (lambda: check.roles("x", ["r"] * 51), "x must have at most 50 roles"),
        (lambda: check.roles("x", [""]), "each of x must not be empty"),
        (lambda: unix_seconds("x", 1.5), "x must be whole Unix seconds or an aware datetime, not float"),
        (lambda: unix_seconds("x", 10**12), "x must be Unix seconds, and looks like milliseconds"),
        (lambda: unix_seconds("x", NAIVE), "x must be an aware datetime, with a time zone"),
        (lambda: unix_seconds("x", 0), "x must lie after 1970-01-01T00:00:00Z"),
        (lambda: check.page_limit("x", 1.5), "x must be a whole number, not float"),
        (lambda: check.page_limit("x", 0, 7), "x must be from 1 to 7"),
        (lambda: check.page_size(0), "page_size must be from 1 to 1000"),
        (
            lambda: check.phc(Secret("hunter2")),
            "secret_phc must be a PHC string, such as $scrypt$ln=14,r=8,p=1$…, and not the secret itself",
        ),
        (lambda: check.phc(Secret("$" * 201)), "secret_phc must have at most 200 characters"),
        (lambda: checked_pat(Secret("")), "api_key must not be empty"),
        (
            lambda: checked_pat(Secret("/run/secrets/pat")),
            "api_key must be the PAT itself; for the path of a file with it, use pathlib.Path",
        ),
        (lambda: check.owner(PAT), "owner must not be a secret"),
        (lambda: check.role("has_role", PAT), "has_role must not be a secret"),
        (lambda: checked_pat(Secret("'pat_x'")), "api_key must be the bare PAT, without quotes"),
        (lambda: checked_pat(Secret(b"x")), "api_key must be a string, the PAT, not bytes"),  # type: ignore[arg-type]
        (lambda: checked_pat(Secret("Bearer x")), "api_key must be the bare PAT, without 'Bearer'"),
        (
            lambda: checked_pat(Secret("a b")),
            "api_key must hold visible ASCII characters only, no space and no newline",
        ),
        (lambda: checked_pat(Secret("x" * 201)), "api_key must have at most 200 characters"),
        (client(endpoint=7), "endpoint must be a string, not int"),
        (client(endpoint="https://xn--"), "endpoint must be an absolute https:// URL"),
        (client(endpoint="ftp://h"), "endpoint must be an absolute https:// URL"),
        (client(endpoint="https://h/a b"), "endpoint must have no white space, backslash or dot segment"),
        (client(endpoint="https://h/?"), "endpoint must have no user name, password, query or fragment"),
        (client(endpoint="https://h:0"), "endpoint must have a port from 1 to 65535"),
        (
            client(endpoint="http://h"),
            "endpoint must be https:// (allow_http=True sends secrets in the clear)",
        ),
        (client(endpoint="https://h//a"), "endpoint must be a plain path such as /auth"),
        (client(auth_path=7), "auth_path must be a string, not int"),
        (client(admin_path="admin"), "admin_path must be a plain path such as /auth"),
        (client(timeout="30"), "timeout must be a number of seconds or an httpx.Timeout, not str"),
        (
            client(timeout=httpx2.Timeout(5)),
            "timeout must be a number of seconds or an httpx.Timeout, not httpx2.Timeout",
        ),
        (client(deadline=0), "deadline must be a number of seconds, over 0 and up to 4000000"),
        (client(deadline=None), "deadline must be a number of seconds, not NoneType"),
        (client(retry=3), "retry must be a RetryPolicy, not int"),
        (client(allow_http=1), "allow_http must be True or False, not int"),
        (retry(retries=1.5), "retries must be a whole number"),
        (retry(retries=-1), "retries must be 0 or more"),
        (retry(backoff="1"), "backoff must be a number of seconds"),
        (retry(backoff_max=-1), "backoff_max must be a number of seconds, from 0 to 4000000"),
        (retry(jitter=2), "jitter must be a number from 0 to 1"),
        (retry(statuses=503), "statuses must be a collection of HTTP statuses"),
        (retry(statuses={200}), "statuses must be HTTP statuses from 400 to 599"),
        *((walk(**{name: 1}), f"{name} must be True or False, not int") for name in FLAGS),
        (walk(has_role=""), "has_role must not be empty"),
        (walk(page_size=1001), "page_size must be from 1 to 1000"),
        (batch(7), "token_ids must be a collection of strings, not int"),
        (batch("abc"), "token_ids must be a collection of strings, not str"),
        (batch([""]), "token_ids must not be empty"),
    ],
)
def test_a_mistake_is_told_in_these_words(call, message):
    with pytest.raises((ValueError, TypeError), match=f"^{re.escape(message)}$"):
        call()
