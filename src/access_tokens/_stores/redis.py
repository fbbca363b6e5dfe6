"""Shares a JWT among the processes of many hosts through Redis."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import redis
    import redis.asyncio

# Deletes a key if it has this value.
_DROP = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class RedisJwtStore:
    """A `JwtStore` in Redis, or in what speaks its protocol, for a whole fleet.

    Each method is one command on one key. The lease is a key that expires. Methods as in `JwtStore`, to be
    awaited if the client is one of `redis.asyncio`.

    Args:
        redis_client: A client of redis-py. With one of `redis.asyncio`, the store is for an async client on
            asyncio; one of `redis` is for either client. It is never closed here.
        prefix: What all keys begin with; "access_tokens:" by default.

    Raises:
        TypeError: It is no client of redis-py, or a pipeline.

    Example:
        import redis

        with redis.Redis.from_url("redis://redis.example.com") as database:
            store = RedisJwtStore(database, prefix="billing:")
            with AccessTokensClient(service.endpoint, service.admin_pat, jwt_store=store) as client:
                client.list()
    """

    def __init__(
        self, redis_client: redis.Redis | redis.asyncio.Redis, *, prefix: str = "access_tokens:"
    ) -> None:
        if isinstance(redis_client, type) or not callable(getattr(redis_client, "register_script", None)):
            raise TypeError(f"redis_client must be a client of redis-py, not {type(redis_client).__name__}")
        if hasattr(redis_client, "command_stack"):
            raise TypeError("redis_client must not be a pipeline, which answers nothing")
        self._redis: Any = redis_client
        self._prefix = prefix

    def __repr__(self) -> str:
        return f"{type(self).__name__}(prefix={self._prefix!r})"

    @property
    def is_async(self) -> bool:
        """Whether the methods must be awaited.

        Example:
            import redis

            with redis.Redis.from_url("redis://redis.example.com") as database:
                print(RedisJwtStore(database).is_async)  # False
        """
        return inspect.iscoroutinefunction(self._redis.execute_command)

    def get(self, name: str, /) -> Any:
        """Return the value of this name, or None if there is none."""
        return self._redis.get(self._jwt(name))

    def acquire(self, name: str, holder: str, seconds: float, /) -> Any:
        """Take the lease on a name unless another holder has it."""
        return self._redis.set(self._lease(name), holder, nx=True, px=_milliseconds(seconds))

    def release(self, name: str, holder: str, /) -> Any:
        """End the lease if this holder still has it."""
        return self._redis.eval(_DROP, 1, self._lease(name), holder)

    def put(self, name: str, value: str, seconds: float, /) -> Any:
        """Store a value for so many seconds."""
        return self._redis.set(self._jwt(name), value, px=_milliseconds(seconds))

    def drop(self, name: str, value: str | bytes, /) -> Any:
        """Delete the value of a name if it is still this one."""
        return self._redis.eval(_DROP, 1, self._jwt(name), value)

    def _jwt(self, name: str) -> str:
        return f"{self._prefix}jwt:{name}"

    def _lease(self, name: str) -> str:
        return f"{self._prefix}lease:{name}"


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
