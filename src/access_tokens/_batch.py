"""Loading the records of any number of ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from access_tokens_api.api.tokens import batch_load_tokens
from access_tokens_api.models import BatchLoadRequest
from access_tokens_api.types import UNSET

from . import _arguments as check
from ._convert import structure
from ._steps import Call, Story, Together
from .models import BatchLoadResult

# The service takes 100 kB; what the ids do not fill is left for the rest of the body.
_LARGEST_BATCH = 99_900
# As httpx writes it.
_JSON = json.JSONEncoder(ensure_ascii=False)


def batch_load(token_ids: Iterable[str], include_secret_phc: bool) -> Story[BatchLoadResult]:
    """Load the records of any number of ids, in as few requests as the service's limit allows."""
    wants_hashes = check.flag("include_secret_phc", include_secret_phc)
    calls = tuple(batch(ids, wants_hashes) for ids in _batches(_ids(token_ids)))
    loaded: Sequence[BatchLoadResult] = yield Together(calls)
    found = chain.from_iterable(each.found for each in loaded)
    not_found = chain.from_iterable(each.not_found for each in loaded)
    return BatchLoadResult(tuple(found), tuple(not_found))


def _ids(token_ids: Iterable[str]) -> dict[str, None]:
    """Return the ids in their order, each once."""
    if isinstance(token_ids, (str, bytes)) or not isinstance(token_ids, Iterable):
        raise TypeError(f"token_ids must be a collection of strings, not {type(token_ids).__name__}")
    return dict.fromkeys(check.token_id(each, "token_ids") for each in token_ids)


def _batches(token_ids: Iterable[str]) -> Iterator[list[str]]:
    ids: list[str] = []
    room = _LARGEST_BATCH
    for token_id in token_ids:
        size = len(_JSON.encode(token_id).encode()) + 1
        if ids and size > room:
            yield ids
            ids, room = [], _LARGEST_BATCH
        ids.append(token_id)
        room -= size
    if ids:
        yield ids


def batch(token_ids: list[str], include_secret_phc: bool) -> Call[BatchLoadResult]:
    return Call(
        endpoint=batch_load_tokens,
        arguments={"body": BatchLoadRequest(token_ids, include_secret_phc or UNSET)},
        result=lambda answer: structure(answer.json(), BatchLoadResult),
        failed="Failed to batch load tokens",
        unreadable="Invalid batch load response",
        changes=False,
    )
