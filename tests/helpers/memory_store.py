"""A store in memory, through which clients of one process share one JWT as processes do."""

from collections.abc import Callable
from typing import Any

import anyio
from attrs import define, field


@define(eq=False)
class MemoryStore:
    """A store for clients of any variant.

    Attributes:
        values: What lies in it.
        leases: Who has the lease on what.
        calls: The methods that were called, in order.
        is_busy: Whether another process has every lease.
        faults: What a method does when its work is done, and returns instead, by its name.
    """

    values: dict[str, str] = field(factory=dict)
    leases: dict[str, str] = field(factory=dict)
    calls: list[str] = field(factory=list)
    is_busy: bool = False
    faults: dict[str, Callable[[], Any]] = field(factory=dict)

    def get(self, name: str, /) -> Any:
        return self._end("get", self.values.get(name))

    def acquire(self, name: str, holder: str, seconds: float, /) -> Any:
        is_free = not self.is_busy and self.leases.setdefault(name, holder) == holder
        return self._end("acquire", is_free)

    def release(self, name: str, holder: str, /) -> Any:
        if self.leases.get(name) == holder:
            del self.leases[name]
        return self._end("release")

    def put(self, name: str, value: str, seconds: float, /) -> Any:
        self.values[name] = value
        return self._end("put")

    def drop(self, name: str, value: str | bytes, /) -> Any:
        if self.values.get(name) == value:
            del self.values[name]
        return self._end("drop")

    def _end(self, method: str, result: Any = None) -> Any:
        self.calls.append(method)
        return self.faults[method]() if method in self.faults else result


class AsyncMemoryStore:
    """The same for tasks. A fault may be async."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store

    async def get(self, *args: Any) -> Any:
        return await self._call(self.store.get, *args)

    async def acquire(self, *args: Any) -> Any:
        return await self._call(self.store.acquire, *args)

    async def release(self, *args: Any) -> Any:
        return await self._call(self.store.release, *args)

    async def put(self, *args: Any) -> Any:
        return await self._call(self.store.put, *args)

    async def drop(self, *args: Any) -> Any:
        return await self._call(self.store.drop, *args)

    async def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        result = method(*args)
        return await result if hasattr(result, "__await__") else result
