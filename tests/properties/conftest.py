"""What the property tests share. Their fixtures outlive an example, as Hypothesis asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..variants import VARIANTS
from .world import World, world_of


@pytest.fixture(params=VARIANTS, scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Clients of each variant, one after the other."""
    with world_of(request.param) as made:
        yield made


@pytest.fixture(scope="module")
def sync_world() -> World:
    """Clients for threads, where what is tested comes before the variants part."""
    return World()
