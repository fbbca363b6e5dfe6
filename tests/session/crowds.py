"""Many callers of one client."""

from typing import Any

from ..helpers.callers import ASYNC, SyncCaller
from ..helpers.threads import until, waiting_in_the_library

# How many callers are many, in each variant.
CROWD = {"sync": 50} | dict.fromkeys(ASYNC, 200)


def all_list(client: Any, count: int) -> list[Any]:
    """List tokens so many times at once, and return the results and errors."""
    results: list[Any] = client.at_once(count, lambda each: each.list())
    return results


def until_waiting(client: Any, count: int) -> None:
    """Wait until so many threads wait for others; tasks all do before anything is answered."""
    if isinstance(client, SyncCaller):
        until(lambda: waiting_in_the_library() >= count)


def forget_jwt(client: Any) -> Any:
    client.client._session._state.cache._current = None
    return client


def authorized(client: Any) -> Any:
    """Return what `auth` of the client would send."""
    authorize = client.client._session.authorize
    return authorize() if isinstance(client, SyncCaller) else client.portal.call(authorize)
