"""What the tests share."""

import gc
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.helpers.canaries", "tests.helpers.fixtures"]

# Examples are the same in every run, so that a failure is one of the code and not of luck.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault", type=int, help="run the tests of one case of tests/faults/CATALOGUE.md")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in filter(repeats_others, items):
        item.add_marker("untraced")
    number = config.getoption("--fault")
    if number is not None:
        config.hook.pytest_deselected(items=[item for item in items if number not in cases_of(item)])
        items[:] = [item for item in items if number in cases_of(item)]


def pytest_collection_finish() -> None:
    """Spare the collector all that is there by now: many tests look at what it finds."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their place: packed ones hold the time, and two workers must collect alike."""
    return argname if isinstance(val, bytes) else None


def repeats_others(item: pytest.Item) -> bool:
    """Tell whether a test covers no line that others don't: tracing it would only take time.

    With the first values of its parameters a test covers what it covers with all, but for some lines.
    """
    subject = item.path.relative_to(Path(__file__).parent).parts[0]
    indices = (
        item.callspec.indices.values()
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else ()
    )
    return subject in {"examples", "faults", "secrets"} or "trio" in item.name or max(indices, default=0) > 2


def cases_of(item: pytest.Item) -> set[int]:
    """Return the numbers of the cases that a test holds."""
    return {number for mark in item.iter_markers("fault") for number in mark.args}
