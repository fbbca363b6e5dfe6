"""Where requests go: below the endpoint, and an id is one segment of the path, or refused before."""

from collections.abc import Callable
from typing import Any

import pytest

from ..helpers.memory_service import MemoryService

PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
PHC = "$scrypt$ln=14,r=8,p=1$lzRhbyEcqYp5n5FBCald5Q$oOGvtUqrp8rYPkzIV0LQxMk6s8fehhmhlzRhbyEcqYp"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJBIn0.c2lnbmF0dXJl"

Call = Callable[[Any, Any], Any]
# Where an id is a segment of the path, by what comes after it.
IN_PATH: dict[str, Call] = {
    "/revoke": lambda client, value: client.revoke(value),
    "/restore": lambda client, value: client.restore(value),
    "": lambda client, value: client.update(value, owner="x"),
}
NEW: list[Call] = [
    lambda client, value: client.register(value, PHC, "x"),
    lambda client, value: client.issue("x", token_id=value),
]
ELSEWHERE: list[Call] = [
    lambda client, value: client.list(after_token_id=value),
    lambda client, value: client.batch_load([value]),
    lambda client, value: client.get(value),
]


@pytest.fixture
def service() -> MemoryService:
    """Remembers what it was asked."""
    return MemoryService()


@pytest.fixture
def client(service: MemoryService, variant: str, make_client: Callable[..., Any]) -> Any:
    return make_client("https://api.example.com/base", PAT, http_client=service.http_client(variant))


@pytest.mark.fault(38)
@pytest.mark.parametrize("value", ["", "..", "\ud800", pytest.param("\u00e4" * 1025, id="2,050 bytes"), 7])
def test_an_id_that_can_be_no_segment_is_refused(client, service, value):
    for call in [*IN_PATH.values(), *NEW, *ELSEWHERE]:
        with pytest.raises((ValueError, TypeError), match="^(after_)?token_ids? must"):
            call(client, value)
    assert service.requests == []


@pytest.mark.fault(38, 46)
@pytest.mark.parametrize(
    "value",
    [PAT, f"Bearer {PAT}", f'"{PAT}"\n', PAT.rstrip("="), JWT, PHC],
    ids=["PAT", "with Bearer", "quotes", "no padding", "JWT", "hash"],
)
def test_a_secret_in_the_place_of_an_id_is_refused(client, service, value):
    """It would go into the URL, the log and the text of an error."""
    for call in [*IN_PATH.values(), *NEW, *ELSEWHERE]:
        with pytest.raises(ValueError, match="^(after_)?token_ids? must be the id of a token"):
            call(client, value)
    assert service.requests == []
