"""What a store must be able to do through which many processes share one JWT."""

from __future__ import annotations

import inspect
from typing import Any, Protocol

from .seal import require_cryptography


class JwtStore(Protocol):
    """A place outside of the process, such as a file or a database, where JWTs are kept for other processes.

    The library names and encrypts what it puts there: names are 64 hexadecimal digits, and values are short
    texts in ASCII, of a few kilobytes at most. Only a client with the same PAT and endpoint can read them.
    Any method may be slow, or raise any exception: then the client goes on without the store, and writes one
    line to the log. The methods must be safe to call from several threads.
    """

    def get(self, name: str, /) -> str | bytes | None:
        """Return the value of this name, or None if there is none.

        Args:
            name: The name, 64 hexadecimal digits.

        Example:
            store = FileJwtStore("jwts.json")
            print(store.get("0" * 64))  # None
        """
        ...

    def acquire(self, name: str, holder: str, seconds: float, /) -> object:
        """Take the lease on a name unless another holder has it. The truth value tells whether it worked.

        Args:
            name: The name. Its lease is independent of its value.
            holder: Tells this lease from others.
            seconds: After so many seconds, or with the process of its holder, the lease must end by itself.

        Example:
            store = FileJwtStore("jwts.json")
            if store.acquire("0" * 64, "me", 10.0):
                store.release("0" * 64, "me")
        """
        ...

    def release(self, name: str, holder: str, /) -> object:
        """End the lease if this holder still has it.

        Args:
            name: The name.
            holder: The holder that `acquire` was given.

        Example:
            store = FileJwtStore("jwts.json")
            store.release("0" * 64, "nobody")  # changes nothing
        """
        ...

    def put(self, name: str, value: str, seconds: float, /) -> object:
        """Store a value, instead of the one that is there. After so many seconds it may be forgotten.

        Args:
            name: The name.
            value: The value, a text in ASCII.
            seconds: How many seconds the value is of use.

        Example:
            store = FileJwtStore("jwts.json")
            store.put("0" * 64, "sealed", 3600.0)
        """
        ...

    def drop(self, name: str, value: str | bytes, /) -> object:
        """Delete the value of a name if it is still this one, which `get` has returned or `put` was given.

        Args:
            name: The name.
            value: The value.

        Example:
            store = FileJwtStore("jwts.json")
            store.put("0" * 64, "sealed", 3600.0)
            store.drop("0" * 64, "another")  # changes nothing
        """
        ...


class AsyncJwtStore(Protocol):
    """Same as `JwtStore`, with async methods, for an async client."""

    async def get(self, name: str, /) -> str | bytes | None:
        """Same as `JwtStore.get`."""
        ...

    async def acquire(self, name: str, holder: str, seconds: float, /) -> object:
        """Same as `JwtStore.acquire`."""
        ...

    async def release(self, name: str, holder: str, /) -> object:
        """Same as `JwtStore.release`."""
        ...

    async def put(self, name: str, value: str, seconds: float, /) -> object:
        """Same as `JwtStore.put`."""
        ...

    async def drop(self, name: str, value: str | bytes, /) -> object:
        """Same as `JwtStore.drop`."""
        ...


_METHODS = ("get", "acquire", "release", "put", "drop")


def checked_store(value: Any, *, may_await: bool) -> Any:
    """Check the argument `jwt_store` of a client, and return it.

    Args:
        value: The argument.
        may_await: Whether the client is async.

    Raises:
        TypeError: It lacks a method, or a sync client has an async store.
        ImportError: The library that encrypts is not installed.
    """
    if value is None:
        return None
    methods = [getattr(value, each, None) for each in _METHODS]
    if isinstance(value, type) or not all(map(callable, methods)):
        raise TypeError(f"jwt_store must have the methods {', '.join(_METHODS)}")
    if not may_await and (
        getattr(value, "is_async", False) or any(map(inspect.iscoroutinefunction, methods))
    ):
        raise TypeError("jwt_store must not be async, except for an AsyncAccessTokensClient")
    require_cryptography()
    return value
