from collections.abc import Iterator

import pytest

from access_tokens.testing import LocalService
from access_tokens.tokens import generate_token_id

from .ways import COLUMNS, MSGSPEC, Way, by


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    """One for all tests of a file, in which each has tokens of its own."""
    return shared_service


@pytest.fixture
def token_id() -> str:
    """An id that is free, and serves as the name of an owner as well."""
    return generate_token_id()


@pytest.fixture(scope="module", params=[MSGSPEC, COLUMNS], ids=["msgspec", "no msgspec"])
def each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Answers are read with msgspec, and without."""
    way: Way = request.param
    with by(way):
        yield
