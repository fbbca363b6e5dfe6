"""Async work that is done together."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import pytest

from access_tokens._session.event_loops import AT_ONCE, together

pytestmark = [pytest.mark.anyio, pytest.mark.fault(43)]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Bench:
    """Works that tell how many of them were under way together, and which were begun."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.most = 0

    async def work(self, number: int) -> int:
        self.begun.append(number)
        self.most = max(self.most, len(self.begun) - len(self.ended))
        for _ in range(20 - number):  # later ones end earlier
            await anyio.lowlevel.checkpoint()
        self.ended.append(number)
        return number

    async def fail(self, error: BaseException) -> int:
        await anyio.lowlevel.checkpoint()
        raise error

    def works(self, count: int) -> list[Callable[[], Awaitable[int]]]:
        return [partial(self.work, number) for number in range(count)]


async def test_results_are_in_the_order_of_the_works_whichever_ends_first():
    assert await together(Bench().works(11)) == [*range(11)]
    assert await together([]) == []


async def test_no_more_is_under_way_than_the_bound():
    bench = Bench()
    await together(bench.works(15))
    assert bench.most == AT_ONCE


async def test_the_first_error_comes_as_it_is_and_ends_the_others():
    bench, error = Bench(), KeyError("x")
    with pytest.raises(KeyError) as raised:
        await together(bench.works(2) + [partial(bench.fail, error)] + bench.works(9))  # noqa: RUF005
    assert raised.value is error
    assert (error.__cause__, error.__context__) == (None, None)
    assert (len(bench.begun), bench.ended) == (AT_ONCE - 1, [])


async def test_there_may_be_less_room_than_the_bound():
    bench = Bench()
    assert await together(bench.works(5), width=2) == [*range(5)]
    assert bench.most == 2


class Stop(BaseException):
    """As a task queue's time limit may be."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, Stop])
async def test_what_is_no_exception_comes_as_it_is_too(kind):
    bench, error = Bench(), kind()
    with pytest.raises(kind) as raised:
        await together(bench.works(1) + [partial(bench.fail, error)])  # noqa: RUF005
    assert raised.value is error
    assert bench.ended == []


async def test_who_is_cancelled_leaves_nothing_under_way():
    bench = Bench()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await together(bench.works(3))
    assert bench.ended == []
