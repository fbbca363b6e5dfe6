"""Checks the arguments of the clients' constructors, and holds them as `Settings`."""

from __future__ import annotations

import ipaddress
import re
import ssl
from typing import Any, TypedDict
from urllib.parse import unquote

import httpx
from attrs import evolve, field, frozen

from ._pat import PatSource
from ._stores.protocol import AsyncJwtStore, JwtStore
from .retry import LONGEST_WAIT, RetryPolicy

_CONNECT_TIMEOUT = 5.0
USUAL_TIMEOUT = httpx.Timeout(30.0, connect=_CONNECT_TIMEOUT)
# In characters. Three such paths and an id of 2,048 bytes still fit into the longest URL that httpx accepts.
_LONGEST_PATH = 4096

_MOUNT_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*/?")


class Options(TypedDict, total=False):
    """The keyword arguments that the constructors and `from_env` of both clients share."""

    auth_path: str
    admin_path: str
    timeout: float | httpx.Timeout | None
    deadline: float
    retry: RetryPolicy
    ssl_context: ssl.SSLContext | None
    allow_http: bool


class SyncOptions(Options, total=False):
    """The keyword arguments of `AccessTokensClient`, for `def client(**options: Unpack[SyncOptions])`."""

    http_client: httpx.Client | None
    jwt_store: JwtStore | None


class AsyncOptions(Options, total=False):
    """The keyword arguments of `AsyncAccessTokensClient`, as `SyncOptions` are those of the sync client."""

    http_client: httpx.AsyncClient | None
    jwt_store: JwtStore | AsyncJwtStore | None


@frozen(kw_only=True)
class Settings:
    """The checked arguments of a client. Times are in seconds.

    Attributes:
        pat: Where the PAT comes from.
        jwt_store: The store through which processes share one JWT, if there is one.
        timeout: None if not given: then the timeout of the caller's own httpx client or the default is used.
    """

    base: str
    pat: PatSource = field(repr=False)
    mounts: dict[str, str]
    timeout: httpx.Timeout | None
    deadline: float
    retry: RetryPolicy
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False, eq=False)
    allow_http: bool
    jwt_store: Any = field(default=None, repr=False)

    def url(self, path: str) -> str:
        """Return the URL in this deployment for a path in openapi.yaml."""
        _, mount, *rest = path.split("/", 2)
        return "/".join([f"{self.base}{self.mounts.get(mount, f'/{mount}')}", *rest])

    def with_options(
        self,
        timeout: float | httpx.Timeout | None,
        deadline: float | None,
        retry: RetryPolicy | None,
    ) -> Settings:
        """Return the same settings but for what is given.

        Raises:
            ValueError, TypeError: An argument is invalid; the message names it.
        """
        return evolve(
            self,
            timeout=self.timeout if timeout is None else _timeout(timeout),
            deadline=self.deadline if deadline is None else _positive("deadline", deadline),
            retry=self.retry if retry is None else _checked_policy(retry),
        )


def settings(
    endpoint: str,
    pat: PatSource,
    *,
    auth_path: str,
    admin_path: str,
    timeout: float | httpx.Timeout | None,
    deadline: float,
    retry: RetryPolicy,
    ssl_context: ssl.SSLContext | None,
    allow_http: bool,
    jwt_store: Any = None,
) -> Settings:
    """Check the arguments of a client.

    Raises:
        ValueError, TypeError: An argument is invalid or not safe; the message names it.
    """
    return Settings(
        base=base_url(endpoint, _checked_flag("allow_http", allow_http)),
        pat=pat,
        mounts={"auth": mount_path("auth_path", auth_path), "admin": mount_path("admin_path", admin_path)},
        timeout=None if timeout is None else _timeout(timeout),
        deadline=_positive("deadline", deadline),
        retry=_checked_policy(retry),
        ssl_context=_checked_context(ssl_context),
        allow_http=allow_http,
        jwt_store=jwt_store,
    )


def _checked_policy(value: Any) -> RetryPolicy:
    if not isinstance(value, RetryPolicy):
        raise TypeError(f"retry must be a RetryPolicy, not {type(value).__name__}")
    return value


