"""What the tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import settings

from access_tokens.testing import LocalService

from .variants import VARIANTS, caller

pytest_plugins = ["tests.canaries"]

# Examples are the same in every run, so that a failure is one of the code and not of luck.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault", type=int, help="run the tests of one case of tests/faults/CATALOGUE.md")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    number = config.getoption("--fault")
    if number is not None:
        config.hook.pytest_deselected(items=[item for item in items if number not in cases_of(item)])
        items[:] = [item for item in items if number in cases_of(item)]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their place: packed ones hold the time, and two workers must collect alike."""
    return argname if isinstance(val, bytes) else None


def cases_of(item: pytest.Item) -> set[int]:
    """Return the numbers of the cases that a test holds."""
    return {number for mark in item.iter_markers("fault") for number in mark.args}


@pytest.fixture
def service() -> Iterator[LocalService]:
    """A live local service."""
    with LocalService() as running:
        yield running


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    """Sync, asyncio and trio, one after the other."""
    return str(request.param)


@pytest.fixture
def make_client(variant: str) -> Iterator[Callable[..., Any]]:
    """Makes clients of the variant, whose methods block and whose waits take no time."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(caller(variant, *args, **options))


@pytest.fixture
def client(service: LocalService, make_client: Callable[..., Any]) -> Any:
    """A client of the live service, with an administrator's PAT."""
    return make_client(service.endpoint, service.admin_pat)