def _checked_context(value: Any) -> ssl.SSLContext | None:
    if value is not None and not isinstance(value, ssl.SSLContext):
        raise TypeError(f"ssl_context must be an ssl.SSLContext, not {type(value).__name__}")
    if value is not None and value.protocol == ssl.PROTOCOL_TLS_SERVER:
        raise ValueError("ssl_context must be one of a client, such as of ssl.create_default_context()")
    return value


def _checked_flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def base_url(endpoint: Any, allow_http: bool) -> str:
    """Check the base URL of a service, and return it without a trailing slash.

    Raises:
        ValueError, TypeError: The endpoint is not a valid base URL, or is not safe.
    """
    url = _parsed(endpoint)
    if re.search(r"[\s\\]|/\.\.?(/|$)", endpoint):
        raise ValueError("endpoint must have no white space, backslash or dot segment")
    if url.scheme not in {"http", "https"} or not _is_host(url.raw_host.decode()):
        raise ValueError("endpoint must be an absolute https:// URL")
    if any(mark in endpoint for mark in "?#@"):
        raise ValueError("endpoint must have no user name, password, query or fragment")
    if url.port is not None and not 0 < url.port < 2**16:
        raise ValueError("endpoint must have a port from 1 to 65535")
    if not is_private_enough(url, allow_http):
        raise ValueError("endpoint must be https:// (allow_http=True sends secrets in the clear)")
    path = url.raw_path.decode()
    return str(url).removesuffix(path) + mount_path("endpoint", path)


def _is_host(host: str) -> bool:
    """Tell whether a host is an IP address, or a name that can exist in DNS (RFC 1035, section 2.3.4)."""
    labels = host.removesuffix(".").split(".")
    return (
        len(host) <= 253
        and all(1 <= len(label) <= 63 for label in labels)
        and re.fullmatch("[a-z0-9._:-]+", host) is not None  # colons for IPv6 addresses
    )


def _parsed(endpoint: Any) -> httpx.URL:
    if not isinstance(endpoint, str):
        raise TypeError(f"endpoint must be a string, not {type(endpoint).__name__}")
    try:
        url = httpx.URL(endpoint)
        _ = url.host  # only this decodes the host (IDNA), and raises if it is invalid
    except (httpx.InvalidURL, ValueError):
        raise ValueError("endpoint must be an absolute https:// URL") from None
    return url


def is_private_enough(url: httpx.URL, allow_http: bool) -> bool:
    """Tell whether a bearer token may be sent to a URL: over TLS, or to loopback (RFC 6750, section 5.3)."""
    is_plain = url.scheme in {"http", "ws"}
    return url.scheme in {"https", "wss"} or (is_plain and (allow_http or _is_loopback(url.host)))


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mount_path(name: str, path: Any) -> str:
    """Check the path at which a part of the service is mounted, and return it without a trailing slash.

    Raises:
        ValueError, TypeError: It is no plain path. The message begins with the name.
    """
    if not isinstance(path, str):
        raise TypeError(f"{name} must be a string, not {type(path).__name__}")
    if _MOUNT_PATH.fullmatch(path) is None or {".", ".."} & set(unquote(path).split("/")):
        raise ValueError(f"{name} must be a plain path such as /auth")
    if len(path) > _LONGEST_PATH:
        raise ValueError(f"{name} must have a path of at most {_LONGEST_PATH} characters")
    return path.rstrip("/")


def _timeout(value: Any) -> httpx.Timeout:
    if isinstance(value, httpx.Timeout):
        parts = value.as_dict().items()  # a copy, since the caller may change theirs
        return httpx.Timeout(**{name: _timeout_part(name, part) for name, part in parts})
    seconds = _positive("timeout", value, " or an httpx.Timeout")
    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))


def _timeout_part(name: str, value: Any) -> float | None:
    return None if value is None else _positive(f"timeout.{name}", value)


def _positive(name: str, value: Any, or_else: str = "") -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds{or_else}, not {type_name(value)}")
    if not 0 < value <= LONGEST_WAIT:
        raise ValueError(f"{name} must be a number of seconds, over 0 and up to {LONGEST_WAIT}")
    return float(value)


def type_name(value: object) -> str:
    """Return the name of a value's type with its module, since httpx and httpx2 use the same names."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
